/**
 * Prediction of the own entity: the steps of the game, repeated here, ahead of the server by as much
 * as inputs take to get there. Says which tick is due and which entity is the own one; the ticks are
 * reconciliation.js' business.
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
import { OwnFigure } from './own-figure.js';
import { completeRules } from './prediction-rules.js';
import { Reconciliation } from './reconciliation.js';

/** @typedef {import('../time/clock.js').Clock} Clock */
/** @typedef {import('./controls.js').GivenFields} GivenFields */
/** @typedef {import('../replica/entities.js').Entity} Entity */
/** @typedef {import('../replica/entity-table.js').Changes} Changes */
/** @typedef {import('../wire/frame.js').InputEcho} InputEcho */
/** @typedef {import('../replica/link.js').Link} Link */
/** @typedef {import('./prediction-rules.js').PredictionRules<any>} PredictionRules */
/**
 * @typedef {object} PredictionHandlers
 * @property {import('./input-stream.js').Send} send
 * @property {(effect: import('./once.js').Effect) => void} effect
 * @property {(spawn: import('./predicted-spawns.js').Spawned & {id: number, from: number}) => void} handover
 * @property {(spawn: import('./predicted-spawns.js').Spawned & {id: number}) => void} withdrawn
 */

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
    this._entities = entities;
    this._handlers = handlers;
    this._inputs = new InputStream(handlers.send);
    this._pacing = this._inputs.pacing;
    this._rules = rules && completeRules(rules);
    this._ticks = new Reconciliation(this._rules, entities, this._inputs, handlers);
    this._figure = this._rules && new OwnFigure(this._rules);
    /** @type {Link | undefined} */
    this._link = undefined;
    this._toldTick = /** @type {number | undefined} */ (undefined);
    /** What had been told when predicted time was too far ahead last; Infinity while it is not. */
    this._farTick = Infinity;
    /** Id of the entity that tells the own state; 0 while there is none. */
    this._own = 0;
    this._now = 0;
    /** How far what is shown of others is behind the tick that an input is for now, in ticks. */
    this._viewAge = 0;
  }

  /** Whether the own entity is predicted now. */
  get isRunning() {
    return this._ticks.isRunning;
  }

  /** What a net panel shows; undefined without rules. */
  get report() {
    return this._ticks.report;
  }

  /** Other rules, for the next connection on. @param {PredictionRules | undefined} rules */
  useRules(rules) {
    this.stop();
    this._rules = rules && completeRules(rules);
    this._ticks = new Reconciliation(this._rules, this._entities, this._inputs, this._handlers);
    this._figure = this._rules && new OwnFigure(this._rules);
  }

  /**
   * Starts over, on a new connection: whatever was is the server's to say.
   *
   * @param {Link} link
   */
  start(link) {
    this.stop();
    this._link = link;
    this._inputs.start(link);
    this._ticks.start(link.msPerTick);
    this._figure?.start();
    this._own = 0;
    this._toldTick = undefined;
    this._farTick = Infinity;
    this._viewAge = 0;
  }

  /** The connection is gone. */
  stop() {
    this._link = undefined;
    this._ticks.stop();
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
    const { tick } = this._ticks;
    return this._inputs.send(fields, at === 0 && tick !== undefined ? tick + 1 : at, viewAge, this._now);
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
    this._ticks.handleTold(tick, now);
    if (!this._rules) return;
    this._follow(changes, link.welcome.player);
    const told = this._told();
    if (told === undefined && this.isRunning) this._figure?.end();
    this._ticks.handleFrame(tick, told, changes, link.welcome.player, now);
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
    if (!link || link.welcome.spectator || this._toldTick === undefined) return;
    if (!this._rules && !this._inputs.isSteered) {
      this._viewAge = viewAgeOfSent(now, clock, link, renderTick);
      return;
    }
    this._pacing.guess(clock, now);
    if (!this._pacing.isRunning) return;
    // What the server has computed no input can be for.
    if (this._pacing.tickAt(now) < this._toldTick + 1) this._pacing.jumpTo(this._toldTick + 1, now);
    const predicted = this._pacing.tickAt(now);
    const mostAhead = (MOST_AHEAD_MS + link.quietMs) / link.msPerTick;
    if (predicted - this._toldTick > mostAhead) {
      this._waitForTime(this._toldTick, clock, now);
      return;
    }
    this._farTick = Infinity;
    if (this._ticks.isPast(predicted)) this._begin(predicted, this._toldTick);
    this._viewAge = Math.max(0, predicted - renderTick);
    this._ticks.play(predicted, this._viewAge, now);
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
    const { _ticks: ticks, _figure: figure, report } = this;
    if (!figure || !report) return;
    const share = ticks.tick === undefined ? 0 : this._pacing.tickAt(now) - ticks.tick;
    const passed = Math.min(1, Math.max(0, share));
    report.tick = ticks.isRunning ? ticks.tick : undefined;
    report.state = undefined;
    if (ticks.isRunning) {
      report.state = ticks.drawn(passed, now);
      figure.show(shown, this._entities, report.state);
    } else {
      figure.showLast(shown);
    }
    ticks.showSpawns(shown, passed, renderTick, now);
  }

  /** The tick that inputs are for now; undefined before any. @param {number} now */
  tickAt(now) {
    return this._ticks.tick === undefined ? undefined : this._pacing.tickAt(now);
  }

  /**
   * Too far ahead: the server is silent. Or, if it goes on telling, it has set its clock back after a stall,
   * which the pings say.
   *
   * @param {number} toldTick
   * @param {Clock} clock
   * @param {number} now
   */
  _waitForTime(toldTick, clock, now) {
    if (toldTick > this._farTick) this._pacing.restart(clock, now);
    this._farTick = toldTick;
  }

  /** @param {Changes} changes @param {number} player */
  _follow({ entered }, player) {
    for (const entity of entered) {
      if (this._rules?.own(entity, player)) this._own = entity.id;
      if (this._rules?.shows(entity, player)) this._figure?.follow(entity.id);
    }
  }

  /** Begins where the server is. Presses that were made meanwhile are forgotten. @param {number} predicted @param {number} toldTick */
  _begin(predicted, toldTick) {
    this._inputs.release();
    this._ticks.begin(Math.floor(predicted), toldTick, this._told());
  }

  /** The own state in the server's newest one; undefined when there is none. @returns {any} */
  _told() {
    const own = this._entities.get(this._own);
    return own && this._rules?.read(own);
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

/**
 * How far what is shown is behind the tick of an input that is sent for whichever is the next: the one at
 * which it arrives.
 *
 * @param {number} now
 * @param {Clock} clock
 * @param {Link} link
 * @param {number} renderTick
 * @returns {number} in ticks; 0, which tells nothing, before the way is known
 */
function viewAgeOfSent(now, { measuredOffsetMs, shortestRttMs }, { msPerTick }, renderTick) {
  if (shortestRttMs === undefined) return 0;
  const arrivesAtMs = now + measuredOffsetMs + shortestRttMs / 2;
  return Math.max(0, arrivesAtMs / msPerTick - renderTick);
}
