/**
 * What a room shows, and when: others at their render time, the own entity ahead of the server, events
 * when they are seen. Puts the view, the interpolation, the prediction and the cues together.
 *
 * ```text
 * frame → interpolation: when   → prediction: is the own state as predicted?
 * at(now): render time → inputs of the ticks that are due → others → the own entity → cues
 * ```
 *
 * @module
 */

import { Cues } from './cues.js';
import { Interpolation } from './interpolation.js';
import { checkedModes } from './modes.js';
import { Prediction } from '../prediction/prediction.js';
import { View } from './view.js';

/** @typedef {import('../time/clock.js').Clock} Clock */
/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('../replica/entity-table.js').Changes} Changes */
/** @typedef {import('../environment.js').JoinOptions} JoinOptions */
/** @typedef {import('../wire/frame.js').Frame} Frame */
/** @typedef {import('../replica/link.js').Link} Link */
/** @typedef {import('../room-events.js').GameEvent} GameEvent */
/** @typedef {import('../uplink.js').Uplink} Uplink */
/** @typedef {import('../connection/moving.js').Place} Place */
/** @typedef {import('../emitter.js').Emitter<import('../room-events.js').RoomEvents>} RoomEmitter */

/** The picture of one connection after the other. */
export class Picture {
  /**
   * @param {Pick<JoinOptions, 'prediction' | 'modes'>} options
   * @param {ReadonlyMap<number, Entity>} entities the newest state
   * @param {Clock} clock
   * @param {Uplink} uplink
   * @param {RoomEmitter} emitter
   */
  constructor({ prediction, modes }, entities, clock, uplink, emitter) {
    this._clock = clock;
    this._emitter = emitter;
    this.interpolation = new Interpolation();
    this.prediction = new Prediction(prediction, entities, {
      send: (fields, at, viewAge) => uplink.input(fields, at, viewAge),
      effect: (effect) => emitter.emit('effect', effect),
      handover: (spawn) => emitter.emit('handover', spawn),
      withdrawn: (spawn) => emitter.emit('withdrawn', spawn),
    });
    this._view = new View(checkedModes(modes), (thrown) => this._handleFault(thrown));
    this._cues = new Cues();
    /** The game that rules and modes are of; undefined before the first welcome. */
    this._game = /** @type {string | undefined} */ (undefined);
    /** Those that the next welcome brings. @type {Pick<Place, 'prediction' | 'modes'>} */
    this._coming = {};
    this._msPerTick = Infinity;
  }

  /**
   * Starts over for a connection.
   *
   * @param {Link} link
   */
  start(link) {
    const { welcome, msPerTick, quietMs } = link;
    this._msPerTick = msPerTick;
    this._adopt(welcome.schema.game);
    this.interpolation.start(msPerTick * welcome.sendEvery, quietMs);
    this.prediction.start(link);
    this._view.start(link);
    // The ticks of a player who has come back go on, and so does what waits for them.
    if (!welcome.resumed) this._cues.clear();
  }

  /** There is a seat elsewhere, with rules and modes that hold from its welcome on. @param {Place} place */
  handleMove({ room, game, prediction, modes }) {
    const isElsewhere = room !== undefined || game !== undefined;
    const before = isElsewhere ? {} : this._coming;
    this._coming = { prediction: prediction ?? before.prediction, modes: modes ?? before.modes };
  }

  /** The connection is gone: nothing comes to its tick before the next one. */
  stop() {
    this._msPerTick = Infinity;
    this.prediction.stop();
  }

  /**
   * A frame was taken in.
   *
   * @param {Link} link
   * @param {Frame} frame
   * @param {Changes} changes
   * @param {number} now
   */
  handleFrame({ whereabouts: { tick }, msPerTick }, { input }, changes, now) {
    this.interpolation.handleArrival(tick * msPerTick, now);
    try {
      this.prediction.handleFrame(tick, input, changes, now);
    } catch (thrown) {
      this._handleFault(thrown);
    }
  }

  /** An event waits until it is seen. @param {GameEvent} event */
  handleEvent(event) {
    this._cues.add(event);
  }

  /**
   * What to draw.
   *
   * @param {number} now
   * @returns {readonly Entity[]}
   */
  at(now) {
    const { prediction, _msPerTick: msPerTick } = this;
    const renderTimeMs = this.interpolation.renderTimeMs(now);
    const tick = renderTimeMs / msPerTick;
    try {
      prediction.advance(now, this._clock, tick);
    } catch (thrown) {
      this._handleFault(thrown);
    }
    const present = prediction.tickAt(now) ?? this._clock.tickAt(now);
    const shown = this._view.at(renderTimeMs, present * msPerTick, now);
    try {
      prediction.show(shown, tick, now);
    } catch (thrown) {
      this._handleFault(thrown);
    }
    for (const cue of this._cues.take(tick)) this._emitter.emit('cue', cue);
    return shown;
  }

  /** Rules and modes stay as they are, but not for another game. @param {string} game */
  _adopt(game) {
    const { prediction, modes } = this._coming;
    const isOther = this._game !== undefined && this._game !== game;
    this._coming = {};
    this._game = game;
    if (prediction || isOther) this.prediction.useRules(prediction);
    if (modes || isOther) this._view.useModes(checkedModes(modes));
  }

  /** What a game's rules and modes throw is not the connection's fault. @param {unknown} thrown */
  _handleFault(thrown) {
    this._emitter.emit('error', thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}
