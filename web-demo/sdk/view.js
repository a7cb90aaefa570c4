/**
 * What to draw: the entities at a render time, between the two states around it. Keeps copies of
 * the newest states, as lanes, and objects that are used again from one call to the next.
 *
 * @module
 */

import { blendEntity, readEntity, shapesOf } from './entities.js';
import { Snapshot } from './snapshot.js';

/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./entities.js').Shape} Shape */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {{timeMs: number, snapshot: Snapshot}} State */

/** States that are kept: the longest delay of the interpolation, and as much again. */
const STATES = 24;

/** The newest states, and the view of them. */
export class View {
  constructor() {
    this._msPerTick = 0;
    /** @type {Shape[]} */
    this._shapes = [];
    /** From the oldest to the newest. @type {State[]} */
    this._states = [];
    /** What is shown in each slot. @type {(Entity | undefined)[]} */
    this._slots = [];
    /** @type {Entity[]} */
    this._shown = [];
  }

  /**
   * Starts over for a connection.
   *
   * @param {Schema} schema
   * @param {Layout} layout
   * @param {number} msPerTick
   */
  start(schema, layout, msPerTick) {
    this._msPerTick = msPerTick;
    this._shapes = shapesOf(schema, layout);
    this._states.length = 0;
    this._slots.length = 0;
  }

  /**
   * Takes in a copy of the newest state.
   *
   * @param {number} tick
   * @param {Snapshot} snapshot
   */
  push(tick, snapshot) {
    const oldest = this._states.length < STATES ? undefined : this._states.shift();
    const state = oldest ?? { timeMs: 0, snapshot: new Snapshot(snapshot.stride) };
    state.timeMs = tick * this._msPerTick;
    state.snapshot.copyFrom(snapshot);
    this._states.push(state);
  }

  /**
   * The entities at a time. Before the oldest state that one is shown, after the newest that one:
   * nothing is guessed.
   *
   * @param {number} renderTimeMs the room's time
   * @returns {readonly Entity[]} the same array at every call
   */
  at(renderTimeMs) {
    this._shown.length = 0;
    let index = this._states.length - 1;
    while (index > 0 && this._states[index].timeMs > renderTimeMs) index -= 1;
    const from = this._states[index];
    if (from) this._show(from, this._states[index + 1] ?? from, renderTimeMs);
    return this._shown;
  }

  /** @param {State} from @param {State} to @param {number} renderTimeMs */
  _show(from, to, renderTimeMs) {
    const span = to.timeMs - from.timeMs;
    const share = span > 0 ? Math.max(0, (renderTimeMs - from.timeMs) / span) : 0;
    const { ids, kinds, lanes, slots, stride } = from.snapshot;
    for (let slot = 0; slot < slots; slot += 1) {
      if (ids[slot] === 0) continue;
      const entity = this._entityAt(slot, ids[slot], kinds[slot]);
      const shape = this._shapes[kinds[slot]];
      const row = slot * stride;
      if (isSame(from.snapshot, to.snapshot, slot)) {
        blendEntity(shape, lanes, to.snapshot.lanes, row, share, entity);
      } else {
        readEntity(shape, lanes, row, entity);
      }
      this._shown.push(entity);
    }
    this._slots.length = slots;
  }

  /** @param {number} slot @param {number} id @param {number} kind */
  _entityAt(slot, id, kind) {
    const shown = this._slots[slot];
    if (shown?.id === id) return shown;
    const entity = /** @type {Entity} */ (
      /** @type {unknown} */ ({ id, kind: this._shapes[kind].name })
    );
    this._slots[slot] = entity;
    return entity;
  }
}

/** @param {Snapshot} from @param {Snapshot} to @param {number} slot */
function isSame(from, to, slot) {
  return from.ids[slot] === to.ids[slot] && from.kinds[slot] === to.kinds[slot];
}
