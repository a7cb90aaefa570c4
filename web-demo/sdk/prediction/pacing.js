/**
 * Predicted time: which tick an input that is given now is for. It runs ahead of the room's time by
 * as much as inputs take to get there, and a little, so that they arrive just in time.
 *
 * ```text
 * input for tick n  ── sent when predicted time is n ──→ arrives ── slack ──→ tick n is due
 * needed by it      =  how far ahead predicted time was − slack
 * predicted time    →  what nearly all of the last inputs needed, and a margin
 * ```
 *
 * The server reports the slack, so that all of the way counts: jitter, a display that draws seldom, a
 * clock that is off. Predicted time runs 1 to 3 % fast or slow to get where it should be, and
 * only when that is more than a quarter second away does it jump.
 *
 * @module
 */

import { Slewed } from '../time/slewed.js';

/** Inputs that are looked at, and for how long, in milliseconds. */
const WINDOW = 128;
const WINDOW_MS = 20_000;
/** Share of them that may come too late. */
const LATE_SHARE = 0.012;
/** Kept beyond what they need, in milliseconds and as a share of how they differ. */
const MARGIN_MS = 5;
const MARGIN_SHARE = 0.25;
/** The same while there is no telling yet; it goes as inputs come. */
const FIRST_MARGIN_MS = 40;
/** What pings may say of jitter, at most, in milliseconds: they are few, and a page that begins is busy. */
const MOST_PING_JITTER_MS = 60;
/** Inputs after which the pings are no longer asked. */
const ENOUGH = 12;
/** A hiccup does not make everything else wait: nothing counts that is farther above the middle of the
 * newest inputs than so many times the quarter of them above it goes, within limits in milliseconds. */
const NEWEST = 16;
const SPREAD = 6;
const LEAST_SPREAD_MS = 30;
const MOST_SPREAD_MS = 150;
/** Shares of the time that predicted time runs fast or slow by: what comes too late cannot wait, what
 * comes too early can unless it is far off, in milliseconds. */
const FAST = 0.03;
const SLOW = 0.01;
const FAR_MS = 30;
/** Differences above this are jumped over, in milliseconds. */
const JUMP_MS = 250;
/** What an input needs is never less than the way takes: if one needs less than all before it by this, in
 * milliseconds, the way or the room's clock is another one. */
const OTHER_MS = 100;
/** Inputs on their way, at most: two seconds of them at 120 a second. */
const UNDERWAY = 256;

/** Paces the inputs of one connection after the other. */
export class Pacing {
  constructor() {
    this._msPerTick = 1;
    /** Predicted time, in the room's time, minus local time. */
    this._offset = new Slewed(SLOW);
    this._guessMs = 0;
    /** By input, at its number modulo {@link UNDERWAY}: the offset at which it would have gone just
     * then. */
    this._sent = new Float64Array(UNDERWAY);
    /** What inputs needed the offset to be, and when that was told; rings. */
    this._needs = new Float64Array(WINDOW);
    this._toldAt = new Float64Array(WINDOW);
    this._sorted = new Float64Array(WINDOW);
    this._count = 0;
    /** The first of them that counts. */
    this._first = 0;
    /** Whether predicted time has begun. */
    this.isRunning = false;
    /** Slack of the newest input of which it is known, in milliseconds. */
    this.slackMs = /** @type {number | undefined} */ (undefined);
    /** Inputs that were applied, and those that came too late for their tick. */
    this.applied = 0;
    this.late = 0;
  }

  /**
   * Starts over for a connection.
   *
   * @param {number} msPerTick
   */
  start(msPerTick) {
    this._msPerTick = msPerTick;
    this._sent.fill(NaN);
    this._count = 0;
    this._first = 0;
    this.isRunning = false;
    this.slackMs = undefined;
    this.applied = 0;
    this.late = 0;
  }

  /**
   * What the pings say that inputs need, which counts until enough of them have said it themselves.
   *
   * @param {import('../time/clock.js').Clock} clock
   * @param {number} now
   */
  guess({ measuredOffsetMs, shortestRttMs, longestRttMs }, now) {
    if (shortestRttMs === undefined || longestRttMs === undefined || this._count >= ENOUGH) return;
    const jitterMs = Math.min(longestRttMs - shortestRttMs, MOST_PING_JITTER_MS);
    const guessMs = measuredOffsetMs + shortestRttMs / 2 + jitterMs;
    if (this.isRunning && guessMs === this._guessMs) return;
    this._guessMs = guessMs;
    if (this.isRunning) this._aim(now);
    else this._offset.reset(this._wanted(now), now);
    this.isRunning = true;
  }

  /**
   * Begins anew from the pings: the room's time has been moved, and what inputs needed says nothing.
   *
   * @param {import('../time/clock.js').Clock} clock
   * @param {number} now
   */
  restart(clock, now) {
    this._count = 0;
    this._first = 0;
    this.isRunning = false;
    this.guess(clock, now);
  }

  /**
   * The tick that inputs are for, with its fraction.
   *
   * @param {number} now
   */
  tickAt(now) {
    return (now + this._offset.at(now)) / this._msPerTick;
  }

  /**
   * Puts predicted time where a tick is due now.
   *
   * @param {number} tick
   * @param {number} now
   */
  jumpTo(tick, now) {
    this._offset.reset(tick * this._msPerTick - now, now);
  }

  /**
   * An input was sent.
   *
   * @param {number} seq
   * @param {number} at the tick that it is for; 0 for whichever is the next, which tells nothing
   * @param {number} now
   */
  handleSent(seq, at, now) {
    const offsetMs = this._offset.at(now);
    const earlyMs = Math.max(0, at * this._msPerTick - (now + offsetMs));
    this._sent[seq % UNDERWAY] = at === 0 ? NaN : offsetMs + earlyMs;
  }

  /**
   * An input has taken effect.
   *
   * @param {number} seq
   * @param {number} slackMs
   * @param {number} now
   */
  handleEcho(seq, slackMs, now) {
    this.slackMs = slackMs;
    this.applied += 1;
    if (slackMs < 0) this.late += 1;
    const needMs = this._sent[seq % UNDERWAY] - slackMs;
    if (Number.isNaN(needMs)) return;
    if (needMs < this._sortedOf(WINDOW, now)[0] - OTHER_MS) this._first = this._count;
    const at = this._count % WINDOW;
    this._needs[at] = needMs;
    this._toldAt[at] = now;
    this._count += 1;
    if (this.isRunning) this._aim(now);
  }

  /** @param {number} now */
  _aim(now) {
    const wanted = this._wanted(now);
    const gapMs = wanted - this._offset.at(now);
    if (Math.abs(gapMs) > JUMP_MS) this._offset.reset(wanted, now);
    else this._offset.aim(wanted, now, gapMs > -FAR_MS && gapMs <= 0 ? SLOW : FAST);
  }

  /** What the offset should be. @param {number} now */
  _wanted(now) {
    const firstMarginMs = FIRST_MARGIN_MS / (1 + this._count / 4);
    const all = this._sortedOf(WINDOW, now);
    const count = all.length;
    if (count === 0) return this._guessMs + MARGIN_MS + firstMarginMs;
    const nearlyAll = all[count - 1 - Math.floor(count * LATE_SHARE)];
    const needed = this._count < ENOUGH ? Math.max(nearlyAll, this._guessMs) : nearlyAll;
    const newest = this._sortedOf(NEWEST, now);
    const middle = newest[newest.length >> 1];
    const above = newest[(3 * newest.length) >> 2] - middle;
    const mostMs = Math.min(MOST_SPREAD_MS, Math.max(LEAST_SPREAD_MS, SPREAD * above));
    const spreadMs = Math.min(Math.max(0, needed - middle), mostMs);
    return middle + spreadMs * (1 + MARGIN_SHARE) + MARGIN_MS + firstMarginMs;
  }

  /**
   * What the newest inputs needed, in ascending order.
   *
   * @param {number} most so many of them
   * @param {number} now what is too old is left out
   */
  _sortedOf(most, now) {
    let count = 0;
    for (let index = Math.max(this._first, this._count - most); index < this._count; index += 1) {
      const at = index % WINDOW;
      if (now - this._toldAt[at] > WINDOW_MS) continue;
      this._sorted[count] = this._needs[at];
      count += 1;
    }
    return this._sorted.subarray(0, count).sort();
  }
}
