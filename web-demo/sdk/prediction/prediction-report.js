/**
 * How the prediction does, in numbers: what a game shows in a net panel, and what tests hold it to.
 *
 * @module
 */

/** Errors of which the distribution is told. */
const WINDOW = 512;

/** What `room.prediction` is. One object for as long as the rules hold. */
export class PredictionReport {
  constructor() {
    /** The own state as it was drawn last; undefined while none is predicted. @type {any} */
    this.state = undefined;
    /** The newest predicted tick; undefined while none is predicted. */
    this.tick = /** @type {number | undefined} */ (undefined);
    /** By how much the newest state of the server differed from what was predicted for its tick, in
     * the units of the rules' `error`; 0 when it was equal. */
    this.error = 0;
    /** States that were compared, and those of them that differed. */
    this.compared = 0;
    this.wrong = 0;
    /** Inputs that were applied on this connection, and those that came too late for their tick. */
    this.applied = 0;
    this.late = 0;
    /** How long before its tick the newest input arrived, in milliseconds; undefined before the
     * first. */
    this.slackMs = /** @type {number | undefined} */ (undefined);
    /** How far predicted time is ahead of the room's, in milliseconds. */
    this.leadMs = 0;
    this._errors = new Float64Array(WINDOW);
    this._sorted = new Float64Array(WINDOW);
  }

  /** @param {number} error */
  count(error) {
    this.error = error;
    this._errors[this.compared % WINDOW] = error;
    this.compared += 1;
    if (error !== 0) this.wrong += 1;
  }

  /**
   * The error that a share of the last 512 states did not exceed.
   *
   * @param {number} share 0 to 1; 1 is the largest
   * @returns {number} 0 before the first
   */
  percentile(share) {
    const known = Math.min(this.compared, WINDOW);
    if (known === 0) return 0;
    this._sorted.set(this._errors);
    const sorted = this._sorted.subarray(0, known).sort();
    return sorted[Math.min(known - 1, Math.max(0, Math.ceil(share * known) - 1))];
  }
}
