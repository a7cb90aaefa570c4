/**
 * Bits, least significant first: the alphabet that chunks are written in. Mirrors
 * `protocol/src/bits.rs`.
 *
 * @module
 */

import { WireError } from './wire-error.js';

/** Ones in a row after which a Rice code goes on with the plain number. */
const RICE_ESCAPE = 12;
/** Bytes of zeros after the end, so that whole words can be read anywhere. */
const PADDING = 8;

/** Reads the bits of one chunk after the other. Copies them, so that nobody can change them. */
export class BitReader {
  constructor() {
    this._bytes = new Uint8Array(1024);
    this._view = new DataView(this._bytes.buffer);
    this._end = 0;
    /** Position, in bits. */
    this.at = 0;
  }

  /**
   * Starts over at the first bit of `bytes` from the byte `from` on.
   *
   * @param {Uint8Array} bytes
   * @param {number} [from]
   */
  load(bytes, from = 0) {
    const length = bytes.length - from;
    const needed = length + PADDING;
    if (needed > this._bytes.length) {
      this._bytes = new Uint8Array(2 * needed);
      this._view = new DataView(this._bytes.buffer);
    }
    this._bytes.set(bytes.subarray(from));
    this._bytes.fill(0, length, needed);
    this._end = 8 * length;
    this.at = 0;
  }

  /** Bits that are left. */
  get remaining() {
    return this._end - this.at;
  }

  /**
   * Reads `width` bits, 0 to 32.
   *
   * @param {number} width
   * @returns {number} unsigned
   */
  bits(width) {
    const word = this._peek();
    this._skip(width);
    return width === 32 ? word >>> 0 : word & ((1 << width) - 1);
  }

  /** Reads one bit. */
  bit() {
    const at = this.at;
    this._skip(1);
    return ((this._bytes[at >>> 3] >>> (at & 7)) & 1) === 1;
  }

  /** Reads a count or gap: Elias gamma of n + 1. */
  gamma() {
    const word = this._peek();
    if (word === 0) this._failGamma();
    const extra = trailingZeros(word);
    this._skip(extra + 1);
    // `extra` is at most 31, and then the sum is at most 2^32 - 1 before 1 is taken.
    return (((1 << extra) | this.bits(extra)) - 1) >>> 0;
  }

  /**
   * Reads a Rice code.
   *
   * @param {number} k its parameter, 0 to 31
   * @param {number} width of the plain number after an escape, 0 to 32
   */
  rice(k, width) {
    const ones = trailingZeros(~this._peek());
    if (ones >= RICE_ESCAPE) {
      this._skip(RICE_ESCAPE);
      return this.bits(width);
    }
    this._skip(ones + 1);
    return ((ones << k) | this.bits(k)) >>> 0;
  }

  /** The next 32 bits, as a signed integer; zeros beyond the end. Does not move on. */
  _peek() {
    const byte = this.at >>> 3;
    const shift = this.at & 7;
    const low = this._view.getUint32(byte, true) >>> shift;
    return shift === 0 ? low | 0 : low | (this._bytes[byte + 4] << (32 - shift));
  }

  /** @param {number} width */
  _skip(width) {
    if (width > this._end - this.at) throw new WireError('chunk ends too early', this._end, 'bit');
    this.at += width;
  }

  _failGamma() {
    this._skip(32);
    throw new WireError('gamma code is too long', this.at - 32, 'bit');
  }
}

/**
 * Zeros below the lowest one of a 32-bit word; 32 when there is none.
 *
 * @param {number} word
 */
function trailingZeros(word) {
  return word === 0 ? 32 : 31 - Math.clz32(word & -word);
}
