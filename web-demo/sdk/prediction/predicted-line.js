/**
 * The predicted states of the own entity, tick by tick, from the server's newest one to the newest
 * tick that inputs are for; and what is drawn of them.
 *
 * ```text
 * server's state ──step──→ … ──step──→ newest predicted ──part of a step──→ drawn
 * the same before it was put right ──step──→ … fades out of what is drawn
 * ```
 *
 * A line that was wrong goes on beside the one that took its place, by the same inputs, and what is
 * drawn moves over from one to the other. So there is no jump, neither of place nor of speed.
 *
 * @module
 */

/** @typedef {import('./controls.js').InputFields} InputFields */
/** @typedef {import('./prediction-rules.js').CompleteRules} CompleteRules */
/** @typedef {import('./prediction-rules.js').StepContext} StepContext */

/** States that are kept: more than the ticks that inputs may be ahead. A power of two. */
const MOST_STATES = 512;
/** After this long a third of what was wrong is left, in milliseconds. */
const FADE_MS = 50;
/** Below this share of it nothing is left. */
const FADED = 0.02;

/** One line of predicted states. */
export class PredictedLine {
  /** @param {CompleteRules} rules */
  constructor(rules) {
    this._rules = rules;
    /** @type {any[]} by tick, modulo their number */
    this._states = new Array(MOST_STATES).fill(undefined);
    /** First and newest tick of the line. */
    this._first = 0;
    this.tick = -1;
    /** The line as it was, at the newest tick, while it fades. @type {any} */
    this._faded = undefined;
    this._fadedSince = 0;
  }

  /** Whether there is one. */
  get isRunning() {
    return this.tick >= this._first;
  }

  /** The newest state. */
  get state() {
    return this.at(this.tick);
  }

  /** Ends it. */
  stop() {
    this._first = 0;
    this.tick = -1;
    this._faded = undefined;
    this._states.fill(undefined);
  }

  /**
   * Begins it.
   *
   * @param {number} tick
   * @param {any} state
   */
  start(tick, state) {
    this.stop();
    this.startAgain(tick, state);
  }

  /**
   * Begins it anew from what the server says, without forgetting what was drawn.
   *
   * @param {number} tick
   * @param {any} state
   */
  startAgain(tick, state) {
    this._first = tick;
    this.tick = tick;
    this._states[tick % MOST_STATES] = state;
  }

  /** The state of a tick; undefined when the line has none. @param {number} tick @returns {any} */
  at(tick) {
    const isThere = tick >= this._first && tick <= this.tick && tick > this.tick - MOST_STATES;
    return isThere ? this._states[tick % MOST_STATES] : undefined;
  }

  /**
   * Goes on by a tick.
   *
   * @param {InputFields} input
   * @param {StepContext} context
   */
  step(input, context) {
    const state = this._rules.step(this.state, input, context);
    this.tick += 1;
    this._states[this.tick % MOST_STATES] = state;
  }

  /** The fading line goes on by a tick. @param {InputFields} input @param {StepContext} context */
  stepFaded(input, context) {
    if (this._faded !== undefined) this._faded = this._rules.step(this._faded, input, context);
  }

  /**
   * The line was another one until now: what is drawn moves over, or jumps when that is far.
   *
   * @param {any} before the state of the newest tick as it was
   * @param {number} now
   */
  fadeFrom(before, now) {
    const { error, snapDistance } = this._rules;
    const seen = this._blend(before, this._share(now));
    const distance = error(seen, this.state);
    this._faded = distance <= snapDistance && distance !== 0 ? seen : undefined;
    this._fadedSince = now;
  }

  /**
   * What is drawn: a part of a tick after the newest one.
   *
   * @param {InputFields} input
   * @param {StepContext} context its `dt` is that part
   * @param {number} now
   * @returns {any}
   */
  drawn(input, context, now) {
    const share = this._share(now);
    if (share < FADED) this._faded = undefined;
    const state = context.dt > 0 ? this._rules.step(this.state, input, context) : this.state;
    if (this._faded === undefined) return state;
    const faded = context.dt > 0 ? this._rules.step(this._faded, input, context) : this._faded;
    return this._rules.blend(faded, state, 1 - share);
  }

  /** @param {any} state @param {number} share */
  _blend(state, share) {
    return this._faded === undefined ? state : this._rules.blend(this._faded, state, 1 - share);
  }

  /** How much of the fading line is left. @param {number} now */
  _share(now) {
    return Math.exp((this._fadedSince - now) / FADE_MS);
  }
}
