/**
 * Entities that predicted steps make, such as the own bullets: shown at once, under negative ids, and
 * handed over to the server's entity of the same key when that is shown; or taken back when the
 * server's state has passed their tick without one.
 *
 * ```text
 * made ─→ shown ─→ server's of the same key enters ─→ shown ─→ handed over
 *           └──→ not made by a replay, or no such entity in time ─→ withdrawn
 * ```
 *
 * @module
 */

import { assign } from './prediction-rules.js';

/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('../replica/entity-table.js').Changes} Changes */
/** @typedef {import('./prediction-rules.js').SpawnRules<any>} SpawnRules */
/** @typedef {import('./prediction-rules.js').StepContext} StepContext */
/** @typedef {{kind: string, key: number | string, tick: number}} Spawned */
/** @typedef {{withdrawn: (spawn: Spawned & {id: number}) => void, handover: (spawn: Spawned & {id: number, from: number}) => void}} SpawnHandlers */
/**
 * @typedef {object} Spawn
 * @property {string} kind
 * @property {number | string} key
 * @property {SpawnRules} rules
 * @property {number} tick in which it was made
 * @property {any} state at the newest tick; undefined when it has come to its end
 * @property {any} before the same before ticks were played again
 * @property {number} replay the last replay that made it
 * @property {number} match id of the server's entity; 0 while there is none
 * @property {number} endsAt the tick from which on that is no longer there
 * @property {Entity} entity what is drawn
 * @property {Offset} offset
 */
/** @typedef {{x: number, y: number}} Offset what is drawn beside where it is */

/** The server's entity comes within this time after its tick, in seconds: cells are told at every
 * fourth tick at least. */
const GRACE_S = 0.2;
const GRACE_TICKS = 4;
/** After this long a third of an offset is left, in milliseconds. */
const FADE_MS = 60;
const NOTHING = 0.02;

/** The predicted spawns of a room. */
export class PredictedSpawns {
  /**
   * @param {{[kind: string]: SpawnRules}} rules by kind
   * @param {number} snapDistance offsets above this are not smoothed
   * @param {SpawnHandlers} handlers
   */
  constructor(rules, snapDistance, handlers) {
    this._rules = rules;
    this._snapDistance = snapDistance;
    this._handlers = handlers;
    /** @type {Map<string, Spawn>} */
    this._spawns = new Map();
    /** Spawns by the id of the server's entity that is waited for. @type {Map<number, Spawn>} */
    this._matches = new Map();
    /** By the id of entities that were handed over. @type {Map<number, Offset>} */
    this._offsets = new Map();
    this._replay = 0;
    this._newestId = 0;
    this._shownAt = 0;
    /** Where something is drawn, to compare. */
    this._scratch = /** @type {Entity} */ ({ id: 0, kind: '' });
  }

  /** Forgets all, without a word. */
  clear() {
    this._spawns.clear();
    this._matches.clear();
    this._offsets.clear();
  }

  /**
   * A step makes one.
   *
   * @param {string} kind
   * @param {number | string} key
   * @param {any} state at the end of the tick
   * @param {number} tick
   */
  make(kind, key, state, tick) {
    const rules = Object.hasOwn(this._rules, kind) ? this._rules[kind] : undefined;
    if (!rules) throw new TypeError(`there are no rules for spawns of the kind '${kind}'`);
    const name = `${kind}:${key}`;
    const old = this._spawns.get(name);
    if (old) {
      old.replay = this._replay;
      if (old.match !== 0) return; // the server has made it already
      old.state = state;
      old.tick = tick;
      return;
    }
    this._newestId -= 1;
    const entity = /** @type {Entity} */ (/** @type {unknown} */ ({ id: this._newestId, kind }));
    this._spawns.set(name, {
      kind, key, rules, tick, state, before: undefined, replay: this._replay, match: 0, endsAt: Infinity,
      entity, offset: { x: 0, y: 0 },
    });
  }

  /** All go on by a tick, before the own state does. @param {StepContext} context */
  step(context) {
    for (const spawn of this._spawns.values()) {
      if (context.isReplay && spawn.replay !== this._replay) continue;
      if (spawn.state !== undefined) spawn.state = spawn.rules.step(spawn.state, context.dt, context);
    }
  }

  /** Ticks are about to be played again. */
  beginReplay() {
    this._replay += 1;
    for (const spawn of this._spawns.values()) spawn.before = spawn.state;
  }

  /**
   * They have been: what was made in them and is not made any more is taken back.
   *
   * @param {number} told the tick after which they were
   */
  endReplay(told) {
    for (const [name, spawn] of this._spawns) {
      const isMade = spawn.replay === this._replay;
      if (isMade) this._displace(spawn);
      else if (spawn.tick > told && spawn.match === 0) this._withdraw(name, spawn);
    }
  }

  /**
   * Follows what a frame did.
   *
   * @param {Changes} changes
   * @param {number} player
   * @param {number} tick
   * @param {number} dt seconds per tick
   */
  handleFrame({ entered, left }, player, tick, dt) {
    for (const entity of entered) {
      const rules = Object.hasOwn(this._rules, entity.kind) ? this._rules[entity.kind] : undefined;
      const key = rules?.key(entity, player);
      const spawn = key === undefined ? undefined : this._spawns.get(`${entity.kind}:${key}`);
      if (!spawn || spawn.match !== 0) continue;
      spawn.match = entity.id;
      this._matches.set(entity.id, spawn);
    }
    for (const { id } of left) {
      this._offsets.delete(id);
      const spawn = this._matches.get(id);
      if (spawn) spawn.endsAt = tick;
    }
    const grace = Math.max(GRACE_TICKS, GRACE_S / dt);
    for (const [name, spawn] of this._spawns) {
      if (spawn.match === 0 && tick - spawn.tick > grace) this._withdraw(name, spawn);
    }
  }

  /**
   * Puts them among what is shown, and hands over those whose entity is.
   *
   * @param {Entity[]} shown
   * @param {StepContext} context its `dt` is the part of a tick that has passed
   * @param {number} renderTick the tick that is shown of others
   * @param {number} now
   */
  show(shown, context, renderTick, now) {
    if (this._spawns.size === 0 && this._offsets.size === 0) {
      this._shownAt = now;
      return;
    }
    const kept = Math.exp((this._shownAt - now) / FADE_MS);
    this._shownAt = now;
    for (const entity of this._matches.size + this._offsets.size > 0 ? shown : []) {
      const spawn = this._matches.get(entity.id);
      if (spawn) this._handOver(spawn, entity, context);
      const offset = this._offsets.get(entity.id);
      if (offset) this._shift(entity, offset, kept);
    }
    for (const [name, spawn] of this._spawns) {
      if (renderTick >= spawn.endsAt) this._forget(name, spawn);
      else if (this._draw(spawn, context)) {
        this._shift(spawn.entity, spawn.offset, kept);
        shown.push(spawn.entity);
      }
    }
  }

  /** Writes what is drawn of one. @param {Spawn} spawn @param {StepContext} context */
  _draw({ state, rules, entity }, context) {
    if (state === undefined) return false;
    const drawn = context.dt > 0 ? rules.step(state, context.dt, context) : state;
    if (drawn === undefined) return false;
    (rules.show ?? assign)(drawn, entity);
    return true;
  }

  /** @param {Spawn} spawn @param {Entity} entity @param {StepContext} context */
  _handOver(spawn, entity, context) {
    const { kind, key, tick, offset, entity: own } = spawn;
    if (this._draw(spawn, context)) {
      offset.x += own.x - entity.x;
      offset.y += own.y - entity.y;
      if (this._isSmall(offset)) this._offsets.set(entity.id, offset);
    }
    this._forget(`${kind}:${key}`, spawn);
    this._handlers.handover({ kind, key, tick, id: entity.id, from: own.id });
  }

  /** One that is made otherwise now is drawn where it was, at first. @param {Spawn} spawn */
  _displace(spawn) {
    const { before, state, rules, offset } = spawn;
    if (before === undefined || state === undefined) return;
    const show = rules.show ?? assign;
    show(before, this._scratch);
    const { x, y } = this._scratch;
    show(state, this._scratch);
    offset.x += x - this._scratch.x;
    offset.y += y - this._scratch.y;
    if (!this._isSmall(offset)) offset.x = offset.y = 0;
  }

  /** Whether an offset can be smoothed away. @param {Offset} offset */
  _isSmall({ x, y }) {
    return Math.hypot(x, y) <= this._snapDistance;
  }

  /** @param {Entity} entity @param {Offset} offset @param {number} kept the share of it that is left */
  _shift(entity, offset, kept) {
    if (offset.x === 0 && offset.y === 0) return;
    offset.x *= kept;
    offset.y *= kept;
    if (Math.abs(offset.x) + Math.abs(offset.y) < NOTHING) offset.x = offset.y = 0;
    entity.x += offset.x;
    entity.y += offset.y;
  }

  /** @param {string} name @param {Spawn} spawn */
  _withdraw(name, spawn) {
    const { kind, key, tick, state, entity } = spawn;
    this._forget(name, spawn);
    // What has come to its end by itself is not missed.
    if (state !== undefined) this._handlers.withdrawn({ kind, key, tick, id: entity.id });
  }

  /** @param {string} name @param {Spawn} spawn */
  _forget(name, spawn) {
    if (this._spawns.get(name) === spawn) this._spawns.delete(name);
    if (spawn.match !== 0) this._matches.delete(spawn.match);
  }
}
