/**
 * Counts down to the next attempt, for people to see: tells the time that is left at once and at every
 * whole second before the end.
 *
 * @module
 */

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {{remainingMs: number, retryAtMs: number}} Remaining */

const SECOND_MS = 1000;

/** One countdown after the other. */
export class Countdown {
  /**
   * @param {Environment} environment
   * @param {(remaining: Remaining) => void} tell
   */
  constructor({ now, timers }, tell) {
    this._now = now;
    this._timers = timers;
    this._tell = tell;
    /** @type {any} */
    this._timer = undefined;
  }

  /**
   * Begins anew.
   *
   * @param {number} retryAtMs the time, as of `now()`, at which it ends
   */
  start(retryAtMs) {
    this.stop();
    const remainingMs = Math.max(0, retryAtMs - this._now());
    // Whoever is told may end the wait: the next second is planned first.
    const untilNext = remainingMs % SECOND_MS || SECOND_MS;
    if (remainingMs > untilNext) {
      this._timer = this._timers.setTimeout(() => this.start(retryAtMs), untilNext);
    }
    this._tell({ remainingMs, retryAtMs });
  }

  /** Ends it. No timer is left. */
  stop() {
    this._timers.clearTimeout(this._timer);
    this._timer = undefined;
  }
}
