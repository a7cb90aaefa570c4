/**
 * A replica that a test tells what is where, instead of frames: for what follows a replica.
 *
 * @module
 */

import { ChunkReading } from '../../sdk/wire/chunk.js';
import { predict } from '../../sdk/wire/chunk-fields.js';
import { layoutOf } from '../../sdk/wire/layout.js';
import { Parts } from '../../sdk/replica/parts.js';
import { Whereabouts } from '../../sdk/replica/whereabouts.js';
import { rowsOf, snapshotOf } from './rows.js';

/** @typedef {import('../../sdk/replica/parts.js').Part} Part */
/** @typedef {import('../../sdk/replica/replica.js').Replica} Replica */
/** @typedef {import('../../sdk/wire/schema.js').FieldKind} FieldKind */
/** @typedef {import('../../sdk/wire/schema.js').Schema} Schema */
/** @typedef {import('../../sdk/replica/trajectory.js').Trajectory} Trajectory */
/**
 * What a chunk leads to: rows of slot, id, kind and columns. Without `gap` it is a keyframe.
 *
 * @typedef {{gap?: number, rows: number[][], moved?: number[]}} ScriptedChunk
 */

/** Part numbers: the first two cells of the grid. */
export const [CELL, NEXT_CELL] = [2, 3];

/**
 * A schema of one kind, `thing`.
 *
 * @param {[string, FieldKind][]} fields that may change
 * @returns {Schema}
 */
export function schemaOf(fields) {
  const named = fields.map(([name, kind]) => ({ name, kind, constant: false }));
  const entities = [{ name: 'thing', fields: named }, { name: 'other', fields: named }];
  return { game: 'test', inputs: [], entities, events: [], messages: [] };
}

/** Two cells side by side, both of them watched, and who is where. */
export class ScriptedReplica {
  /** @param {Schema} schema */
  constructor(schema) {
    this.layout = layoutOf(schema);
    this.parts = new Parts({ columns: 2, rows: 1 }, this.layout.stride);
    /** @type {any[]} */
    this.changes = [];
    /** @type {Part[]} */
    this.dropped = [];
    this.whereabouts = new Whereabouts(/** @type {Replica} */ (/** @type {any} */ (this)));
    this.watch(2);
  }

  /** Watches as many cells from the next frame on. @param {number} columns */
  watch(columns) {
    this.dropped = this.parts.changeWatch({ column: 0, row: 0, columns, rows: 1 });
  }

  /**
   * A frame.
   *
   * @param {number} tick
   * @param {{[part: number]: ScriptedChunk}} chunks by part
   * @param {boolean} [isKeyframe]
   * @returns {number[]} ids of the entities that have left
   */
  frame(tick, chunks, isKeyframe = false) {
    if (isKeyframe) {
      this.parts.clear();
      this.watch(2);
    }
    this.changes = Object.entries(chunks).map(([number, chunk]) => this._change(+number, tick, chunk));
    const left = this.whereabouts.follow({ tick, isKeyframe });
    this.dropped = [];
    return left.map(({ id }) => id);
  }

  /** @param {number} number @param {number} tick @param {ScriptedChunk} chunk */
  _change(number, tick, { gap = 0, rows, moved = [] }) {
    const part = this.parts.get(number);
    if (!part) throw new Error(`part ${number} is not watched`);
    const before = part.snapshot;
    const reading = new ChunkReading();
    reading.isKeyframe = gap === 0;
    reading.gap = gap;
    const expected = reading.isKeyframe ? [] : this._predicted(part, tick);
    const key = (/** @type {number[]} */ row) => row.slice(0, 3).join();
    const old = new Map(expected.map((row) => [key(row), row]));
    for (const row of rows) {
      const same = old.get(key(row));
      if (!same) reading.entered.push(row[0]);
      else if (String(same) !== String(row.map((column) => column >>> 0))) reading.updated.push(row[0]);
      old.delete(key(row));
    }
    for (const [, id] of old.values()) {
      reading.left.push(id);
      reading.moved.push(moved.includes(id));
    }
    part.snapshot = snapshotOf(rows, this.layout);
    part.tick = tick;
    return { number, snapshot: before, reading };
  }

  /** A part's rows, if all went as predicted. @param {Part} part @param {number} tick */
  _predicted({ snapshot, tick: before }, tick) {
    const from = before ?? tick;
    const copy = snapshotOf(rowsOf(snapshot, this.layout), this.layout);
    for (let slot = 0; slot < copy.slots; slot += 1) {
      const kind = this.layout.kinds[copy.kinds[slot]];
      if (copy.ids[slot] !== 0) predict(kind, tick - from, copy.values, slot * copy.stride);
    }
    return rowsOf(copy, this.layout);
  }
}
