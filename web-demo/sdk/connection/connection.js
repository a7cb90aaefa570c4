/**
 * Gets a connection to a room and keeps it: asks for a seat, connects, comes back, as the same player
 * while that can be (see resumption.js), else by joining again. Knows nothing of what the messages
 * say; the room tells it when the welcome and the state have arrived.
 *
 * Where several servers run rooms together, they are asked first who has the room now: see whereabouts.js.
 *
 * ```text
 * joining → connecting → open            joining: POST /api/join
 *    ↑       ↑  │          │             connecting: by carrier.js, until the first keyframe
 *    └─ waiting ←──────────┘ → closed    closed: for good
 * ```
 *
 * @module
 */

import { Carrier } from './carrier.js';
import {
  BAD_MESSAGE,
  GOING_AWAY,
  NORMAL,
  RESTARTING,
  SILENT_TOO_LONG,
  UNAUTHORISED,
  closeError,
  reconnectAfter,
  reconnectAfterRefusal,
  refusesResume,
} from './close.js';
import { ConnectionError } from '../errors.js';
import { anyRoomOf } from './join-request.js';
import { Pauses } from './pauses.js';
import { Resumption } from './resumption.js';
import { SeatInquiry } from './seat-inquiry.js';
import { hasHosts, mismatch } from './versions.js';
import { WayBack } from './way-back.js';

/** @typedef {import('./close.js').Reconnect} Reconnect */
/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('./join-request.js').Seat} Seat */
/** @typedef {import('./join-request.js').SeatRequest} SeatRequest */
/** @typedef {import('../wire/messages.js').Welcome} Welcome */
/** @typedef {import('../errors.js').JoinError} JoinError */
/** @typedef {import('../errors.js').TickwireError} TickwireError */

/** @typedef {import('./status.js').ConnectionStatus} ConnectionStatus */
/**
 * @typedef {object} ConnectionHandlers
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {(bytes: Uint8Array) => void} onMessage
 * @property {() => number} newestEvent number of the newest event that was taken in; 0 before the
 *   first
 * @property {(error: TickwireError) => void} onMalformed something came that nobody understands
 * @property {() => void} onLineGone the line of an attempt is done with
 */

/** A connection without state after this long has failed, in milliseconds. */
const STATE_TIMEOUT_MS = 15_000;

/** Nobody answers who is asked for the room. */
const UNREACHABLE = new ConnectionError(0, 'unreachable', 'no server answers');
/** Who serves the room does not know that others do. */
const STALE_OWNER = new ConnectionError(SILENT_TOO_LONG, 'stale_owner', 'another server has taken the room over');

/** A connection that comes back. */
export class Connection {
  /**
   * @param {readonly string[]} servers the addresses that the user knows: one at least
   * @param {SeatRequest} request
   * @param {Environment} environment
   * @param {ConnectionHandlers} handlers
   */
  constructor(servers, request, environment, handlers) {
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
    this._inquiry = new SeatInquiry(environment, () => this.servers);
    this._wayBack = new WayBack(environment, servers, {
      onFound: (wsUrl) => this._resumeAt(wsUrl),
      onGone: () => this._join(),
      onUnreachable: () => this._end(0, 'unreachable', { error: UNREACHABLE }),
    });
    /** Whether the room stands still. */
    this._isPaused = false;
    this._carrier = new Carrier(environment, {
      onTransport: () => this._setStatus({ state: 'connecting' }),
      onOpen: (protocol) => this._checkVersion(protocol),
      onMessage: handlers.onMessage,
      onClose: (code, reason) => this._end(code, reason),
      onRefused: (error) => this._endRefused(error),
      onMalformed: handlers.onMalformed,
      onStranded: () => this._attempt(),
    });
    /** @type {ConnectionStatus} */
    this.status = { state: 'joining', attempt: 0 };
  }

  /** Starts an attempt. */
  start() {
    this._carrier.begin();
    this._attempt();
  }

  _attempt() {
    if (this._resumption.isPossible(this._environment.now())) this._resume();
    else this._join();
  }

  _resume() {
    this._isResuming = true;
    this._clearTimer();
    const { token, base } = this._resumption;
    this._wayBack.begin(token, base);
    // Whoever is asked has not answered yet.
    if (this._isResuming && this.status.state !== 'connecting') this._setStatus({ state: 'connecting' });
  }

  /** @param {string} wsUrl */
  _resumeAt(wsUrl) {
    this._resumption.handleMoved(wsUrl);
    this._connect(this._resumption.url(this._handlers.newestEvent()));
  }

  _join() {
    this._isResuming = false;
    this._resumption.forget();
    this._clearTimer();
    this._inquiry.ask(
      this._request,
      (seat) => this._takeSeat(seat),
      (error) => this._handleRefusal(error),
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
    return this._carrier.send(bytes);
  }

  /** Whether the server knows of hosts, and of what they can ask for. */
  get hasHosts() {
    return hasHosts(this._carrier.protocol);
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
    this._wayBack.handleWelcome(welcome);
  }

  /** All servers that are known, that of the connection first. */
  get servers() {
    return this._wayBack.servers;
  }

  /**
   * The server says that it owns the room, or where that goes on, or tells the fence of its frames.
   *
   * @param {import('./way-back.js').Told} told
   * @returns {boolean} whether nobody has replaced it: else the connection is over
   */
  handleOwner(told) {
    const isNewest = this._wayBack.handleTold(told);
    if (!isNewest) this.abandon(SILENT_TOO_LONG, STALE_OWNER.message, STALE_OWNER);
    return isNewest;
  }

  /** The room stands still, or goes on. @param {boolean} isPaused */
  handlePaused(isPaused) {
    this._isPaused = isPaused;
    // No state comes meanwhile, which is nobody's failure; the heartbeat sees to the rest.
    if (this.status.state === 'connecting') this._expectState(isPaused);
    const { attempt: _, transport: __, isPaused: ___, ...status } = this.status;
    this._setStatus(status);
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
    this._inquiry.stop();
    this._wayBack.forget();
    this._isPaused = false;
    if (this._carrier.drop(NORMAL, 'moved on')) this._handlers.onLineGone();
    this._request = { ...request };
    this._hasBeenOpen = false;
    this._isResuming = false;
    this._pauses.forget();
    this._carrier.begin();
    this._takeSeat(seat);
  }

  /**
   * A seat elsewhere that this server has given a token for.
   *
   * @param {string} room
   * @param {string} token
   * @returns {Seat}
   */
  seatWith(room, token) {
    return { room, player: 0, wsUrl: this._resumption.entranceUrl(token) };
  }

  /** The page is left: browsers tell that of WebSockets themselves. It may come back. */
  handlePageLeft() {
    const { transport } = this.status; // undefined while nothing carries it
    if (transport !== undefined && transport !== 'websocket') this._end(GOING_AWAY, 'the page was left');
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
    this._room = seat.room;
    this._resumption.handleSeat(seat.wsUrl);
    this._connect(seat.wsUrl);
  }

  /** @param {string} wsUrl with a token: not to be shown */
  _connect(wsUrl) {
    this._expectState(false);
    this._wayBack.handleConnect(wsUrl);
    this._carrier.open(wsUrl, this._isResuming);
  }

  /** @param {boolean} isPaused whether none is to be expected for now */
  _expectState(isPaused) {
    this._clearTimer();
    if (isPaused) return;
    const timeout = new ConnectionError(0, 'timeout', 'no state arrived');
    this._setTimer(() => this._end(0, timeout.message, { error: timeout }), STATE_TIMEOUT_MS);
  }

  /** (Browsers end a WebSocket of another version themselves; others may not.) @param {string} protocol */
  _checkVersion(protocol) {
    const error = mismatch([protocol]);
    if (error) this._endRefused(error);
  }

  /** @param {JoinError} error */
  _handleRefusal(error) {
    const isCoded = this._request.code !== undefined;
    if (error.status === 404 && !isCoded && this._hasBeenOpen && this._request.room !== undefined) {
      // The room ended while we were away: any other of its game will do.
      this._request = anyRoomOf(this._request, this._game);
      this.start();
      return;
    }
    this._endRefused(error);
  }

  /** @param {JoinError} error */
  _endRefused(error) {
    const { status, code, message } = error;
    this._end(status, `${code}: ${message}`, { plan: reconnectAfterRefusal(error), error });
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
    const isUsed = code === UNAUTHORISED && this._carrier.isTokenDoubtful;
    const isRefused = isUsed || (this._isResuming && refusesResume(code) && !this._wayBack.hasOthers);
    const isMiss = this._isResuming && error !== UNREACHABLE;
    const missMs = isMiss ? this._wayBack.delayAfterMiss(plan) : undefined;
    this._clearTimer();
    this._inquiry.stop();
    this._wayBack.stop();
    this._isResuming = false;
    this._isPaused = false;
    this._pauses.handleEnd(now, code !== BAD_MESSAGE);
    this._resumption.handleLoss(now);
    // Meeting the same state again that does not decode would help nobody.
    if (isRefused || code === BAD_MESSAGE) this._resumption.forget();
    if (this._carrier.drop(code, reason)) this._handlers.onLineGone();
    if (isRefused) {
      this._join();
      return;
    }
    if (this._wayBack.hasMoved && this._resumption.isPossible(now) && plan.type !== 'never') {
      this._pauses.handleMoved();
      this.start();
      return;
    }
    if (missMs !== undefined && this._resumption.isPossible(now)) {
      this._wait(missMs, code, reason, error);
      return;
    }
    if (plan.type === 'never') {
      this._setStatus({ state: 'closed', code, reason, error });
      return;
    }
    const mayBePrompt = code !== RESTARTING && this._resumption.isPossible(now);
    this._wait(this._pauses.next(plan, mayBePrompt), code, reason, error);
  }

  /** @param {number} delayMs @param {number} code @param {string} reason @param {TickwireError} error */
  _wait(delayMs, code, reason, error) {
    this._setTimer(() => this.start(), delayMs);
    const retryAtMs = this._environment.now() + delayMs;
    this._setStatus({ state: 'waiting', retryAtMs, code, reason, error });
  }

  /** @param {Omit<ConnectionStatus, 'attempt'>} status */
  _setStatus(status) {
    const attempt = status.state === 'open' ? 0 : this._pauses.attempt;
    const { transport } = this._carrier;
    const isCarried = status.state === 'connecting' || status.state === 'open';
    const isPaused = this._isPaused ? { isPaused: true } : {};
    this.status = isCarried ? { attempt, transport, ...status, ...isPaused } : { attempt, ...status };
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
