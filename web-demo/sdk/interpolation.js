/**
 * When what is shown: stub of the final API.
 *
 * @module
 */

/** The playout delay. */
export class Interpolation {
  constructor() {
    /** How far behind the fastest arrival the view is, in milliseconds. */
    this.delayMs = 0;
  }

  /** @param {number} intervalMs */
  start(intervalMs) {
    this.delayMs = intervalMs;
  }

  /** @param {number} tickTimeMs @param {number} now */
  handleArrival(tickTimeMs, now) {
    void tickTimeMs;
    void now;
  }

  /** @param {number} now */
  renderTimeMs(now) {
    return now;
  }
}
