/**
 * When what is shown. A state is shown a little later than it can be here at best, so that the next
 * one has usually arrived by then: one send interval, and what the arrivals jitter.
 *
 * ```text
 * wanted time = now − base − delay     base: fastest arrival after its tick's due time, recently
 *                                      delay: send interval + 95th percentile of arrivals after base
 * render time = wanted time, but not beyond what is known, and behind it after a stall (playout.js)
 * ```
 *
 * All of it moves gently, so that render time passes evenly. Needs no clock of the room: how far away
 * the server is does not matter, only how evenly its states arrive.
 *
 * @module
 */

import { Playout } from './playout.js';
import { Slewed } from '../time/slewed.js';

/** Arrivals that are looked at. */
const WINDOW = 128;
/** Base and delay each move by at most this share of the time that passes. */
const SLEW = 0.05;
const PERCENTILE = 0.95;
/** Longest delay, in send intervals. */
const MAX_INTERVALS = 10;
/** A state that is later than this after the fastest, in send intervals, was held up by a stall; those
 * that come with it are one arrival. */
const STALL_INTERVALS = 3;

/** The playout delay of a connection. */
export class Interpolation {
  constructor() {
    this._intervalMs = 0;
    /** How long after its tick was due each state came, in local time; a ring. */
    this._transits = new Float64Array(WINDOW);
    this._sorted = new Float64Array(WINDOW);
    this._count = 0;
    this._now = 0;
    this._arrivedAt = 0;
    this._newestMs = 0;
    this._base = new Slewed(SLEW);
    this._delay = new Slewed(SLEW);
    this._playout = new Playout();
  }

  /** How long a state is held back after its fastest arrival, in milliseconds. */
  get delayMs() {
    return this._delay.at(this._now);
  }

  /** How far the picture is behind that, after a stall, in milliseconds. */
  get behindMs() {
    return this._playout.behindMs;
  }

  /** How much the arrivals jitter: the 95th percentile of their delay after the fastest. */
  get jitterMs() {
    return Math.max(0, this._delay.target - this._intervalMs);
  }

  /**
   * Starts over for a connection.
   *
   * @param {number} intervalMs time between states
   * @param {number} [quietMs] the same while nothing happens, at most
   */
  start(intervalMs, quietMs = intervalMs) {
    this._intervalMs = intervalMs;
    this._count = 0;
    this._playout.start(intervalMs, quietMs);
  }

  /**
   * A state has arrived.
   *
   * @param {number} tickTimeMs when its tick was due, in the room's time
   * @param {number} now local time
   */
  handleArrival(tickTimeMs, now) {
    this._now = Math.max(this._now, now);
    this._playout.handleState(tickTimeMs);
    if (this._isOfSameStall(tickTimeMs, now)) return;
    this._arrivedAt = now;
    this._newestMs = tickTimeMs;
    this._transits[this._count % WINDOW] = now - tickTimeMs;
    this._count += 1;
    const known = Math.min(this._count, WINDOW);
    this._sorted.set(this._transits);
    const sorted = this._sorted.subarray(0, known).sort();
    const base = sorted[0];
    const jitter = sorted[Math.ceil(PERCENTILE * known) - 1] - base;
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
    return this._playout.at(now, now - this._base.at(now) - this._delay.at(now));
  }

  /**
   * Whether a state comes right behind one that a stall held up, and was held up by it as well.
   *
   * @param {number} tickTimeMs
   * @param {number} now
   */
  _isOfSameStall(tickTimeMs, now) {
    if (this._count === 0) return false;
    const latest = this._transits[(this._count - 1) % WINDOW];
    const isLate = latest - this._base.target > STALL_INTERVALS * this._intervalMs;
    return isLate && now - this._arrivedAt < (tickTimeMs - this._newestMs) / 2;
  }
}
