/**
 * How entities change: positions by their motion, the rest by what type of field it is. Mirrors
 * `protocol/src/chunk/fields.rs`. Rows are changed in place.
 *
 * @module
 */

import {
  CHANGED,
  FIELD_CHANGED,
  FIELD_SIGN,
  FIELD_SIZE,
  FIELD_TYPES,
  FLAG,
  FLAG_BITS,
  MAGNITUDE,
  ROTATION as ROTATION_CONTEXT,
} from './contexts.js';
import { MotionReader } from './chunk-motion.js';
import { readMagnitude, readNonzero } from './chunk-numbers.js';
import { FLAGS, PLAYER, ROTATION } from './layout.js';

/** @typedef {import('./chunk-coder.js').ChunkReader} ChunkReader */
/** @typedef {import('./layout.js').FieldLayout} FieldLayout */
/** @typedef {import('./layout.js').KindLayout} KindLayout */

/** The position is as predicted, is not, or there is none. */
const AS_PREDICTED = 0;
const UNEXPECTED = 1;
const NO_POSITION = 2;

/** Reads what became of a chunk's entities, one after the other. */
export class FieldReader {
  /** @param {ChunkReader} input */
  constructor(input) {
    this._input = input;
    this._motion = new MotionReader(input);
    /** How many of the last entities of several changing fields changed, 0 to 3. */
    this._changes = 0;
    this._gap = 1;
    this._ahead = 0;
    /** Whether the newest position went round the end of a lane. */
    this._isRound = false;
  }

  /**
   * Begins the updates of a chunk.
   *
   * @param {number} gap ticks over which it tells what happened
   * @param {number} ahead ticks before that in which everything went as predicted
   */
  reset(gap, ahead) {
    this._motion.reset();
    this._changes = 0;
    this._gap = gap;
    this._ahead = ahead;
  }

  /**
   * Reads what became of an entity.
   *
   * @param {KindLayout} kind
   * @param {Uint32Array} values
   * @param {number} row where its columns begin
   * @returns {boolean} whether it is other than predicted, or round the end of a lane
   */
  read(kind, values, row) {
    const { changing } = kind;
    const fields = changing.length;
    if (fields > 1) {
      const isChanged = this._input.decideIn(CHANGED + this._changes);
      if (!isChanged) {
        if (this._changes > 0) this._changes -= 1;
        return predict(kind, this._gap + this._ahead, values, row);
      }
      if (this._changes < 3) this._changes += 1;
    }
    let position = NO_POSITION;
    let hasChanged = false;
    let isRound = false;
    for (let number = 0; number < fields; number += 1) {
      const field = changing[number];
      if (field.steps >= 0) {
        const changed = this._readMove(kind, field, values, row);
        position = changed ? UNEXPECTED : AS_PREDICTED;
        hasChanged ||= changed;
        isRound ||= this._isRound;
      } else {
        const mustChange = fields > 1 && number === fields - 1 && !hasChanged;
        const context = FIELD_CHANGED + field.type + position * FIELD_TYPES;
        if (!mustChange && !this._input.decideIn(context)) continue;
        this._readValue(kind, field, values, row + field.first);
        hasChanged = true;
      }
    }
    return hasChanged || isRound;
  }

  /**
   * Reads a position and its last step.
   *
   * @param {KindLayout} kind
   * @param {FieldLayout} field
   * @param {Uint32Array} values
   * @param {number} row
   * @returns {boolean} whether they are other than predicted
   */
  _readMove({ masks, unused }, field, values, row) {
    const motion = this._motion;
    const { steps, way } = motion;
    const { first, lanes } = field;
    const gap = this._gap;
    const stepsAt = row + field.steps;
    for (let axis = 0; axis < lanes; axis += 1) steps[axis] = values[stepsAt + axis];
    motion.read(lanes, gap);
    let hasChanged = false;
    this._isRound = false;
    for (let axis = 0; axis < lanes; axis += 1) {
      const at = row + first + axis;
      const mask = masks[first + axis];
      const shift = unused[first + axis];
      const step = steps[axis];
      const far = (values[at] | 0) + Math.imul(step, this._ahead);
      const base = far & mask;
      const place = (base + way[axis]) & mask;
      if (place !== far + way[axis]) this._isRound = true;
      const off = (way[axis] - Math.imul(step, gap)) | 0;
      const told = gap === 1 ? place - base : motion.readStepAfterGap(gap, step, off);
      const newStep = ((told & mask) << shift) >> shift;
      if (off !== 0 || newStep !== step) hasChanged = true;
      values[at] = place;
      values[stepsAt + axis] = newStep;
    }
    return hasChanged;
  }

  /**
   * Reads a field that has changed and does not move.
   *
   * @param {KindLayout} kind
   * @param {FieldLayout} field
   * @param {Uint32Array} values
   * @param {number} at where its columns begin
   */
  _readValue({ lanes, masks }, { type, first }, values, at) {
    const input = this._input;
    const size = FIELD_SIZE + type * MAGNITUDE;
    switch (type) {
      case FLAGS:
        values[at] = this._readFlags(lanes[first].bits, values[at]);
        break;
      case PLAYER:
        // 0 is nobody.
        values[at] = input.decideIn(FIELD_SIGN + type) ? 0 : readMagnitude(input, size);
        break;
      case ROTATION:
        this._readRotation(lanes[first + 1].bits, values, at);
        break;
      default:
        values[at] = (values[at] + readNonzero(input, FIELD_SIGN + type, size)) & masks[first];
    }
  }

  /**
   * Flags that are turned over, bit by bit.
   *
   * @param {number} bits
   * @param {number} flags
   */
  _readFlags(bits, flags) {
    let turned = flags;
    for (let bit = 0; bit < bits; bit += 1) {
      const context = FLAG + (bit < FLAG_BITS ? bit : FLAG_BITS - 1);
      if (this._input.decideIn(context)) turned ^= 1 << bit;
    }
    return turned;
  }

  /**
   * A rotation: its components' differences while the same one is largest, else all anew.
   *
   * @param {number} bits of a component
   * @param {Uint32Array} values
   * @param {number} at
   */
  _readRotation(bits, values, at) {
    const input = this._input;
    if (input.decideIn(ROTATION_CONTEXT)) {
      values[at] = input.direct(2);
      for (let part = at + 1; part < at + 4; part += 1) values[part] = input.direct(bits);
      return;
    }
    const size = FIELD_SIZE + ROTATION * MAGNITUDE;
    for (let part = at + 1; part < at + 4; part += 1) {
      if (input.decideIn(ROTATION_CONTEXT + 1)) continue;
      const difference = readNonzero(input, FIELD_SIGN + ROTATION, size);
      values[part] = (values[part] + difference) & ((1 << bits) - 1);
    }
  }
}

/**
 * Moves a row on by ticks in which everything goes as predicted.
 *
 * @param {KindLayout} kind
 * @param {number} ticks
 * @param {Uint32Array} values
 * @param {number} row
 * @returns {boolean} whether it went round the end of a lane
 */
export function predict({ changing, masks }, ticks, values, row) {
  let isRound = false;
  for (let number = 0; number < changing.length; number += 1) {
    const { first, lanes, steps } = changing[number];
    if (steps < 0) continue;
    for (let axis = 0; axis < lanes; axis += 1) {
      const at = row + first + axis;
      const far = (values[at] | 0) + Math.imul(values[row + steps + axis], ticks);
      const place = far & masks[first + axis];
      if (place !== far) isRound = true;
      values[at] = place;
    }
  }
  return isRound;
}
