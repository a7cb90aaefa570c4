/**
 * What the server says, on one connection after the other: each message is taken in, and everybody
 * whom it concerns gets to know in this order, the game last, by events.
 *
 * ```text
 * bytes → control message → clock, requests, connection …  → events
 *       → state frame → link (replica, whereabouts) → uplink: acknowledged
 *                     → entity table, picture → 'leave' 'enter' 'update' 'event' 'state'
 * ```
 *
 * @module
 */

import { BAD_MESSAGE } from './connection/close.js';
import { DesyncError, TickwireError } from './errors.js';
import { FRAME_TAG, fenceOf } from './wire/frame.js';
import { Link } from './replica/link.js';
import { decodeServerMessage } from './wire/server-messages.js';
import { namedValues } from './wire/named-values.js';
import { WireError } from './wire/wire-error.js';

/** @typedef {import('./replica/entity-table.js').Changes} Changes */
/** @typedef {import('./wire/frame.js').Frame} Frame */
/** @typedef {import('./wire/frame.js').ReceivedEvent} ReceivedEvent */
/** @typedef {import('./wire/messages.js').PublicWelcome} PublicWelcome */
/** @typedef {import('./wire/messages.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire/messages.js').Welcome} Welcome */
/**
 * Whom it concerns.
 *
 * @typedef {object} Concerned
 * @property {import('./connection/connection.js').Connection} connection
 * @property {import('./connection/heartbeat.js').Heartbeat} heartbeat
 * @property {import('./time/clock.js').Clock} clock
 * @property {import('./stats.js').Stats} stats
 * @property {import('./uplink.js').Uplink} uplink
 * @property {import('./picture/picture.js').Picture} picture
 * @property {import('./replica/entity-table.js').EntityTable} table
 * @property {import('./roster.js').Roster} roster
 * @property {import('./lobby.js').Lobby} lobby
 * @property {import('./emitter.js').Emitter<import('./room-events.js').RoomEvents>} emitter
 * @property {() => void} handleState called when state has arrived
 */

/** Takes in what connections bring. */
export class Reception {
  /** @param {Concerned} concerned */
  constructor(concerned) {
    this._connection = concerned.connection;
    this._heartbeat = concerned.heartbeat;
    this._clock = concerned.clock;
    this._stats = concerned.stats;
    this._uplink = concerned.uplink;
    this._picture = concerned.picture;
    this._table = concerned.table;
    this._roster = concerned.roster;
    this._lobby = concerned.lobby;
    this._emitter = concerned.emitter;
    this._handleState = concerned.handleState;
    /** What the newest connection was told first; undefined before. */
    this.welcome = /** @type {PublicWelcome | undefined} */ (undefined);
    /** The connection that is there now; a socket without a welcome is none. */
    this.link = /** @type {Link | undefined} */ (undefined);
    /** Number of the newest event of the connection before it, should that be resumed. */
    this.newestEvent = 0;
    /** The newest tick that was seen on the connection before it; -Infinity before any. */
    this._newestTick = -Infinity;
    /** Whose room it is, as far as this connection was told. @type {number | undefined} */
    this.host = undefined;
  }

  /** The connection is gone. */
  stop() {
    this._heartbeat.stop();
    this._uplink.stop();
    this._picture.stop();
    if (this.link) {
      this.newestEvent = this.link.newestEvent;
      this._newestTick = this.link.whereabouts.tick;
    }
    this.link = undefined;
  }

  /**
   * Takes in a message.
   *
   * @param {Uint8Array} bytes
   * @param {number} now
   */
  handleMessage(bytes, now) {
    this._heartbeat.heard(now);
    this._stats.count(bytes.length, now);
    try {
      if (bytes[0] >= FRAME_TAG) this._handleFrame(bytes, now);
      else this._handleControl(decodeServerMessage(bytes), now);
    } catch (thrown) {
      this.handleMalformed(thrown instanceof TickwireError ? thrown : faultOf(thrown));
    }
  }

  /**
   * Something came that nobody understands.
   *
   * @param {TickwireError} error
   */
  handleMalformed(error) {
    this._connection.abandon(BAD_MESSAGE, error.message, error);
    this._emitter.emit('error', error);
  }

  /** @param {ServerMessage} message @param {number} now */
  _handleControl(message, now) {
    switch (message.type) {
      case 'welcome':
        this._handleWelcome(message.welcome, now);
        break;
      case 'pong': {
        const sentAt = this._heartbeat.sentAt(message.nonce);
        if (sentAt !== undefined) this._clock.handlePong(sentAt, message.roomTimeMs, now);
        break;
      }
      case 'refused':
        this._picture.prediction.handleRefusal(message.input);
        this._emitter.emit('refused', { input: message.input, cause: message.cause });
        break;
      case 'answer':
        this._uplink.requests.handleAnswer(message);
        break;
      case 'restarting': {
        const { closesInMs, backAfterMs } = message;
        this._connection.handleRestart(backAfterMs);
        this._emitter.emit('restarting', { closesInMs, backAfterMs });
        break;
      }
      case 'failed':
        this._connection.handleFailure(message.backAfterMs);
        this._emitter.emit('failed', { backAfterMs: message.backAfterMs });
        break;
      case 'host':
        this.host = message.player;
        this._emitter.emit('host', { player: message.player });
        break;
      case 'owner':
      case 'moved':
        this._connection.handleOwner(message);
        break;
      case 'paused':
        this._connection.handlePaused(message.isPaused);
        break;
      case 'lobby':
        this._lobby.handleNews(message.news);
        break;
    }
  }

  /** @param {Welcome} told @param {number} now */
  _handleWelcome(told, now) {
    this._connection.handleWelcome(told);
    const { resumeToken: _, ...welcome } = told;
    const link = new Link(welcome, welcome.resumed ? this.newestEvent : 0);
    this.link = link;
    this._uplink.start(link);
    this.welcome = welcome;
    this.host = undefined;
    this._clock.start(welcome.tickRateHz, welcome.roomTimeMs, now);
    this._heartbeat.start(welcome.heartbeatTimeoutMs, now);
    this._stats.start(link.quietMs);
    this._picture.start(link);
    const gone = this._table.start(link.shapes);
    this._roster.start(welcome.roster);
    for (const entity of gone) this._emitter.emit('leave', entity);
    this._emitter.emit('welcome', welcome);
    this._roster.tell();
    this._lobby.handleWelcome();
  }

  /** @param {Uint8Array} bytes @param {number} now */
  _handleFrame(bytes, now) {
    const link = this.link;
    if (!link) throw new WireError('a state frame before the welcome', 0);
    const fence = fenceOf(bytes);
    if (fence !== undefined && !this._connection.handleOwner({ type: 'fence', fence })) return;
    const { frame, events, left } = link.handleFrame(bytes);
    link.desyncReports.keep(bytes);
    this._uplink.acknowledge(frame);
    this._stats.countFrame(link.whereabouts.tick, now);
    const changes = this._table.apply(link.whereabouts, left);
    this._picture.handleFrame(link, frame, changes, now);
    this._connection.confirm();
    this._handleState();
    if (frame.agreement === 'different') this._handleDesync(link, now);
    this._tell(link, frame, changes, events);
  }

  /**
   * @param {Link} link
   * @param {Frame} frame
   * @param {Changes} changes
   * @param {ReceivedEvent[]} events
   */
  _tell(link, frame, changes, events) {
    const { tick, isKeyframe, input } = frame;
    for (const entity of changes.left) this._emitter.emit('leave', entity);
    for (const entity of changes.entered) this._emitter.emit('enter', entity);
    for (const entity of changes.updated) this._emitter.emit('update', entity);
    for (const event of events) this._handleEvent(link, event);
    this._emitter.emit('state', { tick, isKeyframe, input });
  }

  /**
   * How many ticks were seen that never were, for a server that has died.
   *
   * @param {import('./wire/messages.js').Interruption} cause
   * @param {number} tick at which the match goes on
   */
  _lostTicks(cause, tick) {
    if (cause !== 'server' || this._newestTick === -Infinity) return 0;
    return Math.max(0, (this._newestTick - tick) | 0);
  }

  /** The server answers a report with a keyframe. @param {Link} link @param {number} now */
  _handleDesync({ replica, desyncReports }, now) {
    this._stats.desyncs += 1;
    const difference = desyncReports.due(replica, now);
    if (difference) this._uplink.report(difference, desyncReports.recent());
    this._emitter.emit('error', new DesyncError(replica.tick ?? 0, replica.differing));
  }

  /** @param {Link} link @param {ReceivedEvent} received */
  _handleEvent(link, { tick, event }) {
    switch (event.type) {
      case 'joined':
        this._roster.handleJoined(event.entry);
        break;
      case 'left':
        this._roster.handleLeft(event.player);
        break;
      case 'renamed':
        this._roster.handleRenamed(event.player, event.name);
        if (event.player === link.welcome.player) this._connection.handleRenamed(event.name);
        break;
      case 'interrupted':
        this._emitter.emit('interrupted', { cause: event.cause, tick, lostTicks: this._lostTicks(event.cause, tick) });
        break;
      case 'game': {
        const named = namedValues(link.welcome.schema, event.message, tick);
        this._picture.handleEvent(named);
        this._emitter.emit('event', named);
        break;
      }
    }
  }
}

/** What a decoder should not have thrown. @param {unknown} thrown */
function faultOf(thrown) {
  return new TickwireError('fault', thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown));
}
