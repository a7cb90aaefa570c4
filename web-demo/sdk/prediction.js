/**
 * Prediction of the own entity: the steps of the game, repeated here, ahead of the server by as much
 * as inputs take to get there.
 *
 * ```text
 * control() → inputs (input-stream.js) ─ at each tick ─→ step ─→ predicted line
 * frame of tick T → told state = predicted for T?  yes: nothing to do
 *                                                  no:  start from it, play T + 1 … again
 * view() → ticks that are due, then a part of one with the live input → what is drawn
 * ```
 *
 * Also without rules it sends the live input, paced. Time is passed in; what a game's rules throw is
 * the caller's to tell.
 *
 * @module
 */

import { InputStream } from './input-stream.js';
import { Once } from './once.js';
import { OwnFigure } from './own-figure.js';
import { PredictedLine } from './predicted-line.js';
import { PredictedSpawns } from './predicted-spawns.js';
import { PredictionReport } from './prediction-report.js';
import { completeRules } from './prediction-rules.js';

/** @typedef {import('./clock.js').Clock} Clock */
/** @typedef {import('./controls.js').GivenFields} GivenFields */
/** @typedef {import('./controls.js').InputFields} InputFields */
/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./entity-table.js').Changes} Changes */
/** @typedef {import('./frame.js').InputEcho} InputEcho */
/** @typedef {import('./link.js').Link} Link */
/** @typedef {import('./prediction-rules.js').PredictionRules<any>} PredictionRules */
/** @typedef {import('./prediction-rules.js').StepContext} StepContext */
/**
 * @typedef {object} PredictionHandlers
 * @property {import('./input-stream.js').Send} send
 * @property {(effect: import('./once.js').Effect) => void} effect
 * @property {(spawn: import('./predicted-spawns.js').Spawned & {id: number, from: number}) => void} handover
 * @property {(spawn: import('./predicted-spawns.js').Spawned & {id: number}) => void} withdrawn
 */

/** After a pause of this long nothing of it is made up for, in milliseconds. */
const PAUSE_MS = 250;
/** Farther than this ahead of the server's newest state, and as long as frames may be apart, nothing is
 * predicted, in milliseconds. */
const MOST_AHEAD_MS = 1500;

/** The prediction of one connection after the other. */
export class Prediction {
  /**
   * @param {PredictionRules | undefined} rules without them inputs are paced and nothing is predicted
   * @param {ReadonlyMap<number, Entity>} entities the newest state
   * @param {PredictionHandlers} handlers
   */
  constructor(rules, entities, handlers) {
    this._rules = rules && completeRules(rules);
    this._entities = entities;
    this._inputs = new InputStream(handlers.send);
    this._pacing = this._inputs.pacing;
    this._line = this._rules && new PredictedLine(this._rules);
    this._once = new Once(handlers.effect);
    this._spawns = new PredictedSpawns(this._rules?.spawns ?? {}, this._rules?.snapDistance ?? 0, handlers);
    this._figure = this._rules && new OwnFigure(this._rules);
    /** What a net panel shows; undefined without rules. */
    this.report = this._rules && new PredictionReport();
    /** @type {Link | undefined} */
    this._link = undefined;
    /** The newest tick that inputs were for; undefined before any, and after a pause. */
    this._tick = /** @type {number | undefined} */ (undefined);
    this._toldTick = /** @type {number | undefined} */ (undefined);
    /** Id of the entity that tells the own state; 0 while there is none. */
    this._own = 0;
    this._now = 0;
    /** How far what is shown of others is behind predicted time, in ticks. */
    this._viewAge = 0;
    this._isPreview = false;
    /** @type {StepContext} */
    this._context = {
      dt: 0, tickDt: 0, tick: 0, entities, isReplay: false,
      spawn: (kind, key, state) => this._spawn(kind, key, state),
      effect: (name, detail) => this._effect(name, detail),
    };
  }

  /** Whether the own entity is predicted now. */
  get isRunning() {
    return this._line?.isRunning ?? false;
  }

  /**
   * Starts over, on a new connection: whatever was is the server's to say.
   *
   * @param {Link} link
   */
  start(link) {
    this.stop();
    this._link = link;
    this._context.tickDt = link.msPerTick / 1000;
    this._inputs.start(link);
    this._figure?.start();
    this._own = 0;
    this._toldTick = undefined;
  }

  /** The connection is gone. */
  stop() {
    this._link = undefined;
    this._tick = undefined;
    this._line?.stop();
    this._spawns.clear();
    this._once.clear();
  }

  /** The live input. @param {GivenFields} fields */
  control(fields) {
    this._inputs.control(fields);
  }

  /**
   * An input that the game sends by itself, for a tick or for the next one.
   *
   * @param {GivenFields} fields
   * @param {number} at
   * @param {number} [viewAge] in ticks; as it is if left out
   * @returns {number | undefined} its number, if it was sent
   */
  send(fields, at, viewAge = this._viewAge) {
    const tick = at === 0 && this._tick !== undefined ? this._tick + 1 : at;
    return this._inputs.send(fields, tick, viewAge, this._now);
  }

  /** The server does not take an input. @param {number | undefined} seq */
  handleRefusal(seq) {
    this._inputs.handleRefusal(seq);
  }

  /**
   * Holds what was predicted against what a frame says.
   *
   * @param {number} tick of the frame
   * @param {InputEcho | undefined} echo
   * @param {Changes} changes
   * @param {number} now
   */
  handleFrame(tick, echo, changes, now) {
    const link = this._link;
    if (!link || link.welcome.spectator) return;
    this._now = now;
    if (echo) this._inputs.handleEcho(echo, now);
    this._toldTick = tick;
    if (!this._rules || !this._line) return;
    this._follow(changes, link.welcome.player);
    this._spawns.handleFrame(changes, link.welcome.player, tick, link.msPerTick / 1000);
    const own = this._entities.get(this._own);
    if (!own) this._end();
    else if (this._tick !== undefined) this._compare(this._rules.read(own), tick, now);
  }

  /**
   * Plays the ticks that are due, and sends their inputs.
   *
   * @param {number} now
   * @param {Clock} clock
   * @param {number} renderTick the tick that is shown of others, with its fraction
   */
  advance(now, clock, renderTick) {
    this._now = now;
    const link = this._link;
    const isIdle = !this._rules && !this._inputs.isSteered;
    if (!link || isIdle || link.welcome.spectator || this._toldTick === undefined) return;
    this._pacing.guess(clock, now);
    if (!this._pacing.isRunning) return;
    // What the server has computed no input can be for.
    if (this._pacing.tickAt(now) < this._toldTick + 1) this._pacing.jumpTo(this._toldTick + 1, now);
    const predicted = this._pacing.tickAt(now);
    const mostAhead = (MOST_AHEAD_MS + link.quietMs) / link.msPerTick;
    if (predicted - this._toldTick > mostAhead) return;
    if (this._isPast(predicted, link.msPerTick)) this._restart(predicted, now);
    this._viewAge = Math.max(0, predicted - renderTick);
    while ((this._tick ?? Infinity) + 1 <= predicted) this._commit();
    this._tell(link, clock);
  }

  /**
   * Puts the own entity and the predicted spawns among what is shown.
   *
   * @param {Entity[]} shown
   * @param {number} renderTick
   * @param {number} now
   */
  show(shown, renderTick, now) {
    const { _line: line, _figure: figure, report } = this;
    if (!line || !figure || !report) return;
    report.tick = line.isRunning ? line.tick : undefined;
    report.state = undefined;
    const context = this._preview(now);
    if (line.isRunning) {
      report.state = line.drawn(this._inputs.live, context, now);
      figure.show(shown, this._entities, report.state);
    } else {
      figure.showLast(shown);
    }
    this._spawns.show(shown, context, renderTick, now);
    this._isPreview = false;
  }

  /** The tick that inputs are for now; undefined before any. @param {number} now */
  tickAt(now) {
    return this._tick === undefined ? undefined : this._pacing.tickAt(now);
  }

  /** Whether there was a pause, or none of the ticks was played yet. @param {number} predicted @param {number} msPerTick */
  _isPast(predicted, msPerTick) {
    return this._tick === undefined || Math.abs(predicted - this._tick) * msPerTick > PAUSE_MS + msPerTick;
  }

  /** @param {Changes} changes @param {number} player */
  _follow({ entered }, player) {
    for (const entity of entered) {
      if (this._rules?.own(entity, player)) this._own = entity.id;
      if (this._rules?.shows(entity, player)) this._figure?.follow(entity.id);
    }
  }

  /**
   * Begins at the server's newest state, with the inputs that are on their way to it. Presses that
   * were made meanwhile are forgotten.
   *
   * @param {number} predicted
   * @param {number} now
   */
  _restart(predicted, now) {
    this._tick = Math.max(Math.floor(predicted), this._toldTick ?? 0);
    this._inputs.release();
    this._once.clear();
    this._spawns.clear();
    const own = this._entities.get(this._own);
    if (!own || !this._rules || !this._line) {
      this._line?.stop();
      this._takeUnplayed();
      return;
    }
    this._line.start(this._toldTick ?? 0, this._rules.read(own));
    this._isPreview = true; // nothing happens of what is long past
    this._replay(this._toldTick ?? 0);
    this._isPreview = false;
  }

  /** Plays the next tick. */
  _commit() {
    const tick = (this._tick ?? 0) + 1;
    const input = this._inputs.commit(tick, this._viewAge, this._now);
    this._tick = tick;
    const context = this._at(tick, this._context.tickDt, false);
    this._spawns.step(context);
    if (!this._line?.isRunning) return;
    this._line.step(input, context);
    this._isPreview = true;
    this._line.stepFaded(input, context);
    this._isPreview = false;
  }

  /** @param {any} told @param {number} tick @param {number} now */
  _compare(told, tick, now) {
    const { _line: line, _rules: rules } = this;
    if (!line || !rules || this._tick === undefined) return;
    if (tick > this._tick) {
      // The server is ahead of what inputs are for: begin again where it is.
      this._tick = undefined;
      line.stop();
      return;
    }
    if (!line.isRunning) {
      line.start(tick, told);
      this._replay(tick);
      return;
    }
    const predicted = line.at(tick);
    if (predicted === undefined) return;
    const error = rules.error(predicted, told);
    this.report?.count(error);
    if (error === 0) {
      this._once.settle(tick);
      return;
    }
    const before = line.state;
    line.startAgain(tick, told);
    this._replay(tick);
    line.fadeFrom(before, now);
  }

  /** Plays the ticks after the server's newest state again. @param {number} told */
  _replay(told) {
    const line = this._line;
    if (!line) return;
    this._once.beginReplay();
    this._spawns.beginReplay();
    this._inputs.rewind();
    for (let tick = told + 1; tick <= (this._tick ?? told); tick += 1) {
      const context = this._at(tick, this._context.tickDt, true);
      this._spawns.step(context);
      line.step(this._inputs.take(tick), context);
    }
    this._spawns.endReplay(told);
    this._once.endReplay();
  }

  /** Without a state to step, inputs take effect all the same. */
  _takeUnplayed() {
    this._inputs.rewind();
    for (let tick = (this._toldTick ?? 0) + 1; tick <= (this._tick ?? 0); tick += 1) this._inputs.take(tick);
  }

  /** The own entity is gone: what it left behind goes on. */
  _end() {
    if (!this._line?.isRunning) return;
    this._line.stop();
    this._once.clear();
    this._figure?.end();
  }

  /** @param {number} tick @param {number} dt @param {boolean} isReplay */
  _at(tick, dt, isReplay) {
    const context = this._context;
    context.tick = tick;
    context.dt = dt;
    context.isReplay = isReplay;
    return context;
  }

  /** The context of what is drawn: a part of the next tick, in which nothing happens yet. @param {number} now */
  _preview(now) {
    const tick = this._tick ?? 0;
    const share = this._tick === undefined ? 0 : this._pacing.tickAt(now) - tick;
    this._isPreview = true;
    return this._at(tick + 1, Math.min(1, Math.max(0, share)) * this._context.tickDt, false);
  }

  /** @param {string} kind @param {number | string} key @param {any} state */
  _spawn(kind, key, state) {
    if (!this._isPreview) this._spawns.make(kind, key, state, this._context.tick);
  }

  /** @param {string} name @param {any} detail */
  _effect(name, detail) {
    if (this._isPreview) return;
    if (this._context.isReplay) this._once.happenAgain(name, this._context.tick, detail);
    else this._once.happen(name, this._context.tick, detail);
  }

  /** @param {Link} link @param {Clock} clock */
  _tell({ msPerTick }, clock) {
    const { report, _pacing: pacing } = this;
    if (!report) return;
    report.applied = pacing.applied;
    report.late = pacing.late;
    report.slackMs = pacing.slackMs;
    report.leadMs = pacing.tickAt(this._now) * msPerTick - clock.roomTimeMs(this._now);
  }
}
