/**
 * How long to wait before the next attempt: doubling, with jitter, so that the clients of a server
 * that restarts do not come back in step.
 *
 * @module
 */

/** Delay before the first retry, in milliseconds. */
const FIRST_DELAY_MS = 1000;
/** Longest delay, in milliseconds. */
const LONGEST_DELAY_MS = 30_000;
/** A delay is spread by this share to both sides. */
const SPREAD = 0.5;
/** Longest delay before an attempt that need not wait, in milliseconds: many may have been cut off
 * at once. */
const LONGEST_PROMPT_DELAY_MS = 100;

/** A delay that was told to many is lengthened by up to this share at random. */
const TOLD_SPREAD = 0.25;

/** Counts failures since the last success. */
export class Backoff {
  /** @param {() => number} random uniform from 0 to 1 */
  constructor(random) {
    this._random = random;
    /** Failures since the last success. */
    this.attempt = 0;
    this._doublings = 0;
  }

  /** The delay before the next attempt, in milliseconds. Counts a failure. */
  next() {
    // The exponent is bounded so that days of failures do not overflow.
    const doubled = FIRST_DELAY_MS * 2 ** Math.min(this._doublings, 10);
    this.attempt += 1;
    this._doublings += 1;
    const spread = 1 - SPREAD + 2 * SPREAD * this._random();
    return Math.min(Math.min(doubled, LONGEST_DELAY_MS) * spread, LONGEST_DELAY_MS);
  }

  /**
   * The same for an attempt that need not wait: next to nothing. Doubling begins with the attempt
   * after it.
   */
  nextPrompt() {
    this.attempt += 1;
    return LONGEST_PROMPT_DELAY_MS * this._random();
  }

  /**
   * The same where the server told a delay, and maybe many others the same one. It does not lengthen
   * those after it.
   *
   * @param {number} delayMs
   */
  nextTold(delayMs) {
    this.attempt += 1;
    return delayMs * (1 + TOLD_SPREAD * this._random());
  }

  /**
   * The same where the server told this client a delay of its own.
   *
   * @param {number} delayMs
   */
  nextAsTold(delayMs) {
    this.attempt += 1;
    return delayMs;
  }

  /** Starts over, after a success. */
  reset() {
    this.attempt = 0;
    this._doublings = 0;
  }
}
