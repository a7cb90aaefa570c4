/**
 * The room's clock, as a client knows it: from pings, by the sample with the shortest round trip.
 * Time is passed in. The clock slews, so that it never runs backwards; only when it is off by more
 * than a second does it jump.
 *
 * @module
 */

import { Slewed } from './slewed.js';

/** Samples older than this are forgotten, in milliseconds: paths and clocks drift. */
const WINDOW_MS = 30_000;
/** The offset moves by at most this share of the time that passes. */
const SLEW = 0.05;
/** Differences above this are jumped over, in milliseconds: slewing would take minutes. */
const JUMP_MS = 1000;
/** Beyond what round trips explain, this much shows that the room's clock moved, in milliseconds. */
const TOLERANCE_MS = 5;

/** @typedef {{at: number, rttMs: number, offsetMs: number}} Sample */

/** Local time to room time and ticks. */
export class Clock {
  constructor() {
    this._tickRateHz = 0;
    /** @type {Sample[]} */
    this._samples = [];
    this._offset = new Slewed(SLEW, JUMP_MS);
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
    this._offset.aim(best.offsetMs, now);
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
 * Whether two samples can be of one clock: each is off by half its round trip at most.
 *
 * @param {Sample} old
 * @param {Sample} sample
 */
function agree(old, sample) {
  const off = Math.abs(old.offsetMs - sample.offsetMs);
  return off <= (old.rttMs + sample.rttMs) / 2 + TOLERANCE_MS;
}
