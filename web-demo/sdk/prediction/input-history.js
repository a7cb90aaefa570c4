/**
 * The inputs that were sent, and which of them is in effect at which tick: what the server's queue
 * does (`server/simulation/src/input_queue.rs`), on the client's side. Inputs that the server has
 * applied are forgotten; those after them are taken again when the ticks are played again.
 *
 * @module
 */

/** @typedef {import('./controls.js').InputFields} InputFields */
/** @typedef {import('../wire/schema.js').Schema} Schema */
/**
 * @typedef {object} KeptInput
 * @property {number} seq
 * @property {number} at the tick at which it takes effect at the earliest
 * @property {number[]} values
 */

/** More than the server lets wait, in inputs. */
const MOST_KEPT = 256;

/** The inputs of one connection. */
export class InputHistory {
  constructor() {
    /** Those that the server has not applied, as far as is known, in the order of their numbers.
     * @type {KeptInput[]} */
    this._kept = [];
    /** Index of the first one that has not been taken. */
    this._next = 0;
    /** What held on the server before them. @type {number[]} */
    this._base = [];
    /** What holds at the tick taken last. @type {number[]} */
    this._held = [];
    /** @type {boolean[]} */
    this._isButton = [];
    /** @type {string[]} */
    this._names = [];
    /** @type {InputFields} */
    this._fields = {};
  }

  /**
   * Starts over for a connection, on which every field is 0 until an input says otherwise.
   *
   * @param {Schema} schema
   */
  start({ inputs }) {
    this._kept.length = 0;
    this._next = 0;
    this._names = inputs.map(({ name }) => name);
    this._isButton = inputs.map(({ kind }) => kind.type === 'button');
    this._base = inputs.map(() => 0);
    this._held = inputs.map(() => 0);
    this._fields = {};
  }

  /**
   * An input was sent.
   *
   * @param {number} seq
   * @param {number} at
   * @param {number[]} values
   */
  add(seq, at, values) {
    this._kept.push({ seq, at, values });
    if (this._kept.length <= MOST_KEPT) return;
    this._forget(1);
  }

  /**
   * The server does not apply an input.
   *
   * @param {number} seq
   * @returns {boolean} whether it was one of these
   */
  refuse(seq) {
    const index = this._kept.findIndex((kept) => kept.seq === seq);
    if (index < 0) return false;
    this._kept.splice(index, 1);
    if (index < this._next) this._next -= 1;
    return true;
  }

  /**
   * The server has applied all inputs up to a number.
   *
   * @param {number} seq
   */
  handleEcho(seq) {
    let applied = 0;
    while (applied < this._kept.length && isUpTo(this._kept[applied].seq, seq)) applied += 1;
    this._forget(applied);
  }

  /** Goes back to the newest state of the server: what it has not applied takes effect after that. */
  rewind() {
    this._next = 0;
    copy(this._base, this._held);
  }

  /**
   * The input in effect at the next tick.
   *
   * @param {number} tick ascending from call to call, from the one after the server's newest state
   * @returns {InputFields} the same object at every call
   */
  take(tick) {
    const { _kept: kept, _held: held, _isButton: isButton, _fields: fields } = this;
    for (let index = 0; index < held.length; index += 1) if (isButton[index]) held[index] = 0;
    while (this._next < kept.length && kept[this._next].at <= tick) {
      const { values } = kept[this._next];
      for (let index = 0; index < held.length; index += 1) {
        // An input that is replaced before its tick does not swallow a press.
        held[index] = isButton[index] ? held[index] | values[index] : values[index];
      }
      this._next += 1;
    }
    for (let index = 0; index < held.length; index += 1) fields[this._names[index]] = held[index];
    return fields;
  }

  /** @param {number} count of the oldest ones */
  _forget(count) {
    if (count === 0) return;
    const { values } = this._kept[count - 1];
    for (let index = 0; index < values.length; index += 1) {
      this._base[index] = this._isButton[index] ? 0 : values[index];
    }
    this._kept.splice(0, count);
    this._next = Math.max(0, this._next - count);
  }
}

/** Whether a number is not after another one; they wrap at 2^16. @param {number} seq @param {number} last */
function isUpTo(seq, last) {
  return ((last - seq) << 16) >> 16 >= 0;
}

/** @param {number[]} from @param {number[]} to */
function copy(from, to) {
  for (let index = 0; index < from.length; index += 1) to[index] = from[index];
}
