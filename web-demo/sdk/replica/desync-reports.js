/**
 * What the server is told of parts that differ: one of them, and now and then as long as any does. It
 * answers with all of the state anew, and listens no more often.
 *
 * @module
 */

import { differenceOf } from './difference.js';

/** @typedef {import('../wire/messages.js').Difference} Difference */
/** @typedef {import('./replica.js').Replica} Replica */

/** Least time between two reports, in milliseconds: a little more than the server's. */
const INTERVAL_MS = 11_000;

/** The reports of one connection. */
export class DesyncReports {
  constructor() {
    /** Local time of the newest report. */
    this._reportedAt = -Infinity;
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
