/**
 * Going from one room to another: first a seat there, then farewell here. Who gets no seat stays where
 * they are. The seat is asked for over the connection that is there, where the server knows that request, and
 * else as for a join.
 *
 * @module
 */

import { deferred, unminded } from '../deferred.js';
import { JoinError, RequestError } from '../errors.js';
import { SeatInquiry } from './seat-inquiry.js';
import { checkedModes } from '../picture/modes.js';
import { completeRules } from '../prediction/prediction-rules.js';

/** @typedef {import('./status.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('../errors.js').TickwireError} TickwireError */
/** @typedef {import('./join-request.js').Seat} Seat */
/** @typedef {import('./join-request.js').SeatRequest} SeatRequest */
/** @typedef {import('../wire/messages.js').Elsewhere} Elsewhere */

/**
 * Where to go. What is left out stays as it is, but for the room where a game is named, and for what is of
 * another game.
 *
 * @typedef {object} Place
 * @property {string} [room] the id of a room
 * @property {string} [code] the code of a room, in place of its id
 * @property {string} [password] of the room, where it has one
 * @property {string} [hostKey] what whoever opened the room was given: makes them its host
 * @property {string} [game] any room of this game
 * @property {boolean} [spectate] whether to watch only
 * @property {import('../prediction/prediction-rules.js').PredictionRules<any>} [prediction] how the own entity goes
 *   there; if left out as before in a room of the same game, and without prediction in one of another
 * @property {import('../picture/modes.js').Modes} [modes] how entities are shown there, by kind; the same
 */

/** A request with one of these has not reached the server, or not surely, or an older one stands in its way there:
 * joining will do. */
const NOT_ASKED = ['disconnected', 'too_many_waiting', 'not_supported', 'busy'];

/** One move after the other. */
export class Moving {
  /**
   * @param {Environment} environment
   * @param {() => readonly string[]} servers whom to ask for a seat
   * @param {object} handlers
   * @param {(wish: Elsewhere) => Promise<Seat> | undefined} handlers.request asks over the connection; nothing where
   *   that cannot be
   * @param {(seat: Seat, request: SeatRequest, place: Place) => void} handlers.take leaves for a seat
   */
  constructor(environment, servers, { request, take }) {
    this._request = request;
    this._take = take;
    this._inquiry = new SeatInquiry(environment, servers);
    /** What is asked for now, while there is no seat. @type {SeatRequest | undefined} */
    this._asked = undefined;
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
    const arrival = deferred();
    this._arrival = arrival;
    this._asked = request;
    const wish = wishFor(place, current);
    const answered = wish && this._request(wish);
    if (answered) this._await(answered, request, place);
    else this._inquire(request, place);
    return unminded(arrival.promise);
  }

  /** @param {Promise<Seat>} answered @param {SeatRequest} request @param {Place} place */
  _await(answered, request, place) {
    answered.then(
      (seat) => this._asked === request && this._go(seat, request, place),
      (/** @type {RequestError} */ { code, message }) => {
        if (this._asked !== request) return;
        if (NOT_ASKED.includes(code)) this._inquire(request, place);
        else this.end(new JoinError(0, code, message));
      },
    );
  }

  /** @param {SeatRequest} request @param {Place} place */
  _inquire(request, place) {
    this._inquiry.ask(
      request,
      (seat) => this._go(seat, request, place),
      (error) => this.end(error),
    );
  }

  /** @param {Seat} seat @param {SeatRequest} request @param {Place} place */
  _go(seat, request, place) {
    this._asked = undefined;
    this._take(seat, request, place);
  }

  /**
   * The connection has changed.
   *
   * @param {ConnectionStatus} status
   */
  handleStatus({ state, error }) {
    // Until there is a seat, nothing that happens here matters.
    if (this._asked) return;
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
    this._inquiry.stop();
    this._asked = undefined;
    this._arrival?.reject(cause);
    this._arrival = undefined;
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
function requestFor(place, current) {
  const { room, game, code, password, hostKey, spectate } = place;
  const where = isElsewhere(place)
    ? { room, game, code, password, hostKey, replay: undefined }
    : { password: password ?? current.password, hostKey: hostKey ?? current.hostKey };
  return { ...current, ...where, spectate: spectate ?? current.spectate };
}

/**
 * The same for the connection that is there, which leads to another room in the same role.
 *
 * @param {Place} place
 * @param {SeatRequest} current
 * @returns {Elsewhere | undefined} nothing where that would not do
 */
function wishFor(place, current) {
  const { room, game, code, password, hostKey, spectate } = place;
  const isSameRole = spectate === undefined || spectate === (current.spectate ?? false);
  const isPlain = hostKey === undefined && current.replay === undefined;
  return isElsewhere(place) && isSameRole && isPlain ? { room, game, code, password } : undefined;
}

/** @param {Place} place */
function isElsewhere({ room, game, code }) {
  return room !== undefined || game !== undefined || code !== undefined;
}
