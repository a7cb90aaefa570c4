/**
 * Going from one room to another: first a seat there, then farewell here. Who gets no seat stays where
 * they are.
 *
 * @module
 */

import { deferred, unminded } from '../deferred.js';
import { JoinError, RequestError } from '../errors.js';
import { JOIN_TIMEOUT_MS, requestSeat } from './join-request.js';
import { checkedModes } from '../picture/modes.js';
import { completeRules } from '../prediction/prediction-rules.js';

/** @typedef {import('./connection.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('../errors.js').TickwireError} TickwireError */
/** @typedef {import('./join-request.js').Seat} Seat */
/** @typedef {import('./join-request.js').SeatRequest} SeatRequest */

/**
 * Where to go. What is left out stays as it is, but for the room where a game is named, and for what is of
 * another game.
 *
 * @typedef {object} Place
 * @property {string} [room] the id of a room
 * @property {string} [game] any room of this game
 * @property {boolean} [spectate] whether to watch only
 * @property {import('../prediction/prediction-rules.js').PredictionRules<any>} [prediction] how the own entity goes
 *   there; if left out as before in a room of the same game, and without prediction in one of another
 * @property {import('../picture/modes.js').Modes} [modes] how entities are shown there, by kind; the same
 */

/** One move after the other. */
export class Moving {
  /**
   * @param {Environment} environment
   * @param {string} url the server's address
   * @param {(seat: Seat, request: SeatRequest, place: Place) => void} take leaves for a seat
   */
  constructor(environment, url, take) {
    this._environment = environment;
    this._url = url;
    this._take = take;
    /** @type {AbortController | undefined} */
    this._asking = undefined;
    /** @type {any} */
    this._timer = undefined;
    /** @type {ReturnType<typeof deferred> | undefined} */
    this._arrival = undefined;
    /** Why nobody moves any more. @type {TickwireError | undefined} */
    this._left = undefined;
  }

  /**
   * @param {Place} place
   * @param {SeatRequest} current what was asked for last, with the room that was joined
   * @returns {Promise<void>} resolved when the state of the new room has arrived; rejects with a
   *   `JoinError` when there is no seat, with the reason when the move ends otherwise, and with a
   *   `TypeError` when rules or modes are none
   */
  to(place, current) {
    const wrong = this._left ?? mistakeIn(place);
    if (wrong) return unminded(Promise.reject(wrong));
    const request = requestFor(place, current);
    this.end(new RequestError('superseded', 'another move has begun'));
    const [arrival, asking] = [deferred(), new AbortController()];
    this._arrival = arrival;
    this._asking = asking;
    this._timer = this._environment.timers.setTimeout(
      () => this.end(new JoinError(0, 'timeout', 'the join was not answered')),
      JOIN_TIMEOUT_MS,
    );
    requestSeat(this._environment.fetch, this._url, request, asking.signal).then(
      (seat) => {
        if (this._asking !== asking) return;
        this._stopAsking();
        this._take(seat, request, place);
      },
      (error) => this._asking === asking && this.end(error),
    );
    return unminded(arrival.promise);
  }

  /**
   * The connection has changed.
   *
   * @param {ConnectionStatus} status
   */
  handleStatus({ state, error }) {
    // Until there is a seat, nothing that happens here matters.
    if (this._asking) return;
    if (state === 'closed') this.end(error ?? new RequestError('closed', 'closed'));
    if (state !== 'open') return;
    this._arrival?.resolve();
    this._arrival = undefined;
  }

  /**
   * The room is left, for good.
   *
   * @param {TickwireError} cause
   */
  leave(cause) {
    this._left = cause;
    this.end(cause);
  }

  /**
   * Nothing comes of it.
   *
   * @param {Error} cause
   */
  end(cause) {
    this._stopAsking();
    this._arrival?.reject(cause);
    this._arrival = undefined;
  }

  _stopAsking() {
    this._asking?.abort();
    this._asking = undefined;
    this._environment.timers.clearTimeout(this._timer);
    this._timer = undefined;
  }
}

/** What is no rule or no mode. @param {Place} place @returns {unknown} undefined when all are right */
function mistakeIn({ prediction, modes }) {
  try {
    if (prediction) completeRules(prediction);
    checkedModes(modes);
    return undefined;
  } catch (mistake) {
    return mistake;
  }
}

/**
 * What to ask for.
 *
 * @param {Place} place
 * @param {SeatRequest} current
 * @returns {SeatRequest}
 */
function requestFor({ room, game, spectate }, current) {
  const isElsewhere = room !== undefined || game !== undefined;
  const { replay } = current;
  const where = isElsewhere ? { room, game, replay: undefined } : { room: current.room, game: current.game, replay };
  return { ...current, ...where, spectate: spectate ?? current.spectate };
}
