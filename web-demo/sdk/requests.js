/**
 * Requests: what a client wants an answer to. Each promise is settled once: by the server's answer, or
 * by an error after a while without one, when the connection is lost or the room is left. A request
 * that is marked to be sent again outlives a lost connection; the server carries it out once all the
 * same, as long as it is the same player who comes back.
 *
 * @module
 */

import { unminded } from './deferred.js';
import { RequestError } from './errors.js';

/** @typedef {import('./environment.js').Timers} Timers */
/** @typedef {import('./wire/messages.js').Answer} Answer */
/** @typedef {import('./wire/messages.js').RequestKind} RequestKind */

/**
 * @typedef {object} RequestOptions
 * @property {number} [timeoutMs] time for the answer; 10 s if left out
 * @property {boolean} [resend] whether to wait for a connection, and to ask again when it is lost before
 *   the answer has come
 */
/**
 * An answer's values, as the game gives them.
 *
 * @typedef {(number | string)[]} AnswerValues
 */
/**
 * How a request goes out: the wire's form of it, as the game of the connection that is there has it.
 *
 * @typedef {() => RequestKind} Wording
 */
/**
 * @typedef {object} Waiting
 * @property {Wording} wording
 * @property {boolean} resend
 * @property {any} timer
 * @property {(values: AnswerValues) => void} resolve
 * @property {(error: Error) => void} reject
 */

/** Time for an answer, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** What timers bear, in milliseconds: a longer time would end at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** Most requests without an answer: so many answers the server keeps for those who come back. */
const MOST_WAITING = 16;

/** The requests of one room. */
export class Requests {
  /**
   * @param {Timers} timers
   * @param {(id: number, what: RequestKind) => boolean} send says whether it was sent
   */
  constructor(timers, send) {
    this._timers = timers;
    this._send = send;
    this._newestId = 0;
    this._isConnected = false;
    /** Why nobody will answer any more. @type {RequestError | undefined} */
    this._ended = undefined;
    /** Those without an answer, by id, in ascending order. @type {Map<number, Waiting>} */
    this._waiting = new Map();
  }

  /**
   * Asks.
   *
   * @param {Wording} wording
   * @param {RequestOptions} [options]
   * @returns {Promise<AnswerValues>} rejects with a {@link RequestError}, or with what the wording throws
   */
  ask(wording, { timeoutMs = TIMEOUT_MS, resend = false } = {}) {
    /** @type {Promise<AnswerValues>} */
    const answered = new Promise((resolve, reject) => {
      if (this._ended) throw this._ended;
      if (!this._isConnected && !resend) throw disconnected('there is no connection');
      if (this._waiting.size >= MOST_WAITING) {
        throw new RequestError('too_many_waiting', `${MOST_WAITING} requests wait for their answers already`);
      }
      this._newestId += 1;
      const id = this._newestId;
      const timer = this._timers.setTimeout(() => {
        this._take(id)?.reject(new RequestError('timeout', `no answer within ${timeoutMs} ms`));
      }, Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
      this._waiting.set(id, { wording, resend, timer, resolve, reject });
      if (this._isConnected) this._say(id);
    });
    return unminded(answered);
  }

  /** There is a connection. */
  start() {
    this._isConnected = true;
    this._ended = undefined;
    for (const id of [...this._waiting.keys()]) this._say(id);
  }

  /** The connection is lost. */
  stop() {
    this._isConnected = false;
    for (const [id, { resend }] of [...this._waiting]) {
      if (!resend) this._take(id)?.reject(disconnected('the connection was lost before the answer'));
    }
  }

  /** The room is left for another one: what waits is answered by nobody, what is asked now by that. */
  move() {
    this._isConnected = false;
    this._ended = undefined;
    this._rejectAll(new RequestError('moved', 'the room was left for another one'));
  }

  /**
   * Nobody will answer any more, until there is another connection.
   *
   * @param {import('./errors.js').TickwireError | undefined} cause
   */
  end(cause) {
    this._isConnected = false;
    const { code, message } = cause ?? disconnected('the room was left');
    this._ended = new RequestError(code, message);
    this._rejectAll(this._ended);
  }

  /**
   * An answer has come, maybe too late.
   *
   * @param {Answer} answer
   */
  handleAnswer({ id, outcome }) {
    const waiting = this._take(id);
    if (!waiting) return;
    if (outcome.type === 'done') waiting.resolve(outcome.values.map(({ value }) => value));
    else waiting.reject(new RequestError(outcome.code, outcome.message));
  }

  /** @param {RequestError} error */
  _rejectAll(error) {
    for (const id of [...this._waiting.keys()]) this._take(id)?.reject(error);
  }

  /** @param {number} id */
  _say(id) {
    try {
      const wording = this._waiting.get(id)?.wording;
      if (wording) this._send(id, wording());
    } catch (thrown) {
      this._take(id)?.reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  /** Ends the waiting for a request. @param {number} id */
  _take(id) {
    const waiting = this._waiting.get(id);
    if (!waiting) return undefined;
    this._waiting.delete(id);
    this._timers.clearTimeout(waiting.timer);
    return waiting;
  }
}

/** @param {string} message */
function disconnected(message) {
  return new RequestError('disconnected', message);
}
