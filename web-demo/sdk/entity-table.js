/**
 * The newest state as objects: keeps one {@link Entity} per occupied slot of the replica and says
 * which came, changed and went.
 *
 * @module
 */

import { readEntity, shapesOf } from './entities.js';

/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./entities.js').Shape} Shape */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./replica.js').Replica} Replica */
/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {import('./snapshot.js').Snapshot} Snapshot */
/** @typedef {{entered: Entity[], updated: Entity[], left: Entity[]}} Changes */

/** Entities by id and by slot. */
export class EntityTable {
  /** @param {Map<number, Entity>} entities the map to keep up to date */
  constructor(entities) {
    this._entities = entities;
    /** @type {Shape[]} */
    this._shapes = [];
    /** @type {(Entity | undefined)[]} */
    this._slots = [];
  }

  /**
   * Starts over for a connection.
   *
   * @param {Schema} schema
   * @param {Layout} layout
   * @returns {Entity[]} those that are gone with the connection before
   */
  start(schema, layout) {
    const gone = [...this._entities.values()];
    this._entities.clear();
    this._slots = [];
    this._shapes = shapesOf(schema, layout);
    return gone;
  }

  /**
   * Follows the replica after a frame.
   *
   * @param {Replica} replica
   * @param {boolean} isKeyframe
   * @returns {Changes}
   */
  apply(replica, isKeyframe) {
    return isKeyframe ? this._replace(replica.snapshot) : this._follow(replica);
  }

  /** @param {Replica} replica @returns {Changes} */
  _follow({ snapshot, changes }) {
    /** @type {Changes} */
    const result = { entered: [], updated: [], left: [] };
    for (const slot of changes.left) this._leave(slot, result.left);
    for (const slot of changes.updated) {
      const entity = this._slots[slot];
      if (entity && this._read(snapshot, slot, entity)) result.updated.push(entity);
    }
    for (const slot of changes.entered) result.entered.push(this._enter(snapshot, slot));
    return result;
  }

  /**
   * Takes over a whole snapshot; entities that were there before stay the same objects.
   *
   * @param {Snapshot} snapshot
   * @returns {Changes}
   */
  _replace(snapshot) {
    /** @type {Changes} */
    const result = { entered: [], updated: [], left: [] };
    const before = new Map(this._entities);
    this._entities.clear();
    this._slots = [];
    for (let slot = 0; slot < snapshot.slots; slot += 1) {
      const id = snapshot.ids[slot];
      if (id === 0) continue;
      const entity = before.get(id);
      if (entity?.kind !== this._shapes[snapshot.kinds[slot]].name) {
        result.entered.push(this._enter(snapshot, slot));
        continue;
      }
      before.delete(id);
      this._slots[slot] = entity;
      this._entities.set(id, entity);
      if (this._read(snapshot, slot, entity)) result.updated.push(entity);
    }
    result.left.push(...before.values());
    return result;
  }

  /** @param {Snapshot} snapshot @param {number} slot */
  _enter(snapshot, slot) {
    const id = snapshot.ids[slot];
    const kind = this._shapes[snapshot.kinds[slot]].name;
    const entity = /** @type {Entity} */ (/** @type {unknown} */ ({ id, kind }));
    this._read(snapshot, slot, entity);
    this._slots[slot] = entity;
    this._entities.set(id, entity);
    return entity;
  }

  /** @param {number} slot @param {Entity[]} left */
  _leave(slot, left) {
    const entity = this._slots[slot];
    if (!entity) return;
    this._slots[slot] = undefined;
    if (this._entities.get(entity.id) === entity) this._entities.delete(entity.id);
    left.push(entity);
  }

  /** @param {Snapshot} snapshot @param {number} slot @param {Entity} entity */
  _read(snapshot, slot, entity) {
    const shape = this._shapes[snapshot.kinds[slot]];
    return readEntity(shape, snapshot.lanes, slot * snapshot.stride, entity);
  }
}
