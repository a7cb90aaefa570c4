/**
 * The way back to a room as the same player: where it was said to go, or where those who are asked say that it is, or
 * the same address. Knows of each attempt what it went by.
 *
 * @module
 */

import { RoomInquiry } from './room-inquiry.js';
import { MOVING_MS, Whereabouts } from './whereabouts.js';

/** @typedef {import('../environment.js').Environment} Environment */
/** @typedef {import('../wire/messages.js').Moved} Moved */
/** @typedef {import('../wire/messages.js').Owner} Owner */
/** @typedef {import('../wire/messages.js').Welcome} Welcome */
/** @typedef {import('./close.js').Reconnect} Reconnect */
/** @typedef {Owner | Moved | {type: 'fence', fence: number}} Told */
/**
 * @typedef {object} WayBackHandlers
 * @property {(wsUrl: string) => void} onFound the room is there
 * @property {() => void} onGone there is no player to come back as
 * @property {() => void} onUnreachable no server answers
 */

/** One attempt after the other. */
export class WayBack {
  /**
   * @param {Environment} environment
   * @param {readonly string[]} servers those that the user knows: one at least
   * @param {WayBackHandlers} handlers
   */
  constructor(environment, servers, handlers) {
    this._handlers = handlers;
    this._whereabouts = new Whereabouts(servers);
    this._inquiry = new RoomInquiry(environment);
    /** Who is asked while the connection is lost. @type {import('./whereabouts.js').Search | undefined} */
    this._search = undefined;
    /** Whether the attempt goes where the room was said to go. */
    this._follows = false;
  }

  /** All servers that are known, that of the connection first. */
  get servers() {
    return this._whereabouts.servers;
  }

  /** Whether the room was said to go on elsewhere. */
  get hasMoved() {
    return this._whereabouts.hasMoved;
  }

  /** A connection is begun. @param {string} wsUrl */
  handleConnect(wsUrl) {
    this._whereabouts.handleConnect(wsUrl);
  }

  /** A connection is there. @param {Welcome} welcome */
  handleWelcome(welcome) {
    this._whereabouts.handleWelcome(welcome);
    this._search = undefined;
  }

  /**
   * The server says that it owns the room, or where that goes on, or tells the fence of its frames.
   *
   * @param {Told} told
   * @returns {boolean} whether nobody has replaced it
   */
  handleTold(told) {
    if (told.type === 'owner') return this._whereabouts.handleOwner(told);
    if (told.type === 'moved') return this._whereabouts.handleMoved(told);
    return this._whereabouts.handleFence(told.fence);
  }

  /**
   * Begins an attempt.
   *
   * @param {string} token of the resumption
   * @param {string} sameUrl where the connection was
   */
  begin(token, sameUrl) {
    const moved = this._whereabouts.takeMoved();
    this._follows = moved !== undefined;
    this._search ??= this._whereabouts.search();
    if (moved !== undefined || !this._search) {
      this._handlers.onFound(moved ?? sameUrl);
      return;
    }
    this._inquiry.begin(this._search, this._whereabouts, token, (step) => {
      if (step.type === 'connect') this._handlers.onFound(step.wsUrl);
      else if (step.type === 'join') this._handlers.onGone();
      else this._handlers.onUnreachable();
    });
  }

  /**
   * How long to wait before the next attempt where the owner that was named could not be had.
   *
   * @param {Reconnect} plan what the end of the attempt asks for
   * @returns {number | undefined} in milliseconds; nothing where that does not follow from it
   */
  delayAfterMiss(plan) {
    return this._search && (this._follows || plan.type === 'backoff') ? MOVING_MS : undefined;
  }

  /** Whether others know more than the server that refuses to resume: the room need not be where it was said to go. */
  get hasOthers() {
    return this._follows && this._search !== undefined;
  }

  /** Ends an attempt. No timer and no request is left. */
  stop() {
    this._inquiry.stop();
  }

  /** There is nothing to come back to. */
  forget() {
    this.stop();
    this._search = undefined;
  }
}
