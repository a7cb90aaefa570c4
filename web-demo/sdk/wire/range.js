/**
 * The range decoder: yes-or-no decisions whose likelihood both ends know. Mirrors
 * `protocol/src/range.rs`, in integer arithmetic only; knows nothing of what the decisions mean.
 *
 * ```text
 * range of 2^32 - 1; per decision of likelihood p / 2^15
 *   bound = (range >>> 15) * p;   code < bound: yes, range = bound   else: no, both less bound
 *   while range < 2^24: code and range are shifted by 8 bits, the next byte comes into code
 * at the end: one byte more if range >= 2^25, else two: the shortest that any bytes may follow
 * ```
 *
 * @module
 */

/** Bits of a likelihood: 2^15 is certainty, which none ever reaches. */
export const PROBABILITY_BITS = 15;
/** Most bits that are read in one piece as they are. */
const DIRECT_BITS = 8;
/** Below this the range is shifted up by a byte. */
const LEAST_RANGE = 1 << 24;
/** From this range on one byte is enough to end a message. */
const SHORT_END = 1 << 25;
/** Bytes that the decoder holds ahead of what it has decided. */
const AHEAD = 4;

/**
 * Reads one message after the other. Takes any bytes whatever; past their end, and past what no
 * encoder wrote, it reads zeros, which `isOverdrawn` and `finish` tell.
 */
export class RangeDecoder {
  constructor() {
    this._bytes = /** @type {Uint8Array} */ (new Uint8Array());
    /** The byte that is read next. */
    this._next = AHEAD;
    // Both are unsigned and kept as signed 32-bit integers, which engines store as they are.
    this._code = 0;
    this._range = -1;
  }

  /**
   * Begins the message at a byte.
   *
   * @param {Uint8Array} bytes
   * @param {number} start
   */
  load(bytes, start) {
    this._bytes = bytes;
    this._next = start;
    this._code = 0;
    for (let byte = 0; byte < AHEAD; byte += 1) this._code = (this._code << 8) | this._take();
    if (this._code === -1) this._giveUp();
    this._range = -1;
  }

  /**
   * Reads a decision that is "yes" with likelihood `p` / 2^15.
   *
   * @param {number} p above 0, below 2^15
   * @returns {boolean}
   */
  decide(p) {
    let { _code: code, _range: range } = this;
    // At most (2^17 - 1) * (2^15 - 1), which is below 2^32.
    const bound = Math.imul(range >>> PROBABILITY_BITS, p);
    const yes = code >>> 0 < bound >>> 0;
    if (yes) {
      range = bound;
    } else {
      code = (code - bound) | 0;
      range = (range - bound) | 0;
    }
    this._shift(code, range);
    return yes;
  }

  /**
   * Reads a number, all values equally likely.
   *
   * @param {number} bits 0 to 32
   * @returns {number} unsigned
   */
  direct(bits) {
    let value = 0;
    let left = bits;
    while (left > 0) {
      const piece = left < DIRECT_BITS ? left : DIRECT_BITS;
      left -= piece;
      const range = this._range >>> piece;
      const code = this._code >>> 0;
      const last = (1 << piece) - 1;
      let part = Math.floor(code / range);
      if (part > last) {
        this._giveUp();
        part = last;
      }
      value = (value << piece) | part;
      this._shift((code - part * range) | 0, range | 0);
    }
    return value >>> 0;
  }

  /** The byte that the decoder stands at; roughly, as bytes hold many decisions. */
  get at() {
    return this._next - AHEAD;
  }

  /** Whether more was read than the bytes hold, or what no encoder wrote: they are cut off. */
  get isOverdrawn() {
    return this.at > this._bytes.length;
  }

  /**
   * Ends the message, all of whose decisions have been read.
   *
   * @returns {number} the byte before which it ends; -1 when the bytes are fewer, or it does not end
   *   as an encoder ends it, so that it is cut off
   */
  finish() {
    const bytes = this._range >>> 0 >= SHORT_END ? 1 : 2;
    const end = this.at + bytes;
    let following = 0;
    for (let at = end; at < this._next; at += 1) {
      following = (following << 8) | (at < this._bytes.length ? this._bytes[at] : 0);
    }
    // The encoder ends with the next multiple of 2^kept, whatever follows it.
    const kept = 2 ** (32 - 8 * bytes);
    const isWhole = end <= this._bytes.length && (this._code - following) >>> 0 < kept;
    return isWhole ? end : -1;
  }

  /**
   * Goes beyond the end, for good: no encoder wrote this, since the code is not within the range.
   * Shifted further it would lose its highest bits, and could end like any other message.
   */
  _giveUp() {
    this._next = Math.max(this._next, this._bytes.length + AHEAD + 1);
  }

  /**
   * Moves on behind what was decided.
   *
   * @param {number} code
   * @param {number} range
   */
  _shift(code, range) {
    let shifted = code;
    let left = range;
    while (left >>> 0 < LEAST_RANGE) {
      shifted = (shifted << 8) | this._take();
      left <<= 8;
    }
    this._code = shifted;
    this._range = left;
  }

  _take() {
    const at = this._next;
    this._next = at + 1;
    return at < this._bytes.length ? this._bytes[at] : 0;
  }
}
