/**
 * What to draw: the entities at a render time, between the two states around it, or as predicted
 * where none has been told. The objects are used again from one call to the next.
 *
 * @module
 */

import { blendEntity, newEntity, readEntity } from './entities.js';
import { SINCE, TICK } from './trajectory.js';

/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./link.js').Link} Link */
/** @typedef {import('./shapes.js').Shape} Shape */
/** @typedef {import('./trajectory.js').Trajectory} Trajectory */
/** @typedef {import('./whereabouts.js').Whereabouts} Whereabouts */

/** When a frame is overdue for this long, everything stops, in milliseconds. */
const MOST_OVERDUE_MS = 50;

/** The view of a connection's entities. */
export class View {
  constructor() {
    this._msPerTick = 1;
    this._mostAheadMs = 0;
    /** @type {Shape[]} */
    this._shapes = [];
    /** @type {Whereabouts | undefined} */
    this._whereabouts = undefined;
    /** @type {Entity[]} */
    this._shown = [];
  }

  /**
   * Starts over for a connection.
   *
   * @param {Pick<Link, 'whereabouts'|'shapes'|'msPerTick'|'quietMs'>} link
   */
  start({ whereabouts, shapes, msPerTick, quietMs }) {
    this._whereabouts = whereabouts;
    this._shapes = shapes;
    this._msPerTick = msPerTick;
    this._mostAheadMs = quietMs + MOST_OVERDUE_MS;
  }

  /**
   * The entities at a time.
   *
   * @param {number} renderTimeMs the room's time
   * @returns {readonly Entity[]} the same array at every call
   */
  at(renderTimeMs) {
    this._shown.length = 0;
    if (!this._whereabouts) return this._shown;
    const { present, departed, tick: newest } = this._whereabouts;
    const stopMs = newest * this._msPerTick + this._mostAheadMs;
    const tick = Math.min(renderTimeMs, stopMs) / this._msPerTick;
    for (const trajectory of present.values()) this._show(trajectory, tick);
    for (const trajectory of departed) this._show(trajectory, tick);
    return this._shown;
  }

  /** @param {Trajectory} trajectory @param {number} tick with its fraction */
  _show(trajectory, tick) {
    if (tick < trajectory.enteredAt || tick >= trajectory.leftAt) return;
    const shape = this._shapes[trajectory.kind];
    const entity = (trajectory.shown ??= newEntity(trajectory.id, shape));
    const { states } = trajectory;
    const from = trajectory.find(tick);
    const to = trajectory.next(from);
    const begin = states[from + TICK];
    if (to < 0 || tick <= states[to + SINCE]) {
      readEntity(shape, states, from, Math.max(0, tick - begin), entity);
    } else {
      const since = states[to + SINCE];
      const share = Math.max(0, (tick - since) / (states[to + TICK] - since));
      blendEntity(shape, states, from, since - begin, to, share, entity);
    }
    this._shown.push(entity);
  }
}
