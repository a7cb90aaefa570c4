/**
 * The one error that malformed bytes cause. Whatever a server sends, decoding either succeeds or
 * throws this; anything else thrown by a decoder is a fault of the SDK.
 *
 * @module
 */

/** Bytes that do not follow the wire specification. */
export class WireError extends Error {
  /**
   * @param {string} what what is wrong
   * @param {number} at where: the byte's offset in its message, or the bit's in its chunk
   * @param {'byte'|'bit'} [unit]
   */
  constructor(what, at, unit = 'byte') {
    super(`${what} (${unit} ${at})`);
    this.name = 'WireError';
    /** What is wrong. */
    this.what = what;
    /** Where, in `unit`s. */
    this.at = at;
    /** What `at` counts: bytes of a message, or bits of a chunk. */
    this.unit = unit;
  }
}
