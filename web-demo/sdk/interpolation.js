/**
 * When what is shown. A state is shown a little later than it can be here at best, so that the next
 * one has usually arrived by then: one send interval, and what the arrivals jitter.
 *
 * ```text
 * render time = now − base − delay     base: fastest arrival after its tick's due time, recently
 *                                      delay: send interval + 95th percentile of arrivals after base
 * ```
 *
 * Both move gently, so that render time passes evenly. Needs no clock of the room: how far away the
 * server is does not matter, only how evenly its states arrive.
 *
 * @module
 */

import { Slewed } from './slewed.js';

/** Arrivals that are looked at. */
const WINDOW = 128;
/** Base and delay each move by at most this share of the time that passes. */
const SLEW = 0.05;
const PERCENTILE = 0.95;
/** Longest delay, in send intervals. */
const MAX_INTERVALS = 10;

/** The playout delay of a connection. */
export class Interpolation {
  constructor() {
    this._intervalMs = 0;
    /** How long after its tick was due each state came, in local time; a ring. */
    this._transits = new Float64Array(WINDOW);
    this._count = 0;
    this._now = 0;
    this._base = new Slewed(SLEW, Infinity);
    this._delay = new Slewed(SLEW, Infinity);
  }

  /** How long a state is held back after its fastest arrival, in milliseconds. */
  get delayMs() {
    return this._delay.at(this._now);
  }

  /**
   * Starts over for a connection.
   *
   * @param {number} intervalMs time between states
   */
  start(intervalMs) {
    this._intervalMs = intervalMs;
    this._count = 0;
  }

  /**
   * A state has arrived.
   *
   * @param {number} tickTimeMs when its tick was due, in the room's time
   * @param {number} now local time
   */
  handleArrival(tickTimeMs, now) {
    this._now = Math.max(this._now, now);
    this._transits[this._count % WINDOW] = now - tickTimeMs;
    this._count += 1;
    const sorted = this._transits.slice(0, Math.min(this._count, WINDOW)).sort();
    const base = sorted[0];
    const jitter = sorted[Math.ceil(PERCENTILE * sorted.length) - 1] - base;
    const delay = Math.min(this._intervalMs + jitter, MAX_INTERVALS * this._intervalMs);
    if (this._count === 1) {
      this._base.reset(base, now, MAX_INTERVALS * this._intervalMs);
      this._delay.reset(delay, now);
      return;
    }
    this._base.aim(base, now);
    this._delay.aim(delay, now);
  }

  /**
   * The room's time to show.
   *
   * @param {number} now local time
   * @returns {number}
   */
  renderTimeMs(now) {
    this._now = Math.max(this._now, now);
    return now - this._base.at(now) - this._delay.at(now);
  }
}
