/**
 * Which transport the next attempt uses: a WebSocket where one can be had, a stream where it can not, polls
 * where streams are held back. Pure: knows neither sockets nor timers; time is passed in.
 *
 * ```text
 *             could not be opened, or             is held back, or
 * websocket ──── died young twice ────→ stream ── died young twice ──→ poll
 *     ↑                                   ↑
 *     └── the next resume, at most once a minute after two failures in a row
 * ```
 *
 * @module
 */

/** What can carry a session, the best first. @typedef {'websocket' | 'stream' | 'poll'} Transport */
/** @typedef {{transport: Transport, patienceMs: number}} Choice */

/** @type {readonly Transport[]} */
export const TRANSPORTS = ['websocket', 'stream', 'poll'];

/** Time for a transport to open, where there is another one, in milliseconds: at the first join, … */
const FIRST_PATIENCE_MS = 2500;
/** … in mid-game, … */
const RESUME_PATIENCE_MS = 1500;
/** … and where it has failed the last time. */
const SHORT_PATIENCE_MS = 1000;
/** A connection that breaks sooner has died young, in milliseconds. */
const YOUNG_MS = 10_000;
/** Failures in a row after which a transport is asked seldom, … */
const FAILURES_TO_REST = 2;
/** … and how seldom, in milliseconds. */
const REST_MS = 60_000;

/** What is known of the network between here and one server. */
export class TransportChoice {
  /**
   * @param {readonly Transport[]} available those to choose from, the best first; not none
   */
  constructor(available) {
    this._available = available;
    /** Failures in a row, and when the newest was. @type {Map<Transport, {count: number, at: number}>} */
    this._failures = new Map();
    /** Those that have failed in this attempt. @type {Set<Transport>} */
    this._tried = new Set();
    /** Those of them of which it has not shown yet whether that was their fault: there may be no network at
     * all. @type {Set<Transport>} */
    this._suspects = new Set();
  }

  /** An attempt begins. */
  begin() {
    this._tried.clear();
    this._suspects.clear();
  }

  /**
   * What to use now.
   *
   * @param {number} now
   * @param {boolean} isResume whether somebody is in mid-game
   * @returns {Choice | undefined} nothing when this attempt has failed
   */
  next(now, isResume) {
    const left = this._available.filter((transport) => !this._tried.has(transport));
    const transport = left.find((one) => !this._rests(one, now)) ?? left.at(-1);
    if (!transport) return undefined;
    const hasOthers = left.indexOf(transport) < left.length - 1;
    return { transport, patienceMs: hasOthers ? this._patienceMs(transport, isResume) : Infinity };
  }

  /**
   * It could not be opened.
   *
   * @param {Transport} transport
   */
  handleUnopened(transport) {
    this._tried.add(transport);
    this._suspects.add(transport);
  }

  /**
   * The server was reached, but something on the way does not let its bytes through.
   *
   * @param {Transport} transport
   * @param {number} now
   */
  handleHeldBack(transport, now) {
    this.handleReached(now);
    this._tried.add(transport);
    this._failures.set(transport, { count: FAILURES_TO_REST, at: now });
  }

  /**
   * The server was reached: what could not be opened before in this attempt is blocked.
   *
   * @param {number} now
   */
  handleReached(now) {
    for (const transport of this._suspects) this._countFailure(transport, now);
    this._suspects.clear();
  }

  /**
   * An open connection has ended.
   *
   * @param {Transport} transport
   * @param {{livedMs: number, isLoss: boolean}} end whether it broke without a word
   * @param {number} now
   */
  handleEnd(transport, { livedMs, isLoss }, now) {
    if (livedMs >= YOUNG_MS) this._failures.delete(transport);
    else if (isLoss) this._countFailure(transport, now);
  }

  /** @param {Transport} transport @param {number} now */
  _countFailure(transport, now) {
    const count = (this._failures.get(transport)?.count ?? 0) + 1;
    this._failures.set(transport, { count, at: now });
  }

  /** @param {Transport} transport @param {number} now */
  _rests(transport, now) {
    const failures = this._failures.get(transport);
    return failures !== undefined && failures.count >= FAILURES_TO_REST && now - failures.at < REST_MS;
  }

  /** @param {Transport} transport @param {boolean} isResume */
  _patienceMs(transport, isResume) {
    if (this._failures.has(transport)) return SHORT_PATIENCE_MS;
    return isResume ? RESUME_PATIENCE_MS : FIRST_PATIENCE_MS;
  }
}

/**
 * The transports that there are to choose from.
 *
 * @param {Transport | 'auto' | undefined} wanted
 * @param {{WebSocket?: unknown, fetch?: unknown}} host
 * @returns {Transport[]} the best first; none if the host does not have what is wanted
 * @throws {TypeError} when there is no such transport
 */
export function availableTransports(wanted = 'auto', { WebSocket, fetch }) {
  if (wanted !== 'auto' && !TRANSPORTS.includes(wanted)) {
    throw new TypeError(`transport: '${wanted}' is none of auto, ${TRANSPORTS.join(', ')}`);
  }
  const isThere = (/** @type {Transport} */ transport) => Boolean(transport === 'websocket' ? WebSocket : fetch);
  return TRANSPORTS.filter((transport) => (wanted === 'auto' || wanted === transport) && isThere(transport));
}
