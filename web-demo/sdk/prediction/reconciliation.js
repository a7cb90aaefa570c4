/**
 * The predicted ticks of the own entity: played ahead as they come due, held against each state of the
 * server, and played again from there where they were wrong. Which tick is due, and when to begin anew,
 * is prediction.js' to say.
 *
 * ```text
 * begin ─→ play: tick by tick, with the live input ─→ drawn: a part of a tick more
 *            ↑                                │
 *            └─ replay ←─ it differed ←─ state of the server
 * ```
 *
 * @module
 */

import { Once } from './once.js';
import { PredictedLine } from './predicted-line.js';
import { PredictedSpawns } from './predicted-spawns.js';
import { PredictionReport } from './prediction-report.js';

/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('../replica/entity-table.js').Changes} Changes */
/** @typedef {import('./input-stream.js').InputStream} InputStream */
/** @typedef {import('./prediction-rules.js').CompleteRules} CompleteRules */
/** @typedef {import('./prediction-rules.js').StepContext} StepContext */
/** @typedef {import('./prediction.js').PredictionHandlers} PredictionHandlers */

/** After a pause of this long nothing of it is made up for, in milliseconds. */
const PAUSE_MS = 250;

/** The ticks of one connection after the other. */
export class Reconciliation {
  /**
   * @param {CompleteRules | undefined} rules without them inputs are told at their ticks, and that is all
   * @param {ReadonlyMap<number, Entity>} entities the newest state
   * @param {InputStream} inputs
   * @param {PredictionHandlers} handlers
   */
  constructor(rules, entities, inputs, handlers) {
    this._rules = rules;
    this._inputs = inputs;
    this._line = rules && new PredictedLine(rules);
    this._once = new Once(handlers.effect);
    this._spawns = new PredictedSpawns(rules?.spawns ?? {}, rules?.snapDistance ?? 0, handlers);
    /** What a net panel shows; undefined without rules. */
    this.report = rules && new PredictionReport();
    /** The newest tick that was played; undefined before any, and after a pause. */
    this.tick = /** @type {number | undefined} */ (undefined);
    this._playedAt = -Infinity;
    /** Tick of the newest state that was compared. */
    this._comparedTick = -Infinity;
    /** Whether steps are only to be seen: nothing happens in them. */
    this._isSilent = false;
    /** @type {StepContext} */
    this._context = {
      dt: 0, tickDt: 0, tick: 0, entities, isReplay: false,
      spawn: (kind, key, state) => this._spawn(kind, key, state),
      effect: (name, detail) => this._effect(name, detail),
    };
  }

  /** Whether there are predicted states. */
  get isRunning() {
    return this._line?.isRunning ?? false;
  }

  /** Starts over for a connection. @param {number} msPerTick */
  start(msPerTick) {
    this.stop();
    this._context.tickDt = msPerTick / 1000;
  }

  /** The connection is gone. */
  stop() {
    this.tick = undefined;
    this._comparedTick = -Infinity;
    this._line?.stop();
    this._spawns.clear();
    this._once.clear();
  }

  /**
   * Whether there was a pause, or none of the ticks was played yet.
   *
   * @param {number} predicted the tick that inputs are for now, with its fraction
   */
  isPast(predicted) {
    return this.tick === undefined || Math.abs(predicted - this.tick) > this._mostMissed;
  }

  /** Ticks that may be missed. */
  get _mostMissed() {
    return PAUSE_MS / 1000 / this._context.tickDt + 1;
  }

  /**
   * Begins at the server's newest state, with the inputs that are on their way to it.
   *
   * @param {number} tick the newest tick that inputs are for now
   * @param {number} toldTick of the server's newest state
   * @param {any} told the own state in it; undefined when there is none
   */
  begin(tick, toldTick, told) {
    this.tick = Math.max(tick, toldTick);
    this._once.clear();
    this._spawns.clear();
    if (told === undefined || !this._line) {
      this._line?.stop();
      // Without a state to step, inputs take effect all the same.
      this._inputs.rewind();
      for (let next = toldTick + 1; next <= this.tick; next += 1) this._inputs.take(next);
      return;
    }
    this._line.start(toldTick, told);
    this._replay(toldTick, true); // nothing happens of what is long past
  }

  /**
   * Plays the ticks that are due, and sends their inputs.
   *
   * @param {number} predicted the tick that inputs are for now, with its fraction
   * @param {number} viewAge in ticks
   * @param {number} now
   */
  play(predicted, viewAge, now) {
    this._playedAt = now;
    while ((this.tick ?? Infinity) + 1 <= predicted) this._commit(viewAge, now);
  }

  /**
   * The server has computed a tick. If that was not played, because the page was held up, it is past: its
   * inputs are those that held on, and whatever has happened in it the server tells. After a pause all begins
   * anew.
   *
   * @param {number} tick
   * @param {number} now
   */
  handleTold(tick, now) {
    if (this.tick === undefined || tick <= this.tick) return;
    const pausedTicks = (now - this._playedAt) / 1000 / this._context.tickDt;
    if (Math.max(tick - this.tick, pausedTicks) > this._mostMissed) {
      this.tick = undefined;
      this._line?.stop();
      return;
    }
    while (this.tick < tick) {
      this.tick += 1;
      const input = this._inputs.take(this.tick);
      const context = this._at(this.tick, this._context.tickDt, false, true);
      this._spawns.step(context);
      if (!this.isRunning) continue;
      this._line?.step(input, context);
      this._line?.stepFaded(input, context);
    }
    this._inputs.rewind();
  }

  /**
   * Holds what was predicted against what a frame says.
   *
   * @param {number} tick of the frame
   * @param {any} told the own state in it; undefined when there is none
   * @param {Changes} changes
   * @param {number} player
   * @param {number} now
   */
  handleFrame(tick, told, changes, player, now) {
    this._spawns.handleFrame(changes, player, tick, this._context.tickDt);
    if (told === undefined) this._end();
    else if (this.tick !== undefined) this._compare(told, tick, now);
  }

  /**
   * What is drawn of the own state: a part of a tick after the newest one.
   *
   * @param {number} share of a tick
   * @param {number} now
   * @returns {any}
   */
  drawn(share, now) {
    if (!this._line?.isRunning) return undefined;
    return this._line.drawn(this._inputs.live, this._preview(share), now);
  }

  /**
   * Puts the predicted spawns among what is shown.
   *
   * @param {Entity[]} shown
   * @param {number} share of a tick
   * @param {number} renderTick
   * @param {number} now
   */
  showSpawns(shown, share, renderTick, now) {
    this._spawns.show(shown, this._preview(share), renderTick, now);
  }

  /** Plays the next tick. @param {number} viewAge @param {number} now */
  _commit(viewAge, now) {
    const tick = (this.tick ?? 0) + 1;
    const input = this._inputs.commit(tick, viewAge, now);
    this.tick = tick;
    const context = this._at(tick, this._context.tickDt);
    this._spawns.step(context);
    if (!this._line?.isRunning) return;
    this._line.step(input, context);
    this._isSilent = true;
    this._line.stepFaded(input, context);
  }

  /** @param {any} told @param {number} tick @param {number} now */
  _compare(told, tick, now) {
    const { _line: line, _rules: rules } = this;
    if (!line || !rules || this.tick === undefined) return;
    if (!line.isRunning) {
      line.start(tick, told);
      this._replay(tick);
      return;
    }
    const predicted = line.at(tick);
    if (predicted === undefined) return;
    const error = rules.error(predicted, told);
    this.report?.count(error);
    // What happened since the state before may be moved by what follows; what is older stays.
    this._once.settle(error === 0 ? tick : this._comparedTick);
    this._comparedTick = tick;
    if (error === 0) return;
    const before = line.state;
    line.startAgain(tick, told);
    this._replay(tick);
    line.fadeFrom(before, now);
  }

  /** Plays the ticks after the server's newest state again. @param {number} told @param {boolean} [isSilent] */
  _replay(told, isSilent = false) {
    const line = this._line;
    if (!line) return;
    this._once.beginReplay();
    this._spawns.beginReplay();
    this._inputs.rewind();
    for (let tick = told + 1; tick <= (this.tick ?? told); tick += 1) {
      const context = this._at(tick, this._context.tickDt, true, isSilent);
      this._spawns.step(context);
      line.step(this._inputs.take(tick), context);
    }
    this._spawns.endReplay(told);
    this._once.endReplay();
  }

  /** The own state is no more; what it has brought about goes on. */
  _end() {
    if (!this._line?.isRunning) return;
    this._line.stop();
    this._once.clear();
  }

  /** @param {number} tick @param {number} dt @param {boolean} [isReplay] @param {boolean} [isSilent] */
  _at(tick, dt, isReplay = false, isSilent = false) {
    const context = this._context;
    context.tick = tick;
    context.dt = dt;
    context.isReplay = isReplay;
    this._isSilent = isSilent;
    return context;
  }

  /** The context of what is drawn: a part of the next tick, in which nothing happens yet. @param {number} share */
  _preview(share) {
    return this._at((this.tick ?? 0) + 1, share * this._context.tickDt, false, true);
  }

  /** @param {string} kind @param {number | string} key @param {any} state */
  _spawn(kind, key, state) {
    if (!this._isSilent) this._spawns.make(kind, key, state, this._context.tick);
  }

  /** @param {string} name @param {any} detail */
  _effect(name, detail) {
    if (this._isSilent) return;
    if (this._context.isReplay) this._once.happenAgain(name, this._context.tick, detail);
    else this._once.happen(name, this._context.tick, detail);
  }
}
