/**
 * The one error that malformed bytes cause. Whatever a server sends, decoding either succeeds or
 * throws this; anything else thrown by a decoder is a fault of the SDK.
 *
 * @module
 */

import { TickwireError } from '../errors.js';

/** Bytes that do not follow the wire specification. */
export class WireError extends TickwireError {
  /**
   * @param {string} what what is wrong
   * @param {number} at where: the byte's offset in its message; within a chunk roughly, as a byte
   *   there holds parts of many numbers
   */
  constructor(what, at) {
    super('malformed', `${what} (byte ${at})`);
    this.name = 'WireError';
    /** What is wrong. */
    this.what = what;
    /** Where, in bytes of the message. */
    this.at = at;
  }
}
