/**
 * Where one entity was over the last ticks: the states in which it did something that was not
 * expected of it. Between two of them, and after the newest one, it goes as predicted.
 *
 * ```text
 * state n ──── as predicted ───→ since ── not told ──→ state n + 1 ──── as predicted ───→
 *   tick n                       (of n + 1)              tick n + 1
 * ```
 *
 * @module
 */

/** @typedef {import('../picture/corrections.js').Correction} Correction */
/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./parts.js').Part} Part */

/** Columns of a state: its tick, since when it was on its way there, and the entity's row. */
export const TICK = 0;
export const SINCE = 1;
export const ROW = 2;

const FIRST_CAPACITY = 2;
/** States that are kept: the longest delay of the interpolation, and what it may be behind. */
const MOST_STATES = 64;

/** An entity's last states, and where in the replica it is. */
export class Trajectory {
  /**
   * @param {number} id
   * @param {number} kind
   * @param {import('../wire/layout.js').KindLayout} layout of the kind
   * @param {number} enteredAt the tick from which on it is there
   */
  constructor(id, kind, layout, enteredAt) {
    this.id = id;
    this.kind = kind;
    this.enteredAt = enteredAt;
    /** The tick from which on it is no longer there. */
    this.leftAt = Infinity;
    /** The part that it entered last; undefined while it is in none. */
    this.part = /** @type {Part | undefined} */ (undefined);
    /** While it is in none: the tick from which on it is given up unless it enters one. */
    this.lostAt = Infinity;
    /** What a game knows it as: its newest state. */
    this.newest = /** @type {Entity | undefined} */ (undefined);
    /** What is drawn. */
    this.shown = /** @type {Entity | undefined} */ (undefined);
    /** Whether what is drawn is the newest state, and stays it until there is another: it does not move. */
    this.isShownAtRest = false;
    /** How what is drawn is beside where it is; undefined while it never was. */
    this.correction = /** @type {Correction | undefined} */ (undefined);
    /** Columns of its states, in a ring. */
    this.states = new Float64Array(FIRST_CAPACITY * (ROW + layout.width));
    /** Whether its last steps are not all 0. */
    this.isMoving = false;
    this._layout = layout;
    this._width = ROW + layout.width;
    this._first = 0;
    this._count = 0;
  }

  /** Where the newest state begins. */
  get last() {
    return this._at(this._count - 1);
  }

  /** Tick of the newest state. */
  get tick() {
    return this.states[this.last + TICK];
  }

  /**
   * Adds a state, not older than the newest one.
   *
   * @param {number} tick
   * @param {number} since the tick up to which it went as predicted
   * @param {Uint32Array} values
   * @param {number} row where its row begins in `values`
   */
  push(tick, since, values, row) {
    const before = this._count > 0 ? this.tick : -Infinity;
    if (before !== tick) this._grow();
    const { states } = this;
    const at = this.last;
    states[at + TICK] = tick;
    // A second state of a tick takes the place of the first, and its way there.
    if (before !== tick) states[at + SINCE] = Math.max(since, before);
    const lanes = this._layout.lanes.length;
    const end = this._layout.width;
    this.isMoving = false;
    this.isShownAtRest = false;
    for (let column = 0; column < lanes; column += 1) states[at + ROW + column] = values[row + column];
    for (let column = lanes; column < end; column += 1) {
      // Last steps are signed.
      const step = values[row + column] | 0;
      states[at + ROW + column] = step;
      if (step !== 0) this.isMoving = true;
    }
  }

  /**
   * Where the newest state that is not after a tick begins; the oldest one if all are.
   *
   * @param {number} tick
   */
  find(tick) {
    let index = this._count - 1;
    while (index > 0 && this.states[this._at(index) + TICK] > tick) index -= 1;
    return this._at(index);
  }

  /**
   * Where the state after another one begins; -1 if that is the newest.
   *
   * @param {number} at where the other one begins
   */
  next(at) {
    if (at === this.last) return -1;
    const next = at + this._width;
    return next === this.states.length ? 0 : next;
  }

  /** @param {number} index from the oldest one on */
  _at(index) {
    const at = (this._first + index) * this._width;
    return at < this.states.length ? at : at - this.states.length;
  }

  /** Makes room for another state. */
  _grow() {
    const { states, _width: width } = this;
    const capacity = states.length / width;
    if (this._count < capacity) {
      this._count += 1;
    } else if (capacity < MOST_STATES) {
      this.states = new Float64Array(2 * states.length);
      this.states.set(states.subarray(this._first * width));
      this.states.set(states.subarray(0, this._first * width), (capacity - this._first) * width);
      this._first = 0;
      this._count += 1;
    } else {
      this._first = (this._first + 1) % capacity;
    }
  }
}
