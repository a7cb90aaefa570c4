/**
 * The chunk decoder: a part's snapshot and bytes in, its next snapshot out. Mirrors
 * `protocol/src/chunk/decode.rs`. Takes any bytes whatever, in integer arithmetic only.
 *
 * ```text
 * head     which prior; whether it leads from nothing; else over how many ticks (the gap);
 *          whether there are leaves, updates, enters
 * leaves   how many; per leave its slot, and whether it only moved on to another part
 * updates  per entity that stays, by ascending slot: what became of it           chunk-fields.js
 * enters   how many; per enter by ascending slot: slot, id, kind, row            chunk-enters.js
 * ```
 *
 * @module
 */

import { unzigzag } from './bincode.js';
import { ChunkReader } from './chunk-coder.js';
import { readKind, readRow } from './chunk-enters.js';
import { FieldReader, predict } from './chunk-fields.js';
import { readCount, readGap, readUniform } from './chunk-numbers.js';
import {
  ENTER_ID,
  HAS_ENTERS,
  HAS_LEAVES,
  HAS_UPDATES,
  KEYFRAME,
  MORE,
  MOVED,
  NONE_MORE,
} from './contexts.js';
import { MAX_SLOTS } from '../replica/snapshot.js';
import { WireError } from './wire-error.js';

/** @typedef {import('./layout.js').KindLayout} KindLayout */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('../replica/snapshot.js').Snapshot} Snapshot */

/** What a chunk turned out to be. Used again for the next one. */
export class ChunkReading {
  constructor() {
    /** Whether it leads from nothing. */
    this.isKeyframe = false;
    /** Ticks over which it tells what happened; 0 of a keyframe. */
    this.gap = 0;
    /** Entities that left, by id. @type {number[]} */
    this.left = [];
    /** Whether each of them only moved on to another part. @type {boolean[]} */
    this.moved = [];
    /** Slots of entities that are other than predicted, or went round the end of a lane, as numbers
     * on the wire do. @type {number[]} */
    this.updated = [];
    /** Slots that were entered. @type {number[]} */
    this.entered = [];
    /** The byte before which the chunk ends. */
    this.end = 0;
  }

  clear() {
    this.left.length = 0;
    this.moved.length = 0;
    this.updated.length = 0;
    this.entered.length = 0;
  }
}

/**
 * Which entities are there, while others enter. As a rule these have larger ids than all before, and
 * nothing need be looked up.
 */
class Present {
  /** @param {Snapshot} state */
  constructor(state) {
    this.largest = state.largestId();
    this._state = state;
    /** All ids, once one has come that is not larger. @type {Set<number> | undefined} */
    this._ids = undefined;
  }

  /**
   * Notes that an entity enters, which is not in the state yet.
   *
   * @param {number} id
   * @returns {boolean} whether it can
   */
  enter(id) {
    if (id > this.largest) {
      this.largest = id;
    } else {
      this._ids ??= new Set(this._state.ids.subarray(0, this._state.slots));
      if (id === 0 || this._ids.has(id)) return false;
    }
    this._ids?.add(id);
    return true;
  }
}

/** Decodes chunks of one schema; allocates only when a part grows. */
export class ChunkDecoder {
  /** @param {Layout} layout */
  constructor(layout) {
    this.layout = layout;
    this._input = new ChunkReader();
    this._fields = new FieldReader(this._input);
    this._length = 0;
  }

  /**
   * Turns a snapshot into the one that a chunk leads to. After an error it is of no use.
   *
   * @param {Snapshot} state
   * @param {number} elapsed how many ticks ago the state was; 0 when there is none and only a
   *   keyframe will do
   * @param {Uint8Array} bytes
   * @param {number} start the byte at which the chunk begins
   * @param {ChunkReading} reading what the chunk turns out to be
   * @param {number} [maxSlots] most slots that the snapshot may come to have, if its part may
   * @throws {WireError}
   */
  decode(state, elapsed, bytes, start, reading, maxSlots = MAX_SLOTS) {
    const input = this._input;
    reading.clear();
    this._length = bytes.length;
    input.load(bytes, start);
    reading.isKeyframe = input.decideIn(KEYFRAME);
    if (reading.isKeyframe) {
      reading.gap = 0;
      state.clear();
    } else {
      reading.gap = this._readGap(elapsed);
      this._readLeaves(state, reading);
      this._readUpdates(state, elapsed, reading);
    }
    this._readEnters(state, reading, Math.min(maxSlots, MAX_SLOTS));
    state.trim();
    reading.end = input.finish();
    if (reading.end < 0) this._fail('the chunk is cut off');
  }

  /** @param {number} elapsed */
  _readGap(elapsed) {
    const gap = readGap(this._input);
    if (gap === 0 || gap > elapsed) {
      this._fail(`the chunk spans ${gap} ticks, ${elapsed} have passed since the last one`);
    }
    return gap;
  }

  /** @param {Snapshot} state @param {ChunkReading} reading */
  _readLeaves(state, reading) {
    const input = this._input;
    if (!input.decideIn(HAS_LEAVES)) return;
    const more = readCount(input, NONE_MORE, MORE);
    let next = 0;
    for (let leave = 0; leave <= more; leave += 1) {
      const slot = next + readUniform(input, state.slots - next);
      const id = slot < state.slots ? state.ids[slot] : 0;
      if (id === 0) this._fail(`slot ${slot} cannot be left`);
      state.vacate(slot);
      reading.left.push(id);
      reading.moved.push(input.decideIn(MOVED));
      next = slot + 1;
    }
  }

  /** @param {Snapshot} state @param {number} elapsed @param {ChunkReading} reading */
  _readUpdates(state, elapsed, reading) {
    const { ids, kinds, values, slots, stride } = state;
    const hasUpdates = this._input.decideIn(HAS_UPDATES);
    this._fields.reset(reading.gap, (elapsed - reading.gap) | 0);
    for (let slot = 0; slot < slots; slot += 1) {
      if (ids[slot] === 0) continue;
      const kind = this.layout.kinds[kinds[slot]];
      const row = slot * stride;
      const isUpdated = hasUpdates
        ? this._fields.read(kind, values, row)
        : predict(kind, elapsed, values, row);
      if (isUpdated) reading.updated.push(slot);
      this._check(kind, values, row);
    }
  }

  /** @param {Snapshot} state @param {ChunkReading} reading @param {number} maxSlots */
  _readEnters(state, reading, maxSlots) {
    const input = this._input;
    if (!input.decideIn(HAS_ENTERS)) return;
    const more = readCount(input, NONE_MORE + 1, MORE);
    let slot = -1;
    let number = 0;
    const present = new Present(state);
    let id = present.largest;
    for (let enter = 0; enter <= more; enter += 1) {
      slot = this._readVacantSlot(state, slot + 1, maxSlots);
      id = (id + 1 + unzigzag(readCount(input, ENTER_ID, ENTER_ID + 1))) >>> 0;
      if (!present.enter(id)) this._fail(`no entity can enter with id ${id}`);
      number = readKind(input, this.layout, number);
      if (number >= this.layout.kinds.length) this._fail(`unknown entity kind ${number}`);
      const kind = this.layout.kinds[number];
      const row = state.insert(slot, id, number);
      readRow(input, kind, state.values, row);
      this._check(kind, state.values, row);
      if (input.isOverdrawn) this._fail('the chunk is cut off');
      reading.entered.push(slot);
    }
  }

  /**
   * The slot that an enter takes: some vacant ones from `next` on are passed over.
   *
   * @param {Snapshot} state
   * @param {number} next
   * @param {number} maxSlots
   */
  _readVacantSlot(state, next, maxSlots) {
    let passed = readCount(this._input, NONE_MORE + 2, MORE);
    for (let slot = next; slot < maxSlots; slot += 1) {
      if (slot < state.slots && state.ids[slot] !== 0) continue;
      if (passed === 0) return slot;
      passed -= 1;
    }
    return this._fail(`slot ${maxSlots} cannot be entered`);
  }

  /**
   * Holds a row against the ranges of its lanes.
   *
   * @param {KindLayout} kind
   * @param {Uint32Array} values
   * @param {number} row
   */
  _check({ maxima }, values, row) {
    for (let lane = 0; lane < maxima.length; lane += 1) {
      if (values[row + lane] > maxima[lane]) this._failRange(values[row + lane]);
    }
  }

  /** @param {number} value @returns {never} */
  _failRange(value) {
    return this._fail(`value ${value} is out of range`);
  }

  /** @param {string} what @returns {never} */
  _fail(what) {
    throw new WireError(what, Math.min(this._input.at, this._length));
  }
}
