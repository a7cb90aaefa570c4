/**
 * The room's clock, as a client knows it: from pings, by the sample with the shortest round trip.
 * Time is passed in. The clock slews, so that it neither jumps nor runs backwards; the farther it is
 * off beyond a second, the faster it goes there.
 *
 * @module
 */

import { Slewed } from './slewed.js';

/** Samples older than this are forgotten, in milliseconds: paths and clocks drift. */
const WINDOW_MS = 30_000;
/** The offset moves by at most this share of the time that passes. */
const SLEW = 0.05;
/** Differences above this are hurried over, in milliseconds, or slewing would take minutes: by the
 * time that they would take at once. */
const HURRY_MS = 1000;
const HURRY_FOR_MS = 2000;
/** Running late it still passes this share of the time. */
const SLOWEST = 0.1;
/** Beyond what round trips explain, this much shows that the room's clock moved, in milliseconds. */
const TOLERANCE_MS = 5;

/** @typedef {{at: number, rttMs: number, offsetMs: number}} Sample */

/** Local time to room time and ticks. */
export class Clock {
  constructor() {
    this._tickRateHz = 0;
    /** @type {Sample[]} */
    this._samples = [];
    this._offset = new Slewed(SLEW);
    /** Round trip of the newest ping, in milliseconds; undefined before the first answer. */
    this.rttMs = /** @type {number | undefined} */ (undefined);
  }

  /**
   * Starts over for a connection, with a first guess that knows no round trip.
   *
   * @param {number} tickRateHz
   * @param {number} roomTimeMs the room's clock when the welcome was sent
   * @param {number} now local time at which it came
   */
  start(tickRateHz, roomTimeMs, now) {
    this._tickRateHz = tickRateHz;
    this._samples = [];
    this.rttMs = undefined;
    this._offset.reset(roomTimeMs - now, now);
  }

  /**
   * Takes in the answer to a ping.
   *
   * @param {number} sentAt local time of the ping
   * @param {number} roomTimeMs the room's clock when it answered
   * @param {number} now
   */
  handlePong(sentAt, roomTimeMs, now) {
    const rttMs = Math.max(0, now - sentAt);
    const sample = { at: now, rttMs, offsetMs: roomTimeMs - (sentAt + now) / 2 };
    this.rttMs = rttMs;
    this._samples = this._samples.filter((old) => now - old.at <= WINDOW_MS && agree(old, sample));
    this._samples.push(sample);
    const best = this._samples.reduce((least, next) => (next.rttMs <= least.rttMs ? next : least));
    this._offset.aim(best.offsetMs, now, shareFor(best.offsetMs - this._offset.at(now)));
  }

  /** Shortest round trip of late, in milliseconds; undefined before the first answer. */
  get shortestRttMs() {
    return least(this._samples, 1);
  }

  /** Longest round trip of late, in milliseconds; undefined before the first answer. */
  get longestRttMs() {
    const longest = least(this._samples, -1);
    return longest === undefined ? undefined : -longest;
  }

  /** Where the offset is slewing to: by the best sample, or as the welcome had it before any. */
  get measuredOffsetMs() {
    return this._offset.target;
  }

  /**
   * Room time minus local time, in milliseconds.
   *
   * @param {number} now
   * @returns {number}
   */
  offsetMs(now) {
    return this._offset.at(now);
  }

  /**
   * The room's clock, in milliseconds.
   *
   * @param {number} now local time, as `performance.now()`
   * @returns {number}
   */
  roomTimeMs(now) {
    return now + this.offsetMs(now);
  }

  /**
   * The tick that is due in the room, with its fraction.
   *
   * @param {number} now
   * @returns {number}
   */
  tickAt(now) {
    return (this.roomTimeMs(now) * this._tickRateHz) / 1000;
  }
}

/**
 * The share of the time at which a difference is slewed.
 *
 * @param {number} gapMs
 */
function shareFor(gapMs) {
  if (Math.abs(gapMs) <= HURRY_MS) return SLEW;
  const share = Math.abs(gapMs) / HURRY_FOR_MS;
  return gapMs < 0 ? Math.min(share, 1 - SLOWEST) : share;
}

/** @param {Sample[]} samples @param {1 | -1} sign @returns {number | undefined} */
function least(samples, sign) {
  if (samples.length === 0) return undefined;
  return samples.reduce((found, { rttMs }) => Math.min(found, sign * rttMs), Infinity);
}

/**
 * Whether two samples can be of one clock: each is off by half its round trip at most.
 *
 * @param {Sample} old
 * @param {Sample} sample
 */
function agree(old, sample) {
  const off = Math.abs(old.offsetMs - sample.offsetMs);
  return off <= (old.rttMs + sample.rttMs) / 2 + TOLERANCE_MS;
}
