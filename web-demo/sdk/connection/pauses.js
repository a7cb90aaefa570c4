/**
 * How long to stay away before the next attempt: as the server says, or by a backoff, or not at all.
 * Knows neither sockets nor timers; time is passed in.
 *
 * @module
 */

import { Backoff } from './backoff.js';

/** @typedef {import('./close.js').Reconnect} Reconnect */

/** A connection that was open for so long, in milliseconds, is resumed at once when it is lost. One
 * that keeps ending is not, or client and server would do nothing else. */
const LASTING_MS = 1000;
/** Longest delay that a server can ask for on a connection, in milliseconds. */
const LONGEST_TOLD_MS = 600_000;
/** Shortest time between attempts that do not wait because something may have changed, in milliseconds. */
const HURRY_EVERY_MS = 1000;

/** One pause after the other. */
export class Pauses {
  /** @param {() => number} random uniform from 0 to 1 */
  constructor(random) {
    this._backoff = new Backoff(random);
    this._hurriedAt = -Infinity;
    this.forget();
  }

  /** Starts over. */
  forget() {
    this._backoff.reset();
    /** When the state arrived; undefined when it has not. */
    this._openSince = /** @type {number | undefined} */ (undefined);
    /** Whether the connection that has ended was open for a while. */
    this._hasLasted = false;
    /** When the server asked to come back, in milliseconds after the end of this connection. */
    this._backAfterMs = /** @type {number | undefined} */ (undefined);
    /** Whether the room has failed: then the next one may as well. */
    this._hasFailed = false;
    /** Whether this pause is our own choice, and not what the server asked for. */
    this._isOurs = false;
  }

  /** Failures since the last success. */
  get attempt() {
    return this._backoff.attempt;
  }

  /**
   * The server has said when to come back.
   *
   * @param {number} afterMs
   * @param {boolean} hasFailed whether the room has failed
   */
  handleTold(afterMs, hasFailed) {
    this._backAfterMs = Math.min(afterMs, LONGEST_TOLD_MS);
    this._hasFailed ||= hasFailed;
  }

  /** The room goes on elsewhere: what was told of the server does not matter any more. */
  handleMoved() {
    this._backAfterMs = undefined;
  }

  /** The state has arrived. @param {number} now */
  handleOpen(now) {
    this._openSince = now;
  }

  /**
   * An attempt or a connection has ended.
   *
   * @param {number} now
   * @param {boolean} isUnderstood whether otherwise than by bytes that do not decode: coming back to those
   *   every second would help nobody
   */
  handleEnd(now, isUnderstood) {
    const openSince = this._openSince;
    this._openSince = undefined;
    this._hasLasted = openSince !== undefined && now - openSince >= LASTING_MS;
    if (openSince !== undefined && isUnderstood && !this._hasFailed) this._backoff.reset();
  }

  /**
   * The pause after the end, in milliseconds.
   *
   * @param {Reconnect} plan
   * @param {boolean} mayBePrompt whether the client can be let in at once
   */
  next(plan, mayBePrompt) {
    const toldMs = this._toldMs();
    this._hasFailed = false;
    this._isOurs = toldMs === undefined && plan.type === 'backoff';
    if (toldMs !== undefined) return toldMs;
    // The backoff comes on top of a delay that is told, so that its jitter stays.
    if (plan.type === 'told') return this._backoff.nextTold(plan.delayMs);
    if (plan.type === 'after') return plan.delayMs + this._backoff.next();
    return this._hasLasted && mayBePrompt ? this._backoff.nextPrompt() : this._backoff.next();
  }

  /**
   * Whether a pause may end before its time because something has changed. If so, not soon again.
   *
   * @param {number} now
   */
  takeHurry(now) {
    if (!this._isOurs || now - this._hurriedAt < HURRY_EVERY_MS) return false;
    this._hurriedAt = now;
    return true;
  }

  /** The delay that the server asked for, once: it is another one for each client already. */
  _toldMs() {
    const told = this._backAfterMs;
    this._backAfterMs = undefined;
    if (told === undefined) return undefined;
    // A room that fails again and again is come back to more and more seldom.
    return this._hasFailed ? Math.max(told, this._backoff.next()) : this._backoff.nextAsTold(told);
  }
}
