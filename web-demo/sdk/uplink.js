/**
 * What a room's client says to the server: inputs, messages of the game, where a spectator looks,
 * pings, acknowledgements and reports. Goes by what the connection that is there now has been told,
 * and says nothing that the server would refuse; whether the bytes can go out is the connection's
 * business.
 *
 * @module
 */

import { RequestError } from './errors.js';
import { lookOf } from './look.js';
import { encodeClientMessage } from './wire/client-messages.js';
import { inputValues, messageValues, wholeViewAge } from './wire/named-values.js';
import { Requests } from './requests.js';

/** @typedef {import('./wire/frame.js').Frame} Frame */
/** @typedef {import('./replica/link.js').Link} Link */
/** @typedef {import('./look.js').Area} Area */
/** @typedef {import('./wire/messages.js').ClientMessage} ClientMessage */
/** @typedef {import('./wire/messages.js').Difference} Difference */
/** @typedef {import('./wire/messages.js').Look} Look */

/** @typedef {import('./environment.js').Timers} Timers */
/** @typedef {import('./wire/messages.js').RequestKind} RequestKind */
/** @typedef {import('./requests.js').RequestOptions} RequestOptions */

/** Most characters of a name that is sent; the server shows far fewer, and takes messages of 4 KiB. */
const MAX_NAME = 500;

/**
 * Whether nothing that this client says to the game would be heard. Where there are no inputs nobody plays, as
 * in a recording: whether those who watch are heard is the server's to say.
 *
 * @param {import('./wire/messages.js').PublicWelcome} welcome
 */
function isSilent({ spectator, schema }) {
  return spectator && schema.inputs.length > 0;
}

/** The way to the server, over one connection after the other. */
export class Uplink {
  /**
   * @param {Timers} timers
   * @param {(bytes: Uint8Array<ArrayBuffer>) => boolean} send says whether they were sent
   * @param {() => boolean} hasHosts whether the server knows of hosts, and of what they can ask for
   */
  constructor(timers, send, hasHosts) {
    this._sendBytes = send;
    this._hasHosts = hasHosts;
    /** What is to be answered. */
    this.requests = new Requests(timers, (id, what) => this._send({ type: 'request', id, what }));
    /** @type {Link | undefined} */
    this._link = undefined;
    /** What the client wants to see, on whichever connection. @type {Look | undefined} */
    this._wanted = undefined;
  }

  /**
   * Starts over, on a new connection.
   *
   * @param {Link} link
   */
  start(link) {
    this._link = link;
    this._sendLook();
    this.requests.start();
  }

  /** The room is left for another one: what was asked and chosen there does not matter any more. */
  forget() {
    this.requests.move();
    this._wanted = undefined;
  }

  /** The connection is gone. */
  stop() {
    this._link = undefined;
    this.requests.stop();
  }

  /**
   * @param {{[field: string]: number | boolean}} fields
   * @param {number} atTick 0 for the next one
   * @param {number} [viewAge] how far behind that tick others are shown, in ticks; 0 for not told
   * @returns {number | undefined} the input's number; undefined when it was not sent
   */
  input(fields, atTick, viewAge = 0) {
    const link = this._link;
    if (!link || link.welcome.spectator) return undefined;
    const seq = link.nextSeq;
    const values = inputValues(link.welcome.schema, fields);
    const input = { seq, at: atTick >>> 0, viewAge: wholeViewAge(viewAge), values };
    if (!this._send({ type: 'input', input })) return undefined;
    link.countInput();
    return seq;
  }

  /**
   * @param {string} name
   * @param {{[param: string]: number | string}} params
   * @returns {boolean} whether it was sent
   * @throws {TypeError} when the game has no such message, or a parameter is missing
   */
  message(name, params) {
    const link = this._link;
    if (!link || isSilent(link.welcome)) return false;
    const message = messageValues(link.welcome.schema, name, params);
    return this._send({ type: 'game', message });
  }

  /**
   * Sends a message that the game's rules answer.
   *
   * @param {string} name
   * @param {{[param: string]: number | string}} params
   * @param {RequestOptions} [options]
   */
  request(name, params, options) {
    return this.requests.ask(() => this._gameRequest(name, params), options);
  }

  /**
   * Asks for another name, which the answer tells as it is shown.
   *
   * @param {string} name
   * @param {RequestOptions} [options]
   */
  rename(name, options) {
    const cut = Array.from(String(name)).slice(0, MAX_NAME).join('');
    return this.requests.ask(() => ({ type: 'rename', name: cut }), options);
  }

  /**
   * Asks for what only servers can do that know of hosts, and of the lobby: an older one would not understand it.
   *
   * @param {Exclude<RequestKind, {type: 'rename' | 'game'}>} what
   * @param {RequestOptions} [options]
   */
  askServer(what, options) {
    return this.requests.ask(() => {
      if (this._hasHosts()) return what;
      throw new RequestError('not_supported', 'the server does not know this request');
    }, options);
  }

  /**
   * Asks for a seat in another room.
   *
   * @param {import('./wire/messages.js').Elsewhere} wish
   * @returns {Promise<{room: string, token: string}>}
   */
  async changeRoom(wish) {
    const [token, room] = await this.askServer({ type: 'change_room', ...wish });
    if (typeof token === 'string' && typeof room === 'string') return { room, token };
    throw new RequestError('bad_answer', 'the server did not answer with a seat');
  }

  /** @param {string} name @param {{[param: string]: number | string}} params @returns {RequestKind} */
  _gameRequest(name, params) {
    const { welcome } = /** @type {Link} */ (this._link);
    const message = messageValues(welcome.schema, name, params);
    if (isSilent(welcome)) throw new RequestError('spectator', 'spectators cannot send messages');
    return { type: 'game', message };
  }

  /**
   * Remembers what a spectator wants to see, and asks for it now and on later connections.
   *
   * @param {Area} area
   * @returns {boolean} whether it was sent
   * @throws {TypeError} when there is no such area
   */
  look(area) {
    this._wanted = lookOf(area);
    return this._sendLook();
  }

  /** @param {number} nonce */
  ping(nonce) {
    this._send({ type: 'ping', nonce });
    // The last frames before the server holds back may be too few to be due by their number.
    this._acknowledge(this._link?.remainder());
  }

  /**
   * Acknowledges what is due after a frame.
   *
   * @param {Frame} frame
   */
  acknowledge(frame) {
    this._acknowledge(this._link?.acknowledgement(frame));
  }

  /**
   * Reports a part that differs from the server's.
   *
   * @param {Difference} difference
   * @param {Uint8Array[]} recent the frames that led to it
   */
  report(difference, recent) {
    this._send({ type: 'recent', frames: recent });
    this._send({ type: 'differs', difference });
  }

  /** @param {{frame: number, event: number} | undefined} due */
  _acknowledge(due) {
    if (due) this._send({ type: 'ack', ...due });
  }

  _sendLook() {
    if (!this._wanted || !this._link?.welcome.spectator) return false;
    return this._send({ type: 'look', look: this._wanted });
  }

  /** @param {ClientMessage} message @returns {boolean} whether it was sent */
  _send(message) {
    return this._sendBytes(encodeClientMessage(message));
  }
}
