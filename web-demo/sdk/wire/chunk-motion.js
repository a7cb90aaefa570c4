/**
 * How positions move: the part of a chunk that most bytes are spent on. Mirrors
 * `protocol/src/chunk/motion.rs`.
 *
 * An entity is expected to step as it stepped last. Instead it can do *near* that, told by the
 * difference from the expected step, or *jump*, told by the new step itself. One that rests can only
 * jump, a slow one cannot.
 *
 * @module
 */

import {
  CLASSES,
  DIFFERENCE,
  EXACT,
  FIRST,
  FURTHER,
  GAP_STEP,
  GAP_STEP_SIGN,
  GAP_STEP_SIZE,
  JUMP,
  MAGNITUDE,
  SLOWER,
  STEP,
  STEP_BLOCK,
  STEP_FIRST,
  STEP_FURTHER,
  STEP_SIGN,
  STEP_SIZE,
} from './contexts.js';
import { readMagnitude, readNonzero } from './chunk-numbers.js';

/** @typedef {import('./chunk-coder.js').ChunkReader} ChunkReader */

/** Largest step of each class but the last: 0, 1, 2, 3–4, 5–8, 9–20, 21–60. */
const CLASS_ENDS = [0, 1, 2, 4, 8, 20, 60];
/** The class of each step up to the largest of them. */
const CLASS_OF = Uint8Array.from({ length: 61 }, (_, size) =>
  CLASS_ENDS.findIndex((end) => size <= end),
);
/** Class of the larger step from which on an entity can jump: a slower one's differences are as
 * short as its steps. */
const JUMP_CLASS = 3;
const MOST_AXES = 3;

/** Reads how positions moved, one entity after the other. */
export class MotionReader {
  /** @param {ChunkReader} input */
  constructor(input) {
    this._input = input;
    /** Last step of the entity on each axis: set by the caller. */
    this.steps = new Int32Array(MOST_AXES);
    /** The way that was read, on each axis. */
    this.way = new Int32Array(MOST_AXES);
    /** Class of the last step on each axis. */
    this._classes = new Uint8Array(MOST_AXES);
    /** How many of the last entities were not as predicted, 0 to 2. */
    this._restless = 0;
    /** Whether the last one that was not as predicted jumped. */
    this._jumped = false;
  }

  /** Forgets what the entities before did: another chunk begins. */
  reset() {
    this._restless = 0;
    this._jumped = false;
  }

  /**
   * Reads the way that an entity of last steps `steps` went over a gap, into `way`.
   *
   * @param {number} axes 2 or 3
   * @param {number} gap ticks
   */
  read(axes, gap) {
    const { steps, way, _classes: classes, _input: input } = this;
    let largest = 0;
    let smallest = CLASSES;
    for (let axis = 0; axis < axes; axis += 1) {
      const size = Math.abs(steps[axis]);
      const own = size < CLASS_OF.length ? CLASS_OF[size] : CLASSES - 1;
      classes[axis] = own;
      if (own > largest) largest = own;
      if (own < smallest) smallest = own;
    }
    const context = (largest * 2 + (smallest === 0 ? 1 : 0)) * 3 + this._restless;
    if (input.decideIn(EXACT + context)) {
      if (this._restless > 0) this._restless -= 1;
      for (let axis = 0; axis < axes; axis += 1) way[axis] = Math.imul(steps[axis], gap);
      return;
    }
    if (this._restless < 2) this._restless += 1;
    const canJump = largest >= JUMP_CLASS;
    this._jumped = canJump && input.decideIn(JUMP + largest * 2 + (this._jumped ? 1 : 0));
    if (largest === 0 || this._jumped) this._readJump(axes, largest);
    else this._readNear(axes, gap);
  }

  /**
   * Reads a step told by itself.
   *
   * @param {number} axes
   * @param {number} largest class of the last steps
   */
  _readJump(axes, largest) {
    const { steps, way, _input: input } = this;
    const block = largest === 0 ? STEP : STEP + STEP_BLOCK;
    let moves = false;
    let before = 0;
    for (let axis = 0; axis < axes; axis += 1) {
      way[axis] = 0;
      // What rested and is not as predicted moves somewhere.
      const mustMove = largest === 0 && axis === axes - 1 && !moves;
      const context = axis === 0 ? STEP_FIRST + largest : STEP_FURTHER + before;
      if (!mustMove && input.decideIn(block + context)) continue;
      const isBack = input.decideIn(block + STEP_SIGN + (steps[axis] === 0 ? 1 : 0));
      const size = readMagnitude(input, block + STEP_SIZE);
      const isNegative = isBack !== steps[axis] < 0;
      way[axis] = isNegative ? -size : size;
      moves = true;
      before = 1 + Math.min((lengthOf(size) / 3) | 0, 3);
    }
  }

  /**
   * Reads the difference from the expected step.
   *
   * @param {number} axes
   * @param {number} gap
   */
  _readNear(axes, gap) {
    const { steps, way, _classes: classes, _input: input } = this;
    let differs = false;
    let before = 0;
    for (let axis = 0; axis < axes; axis += 1) {
      const step = steps[axis];
      const expected = Math.imul(step, gap);
      way[axis] = expected;
      const own = classes[axis];
      let other = 0;
      for (let next = 0; next < axes; next += 1) {
        if (next !== axis && classes[next] > other) other = classes[next];
      }
      const mustDiffer = axis === axes - 1 && !differs;
      const context = axis === 0 ? FIRST + own * CLASSES + other : FURTHER + before * CLASSES + own;
      if (!mustDiffer && input.decideIn(context)) continue;
      // Of a resting axis: whether it moves towards smaller numbers.
      const isSlower = input.decideIn(SLOWER + own * CLASSES + other);
      const group = own < 2 ? 0 : own > 4 ? 3 : own - 1;
      const size = readMagnitude(input, DIFFERENCE + group * MAGNITUDE);
      const isNegative = isSlower !== step < 0;
      way[axis] = isNegative ? expected - size : expected + size;
      differs = true;
      const manner = step === 0 ? 1 : isSlower ? 2 : 3;
      before = size > 1 ? manner + 3 : manner;
    }
  }

  /**
   * Reads the last step at the end of a gap of several ticks: expected to be the old one and the
   * mean of what the way was off by.
   *
   * @param {number} gap
   * @param {number} step the old one
   * @param {number} off
   * @returns {number} a signed 32-bit integer
   */
  readStepAfterGap(gap, step, off) {
    const expected = (step + ((off / gap) | 0)) | 0;
    const length = lengthOf(off);
    if (this._input.decideIn(GAP_STEP + (length < 3 ? length : 3))) return expected;
    return (expected + readNonzero(this._input, GAP_STEP_SIGN, GAP_STEP_SIZE)) | 0;
  }
}

/**
 * Bits of a number's size: 0 for 0.
 *
 * @param {number} value a signed 32-bit integer
 */
function lengthOf(value) {
  return 32 - Math.clz32(Math.abs(value));
}
