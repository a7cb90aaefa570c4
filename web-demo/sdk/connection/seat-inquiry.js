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

/** The question that is open, if one is. */
export class SeatInquiry {
  /**
   * @param {Environment} environment
   * @param {string} url the server's address
   */
  constructor(environment, url) {
    this._environment = environment;
    this._url = url;
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
    this.stop();
    const asking = new AbortController();
    const settle = (/** @type {() => void} */ tell) => {
      if (this._asking !== asking) return;
      this.stop();
      tell();
    };
    this._asking = asking;
    this._timer = this._environment.timers.setTimeout(
      () => settle(() => refuse(new JoinError(0, 'timeout', 'the join was not answered'))),
      JOIN_TIMEOUT_MS,
    );
    const { fetch } = this._environment;
    requestSeat(fetch, this._url, request, asking.signal).then(
      (seat) => settle(() => take(seat)),
      (error) => settle(() => refuse(error instanceof JoinError ? error : new JoinError(0, 'fault', String(error)))),
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
