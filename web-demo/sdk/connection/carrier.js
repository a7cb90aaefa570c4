/**
 * What carries a connection: the transport that the choice (transport-choice.js) names, and within one attempt
 * the next one where that cannot be had. At most one line counts.
 *
 * @module
 */

import { LOST, SILENT_TOO_LONG, isLoss } from './close.js';
import { PollLine } from './poll-line.js';
import { SocketLine } from './socket-line.js';
import { StreamLine } from './stream-line.js';
import { TransportChoice } from './transport-choice.js';
import { SUBPROTOCOLS, VERSION_0 } from './versions.js';

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('./socket-line.js').LineHandlers} LineHandlers */
/** @typedef {import('./transport-choice.js').Transport} Transport */

/**
 * @typedef {object} CarrierHandlers
 * @property {() => void} onTransport another transport is tried
 * @property {(bytes: Uint8Array) => void} onMessage
 * @property {(code: number, reason: string) => void} onClose the other end, or the network, has ended it
 * @property {LineHandlers['onRefused']} onRefused
 * @property {LineHandlers['onMalformed']} onMalformed
 * @property {() => void} onStranded this transport lets nothing through and may have used up the token: the
 *   attempt begins again
 * @property {(protocol: string) => void} onOpen
 */

/** The lines of one connection after the other. */
export class Carrier {
  /**
   * @param {Environment} environment
   * @param {CarrierHandlers} handlers
   */
  constructor(environment, handlers) {
    this._environment = environment;
    this._handlers = handlers;
    this._choice = new TransportChoice(environment.transports);
    const lineHandlers = this._lineHandlers();
    this._lines = {
      websocket: new SocketLine(environment, lineHandlers),
      stream: new StreamLine(environment, lineHandlers),
      poll: new PollLine(environment, lineHandlers),
    };
    /** What carries the connection, or was tried last. @type {Transport} */
    this.transport = environment.transports[0];
    /** The version that is spoken; undefined while nothing is open. @type {string | undefined} */
    this.protocol = undefined;
    /** Whether the token may have been used on a line that could not be opened. */
    this.isTokenDoubtful = false;
    this._wsUrl = '';
    this._isResume = false;
    this._patienceMs = Infinity;
    this._openedAt = 0;
    /** @type {any} */
    this._timer = undefined;
  }

  /** An attempt begins. */
  begin() {
    this._choice.begin();
  }

  /**
   * Begins to connect.
   *
   * @param {string} wsUrl with a token: not to be shown
   * @param {boolean} isResume
   */
  open(wsUrl, isResume) {
    this._wsUrl = wsUrl;
    this._isResume = isResume;
    this.isTokenDoubtful = false;
    this._try('no transport is left');
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {boolean} whether they were sent, or will be
   */
  send(bytes) {
    return this._lines[this.transport].send(bytes);
  }

  /**
   * Ends it.
   *
   * @param {number} code
   * @param {string} reason
   * @returns {boolean} whether there was anything
   */
  drop(code, reason) {
    this._clearTimer();
    // One that is ended here has not broken: what it has proved by living for so long holds.
    if (this.protocol !== undefined) this._countEnd(false);
    this.protocol = undefined;
    return this._lines[this.transport].drop(code, reason);
  }

  /** @returns {LineHandlers} */
  _lineHandlers() {
    const { onRefused, onMalformed } = this._handlers;
    return {
      onOpen: (protocol) => this._handleOpen(protocol),
      onMessage: (bytes) => {
        if (this._timer !== undefined) this._clearTimer();
        this._handlers.onMessage(bytes);
      },
      onClose: (code, reason) => this._handleClose(code, reason),
      onRefused: (error) => {
        this._choice.handleReached(this._environment.now());
        onRefused(error);
      },
      onMalformed,
      onHeldBack: (hasHead) => {
        if (hasHead) this._handleHeldBack('the stream is held back');
        else this._handleUnopened('the stream does not open');
      },
    };
  }

  /** The next transport of this attempt. @param {string} failure why there is none, if so */
  _try(failure) {
    const choice = this._choice.next(this._environment.now(), this._isResume);
    if (!choice) {
      this._handlers.onClose(LOST, failure);
      return;
    }
    const { transport, patienceMs } = choice;
    this.transport = transport;
    this._patienceMs = patienceMs;
    // Other lines see for themselves how far they get.
    if (transport === 'websocket') this._expect(() => this._handleUnopened('no connection in time'));
    try {
      this._lines[transport].open(this._wsUrl, SUBPROTOCOLS, patienceMs < Infinity);
    } catch (cause) {
      // Its name alone: what browsers say of it repeats the URL.
      this._handleUnopened(`cannot connect: ${cause instanceof Error ? cause.name : 'fault'}`);
      return;
    }
    this._handlers.onTransport();
  }

  /** @param {string} protocol empty where the server has not chosen */
  _handleOpen(protocol) {
    this.protocol = protocol || VERSION_0;
    this._openedAt = this._environment.now();
    this._choice.handleReached(this._openedAt);
    // The server speaks first: where nothing comes, somebody lets nothing through.
    this._expect(() => this._handleHeldBack('nothing comes through'));
    this._handlers.onOpen(this.protocol);
  }

  /** @param {number} code @param {string} reason */
  _handleClose(code, reason) {
    if (this.protocol !== undefined) {
      this._countEnd(isLoss(code));
      this.protocol = undefined;
    } else if (isLoss(code)) {
      this._handleUnopened(reason);
      return;
    } else {
      // A close with a reason is the server's.
      this._choice.handleReached(this._environment.now());
    }
    this._handlers.onClose(code, reason);
  }

  /** What was open has ended. @param {boolean} isLoss whether it broke without a word */
  _countEnd(isLoss) {
    const now = this._environment.now();
    this._choice.handleEnd(this.transport, { livedMs: now - this._openedAt, isLoss }, now);
  }

  /** @param {string} reason */
  _handleUnopened(reason) {
    this._choice.handleUnopened(this.transport);
    this.drop(SILENT_TOO_LONG, reason);
    this.isTokenDoubtful = true;
    this._try(reason);
  }

  /** @param {string} reason */
  _handleHeldBack(reason) {
    const now = this._environment.now();
    this._choice.handleHeldBack(this.transport, now);
    this.drop(SILENT_TOO_LONG, reason);
    if (this._choice.next(now, this._isResume)) this._handlers.onStranded();
    else this._handlers.onClose(LOST, reason);
  }

  /** Waits for something, where there is another transport. @param {() => void} otherwise */
  _expect(otherwise) {
    this._clearTimer();
    if (this._patienceMs === Infinity) return;
    this._timer = this._environment.timers.setTimeout(otherwise, this._patienceMs);
  }

  _clearTimer() {
    this._environment.timers.clearTimeout(this._timer);
    this._timer = undefined;
  }
}
