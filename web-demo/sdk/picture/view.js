/**
 * What to draw: the entities at a render time, between the two states around it, or as predicted
 * where none has been told; and those of other modes ({@link modes.js}) at their own time. The
 * objects are used again from one call to the next.
 *
 * @module
 */

import { Correction } from './corrections.js';
import { blendEntity, newEntity, readEntity } from '../replica/entities.js';
import { SINCE, TICK } from '../replica/trajectory.js';

/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('../replica/link.js').Link} Link */
/** @typedef {import('./modes.js').Mode} Mode */
/** @typedef {import('./modes.js').Reckoning} Reckoning */
/** @typedef {import('../replica/shapes.js').Shape} Shape */
/** @typedef {import('../replica/trajectory.js').Trajectory} Trajectory */
/** @typedef {import('../replica/whereabouts.js').Whereabouts} Whereabouts */

/** When a frame is overdue for this long, everything stops, in milliseconds. */
const MOST_OVERDUE_MS = 50;
/** What is shown at the present is at most so far ahead of its newest state, in milliseconds. */
const MOST_EXTRAPOLATED_MS = 500;

/** The view of a connection's entities. */
export class View {
  /**
   * @param {Map<string, Mode>} [modes] by kind; `interpolate` for those that are not there
   * @param {(thrown: unknown) => void} [handleFault] is told what a game's mode throws
   */
  constructor(modes = new Map(), handleFault = rethrow) {
    this._modes = modes;
    this._handleFault = handleFault;
    this._msPerTick = 1;
    this._mostAheadMs = 0;
    /** @type {Shape[]} */
    this._shapes = [];
    /** By kind. @type {(Mode | undefined)[]} */
    this._modeOf = [];
    /** @type {Whereabouts | undefined} */
    this._whereabouts = undefined;
    /** @type {Entity[]} */
    this._shown = [];
    this._scratch = /** @type {Entity} */ ({ id: 0, kind: '' });
    this._passedMs = 0;
    this._lastMs = -Infinity;
  }

  /** Other modes, from the next connection on. @param {Map<string, Mode>} modes */
  useModes(modes) {
    this._modes = modes;
  }

  /**
   * Starts over for a connection.
   *
   * @param {Pick<Link, 'whereabouts'|'shapes'|'msPerTick'|'quietMs'>} link
   */
  start({ whereabouts, shapes, msPerTick, quietMs }) {
    this._whereabouts = whereabouts;
    this._shapes = shapes;
    this._modeOf = shapes.map(({ name }) => this._modes.get(name));
    this._msPerTick = msPerTick;
    this._mostAheadMs = quietMs + MOST_OVERDUE_MS;
  }

  /**
   * The entities at a time.
   *
   * @param {number} renderTimeMs the room's time
   * @param {number} [presentMs] the room's time that what is not held back is shown at
   * @param {number} [now] local time
   * @returns {Entity[]} the same array at every call
   */
  at(renderTimeMs, presentMs = renderTimeMs, now = renderTimeMs) {
    this._shown.length = 0;
    if (!this._whereabouts) return this._shown;
    this._passedMs = Math.max(0, now - this._lastMs);
    this._lastMs = now;
    const { present, departed, tick: newest } = this._whereabouts;
    const newestMs = newest * this._msPerTick;
    const tick = Math.min(renderTimeMs, newestMs + this._mostAheadMs) / this._msPerTick;
    const ahead = Math.min(presentMs, newestMs + Math.max(this._mostAheadMs, MOST_EXTRAPOLATED_MS));
    const presentTick = Math.max(ahead / this._msPerTick, newest);
    for (const trajectory of present.values()) {
      const mode = this._modeOf[trajectory.kind];
      if (!mode || mode === 'interpolate') this._show(trajectory, tick, undefined);
      else if (mode === 'raw') this._show(trajectory, newest, mode);
      else this._show(trajectory, presentTick, mode);
    }
    for (const trajectory of departed) {
      const mode = this._modeOf[trajectory.kind] ?? 'interpolate';
      if (mode === 'interpolate') this._show(trajectory, tick, undefined);
    }
    return this._shown;
  }

  /** @param {Trajectory} trajectory @param {number} tick with its fraction @param {Mode | undefined} mode */
  _show(trajectory, tick, mode) {
    if (tick < trajectory.enteredAt || tick >= trajectory.leftAt) return;
    const shape = this._shapes[trajectory.kind];
    const entity = (trajectory.shown ??= newEntity(trajectory.id, shape));
    this._shown.push(entity);
    // Most things of most games lie still.
    if (trajectory.isShownAtRest) {
      trajectory.correction?.stay(tick);
      return;
    }
    const isRaw = !this._place(trajectory, tick, mode, shape, entity) || mode === 'raw';
    if (isRaw) trajectory.correction = undefined;
    else this._correct(trajectory, tick, mode, shape, entity);
    const isPlaced = isRaw || trajectory.correction?.isOff === false;
    trajectory.isShownAtRest = isPlaced && !trajectory.isMoving && tick >= trajectory.tick && typeof mode !== 'object';
  }

  /**
   * Writes an entity as it is at a tick.
   *
   * @param {Trajectory} trajectory
   * @param {number} tick
   * @param {Mode | undefined} mode
   * @param {Shape} shape
   * @param {Entity} entity
   * @returns {boolean} whether as its mode says; if not, it is as it was told last
   */
  _place(trajectory, tick, mode, shape, entity) {
    const { states, last } = trajectory;
    if (mode !== undefined) {
      const ticks = Math.max(0, tick - states[last + TICK]);
      if (typeof mode === 'object') return this._reckon(mode, trajectory, ticks, shape, entity);
      readEntity(shape, states, last, ticks, entity);
      return true;
    }
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
    return true;
  }

  /**
   * Moves an entity on by the game's function. If that throws, the entity is raw, and all others are shown.
   *
   * @param {Reckoning} mode
   * @param {Trajectory} trajectory
   * @param {number} ticks
   * @param {Shape} shape
   * @param {Entity} entity
   */
  _reckon({ step }, { states, last }, ticks, shape, entity) {
    readEntity(shape, states, last, 0, entity);
    const dt = this._msPerTick / 1000;
    try {
      for (let left = ticks; left > 0; left -= 1) step(entity, Math.min(1, left) * dt);
      return true;
    } catch (thrown) {
      const newest = this._whereabouts?.tick ?? 0;
      readEntity(shape, states, last, Math.max(0, newest - states[last + TICK]), entity);
      this._handleFault(thrown);
      return false;
    }
  }

  /**
   * What was shown ahead of its states, and has been told otherwise since, comes over smoothly.
   *
   * @param {Trajectory} trajectory
   * @param {number} tick
   * @param {Mode | undefined} mode
   * @param {Shape} shape
   * @param {Entity} entity
   */
  _correct(trajectory, tick, mode, shape, entity) {
    const newest = trajectory.tick;
    let { correction } = trajectory;
    if (!correction) {
      if (tick <= newest) return;
      correction = trajectory.correction = new Correction(shape);
    } else if (correction.newest !== newest && correction.tick > correction.newest) {
      this._scratch.id = entity.id;
      this._place(trajectory, correction.tick, mode, shape, this._scratch);
      correction.displace(this._scratch);
    }
    correction.apply(entity, tick, newest, this._passedMs);
  }
}

/** @param {unknown} thrown */
function rethrow(thrown) {
  throw thrown;
}
