/**
 * Gets a connection to a room and keeps it: asks for a seat, connects, comes back, as the same player
 * while that can be (see resumption.js), else by joining again. Knows nothing of what the messages
 * say; the room tells it when the welcome and the state have arrived.
 *
 * ```text
 * joining → connecting → open            joining: POST /api/join
 *    ↑       ↑  │          │             connecting: WebSocket, until the first keyframe
 *    └─ waiting ←──────────┘ → closed    closed: for good
 * ```
 *
 * @module
 */

import {
  BAD_MESSAGE,
  NORMAL,
  RESTARTING,
  closeError,
  reconnectAfter,
  reconnectAfterStatus,
  refusesResume,
} from './close.js';
import { ConnectionError, JoinError } from '../errors.js';
import { JOIN_TIMEOUT_MS, requestSeat } from './join-request.js';
import { Pauses } from './pauses.js';
import { Resumption } from './resumption.js';
import { SocketLine } from './socket-line.js';

/** @typedef {import('./close.js').Reconnect} Reconnect */
/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('./join-request.js').Seat} Seat */
/** @typedef {import('./join-request.js').SeatRequest} SeatRequest */
/** @typedef {import('../wire/messages.js').Welcome} Welcome */
/** @typedef {import('../errors.js').TickwireError} TickwireError */

/**
 * @typedef {object} ConnectionStatus
 * @property {'joining'|'connecting'|'open'|'waiting'|'closed'} state
 * @property {number} attempt failures since the state last arrived
 * @property {number} [retryAtMs] when `waiting`: the time, as of `now()`, of the next attempt
 * @property {{lostEvents: number}} [resumed] when `open`: the client has come back as the same player;
 *   `lostEvents` happened meanwhile and were too many to be kept. Not there for a new player
 * @property {number} [code] why the last connection ended: a WebSocket close code, or the HTTP
 *   status of the join (below 1000; 0 when no answer came)
 * @property {string} [reason] the same in words
 * @property {TickwireError} [error] the same as an error: a {@link JoinError}, a {@link ConnectionError},
 *   or a `WireError` for bytes that nobody understands
 */
/**
 * @typedef {object} ConnectionHandlers
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {(bytes: Uint8Array) => void} onMessage
 * @property {() => number} newestEvent number of the newest event that was taken in; 0 before the
 *   first
 * @property {() => void} onSocketGone the socket of an attempt is done with
 */

/** The WebSocket subprotocol: the version of the wire. */
export const SUBPROTOCOL = 'tickwire.v1';
/** A connection without state after this long has failed, in milliseconds. */
const STATE_TIMEOUT_MS = 15_000;

/** A connection that comes back. */
export class Connection {
  /**
   * @param {string} url the server's address
   * @param {SeatRequest} request
   * @param {Environment} environment
   * @param {ConnectionHandlers} handlers
   */
  constructor(url, request, environment, handlers) {
    this._url = url;
    this._request = { ...request };
    this._environment = environment;
    this._handlers = handlers;
    this._pauses = new Pauses(environment.random);
    /** The room of the current attempt. Asked for again only once its state has arrived: until
     * then another room does as well, unless the caller named one. */
    this._room = request.room;
    /** The game of the room that was last joined. @type {string | undefined} */
    this._game = undefined;
    this._hasBeenOpen = false;
    this._resumption = new Resumption();
    /** Whether the current attempt resumes a connection, and its welcome has not come. */
    this._isResuming = false;
    /** What the welcome said of it. @type {{lostEvents: number} | undefined} */
    this._resumed = undefined;
    /** @type {any} the one timer: an attempt's deadline, or the end of waiting */
    this._timer = undefined;
    /** @type {AbortController | undefined} */
    this._joining = undefined;
    this._line = new SocketLine(environment, {
      onOpen: (protocol) => this._checkVersion(protocol),
      onMessage: handlers.onMessage,
      onClose: (code, reason) => this._end(code, reason),
    });
    /** @type {ConnectionStatus} */
    this.status = { state: 'joining', attempt: 0 };
  }

  /** Starts an attempt. */
  start() {
    if (this._resumption.isPossible(this._environment.now())) this._resume();
    else this._join();
  }

  _resume() {
    this._isResuming = true;
    this._connect(this._resumption.url(this._handlers.newestEvent()));
  }

  _join() {
    this._resumption.forget();
    const joining = new AbortController();
    this._joining = joining;
    const unanswered = new JoinError(0, 'timeout', 'the join was not answered');
    this._setTimer(() => this._end(0, unanswered.message, { error: unanswered }), JOIN_TIMEOUT_MS);
    const { fetch } = this._environment;
    requestSeat(fetch, this._url, this._request, joining.signal).then(
      (seat) => joining === this._joining && this._takeSeat(seat),
      (error) => joining === this._joining && this._handleRefusal(error),
    );
    this._setStatus({ state: 'joining' });
  }

  /**
   * Sends a message, if the connection is there.
   *
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {boolean} whether it was sent
   */
  send(bytes) {
    return this._line.send(bytes);
  }

  /**
   * The welcome has arrived: from now on this connection can be resumed.
   *
   * @param {Welcome} welcome
   */
  handleWelcome(welcome) {
    this._isResuming = false;
    this._resumed = welcome.resumed;
    this._game = welcome.schema.game;
    this._resumption.handleWelcome(welcome);
  }

  /**
   * The server is about to end this connection.
   *
   * @param {number} backAfterMs when to come back, after the end
   */
  handleRestart(backAfterMs) {
    this._pauses.handleTold(backAfterMs, false);
  }

  /**
   * The room has ended, and with it the player: there is nothing to resume.
   *
   * @param {number} backAfterMs when to join again, after the end
   */
  handleFailure(backAfterMs) {
    this._pauses.handleTold(backAfterMs, true);
    this._resumption.forget();
  }

  /** The state has arrived: the attempt has succeeded. */
  confirm() {
    if (this.status.state !== 'connecting') return;
    this._clearTimer();
    this._hasBeenOpen = true;
    this._pauses.handleOpen(this._environment.now());
    this._request.room = this._room;
    const resumed = this._resumed;
    this._setStatus(resumed ? { state: 'open', resumed } : { state: 'open' });
  }

  /**
   * The player is called otherwise now, also when it joins again.
   *
   * @param {string} name
   */
  handleRenamed(name) {
    this._request.name = name;
  }

  /**
   * Gives this connection up and comes back.
   *
   * @param {number} code a close code that a client may send
   * @param {string} reason
   * @param {TickwireError} [error] the cause, where there is more to say of it
   */
  abandon(code, reason, error) {
    this._end(code, reason, { plan: { type: 'backoff' }, error });
  }

  /** What was asked for last, with the room that was joined. @returns {SeatRequest} */
  get request() {
    return { ...this._request, room: this._room };
  }

  /**
   * Goes to a seat elsewhere, from wherever it is, for good.
   *
   * @param {Seat} seat
   * @param {SeatRequest} request what it was asked for with
   */
  moveTo(seat, request) {
    this._clearTimer();
    this._joining?.abort();
    if (this._line.drop(NORMAL, 'moved on')) this._handlers.onSocketGone();
    this._request = { ...request };
    this._hasBeenOpen = false;
    this._isResuming = false;
    this._pauses.forget();
    this._takeSeat(seat);
  }

  /** Ends waiting at once: the caller knows that the network is back. */
  retryNow() {
    if (this.status.state !== 'waiting') return;
    this._clearTimer();
    this.start();
  }

  /** The same when something may have changed: not where the server has asked for the wait. */
  hurry() {
    if (this.status.state !== 'waiting') return;
    if (this._pauses.takeHurry(this._environment.now())) this.retryNow();
  }

  /** Leaves for good. No timer is left. */
  leave() {
    if (this.status.state === 'closed') return;
    const error = new ConnectionError(NORMAL, 'left', 'left');
    this._end(NORMAL, 'left', { plan: { type: 'never' }, error });
  }

  /** @param {Seat} seat */
  _takeSeat(seat) {
    this._joining = undefined;
    this._room = seat.room;
    this._resumption.handleSeat(seat.wsUrl);
    this._connect(seat.wsUrl);
  }

  /** @param {string} wsUrl with a token: not to be shown */
  _connect(wsUrl) {
    this._setStatus({ state: 'connecting' });
    if (this.status.state !== 'connecting') return; // a handler left
    this._setTimer(() => this._giveUp('timeout', 'no state arrived'), STATE_TIMEOUT_MS);
    try {
      this._line.open(wsUrl, SUBPROTOCOL);
    } catch (cause) {
      // Its name alone: what browsers say of it repeats the URL.
      this._giveUp('cannot_connect', `cannot connect: ${cause instanceof Error ? cause.name : 'fault'}`);
    }
  }

  /** @param {string} code @param {string} reason @param {Reconnect} [plan] */
  _giveUp(code, reason, plan) {
    this._end(0, reason, { plan, error: new ConnectionError(0, code, reason) });
  }

  /** (Browsers end a connection of another version themselves; other WebSockets may not.) @param {string} protocol */
  _checkVersion(protocol) {
    if (!protocol || protocol === SUBPROTOCOL) return;
    const reason = `the server speaks ${protocol.slice(0, 40)}, and this client ${SUBPROTOCOL}`;
    this._giveUp('protocol_version', reason, { type: 'never' });
  }

  /** @param {unknown} thrown */
  _handleRefusal(thrown) {
    const error = thrown instanceof JoinError ? thrown : new JoinError(0, 'fault', String(thrown));
    const { status, code, message, retryAfterMs } = error;
    if (status === 404 && this._hasBeenOpen && this._request.room !== undefined) {
      // The room ended while we were away: any other of its game will do.
      this._request.room = undefined;
      this._request.game ??= this._game;
      this._clearTimer();
      this.start();
      return;
    }
    const plan = status === 0 ? undefined : reconnectAfterStatus(status, retryAfterMs);
    this._end(status, `${code}: ${message}`, { plan, error });
  }

  /**
   * Ends the attempt or connection, and plans what is next.
   *
   * @param {number} code
   * @param {string} reason
   * @param {{plan?: Reconnect, error?: TickwireError}} [more] if it is not as the code says
   */
  _end(code, reason, { plan = reconnectAfter(code), error = closeError(code, reason) } = {}) {
    const now = this._environment.now();
    const isRefused = this._isResuming && refusesResume(code);
    this._clearTimer();
    this._joining?.abort();
    this._joining = undefined;
    this._isResuming = false;
    this._pauses.handleEnd(now, code !== BAD_MESSAGE);
    this._resumption.handleLoss(now);
    // Meeting the same state again that does not decode would help nobody.
    if (isRefused || code === BAD_MESSAGE) this._resumption.forget();
    if (this._line.drop(code, reason)) this._handlers.onSocketGone();
    if (isRefused) {
      this._join();
      return;
    }
    if (plan.type === 'never') {
      this._setStatus({ state: 'closed', code, reason, error });
      return;
    }
    const mayBePrompt = code !== RESTARTING && this._resumption.isPossible(now);
    const delayMs = this._pauses.next(plan, mayBePrompt);
    this._setTimer(() => this.start(), delayMs);
    this._setStatus({ state: 'waiting', retryAtMs: now + delayMs, code, reason, error });
  }

  /** @param {Omit<ConnectionStatus, 'attempt'>} status */
  _setStatus(status) {
    const attempt = status.state === 'open' ? 0 : this._pauses.attempt;
    this.status = { attempt, ...status };
    this._handlers.onStatus(this.status);
  }

  /** @param {() => void} callback @param {number} delayMs */
  _setTimer(callback, delayMs) {
    this._clearTimer();
    this._timer = this._environment.timers.setTimeout(callback, delayMs);
  }

  _clearTimer() {
    if (this._timer === undefined) return;
    this._environment.timers.clearTimeout(this._timer);
    this._timer = undefined;
  }
}
