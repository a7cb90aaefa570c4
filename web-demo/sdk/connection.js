/**
 * Gets a connection to a room and keeps it: asks for a seat, connects, comes back with backoff.
 * Knows nothing of what the messages say; the room tells it when the state has arrived.
 *
 * ```text
 * joining → connecting → open            joining: POST /api/join
 *    ↑          │          │             connecting: WebSocket, until the first keyframe
 *    └─ waiting ←──────────┘ → closed    closed: for good
 * ```
 *
 * @module
 */

import { Backoff } from './backoff.js';
import { BAD_MESSAGE, NORMAL, reconnectAfter, reconnectAfterStatus } from './close.js';
import { JoinError, requestSeat } from './join-request.js';

/** @typedef {import('./close.js').Reconnect} Reconnect */
/** @typedef {import('./environment.js').Environment} Environment */
/** @typedef {import('./environment.js').Socket} Socket */
/** @typedef {import('./join-request.js').Seat} Seat */
/** @typedef {import('./join-request.js').SeatRequest} SeatRequest */

/**
 * @typedef {object} ConnectionStatus
 * @property {'joining'|'connecting'|'open'|'waiting'|'closed'} state
 * @property {number} attempt failures since the state last arrived
 * @property {number} [retryAtMs] when `waiting`: the time, as of `now()`, of the next attempt
 * @property {number} [code] why the last connection ended: a WebSocket close code, or the HTTP
 *   status of the join (below 1000; 0 when no answer came)
 * @property {string} [reason] the same in words
 */
/**
 * @typedef {object} ConnectionHandlers
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {(bytes: Uint8Array) => void} onMessage
 * @property {() => void} onSocketGone the socket of an attempt is done with
 */

/** The WebSocket subprotocol: the version of the wire. */
export const SUBPROTOCOL = 'tickwire.v1';
/** A join that has no answer after this long has failed, in milliseconds. */
const JOIN_TIMEOUT_MS = 10_000;
/** A connection without state after this long has failed, in milliseconds. */
const STATE_TIMEOUT_MS = 15_000;
const OPEN = 1;

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
    this._backoff = new Backoff(environment.random);
    /** The room of the current attempt. Asked for again only once its state has arrived: until
     * then another room does as well, unless the caller named one. */
    this._room = request.room;
    this._hasBeenOpen = false;
    /** @type {any} the one timer: an attempt's deadline, or the end of waiting */
    this._timer = undefined;
    /** @type {AbortController | undefined} */
    this._joining = undefined;
    /** @type {Socket | undefined} */
    this._socket = undefined;
    /** @type {ConnectionStatus} */
    this.status = { state: 'joining', attempt: 0 };
  }

  /** Starts an attempt. */
  start() {
    const joining = new AbortController();
    this._joining = joining;
    this._setTimer(() => this._end(0, 'the join was not answered'), JOIN_TIMEOUT_MS);
    const { fetch } = this._environment;
    requestSeat(fetch, this._url, this._request, joining.signal).then(
      (seat) => joining === this._joining && this._connect(seat),
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
    if (this._socket?.readyState !== OPEN) return false;
    this._socket.send(bytes);
    return true;
  }

  /** The state has arrived: the attempt has succeeded. */
  confirm() {
    if (this.status.state !== 'connecting') return;
    this._clearTimer();
    this._hasBeenOpen = true;
    this._request.room = this._room;
    this._setStatus({ state: 'open' });
  }

  /**
   * Gives this connection up and comes back.
   *
   * @param {number} code a close code that a client may send
   * @param {string} reason
   */
  abandon(code, reason) {
    this._end(code, reason, { type: 'backoff' });
  }

  /** Ends waiting at once: the caller knows that the network is back. */
  retryNow() {
    if (this.status.state !== 'waiting') return;
    this._clearTimer();
    this.start();
  }

  /** Leaves for good. No timer is left. */
  leave() {
    if (this.status.state === 'closed') return;
    this._end(NORMAL, 'left', { type: 'never' });
  }

  /** @param {Seat} seat */
  _connect(seat) {
    this._joining = undefined;
    this._room = seat.room;
    this._setStatus({ state: 'connecting' });
    if (this.status.state !== 'connecting') return; // a handler left
    this._setTimer(() => this._end(0, 'no state arrived'), STATE_TIMEOUT_MS);
    try {
      this._listen(new this._environment.WebSocket(seat.wsUrl, [SUBPROTOCOL]));
    } catch (cause) {
      this._end(0, `cannot connect: ${String(cause)}`);
    }
  }

  /** @param {Socket} socket */
  _listen(socket) {
    this._socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onerror = () => {}; // a close event follows
    socket.onclose = (event) => this._end(event.code, event.reason);
    socket.onmessage = ({ data }) => {
      // Text becomes an empty message, which is an error to whoever decodes it.
      this._handlers.onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
    };
  }

  /** @param {unknown} error */
  _handleRefusal(error) {
    const { status, code, message } =
      error instanceof JoinError ? error : { status: 0, code: 'fault', message: String(error) };
    if (status === 404 && this._hasBeenOpen && this._request.room !== undefined) {
      // The room ended while we were away: any other will do.
      this._request.room = undefined;
      this._clearTimer();
      this.start();
      return;
    }
    const plan = status === 0 ? undefined : reconnectAfterStatus(status);
    this._end(status, `${code}: ${message}`, plan);
  }

  /**
   * Ends the attempt or connection, and plans what is next.
   *
   * @param {number} code
   * @param {string} reason
   * @param {Reconnect} [plan]
   */
  _end(code, reason, plan = reconnectAfter(code)) {
    // State that does not decode is no success: coming back to it every second would help nobody.
    if (this.status.state === 'open' && code !== BAD_MESSAGE) this._backoff.reset();
    this._clearTimer();
    this._joining?.abort();
    this._joining = undefined;
    this._dropSocket(code, reason);
    if (plan.type === 'never') {
      this._setStatus({ state: 'closed', code, reason });
      return;
    }
    // The backoff comes on top of a delay that is told, so that its jitter stays.
    const least = plan.type === 'after' ? plan.delayMs : 0;
    const delayMs = least + this._backoff.next();
    const retryAtMs = this._environment.now() + delayMs;
    this._setTimer(() => this.start(), delayMs);
    this._setStatus({ state: 'waiting', retryAtMs, code, reason });
  }

  /** @param {number} code @param {string} reason */
  _dropSocket(code, reason) {
    const socket = this._socket;
    if (!socket) return;
    this._socket = undefined;
    socket.onmessage = null;
    socket.onclose = null;
    // `onerror` stays: closing a socket that is still connecting may raise an error.
    const isOurs = code === NORMAL || (code >= 3000 && code <= 4999);
    try {
      socket.close(isOurs ? code : NORMAL, reason.slice(0, 40));
    } catch {
      // It is gone already.
    }
    this._handlers.onSocketGone();
  }

  /** @param {Omit<ConnectionStatus, 'attempt'>} status */
  _setStatus(status) {
    const attempt = status.state === 'open' ? 0 : this._backoff.attempt;
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
