/**
 * `POST /api/resume`: asks a server of a cluster where a player's room is, and the next one after that, until there is
 * something to do.
 *
 * @module
 */

import { JoinError } from '../errors.js';
import { webSocketUrl } from './join-request.js';
import { apiUrl, ask } from './json-api.js';

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('./whereabouts.js').Answer} Answer */
/** @typedef {import('./whereabouts.js').Search} Search */
/** @typedef {import('./whereabouts.js').Step} Step */
/** @typedef {import('./whereabouts.js').Whereabouts} Whereabouts */

/** A server that takes longer is not waited for, in milliseconds: the next one may know. */
const ANSWER_WITHIN_MS = 1000;

/** The question that is open, if one is. */
export class RoomInquiry {
  /** @param {Environment} environment */
  constructor(environment) {
    this._environment = environment;
    /** @type {AbortController | undefined} */
    this._asking = undefined;
    /** @type {any} */
    this._timer = undefined;
  }

  /**
   * Asks one server after the other.
   *
   * @param {Search} search
   * @param {Whereabouts} whereabouts
   * @param {string} token of the resumption
   * @param {(step: Exclude<Step, {type: 'ask'}>) => void} act called once, unless it is stopped before
   */
  begin(search, whereabouts, token, act) {
    this.stop();
    const asking = new AbortController();
    this._asking = asking;
    const settle = (/** @type {Answer} */ answer) => {
      if (this._asking !== asking) return;
      this.stop();
      const step = search.handle(answer, whereabouts);
      if (step.type !== 'ask') act(step);
      else this._wait(() => this.begin(search, whereabouts, token, act), step.afterMs);
    };
    this._wait(() => settle({ type: 'nothing' }), ANSWER_WITHIN_MS);
    answerOf(this._environment.fetch, search.server, token, asking.signal).then(settle);
  }

  /** Ends it. No timer and no request is left. */
  stop() {
    this._environment.timers.clearTimeout(this._timer);
    this._timer = undefined;
    this._asking?.abort();
    this._asking = undefined;
  }

  /** @param {() => void} callback @param {number} delayMs */
  _wait(callback, delayMs) {
    this._timer = this._environment.timers.setTimeout(callback, delayMs);
  }
}

/**
 * @param {typeof globalThis.fetch} fetch
 * @param {string} server
 * @param {string} token
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function answerOf(fetch, server, token, signal) {
  try {
    const { ws_url: told, fence = 0 } = (await ask(fetch, apiUrl(server, 'api/resume'), { body: { token }, signal })) ?? {};
    const wsUrl = typeof told === 'string' ? webSocketUrl(told, server) : undefined;
    if (wsUrl === undefined || !Number.isSafeInteger(fence)) return { type: 'nothing' };
    return { type: 'there', wsUrl, fence };
  } catch (error) {
    return error instanceof JoinError ? refusalOf(error) : { type: 'nothing' };
  }
}

/** @param {JoinError} error @returns {Answer} */
function refusalOf({ status, code, retryAfterMs }) {
  if (status === 404 && code === 'no_such_room') return { type: 'gone' };
  if (status === 503 && code === 'room_moving') return { type: 'moving', afterMs: retryAfterMs };
  // A server without time for it is as good as none.
  return { type: status === 401 || status === 404 ? 'unknown' : 'nothing' };
}
