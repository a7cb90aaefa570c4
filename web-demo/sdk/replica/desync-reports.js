/**
 * What the server is told of parts that differ: one of them, and now and then as long as any does. It
 * answers with all of the state anew, and listens no more often. With it go the frames that led there, so that
 * the case can be looked into.
 *
 * @module
 */

import { differenceOf } from './difference.js';

/** @typedef {import('../wire/messages.js').Difference} Difference */
/** @typedef {import('./replica.js').Replica} Replica */

/** Least time between two reports, in milliseconds: a little more than the server's. */
const INTERVAL_MS = 11_000;

/** Most frames that are told of, and their bytes together: what a message takes. */
const MOST_FRAMES = 32;
const MOST_BYTES = 3072;

/** The reports of one connection. */
export class DesyncReports {
  constructor() {
    /** Local time of the newest report. */
    this._reportedAt = -Infinity;
    /** The newest frames, in a ring. @type {Uint8Array[]} */
    this._frames = [];
    this._next = 0;
  }

  /** A frame was taken in. @param {Uint8Array} bytes */
  keep(bytes) {
    this._frames[this._next] = bytes;
    this._next = (this._next + 1) % MOST_FRAMES;
  }

  /** The newest frames, as many as fit into a message, the newest last. @returns {Uint8Array[]} */
  recent() {
    /** @type {Uint8Array[]} */
    const recent = [];
    let bytes = 0;
    for (let back = 1; back <= this._frames.length; back += 1) {
      const frame = this._frames[(this._next + MOST_FRAMES - back) % MOST_FRAMES];
      bytes += frame.length + 3;
      if (bytes > MOST_BYTES) break;
      recent.unshift(frame);
    }
    return recent;
  }

  /**
   * The report that is due after a frame.
   *
   * @param {Replica} replica
   * @param {number} now local time, in milliseconds
   * @returns {Difference | undefined}
   */
  due(replica, now) {
    const part = replica.differing[0];
    if (part === undefined || now - this._reportedAt < INTERVAL_MS) return undefined;
    this._reportedAt = now;
    return differenceOf(replica, part);
  }
}
