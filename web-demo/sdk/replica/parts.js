/**
 * What a room's state is cut into: what only this client is sent, what everybody is sent, and the
 * entities of each cell that is watched. Each part has a snapshot of its own tick. Mirrors
 * `protocol/src/parts.rs` and `protocol/src/replica/parts.rs`.
 *
 * @module
 */

import { Snapshot } from './snapshot.js';
import { NOTHING, cellsOf, contains, readChosen } from '../wire/watch.js';

/** @typedef {import('../wire/bincode.js').Reader} Reader */
/** @typedef {import('../wire/frame.js').Contents} Contents */
/** @typedef {import('../wire/watch.js').GridSize} GridSize */
/** @typedef {import('../wire/watch.js').Watch} Watch */

/** Number of the part that only the client itself is sent. */
export const OWN = 0;
/** Number of the part that everybody is sent. */
export const GLOBAL = 1;
/** Number of the part of the grid's first cell. */
const FIRST_CELL = 2;
/** 2^32 divided by the golden ratio, for multiplicative hashing. */
const HASH_FACTOR = 2_654_435_761;

/**
 * Whether a chunk of a part that leads from one tick to another carries a hash: whether a tick that
 * is due lies after the one and not after the other. Every `every`-th is, each part's at a phase of
 * its own, and that of each player's own entities likewise.
 *
 * @param {number} part
 * @param {number} player the client's
 * @param {number} every 0 for never
 * @param {number} from
 * @param {number} to
 */
export function isHashed(part, player, every, from, to) {
  if (every === 0) return false;
  const key = part === OWN ? player : part;
  const phase = (Math.imul(key, HASH_FACTOR) >>> 0) % every;
  const sinceDue = ((to + phase) >>> 0) % every;
  return sinceDue < (to - from) >>> 0;
}

/** One part. */
export class Part {
  /** @param {number} number @param {Snapshot} empty what it holds before its first chunk */
  constructor(number, empty) {
    this.number = number;
    /** The tick of its newest chunk; undefined before the first. Since then everything has gone as
     * predicted, or the part was not sent. */
    this.tick = /** @type {number | undefined} */ (undefined);
    /** Its state at that tick. */
    this.snapshot = empty;
  }
}

/** All parts of a client's replica. */
export class Parts {
  /** @param {GridSize} grid @param {number} stride of the snapshots */
  constructor(grid, stride) {
    this.grid = grid;
    /** What parts hold before their first chunk; never changed. */
    this.empty = new Snapshot(stride);
    this.own = new Part(OWN, this.empty);
    this.global = new Part(GLOBAL, this.empty);
    /** The cells that are watched. */
    this.watch = NOTHING;
    /** Their parts, by ascending number. @type {Map<number, Part>} */
    this.cells = new Map();
  }

  /** Forgets everything. */
  clear() {
    this.own = new Part(OWN, this.empty);
    this.global = new Part(GLOBAL, this.empty);
    this.watch = NOTHING;
    this.cells = new Map();
  }

  /**
   * Watches other cells from now on.
   *
   * @param {Watch} watch one that fits the grid
   * @returns {Part[]} those that are dropped
   */
  changeWatch(watch) {
    const before = this.cells;
    this.watch = watch;
    this.cells = new Map();
    for (const cell of cellsOf(watch, this.grid)) {
      const number = FIRST_CELL + cell;
      this.cells.set(number, before.get(number) ?? new Part(number, this.empty));
      before.delete(number);
    }
    return [...before.values()];
  }

  /**
   * A part by its number; undefined for a cell that is not watched.
   *
   * @param {number} number
   * @returns {Part | undefined}
   */
  get(number) {
    if (number === OWN) return this.own;
    return number === GLOBAL ? this.global : this.cells.get(number);
  }

  /**
   * Slots of the parts that stay when these cells are watched.
   *
   * @param {Watch} watch
   */
  slots(watch) {
    let slots = this.own.snapshot.slots + this.global.snapshot.slots;
    for (const { number, snapshot } of this.cells.values()) {
      if (contains(watch, this.grid, number - FIRST_CELL)) slots += snapshot.slots;
    }
    return slots;
  }

  /** @returns {Part[]} by ascending number */
  all() {
    return [this.own, this.global, ...this.cells.values()];
  }

  /**
   * The numbers of the parts that a frame has chunks of, in their order.
   *
   * @param {Contents} contents
   * @param {Watch} watch the cells that are watched
   * @param {Reader} input where the bits of the cells come next
   * @returns {number[]}
   * @throws {import('../wire/wire-error.js').WireError}
   */
  named({ own, global, cells }, watch, input) {
    const numbers = [];
    if (own) numbers.push(OWN);
    if (global) numbers.push(GLOBAL);
    if (!cells) return numbers;
    for (const cell of readChosen(input, cellsOf(watch, this.grid))) numbers.push(FIRST_CELL + cell);
    return numbers;
  }
}
