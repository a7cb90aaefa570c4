/**
 * Which part of the replica each entity is in, and what it did there. Parts are sent at different
 * rates, so an entity that goes from one to another can be in both for a moment, when the one that it
 * entered last counts; or in none, when it is *in transit* for some ticks, and goes on as predicted.
 *
 * ```text
 * replica's changes → whereabouts → trajectories by id → EntityTable: the newest state
 *                                                      → View: the state at a render time
 * ```
 *
 * @module
 */

import { Trajectory } from './trajectory.js';

/** @typedef {import('../wire/frame.js').Frame} Frame */
/** @typedef {import('./parts.js').Part} Part */
/** @typedef {import('./replica.js').PartChange} PartChange */
/** @typedef {import('./replica.js').Replica} Replica */

/** Ticks for which an entity is kept that has left a part and entered none: parts are sent every
 * fourth tick at least, unless many bytes wait. */
const TRANSIT_TICKS = 4;
/** Ticks for which those that have left are kept, for a view that lags behind. */
const AFTERLIFE_TICKS = 64;

/** Follows the entities of one connection. */
export class Whereabouts {
  /** @param {Replica} replica */
  constructor(replica) {
    this._replica = replica;
    /** Everything that is there, by entity id. @type {Map<number, Trajectory>} */
    this.present = new Map();
    /** What has left lately, in that order. @type {Trajectory[]} */
    this.departed = [];
    /** Tick of the newest frame, which goes on counting where ticks wrap. */
    this.tick = -Infinity;
    /** Those of `present` that are in no part. @type {Set<Trajectory>} */
    this._inTransit = new Set();
  }

  /**
   * Follows the replica after a frame.
   *
   * @param {Pick<Frame, 'tick'|'isKeyframe'>} frame
   * @returns {Trajectory[]} what has left with it
   */
  follow({ tick: wrapped, isKeyframe }) {
    const { changes, dropped, parts } = this._replica;
    const before = this.tick;
    const tick = before < 0 ? wrapped : before + ((wrapped - before) >>> 0);
    this.tick = tick;
    /** @type {Trajectory[]} */
    const left = [];
    if (isKeyframe) this._loseEverything(tick);
    for (const part of dropped) this._loseAll(part, part.snapshot, tick + TRANSIT_TICKS);
    for (const change of changes) {
      const part = parts.get(change.number);
      if (part) this._followPart(part, change, before, left);
    }
    for (const entity of this._inTransit) {
      if (tick >= entity.lostAt) this._leave(entity, entity.lostAt, left);
    }
    while (this.departed[0]?.leftAt < tick - AFTERLIFE_TICKS) this.departed.shift();
    return left;
  }

  /**
   * @param {Part} part
   * @param {PartChange} change
   * @param {number} before tick of the frame before
   * @param {Trajectory[]} left
   */
  _followPart(part, { reading, snapshot: old }, before, left) {
    const { tick } = this;
    const { ids, values, stride } = part.snapshot;
    const since = reading.isKeyframe ? before : tick - reading.gap;
    if (reading.isKeyframe) this._loseAll(part, old, tick + TRANSIT_TICKS);
    for (let leave = 0; leave < reading.left.length; leave += 1) {
      this._loseFrom(part, reading.left[leave], reading.moved[leave] ? tick + TRANSIT_TICKS : tick);
    }
    for (const slot of reading.updated) {
      const entity = this.present.get(ids[slot]);
      if (entity?.part === part) entity.push(tick, since, values, slot * stride);
    }
    for (const slot of reading.entered) this._enter(part, slot, since, left);
  }

  /**
   * @param {Part} part
   * @param {number} slot
   * @param {number} since
   * @param {Trajectory[]} left
   */
  _enter(part, slot, since, left) {
    const { ids, kinds, values, stride } = part.snapshot;
    const id = ids[slot];
    const kind = kinds[slot];
    let entity = this.present.get(id);
    if (entity && entity.kind !== kind) {
      this._leave(entity, this.tick, left);
      entity = undefined;
    }
    if (!entity) {
      // What is there when the connection begins was there before.
      const enteredAt = since === -Infinity ? since : this.tick;
      entity = new Trajectory(id, kind, this._replica.layout.kinds[kind], enteredAt);
      this.present.set(id, entity);
    }
    entity.part = part;
    entity.lostAt = Infinity;
    this._inTransit.delete(entity);
    entity.push(this.tick, since, values, slot * stride);
  }

  /** What is not in the keyframe that has come is gone. @param {number} tick */
  _loseEverything(tick) {
    for (const entity of this.present.values()) this._lose(entity, tick);
  }

  /**
   * @param {Part} part
   * @param {import('./snapshot.js').Snapshot} snapshot what was in it
   * @param {number} lostAt
   */
  _loseAll(part, { ids, slots }, lostAt) {
    for (let slot = 0; slot < slots; slot += 1) this._loseFrom(part, ids[slot], lostAt);
  }

  /**
   * An entity is no longer in a part, which matters if it is the one that it entered last.
   *
   * @param {Part} part
   * @param {number} id
   * @param {number} lostAt
   */
  _loseFrom(part, id, lostAt) {
    const entity = this.present.get(id);
    if (entity?.part === part) this._lose(entity, lostAt);
  }

  /**
   * @param {Trajectory} entity
   * @param {number} lostAt the tick from which on it is given up, unless it enters a part
   */
  _lose(entity, lostAt) {
    entity.part = undefined;
    entity.lostAt = lostAt;
    this._inTransit.add(entity);
  }

  /**
   * @param {Trajectory} entity
   * @param {number} tick from which on it is no longer there
   * @param {Trajectory[]} left
   */
  _leave(entity, tick, left) {
    entity.part = undefined;
    entity.leftAt = tick;
    this.present.delete(entity.id);
    this._inTransit.delete(entity);
    this.departed.push(entity);
    left.push(entity);
  }
}
