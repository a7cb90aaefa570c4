/**
 * Pings, and the watch over silence. Pings measure the clock, quickly at first, and give a server
 * something to answer: a connection on which nothing comes back is dead, whatever the socket says.
 *
 * @module
 */

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {{ping: (nonce: number) => void, silent: () => void}} HeartbeatHandlers */

/** Time between pings, in milliseconds. */
const INTERVAL_MS = 1000;
/** Time between the first pings, in milliseconds, until the clock has something to choose from. */
const FIRST_INTERVAL_MS = 150;
const FIRST_PINGS = 5;
/** Pings whose answers are waited for, at most. */
const MAX_OUTSTANDING = 32;
/** Checks in a row that find silence: one alone may only mean that this machine was asleep. */
const SILENT_CHECKS = 2;
/** Time for an answer when something may have happened to the connection, in milliseconds: a phone's
 * radio takes a second to wake. It is waited for in so many parts, for the same reason. */
const PROBE_MS = 3000;
/** What comes this soon after the question may have been waiting here all along, in milliseconds. */
const PROBE_BACKLOG_MS = 500;

/** The heartbeat of one connection after the other. */
export class Heartbeat {
  /**
   * @param {Environment} environment
   * @param {HeartbeatHandlers} handlers
   */
  constructor(environment, handlers) {
    this._now = environment.now;
    this._timers = environment.timers;
    this._handlers = handlers;
    /** @type {any} */
    this._timer = undefined;
    /** @type {any} */
    this._probe = undefined;
    this._nonce = 0;
    /** @type {Map<number, number>} local time of each ping that is out, by nonce */
    this._sent = new Map();
    this._lastHeard = 0;
    this._silentChecks = 0;
    this._timeoutMs = Infinity;
    this._pings = 0;
  }

  /**
   * Starts over, on a new connection.
   *
   * @param {number} timeoutMs silence for this long ends a connection
   * @param {number} now
   */
  start(timeoutMs, now) {
    this.stop();
    this._timeoutMs = timeoutMs;
    this._pings = 0;
    this._sent.clear();
    this.heard(now);
    this._beat();
  }

  /** Ends it. No timer is left. */
  stop() {
    this._timers.clearTimeout(this._timer);
    this._timers.clearTimeout(this._probe);
    this._timer = undefined;
    this._probe = undefined;
  }

  /**
   * Asks whether the server is still there, and does not wait for long: this machine has been asleep,
   * or is in another network.
   */
  probe() {
    if (this._timer === undefined || this._probe !== undefined) return;
    const since = this._now();
    this._ping(since);
    this._await(this._nonce, since, SILENT_CHECKS);
  }

  /** @param {number} nonce @param {number} since @param {number} checks that are left */
  _await(nonce, since, checks) {
    this._probe = this._timers.setTimeout(() => {
      this._probe = undefined;
      const isAnswered = !this._sent.has(nonce) || this._lastHeard > since + PROBE_BACKLOG_MS;
      if (isAnswered) return;
      if (checks > 1) this._await(nonce, since, checks - 1);
      else this._handlers.silent();
    }, PROBE_MS / SILENT_CHECKS);
  }

  /**
   * Something came from the server.
   *
   * @param {number} now
   */
  heard(now) {
    this._lastHeard = now;
    this._silentChecks = 0;
  }

  /**
   * When the ping of a nonce was sent; undefined when it was not, or was answered before.
   *
   * @param {number} nonce
   * @returns {number | undefined}
   */
  sentAt(nonce) {
    const at = this._sent.get(nonce);
    this._sent.delete(nonce);
    return at;
  }

  _beat() {
    const now = this._now();
    const isSilent = now - this._lastHeard > this._timeoutMs;
    this._silentChecks = isSilent ? this._silentChecks + 1 : 0;
    this._timer = undefined;
    if (this._silentChecks >= SILENT_CHECKS) {
      this._handlers.silent();
      return;
    }
    const delayMs = this._pings < FIRST_PINGS ? FIRST_INTERVAL_MS : INTERVAL_MS;
    this._timer = this._timers.setTimeout(() => this._beat(), delayMs);
    this._ping(now);
  }

  /** @param {number} now */
  _ping(now) {
    this._pings += 1;
    this._nonce = (this._nonce + 1) >>> 0;
    this._sent.set(this._nonce, now);
    if (this._sent.size > MAX_OUTSTANDING) this._sent.delete(this._sent.keys().next().value ?? 0);
    this._handlers.ping(this._nonce);
  }
}
