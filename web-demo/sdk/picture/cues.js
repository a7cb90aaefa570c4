/**
 * Events of the game that wait until the picture reaches their tick.
 *
 * @module
 */

/** @typedef {import('../room-events.js').GameEvent} GameEvent */

/** Those that wait, at most; the oldest ones go when nobody looks. */
const MAX_WAITING = 256;

/** A queue of events, by tick. */
export class Cues {
  constructor() {
    /** @type {GameEvent[]} */
    this._waiting = [];
  }

  /** Forgets all. */
  clear() {
    this._waiting.length = 0;
  }

  /** @param {GameEvent} event */
  add(event) {
    this._waiting.push(event);
    if (this._waiting.length > MAX_WAITING) this._waiting.shift();
  }

  /**
   * Takes out the events up to a tick.
   *
   * @param {number} tick
   * @returns {GameEvent[]}
   */
  take(tick) {
    const later = this._waiting.findIndex((event) => event.tick > tick);
    return this._waiting.splice(0, later < 0 ? this._waiting.length : later);
  }
}
