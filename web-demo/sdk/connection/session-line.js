/**
 * One session without a WebSocket: what streams and polls have in common. Records come down, in whichever way
 * the line brings them, and batches go up (batches.js).
 *
 * @module
 */

import { WireError } from '../wire/wire-error.js';
import { Batches } from './batches.js';
import { NORMAL, GOING_AWAY, LOST } from './close.js';
import { sessionUrl } from './exchange.js';
import { errorIn } from './json-api.js';
import { VERSION_0 } from './versions.js';

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('./records.js').ServerRecord} ServerRecord */
/** @typedef {import('./socket-line.js').LineHandlers} LineHandlers */

/** A session from its first request to its end. */
export class Session {
  /**
   * @param {Environment} environment
   * @param {string} wsUrl
   * @param {LineHandlers} handlers
   */
  constructor(environment, wsUrl, handlers) {
    this._environment = environment;
    this._wsUrl = wsUrl;
    this._handlers = handlers;
    /** Ends what is under way for it. */
    this._aborting = new AbortController();
    /** @type {Batches | undefined} */
    this._batches = undefined;
    /** Its key, once it is open. @type {Uint8Array<ArrayBuffer> | undefined} */
    this.key = undefined;
  }

  /** Aborted at the end. */
  get signal() {
    return this._aborting.signal;
  }

  /** Whether nothing of it counts any more. */
  get isOver() {
    return this._aborting.signal.aborted;
  }

  /**
   * Takes in what has come.
   *
   * @param {() => ServerRecord[]} read
   */
  handle(read) {
    try {
      for (const record of read()) {
        if (this.isOver) return;
        this._handleRecord(record);
      }
    } catch (thrown) {
      if (!(thrown instanceof WireError)) throw thrown;
      if (!this.isOver) this._handlers.onMalformed(thrown);
    }
  }

  /** @param {ServerRecord} record */
  _handleRecord(record) {
    if (record.kind === 'closed') {
      this._stop();
      this._handlers.onClose(record.code, record.reason);
      return;
    }
    if (record.kind === 'opened') {
      this._open(record.key, record.protocol);
      return;
    }
    if (!this._batches) throw new WireError('a record before the session is open', 0);
    if (record.kind === 'message') this._handlers.onMessage(record.bytes);
    else this._batches.answerPing();
  }

  /** @param {Uint8Array<ArrayBuffer>} key @param {string} protocol */
  _open(key, protocol) {
    if (this._batches) throw new WireError('a session that is opened twice', 0);
    this.key = key;
    const url = sessionUrl(this._wsUrl, 'send').href;
    this._batches = new Batches(this._environment, url, key, (reason) => this.lose(reason));
    this._handlers.onOpen(protocol || VERSION_0);
  }

  /**
   * The request that was to open it was answered otherwise.
   *
   * @param {import('./exchange.js').Answer} answer
   */
  refuse(answer) {
    if (this.isOver) return;
    this._stop();
    const error = errorIn(answer);
    // Where those are not the server's words somebody in between has answered, or it knows no such sessions.
    if (error && error.code !== 'not_found') this._handlers.onRefused(error);
    else this._handlers.onClose(LOST, `the session was answered with ${answer.status}`);
  }

  /**
   * It is lost.
   *
   * @param {string} reason
   */
  lose(reason) {
    if (this.isOver) return;
    this._stop();
    this._handlers.onClose(LOST, reason);
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes @returns {boolean} whether they will be sent */
  send(bytes) {
    return !this.isOver && (this._batches?.push(bytes) ?? false);
  }

  /**
   * Leaves. Who does not leave for good can come back.
   *
   * @param {number} code
   * @param {string} reason
   */
  leave(code, reason) {
    if (!this.isOver) this._batches?.leave(code === NORMAL ? NORMAL : GOING_AWAY, reason);
    this._stop();
  }

  _stop() {
    this._aborting.abort();
    this._batches?.stop();
  }
}

/** A line that consists of one session after the other. */
export class SessionLine {
  /**
   * @param {Environment} environment
   * @param {LineHandlers} handlers
   */
  constructor(environment, handlers) {
    this._environment = environment;
    this._handlers = handlers;
    /** @type {Session | undefined} */
    this._session = undefined;
  }

  /** A session that takes the place of the one before. @param {string} wsUrl */
  _begin(wsUrl) {
    this._session = new Session(this._environment, wsUrl, this._handlers);
    return this._session;
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {boolean} whether they will be sent
   */
  send(bytes) {
    return this._session?.send(bytes) ?? false;
  }

  /**
   * Ends the session.
   *
   * @param {number} code
   * @param {string} reason
   * @returns {boolean} whether there was one
   */
  drop(code, reason) {
    const session = this._session;
    this._session = undefined;
    session?.leave(code, reason);
    return session !== undefined;
  }
}
