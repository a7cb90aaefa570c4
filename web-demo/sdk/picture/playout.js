/**
 * The time that is shown, held to what is known: it stops where the states end, so that nothing is
 * made up for longer than the server is silent, and after a stall it catches up gently. It never runs
 * backwards.
 *
 * @module
 */

/** Beyond the newest state, and as long as states were apart lately, it goes on for this long, in
 * milliseconds. */
const MOST_OVERDUE_MS = 50;
/** How much faster than time passes it catches up, and when it is this far behind, in milliseconds. */
const CATCH_UP = 0.25;
const FAR_BEHIND_MS = 400;
const CATCH_UP_FAR = 0.4;
/** Farther behind than this, in milliseconds, it jumps: states are not kept for longer. */
const MOST_BEHIND_MS = 1500;
/** States whose distances are looked at. */
const WINDOW = 64;

/** The time that is shown on one connection. */
export class Playout {
  constructor() {
    this._quietMs = 0;
    /** How far states were apart, in milliseconds of the room; a ring. */
    this._gaps = new Float64Array(WINDOW);
    this._longestGapMs = 0;
    this._count = 0;
    this._newestMs = -Infinity;
    this._at = -Infinity;
    this._shownMs = -Infinity;
    /** How far it is behind what was wanted. */
    this.behindMs = 0;
  }

  /**
   * Starts over for a connection.
   *
   * @param {number} intervalMs time between states
   * @param {number} quietMs the same while nothing happens, at most
   */
  start(intervalMs, quietMs) {
    this._quietMs = Math.max(intervalMs, quietMs);
    this._gaps.fill(this._quietMs);
    this._longestGapMs = this._quietMs;
    this._count = 0;
    this._newestMs = -Infinity;
    this._at = -Infinity;
    this._shownMs = -Infinity;
    this.behindMs = 0;
  }

  /**
   * A state has arrived.
   *
   * @param {number} tickTimeMs when its tick was due, in the room's time
   */
  handleState(tickTimeMs) {
    if (this._newestMs > -Infinity) {
      const gapMs = Math.max(0, tickTimeMs - this._newestMs);
      this._gaps[this._count % WINDOW] = Math.min(gapMs, this._quietMs);
      this._count += 1;
      this._longestGapMs = this._gaps.reduce((longest, gap) => Math.max(longest, gap), 0);
    }
    this._newestMs = tickTimeMs;
  }

  /**
   * The time to show.
   *
   * @param {number} now local time
   * @param {number} wantedMs what it would be if everything arrived in time
   * @returns {number}
   */
  at(now, wantedMs) {
    const endMs = this._newestMs + this._longestGapMs + MOST_OVERDUE_MS;
    const heldMs = Math.min(wantedMs, endMs);
    const catchUp = this.behindMs > FAR_BEHIND_MS ? CATCH_UP_FAR : CATCH_UP;
    const fastestMs = this._shownMs + Math.max(0, now - this._at) * (1 + catchUp);
    const isFar = wantedMs - fastestMs > MOST_BEHIND_MS || this._shownMs - wantedMs > MOST_BEHIND_MS;
    const isFirst = this._at === -Infinity;
    const shownMs =
      isFirst || (isFar && wantedMs <= endMs) ? heldMs : Math.max(this._shownMs, Math.min(heldMs, fastestMs));
    this._at = Math.max(this._at, now);
    this._shownMs = shownMs;
    this.behindMs = Math.max(0, wantedMs - shownMs);
    return shownMs;
  }
}
