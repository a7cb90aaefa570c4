/**
 * A number that moves to its target gently, so that a clock built on it never runs backwards.
 *
 * @module
 */

/** A number on its way to a target. */
export class Slewed {
  /**
   * @param {number} share the most it moves, as a share of the time that passes
   * @param {number} [jump] differences above this are jumped over; none if left out
   */
  constructor(share, jump = Infinity) {
    this._usualShare = share;
    this._share = share;
    this._jump = jump;
    this._from = 0;
    this._since = 0;
    /** Where it is going. */
    this.target = 0;
  }

  /**
   * Sets it at once.
   *
   * @param {number} value
   * @param {number} now
   * @param {number} [jump] differences above this are jumped over from now on
   */
  reset(value, now, jump = this._jump) {
    this._jump = jump;
    this._from = value;
    this.target = value;
    this._since = now;
  }

  /**
   * Gives it a target.
   *
   * @param {number} target
   * @param {number} now
   * @param {number} [share] the most it moves on its way there
   */
  aim(target, now, share = this._usualShare) {
    const current = this.at(now);
    if (Math.abs(target - current) > this._jump) {
      this.reset(target, now);
      return;
    }
    this._share = share;
    this._from = current;
    this.target = target;
    this._since = now;
  }

  /**
   * Its value at a time.
   *
   * @param {number} now
   * @returns {number}
   */
  at(now) {
    const step = this._share * Math.max(0, now - this._since);
    const gap = this.target - this._from;
    return Math.abs(gap) <= step ? this.target : this._from + Math.sign(gap) * step;
  }
}
