/**
 * One WebSocket after the other, of which at most one counts: what an earlier one still has to say is not
 * heard any more.
 *
 * @module
 */

import { NORMAL } from './close.js';

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('../environment.js').Socket} Socket */

/** @typedef {import('../errors.js').JoinError} JoinError */
/** @typedef {import('../wire/wire-error.js').WireError} WireError */

/**
 * What a line of any transport tells.
 *
 * @typedef {object} LineHandlers
 * @property {(protocol: string) => void} onOpen with the subprotocol that the server chose, if it did
 * @property {(bytes: Uint8Array) => void} onMessage
 * @property {(code: number, reason: string) => void} onClose the other end, or the network, ended it
 * @property {(error: JoinError) => void} onRefused the server does not let it open, and says why; a WebSocket
 *   is not told that
 * @property {(error: WireError) => void} onMalformed what came is none of this protocol's
 * @property {(hasHead: boolean) => void} onHeldBack it cannot be opened: somebody keeps back the answer, or all but
 *   its head
 */

const OPEN = 1;
/** Most characters of a reason: what is left of 123 bytes must do for any script. */
const MAX_REASON = 40;

/** The socket that is there now. */
export class SocketLine {
  /**
   * @param {Environment} environment
   * @param {LineHandlers} handlers
   */
  constructor({ WebSocket }, handlers) {
    this._WebSocket = WebSocket;
    this._handlers = handlers;
    /** @type {Socket | undefined} */
    this._socket = undefined;
  }

  /**
   * Begins to connect.
   *
   * @param {string} url
   * @param {readonly string[]} protocols
   * @throws what the WebSocket throws
   */
  open(url, protocols) {
    if (!this._WebSocket) throw new TypeError('no WebSocket here');
    const socket = new this._WebSocket(url, [...protocols]);
    this._socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onerror = () => {}; // a close event follows
    socket.onopen = () => this._handlers.onOpen(String(socket.protocol ?? ''));
    socket.onclose = (event) => this._handlers.onClose(event.code, String(event.reason ?? ''));
    socket.onmessage = ({ data }) => {
      // Text becomes an empty message, which is an error to whoever decodes it.
      this._handlers.onMessage(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
    };
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @returns {boolean} whether they were sent
   */
  send(bytes) {
    if (this._socket?.readyState !== OPEN) return false;
    this._socket.send(bytes);
    return true;
  }

  /**
   * Ends the socket.
   *
   * @param {number} code
   * @param {string} reason
   * @returns {boolean} whether there was one
   */
  drop(code, reason) {
    const socket = this._socket;
    if (!socket) return false;
    this._socket = undefined;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onopen = null;
    // `onerror` stays: closing a socket that is still connecting may raise an error.
    const isOurs = code === NORMAL || (code >= 3000 && code <= 4999);
    try {
      socket.close(isOurs ? code : NORMAL, reason.slice(0, MAX_REASON));
    } catch {
      // It is gone already.
    }
    return true;
  }
}
