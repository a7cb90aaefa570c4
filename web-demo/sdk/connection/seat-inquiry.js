/**
 * Asks for a seat, one question after the other, of which the newest counts, and not for longer than is
 * reasonable.
 *
 * @module
 */

import { JoinError } from '../errors.js';
import { JOIN_TIMEOUT_MS, requestSeat } from './join-request.js';

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('./join-request.js').Seat} Seat */
/** @typedef {import('./join-request.js').SeatRequest} SeatRequest */

/** A server that takes longer is not waited for where there is another one, in milliseconds. */
const SHORT_TIMEOUT_MS = 3000;
/** Errors after which another server may answer. */
const UNANSWERED = ['unreachable', 'timeout'];

/** The question that is open, if one is. */
export class SeatInquiry {
  /**
   * @param {Environment} environment
   * @param {() => readonly string[]} servers whom to ask, one after the other where one cannot be reached
   */
  constructor(environment, servers) {
    this._environment = environment;
    this._servers = servers;
    /** @type {AbortController | undefined} */
    this._asking = undefined;
    /** @type {any} */
    this._timer = undefined;
  }

  /**
   * Asks. Exactly one of the two is called, unless it is stopped before.
   *
   * @param {SeatRequest} request
   * @param {(seat: Seat) => void} take
   * @param {(error: JoinError) => void} refuse
   */
  ask(request, take, refuse) {
    this._ask(this._servers(), request, take, refuse);
  }

  /**
   * @param {readonly string[]} servers
   * @param {SeatRequest} request
   * @param {(seat: Seat) => void} take
   * @param {(error: JoinError) => void} refuse
   */
  _ask([url, ...others], request, take, refuse) {
    this.stop();
    const asking = new AbortController();
    const settle = (/** @type {() => void} */ tell) => {
      if (this._asking !== asking) return;
      this.stop();
      tell();
    };
    this._asking = asking;
    const fail = (/** @type {JoinError} */ error) =>
      settle(() => {
        if (others.length > 0 && UNANSWERED.includes(error.code)) this._ask(others, request, take, refuse);
        else refuse(error);
      });
    this._timer = this._environment.timers.setTimeout(
      () => fail(new JoinError(0, 'timeout', 'the join was not answered')),
      others.length > 0 ? SHORT_TIMEOUT_MS : JOIN_TIMEOUT_MS,
    );
    const { fetch } = this._environment;
    requestSeat(fetch, url, request, asking.signal).then(
      (seat) => settle(() => take(seat)),
      (error) => fail(error instanceof JoinError ? error : new JoinError(0, 'fault', String(error))),
    );
  }

  /** Ends it. No timer and no request is left. */
  stop() {
    this._environment.timers.clearTimeout(this._timer);
    this._timer = undefined;
    this._asking?.abort();
    this._asking = undefined;
  }
}
