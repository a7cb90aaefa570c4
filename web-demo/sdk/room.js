/**
 * A room that was joined: the public face of the SDK. Puts the connection, what it brings
 * (reception.js), the clock and the picture together; each of them does its own job.
 *
 * @module
 */

import { NORMAL, SILENT_TOO_LONG } from './connection/close.js';
import { Clock } from './time/clock.js';
import { Connection } from './connection/connection.js';
import { Countdown } from './connection/countdown.js';
import { deferred, unminded } from './deferred.js';
import { Emitter } from './emitter.js';
import { EntityTable } from './replica/entity-table.js';
import { addressesOf, environmentOf } from './environment.js';
import { ConnectionError } from './errors.js';
import { Heartbeat } from './connection/heartbeat.js';
import { Lobby } from './lobby.js';
import { Moving } from './connection/moving.js';
import { Picture } from './picture/picture.js';
import { Reception } from './reception.js';
import { Roster } from './roster.js';
import { Stats } from './stats.js';
import { Uplink } from './uplink.js';
import { Wakefulness } from './connection/wakefulness.js';

/** @typedef {import('./connection/status.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('./replica/entities.js').Entity} Entity */
/** @typedef {import('./look.js').Area} Area */
/** @typedef {import('./wire/messages.js').RosterEntry} RosterEntry */
/** @typedef {import('./wire/messages.js').PublicWelcome} PublicWelcome */
/** @typedef {import('./connection/moving.js').Place} Place */

/** @typedef {import('./environment.js').JoinOptions} JoinOptions */
/** @typedef {import('./room-events.js').RoomEvents} RoomEvents */
/** @typedef {import('./requests.js').AnswerValues} AnswerValues */
/** @typedef {import('./requests.js').RequestOptions} RequestOptions */

/** A room that was joined. Made by `join`. */
export class Room {
  /** @param {JoinOptions} options */
  constructor(options) {
    const environment = environmentOf(options);
    this._now = environment.now;
    /** @type {Emitter<RoomEvents>} */
    this._emitter = new Emitter();
    /** Everybody in the room, by player id. @type {Map<number, RosterEntry>} */
    this.roster = new Map();
    /** The newest state that has arrived, by entity id. @type {Map<number, Entity>} */
    this.entities = new Map();
    /** The room's clock. */
    this.clock = new Clock();
    this.stats = new Stats(environment.now);
    this._uplink = new Uplink(
      environment.timers,
      (bytes) => this._connection.send(bytes),
      () => this._connection.hasHosts,
    );
    /** What people in different rooms say to each other, and how many they are. */
    this.lobby = new Lobby(this._uplink, (event) => this._emitter.emit('lobby', event));
    this._picture = new Picture(options, this.entities, this.clock, this._uplink, this._emitter);
    /** When what is shown. */
    this.interpolation = this._picture.interpolation;
    this._heartbeat = new Heartbeat(environment, {
      ping: (nonce) => this._uplink.ping(nonce),
      silent: () => this._connection.abandon(SILENT_TOO_LONG, 'the server went silent'),
    });
    this._moving = new Moving(environment, () => this._connection.servers, {
      request: (wish) => {
        const { hasHosts, status } = this._connection;
        if (!hasHosts || status.state !== 'open') return undefined;
        return this._uplink.changeRoom(wish).then(({ room, token }) => this._connection.seatWith(room, token));
      },
      take: (seat, request, place) => {
        this._uplink.forget();
        this._picture.handleMove(place);
        this._connection.moveTo(seat, request);
      },
    });
    this._countdown = new Countdown(environment, (left) => this._emitter.emit('countdown', left));
    this._wakefulness = new Wakefulness(environment.host, {
      back: () => this._lookAround(),
      left: () => this._connection.handlePageLeft(),
      network: (isOnline) => this._emitter.emit('network', { isOnline }),
    });
    const ready = deferred();
    /** Resolved at the first keyframe, rejected when closed for good before it. */
    this.ready = unminded(ready.promise);
    this._resolveReady = ready.resolve;
    this._rejectReady = ready.reject;
    this._connection = new Connection(addressesOf(options.url), options, environment, {
      onStatus: (status) => this._handleStatus(status),
      onMessage: (bytes) => this._reception.handleMessage(bytes, this._now()),
      newestEvent: () => this._reception.newestEvent,
      onMalformed: (error) => this._reception.handleMalformed(error),
      onLineGone: () => this._reception.stop(),
    });
    this._reception = new Reception({
      connection: this._connection,
      heartbeat: this._heartbeat,
      clock: this.clock,
      stats: this.stats,
      uplink: this._uplink,
      picture: this._picture,
      table: new EntityTable(this.entities),
      roster: new Roster(this.roster, this._emitter),
      lobby: this.lobby,
      emitter: this._emitter,
      handleState: () => this._resolveReady(),
    });
    this._connection.start();
  }

  /** How the connection is. @returns {ConnectionStatus} */
  get connection() {
    return this._connection.status;
  }

  /** Whether this machine has a network, as far as it is known. */
  get isOnline() {
    return this._wakefulness.isOnline;
  }

  /** What the newest connection was told first; undefined before. @returns {PublicWelcome | undefined} */
  get welcome() {
    return this._reception.welcome;
  }

  /** The game's schema; undefined before the first welcome. */
  get schema() {
    return this.welcome?.schema;
  }

  /** The client's own player id; undefined before the first welcome. */
  get player() {
    return this.welcome?.player;
  }

  /** The room's id; undefined before the first welcome. */
  get roomId() {
    return this.welcome?.room;
  }

  /** Whether the client only watches. */
  get spectator() {
    return this.welcome?.spectator ?? false;
  }

  /** Whose room this is: the player who can send others away and close it. Undefined where it is nobody's, and
   * before the server has said so. @returns {number | undefined} */
  get host() {
    return this._reception.host;
  }

  /** Tick of the newest state; undefined before the first keyframe of a connection. */
  get tick() {
    return this._reception.link?.replica.tick;
  }

  /** How the prediction does; undefined without rules for it. */
  get prediction() {
    return this._picture.prediction.report;
  }

  /**
   * Calls a handler at every event of a name.
   *
   * @template {keyof RoomEvents} Name
   * @param {Name} event
   * @param {(payload: RoomEvents[Name]) => void} handler
   * @returns {() => void} removes the handler
   */
  on(event, handler) {
    return this._emitter.on(event, handler);
  }

  /**
   * Gives the live input, as often as it may have changed. `view` commits it at each tick that is due
   * and sends what has changed, so that it arrives just in time; the own entity shows it at once. It
   * holds until the next one, on later connections too. A button acts once per press: let it go, with 0,
   * before pressing it again. Fields that are not given are 0; values are rounded and clamped.
   *
   * @param {{[field: string]: number | boolean}} fields by the names of the schema's inputs
   */
  control(fields) {
    this._picture.prediction.control(fields);
  }

  /**
   * Sends an input at once. It holds until the next one; buttons fire once. Fields that are not given
   * are 0; values are rounded and clamped to their range. Beside `control` it is the live input too.
   *
   * @param {{[field: string]: number | boolean}} fields by the names of the schema's inputs
   * @param {number} [atTick] the tick at which it is to take effect; the next one if left out
   * @param {number} [viewAge] how far behind that tick others are shown, in ticks, for games that
   *   judge a player's shots by what the player saw; as `view` shows them if left out
   * @returns {number | undefined} its number, which `state` and `refused` events name; undefined
   *   when it could not be sent (not connected, or watching only)
   */
  send(fields, atTick = 0, viewAge = undefined) {
    return this._picture.prediction.send(fields, atTick, viewAge);
  }

  /**
   * Sends a message to the game's rules. Numbers are clamped to their range, text is cut.
   *
   * @param {string} name
   * @param {{[param: string]: number | string}} params
   * @returns {boolean} whether it was sent
   * @throws {TypeError} when the game has no such message, or a parameter is missing
   */
  message(name, params = {}) {
    return this._uplink.message(name, params);
  }

  /**
   * Sends a message to the game's rules and waits for their answer. Numbers are clamped to their
   * range, text is cut.
   *
   * @param {string} name
   * @param {{[param: string]: number | string}} [params]
   * @param {RequestOptions} [options]
   * @returns {Promise<AnswerValues>} what the game answers; rejects with a `RequestError` when it is
   *   refused or not answered, and with a `TypeError` when the game has no such message or a parameter is
   *   missing
   */
  request(name, params = {}, options = {}) {
    return this._uplink.request(name, params, options);
  }

  /**
   * Says something to everybody, in games whose message for that is `say` with a `text`.
   *
   * @param {string} text
   * @returns {Promise<void>} rejects as `request` does
   */
  say(text) {
    return unminded(this.request('say', { text }).then(() => {}));
  }

  /**
   * Asks for another name, which is kept for later joins.
   *
   * @param {string} name
   * @param {RequestOptions} [options]
   * @returns {Promise<string>} the name as the server shows it; rejects with a `RequestError`
   */
  rename(name, options = {}) {
    const renamed = this._uplink.rename(name, options).then(([shown]) => {
      // The event comes after the answer, and who joins elsewhere meanwhile is called so already.
      this._connection.handleRenamed(String(shown));
      return String(shown);
    });
    return unminded(renamed);
  }

  /**
   * Chooses what a spectator sees: a rectangle of the world, of which the server sends as much as one
   * client may watch. It is remembered, and asked for again on later connections. Players see what
   * the game shows them.
   *
   * @param {Area} area its middle and its size, in world units
   * @returns {boolean} whether it was sent: not before the connection is there, and not by players
   * @throws {TypeError} when a number is not finite, or a side is negative
   */
  look(area) {
    return this._uplink.look(area);
  }

  /**
   * The entities to draw now: others interpolated between the two states around the render time, or as
   * their mode says; the own one as predicted, and what it has brought about. Positions move in a
   * straight line, angles and rotations turn the short way, everything else changes at its tick. What
   * the server has not told of goes on as it went. Call it once per frame: it plays the ticks that
   * are due.
   *
   * The objects and the array belong to the room: one object per entity, changed by the next call.
   *
   * @param {number} [nowMs] local time, as `performance.now()`
   * @returns {readonly Entity[]}
   */
  view(nowMs = this._now()) {
    return this._picture.at(nowMs);
  }

  /**
   * Goes to another room, or another role in this one, with all handlers. Asks for the seat first: who
   * gets none stays. In the new room one is a new player; the old entities leave when it welcomes.
   *
   * @param {Place} place what is left out stays as it is, but for the room where a game is named; rules
   *   and modes of one game do not hold in another
   * @returns {Promise<void>} resolved by the first state of the new room; rejects with a `JoinError`
   *   when there is no seat, and with a `ConnectionError` when the room was left
   */
  change(place) {
    return this._moving.to(place, this._connection.request);
  }

  /** Goes on watching this room only. @returns {Promise<void>} as `change` */
  spectate() {
    return this.change({ spectate: true });
  }

  /** Plays in this room, after watching. @returns {Promise<void>} as `change` */
  play() {
    return this.change({ spectate: false });
  }

  /**
   * Sends a player away, for good. Only the room's host can do that.
   *
   * @param {number} player
   * @param {RequestOptions} [options]
   * @returns {Promise<void>} rejects with a `RequestError`
   */
  kick(player, options = {}) {
    return unminded(this._uplink.askServer({ type: 'kick', player }, options).then(() => {}));
  }

  /**
   * Ends the room, for everybody. Only its host can do that.
   *
   * @param {RequestOptions} [options]
   * @returns {Promise<void>} rejects with a `RequestError`
   */
  closeRoom(options = {}) {
    return unminded(this._uplink.askServer({ type: 'close_room' }, options).then(() => {}));
  }

  /** Comes back at once when the connection is waiting to: the network is back. */
  retryNow() {
    this._connection.retryNow();
  }

  /** Leaves the room for good. No timer or listener is left. */
  leave() {
    this._moving.leave(new ConnectionError(NORMAL, 'left', 'left'));
    this._connection.leave();
  }

  /** This machine has been asleep, or has a network again: the connection may be dead, or waits in vain. */
  _lookAround() {
    this._connection.hurry();
    this._heartbeat.probe();
  }

  /** @param {ConnectionStatus} status */
  _handleStatus(status) {
    this.stats.transport = status.transport ?? this.stats.transport;
    this._countdown.stop();
    this._moving.handleStatus(status);
    if (status.state === 'closed') {
      this._wakefulness.stop();
      this._uplink.requests.end(status.error);
      this._rejectReady(status.error ?? new ConnectionError(0, 'closed', 'closed'));
    } else {
      this._wakefulness.start();
    }
    this._emitter.emit('connection', status);
    const isCurrent = this._connection.status === status;
    if (isCurrent && status.retryAtMs !== undefined) this._countdown.start(status.retryAtMs);
  }
}
