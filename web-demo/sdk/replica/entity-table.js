/**
 * The newest state as objects: keeps one {@link Entity} per entity that is there, and says which
 * came, changed and went.
 *
 * @module
 */

import { newEntity, readEntity } from './entities.js';

/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./shapes.js').Shape} Shape */
/** @typedef {import('./trajectory.js').Trajectory} Trajectory */
/** @typedef {import('./whereabouts.js').Whereabouts} Whereabouts */
/** @typedef {{entered: Entity[], updated: Entity[], left: Entity[]}} Changes */

/** Entities by id. */
export class EntityTable {
  /** @param {Map<number, Entity>} entities the map to keep up to date */
  constructor(entities) {
    this._entities = entities;
    /** @type {Shape[]} */
    this._shapes = [];
  }

  /**
   * Starts over for a connection.
   *
   * @param {Shape[]} shapes by kind
   * @returns {Entity[]} those that are gone with the connection before
   */
  start(shapes) {
    const gone = [...this._entities.values()];
    this._entities.clear();
    this._shapes = shapes;
    return gone;
  }

  /**
   * Follows what a frame did. What was not told of has gone on as predicted.
   *
   * @param {Whereabouts} whereabouts
   * @param {Trajectory[]} left what has left with the frame
   * @returns {Changes}
   */
  apply({ present, tick }, left) {
    /** @type {Changes} */
    const changes = { entered: [], updated: [], left: [] };
    for (const { id, newest } of left) {
      if (!newest) continue;
      this._entities.delete(id);
      changes.left.push(newest);
    }
    for (const trajectory of present.values()) this._follow(trajectory, tick, changes);
    return changes;
  }

  /** @param {Trajectory} trajectory @param {number} tick @param {Changes} changes */
  _follow(trajectory, tick, { entered, updated }) {
    const shape = this._shapes[trajectory.kind];
    const { states, last, id } = trajectory;
    if (!trajectory.newest) {
      trajectory.newest = newEntity(id, shape);
      readEntity(shape, states, last, tick - trajectory.tick, trajectory.newest);
      this._entities.set(id, trajectory.newest);
      entered.push(trajectory.newest);
    } else if (trajectory.isMoving || trajectory.tick === tick) {
      const { newest } = trajectory;
      if (readEntity(shape, states, last, tick - trajectory.tick, newest)) updated.push(newest);
    }
  }
}
