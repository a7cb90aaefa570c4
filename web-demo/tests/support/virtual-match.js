/**
 * A match in simulated time: a server that takes inputs by the rules of PROTOCOL.md section 12, a
 * network with delay, jitter and stalls that keeps the order of what it carries, as TCP does, and a
 * client that predicts with the SDK's own modules. Time passes only by `run`.
 *
 * @module
 */

import { Clock } from '../../sdk/time/clock.js';
import { Interpolation } from '../../sdk/picture/interpolation.js';
import { inputValues } from '../../sdk/wire/named-values.js';
import { Prediction } from '../../sdk/prediction/prediction.js';
import { STEP_RULES, SCHEMA, flyBullet, stepBody } from './predicted-game.js';

/** @typedef {import('./predicted-game.js').Body} Body */
/** @typedef {{seq: number, at: number, viewAge: number, values: number[]}} SentInput */
/** @typedef {SentInput & {due: number, arrived: number}} Waiting */
/** @typedef {() => number} Delay in milliseconds, of the next message */

/** Ticks per second, and what they are long. */
export const TICK_HZ = 30;
export const TICK_MS = 1000 / TICK_HZ;
/** Room time minus local time, at first. */
const OFFSET_MS = 70_000;
const PLAYER = 7;
const BODY_ID = 1;

/** A way on which nothing overtakes. */
class Way {
  /** @param {Delay} delay */
  constructor(delay) {
    this.delay = delay;
    this._last = -Infinity;
    /** @type {{at: number, message: any}[]} */
    this._underway = [];
  }

  /** @param {number} now @param {any} message */
  send(now, message) {
    this._last = Math.max(this._last, now + this.delay());
    this._underway.push({ at: this._last, message });
  }

  get nextAt() {
    return this._underway[0]?.at ?? Infinity;
  }

  take() {
    return this._underway.shift()?.message;
  }

  /** Everything on its way is lost. */
  clear() {
    this._underway.length = 0;
    this._last = -Infinity;
  }
}

/** The server's end: a queue of inputs, a body, its bullets. */
class Server {
  constructor() {
    this.tick = 0;
    /** @type {Body} */
    this.body = { x: 500, y: 500, vx: 0, vy: 0, wait: 0, shots: 0 };
    /** Whether the body is there. */
    this.isAlive = true;
    /** Whether guns jam here, which no client knows of. */
    this.isJammed = false;
    /** @type {Map<number, any>} */
    this.bullets = new Map();
    this._nextId = 100;
    /** @type {Map<number, Body>} the state of every tick */
    this.states = new Map();
    this.late = 0;
    /** @type {Waiting[]} */
    this._waiting = [];
    this._newest = 0;
    this.viewAge = 0;
    this.reset();
  }

  /** Another connection begins. */
  reset() {
    this._waiting.length = 0;
    /** @type {number[]} */
    this._held = SCHEMA.inputs.map(() => 0);
    this._newest = 0;
    this.viewAge = 0;
    this.echo = /** @type {any} */ (undefined);
  }

  /**
   * @param {SentInput} input
   * @param {number} roomMs
   * @returns {string | undefined} why it is refused
   */
  push({ seq, at, viewAge, values }, roomMs) {
    if (seq <= this._newest) return 'repeated';
    const isLate = at !== 0 && at <= this.tick;
    const wanted = at === 0 || isLate ? this.tick + 1 : at;
    if (wanted - this.tick > 2 * TICK_HZ) return 'far_future';
    if (this._waiting.length >= 32) return 'queue_full';
    if (isLate) this.late += 1;
    this._newest = seq;
    const due = Math.max(wanted, this._waiting.at(-1)?.due ?? 0);
    this._waiting.push({ seq, at, due, arrived: roomMs, viewAge, values });
    return undefined;
  }

  /** Computes the next tick. @param {(tick: number, server: Server) => void} [meddle] */
  step(meddle) {
    this.tick += 1;
    const isButton = SCHEMA.inputs.map(({ kind }) => kind.type === 'button');
    this._held = this._held.map((value, index) => (isButton[index] ? 0 : value));
    this.echo = undefined;
    while (this._waiting.length > 0 && this._waiting[0].due <= this.tick) {
      const { seq, at, arrived, viewAge, values } = /** @type {Waiting} */ (this._waiting.shift());
      this.viewAge = viewAge;
      this._held = values.map((value, index) => (isButton[index] ? value | this._held[index] : value));
      const dueMs = (at === 0 ? this.tick : at) * TICK_MS;
      this.echo = { seq, applied: this.tick, slackMs: Math.trunc(dueMs) - Math.trunc(arrived) };
    }
    for (const [id, bullet] of this.bullets) {
      const next = flyBullet(bullet, 1 / TICK_HZ);
      if (next) this.bullets.set(id, { ...next, shot: bullet.shot });
      else this.bullets.delete(id);
    }
    const input = Object.fromEntries(SCHEMA.inputs.map(({ name }, index) => [name, this._held[index]]));
    const spawn = (/** @type {any} */ _kind, /** @type {any} */ key, /** @type {any} */ state) => {
      if (this.isJammed) return;
      // Carried forward at its birth, as far as its shooter sees others late.
      const ahead = this.viewAge / TICK_HZ;
      const carried = { ...state, x: state.x + state.vx * ahead, y: state.y + state.vy * ahead };
      this.bullets.set((this._nextId += 1), { ...carried, life: state.life - ahead, shot: key });
    };
    if (this.isAlive) this.body = stepBody(this.body, input, 1 / TICK_HZ, spawn, () => {});
    meddle?.(this.tick, this);
    this.states.set(this.tick, this.body);
  }

  /** What a frame tells. */
  scene() {
    /** @type {Map<number, any>} */
    const scene = new Map();
    if (this.isAlive) scene.set(BODY_ID, { id: BODY_ID, kind: 'body', player: PLAYER, ...this.body });
    for (const [id, bullet] of this.bullets) scene.set(id, { id, kind: 'bullet', player: PLAYER, ...bullet });
    return scene;
  }
}

/** A server, a network and a client. */
export class VirtualMatch {
  /**
   * @param {object} options
   * @param {Delay} options.up
   * @param {Delay} options.down
   * @param {any} [options.rules]
   * @param {(tick: number, server: Server) => void} [options.meddle] what the server does that no client
   *   can know
   * @param {Delay} [options.frameMs] time from one drawn frame to the next
   */
  constructor({ up, down, rules = STEP_RULES, meddle, frameMs = () => 1000 / 60 }) {
    this.now = 1000;
    /** Room time minus local time. */
    this.offsetMs = OFFSET_MS;
    /** When ticks are computed again, and whether nothing is heard until then either. */
    this._thawAt = Infinity;
    this._frozenMs = 0;
    this._isDeaf = false;
    /** Until when the page does nothing. */
    this._heldUntil = -Infinity;
    this.up = new Way(up);
    this.down = new Way(down);
    this.server = new Server();
    this.meddle = meddle;
    this.frameMs = frameMs;
    /** Called before each drawn frame, to steer; and after it, with what is shown. */
    this.steer = (/** @type {number} */ _now, /** @type {VirtualMatch} */ _match) => {};
    this.look = (/** @type {any[]} */ _shown, /** @type {number} */ _now) => {};
    /** Ticks from one frame to the next. */
    this.sendEvery = 1;
    /** What a frame has not told yet. @type {any} */
    this._echo = undefined;
    /** Whether the page is drawn. */
    this.isVisible = true;
    this.clock = new Clock();
    this.interpolation = new Interpolation();
    /** @type {Map<number, any>} */
    this.entities = new Map();
    /** @type {any[]} what happened, in order */
    this.effects = [];
    /** @type {any[]} */
    this.handovers = [];
    /** @type {any[]} */
    this.withdrawn = [];
    /** @type {any[]} inputs that were sent */
    this.sent = [];
    this.prediction = new Prediction(rules, this.entities, {
      send: (fields, at, viewAge) => this._send(fields, at, viewAge),
      effect: (effect) => void this.effects.push(effect),
      handover: (spawn) => void this.handovers.push({ ...spawn, now: this.now }),
      withdrawn: (spawn) => void this.withdrawn.push({ ...spawn, now: this.now }),
    });
    this._tickAt = this.now;
    this.server.tick = Math.floor((this.now + this.offsetMs) / TICK_MS);
    this._frameAt = this.now;
    this._pingAt = this.now;
    /** @type {Map<number, any>} scenes by tick, as the client knows them */
    this._scenes = new Map();
    this.connect();
  }

  /** A new connection, on which everything begins anew. */
  connect() {
    this.up.clear();
    this.down.clear();
    this.server.reset();
    this._seq = 0;
    this.entities.clear();
    this._scenes.clear();
    this.clock.start(TICK_HZ, this.now + this.offsetMs - this.down.delay(), this.now);
    this.interpolation.start(this.sendEvery * TICK_MS);
    this._pings = 0;
    this._pingAt = this.now;
    const welcome = { schema: SCHEMA, spectator: false, player: PLAYER, tickRateHz: TICK_HZ };
    this.prediction.start(/** @type {any} */ ({ welcome, msPerTick: TICK_MS, quietMs: Math.max(233, this.sendEvery * TICK_MS) }));
  }

  /** The newest frame's own state, as the client has it. */
  get told() {
    return this.entities.get(BODY_ID);
  }

  get report() {
    return /** @type {import('../../sdk/prediction/prediction-report.js').PredictionReport} */ (this.prediction.report);
  }

  /**
   * The room's ticks stall from now on. What is too much to be made up for the room leaves out: its clock
   * is set back.
   *
   * @param {number} ms
   * @param {{isDeaf: boolean}} how whether the whole server stands still, and takes and answers nothing
   */
  freeze(ms, { isDeaf }) {
    this._thawAt = this.now + ms;
    this._frozenMs = ms;
    this._isDeaf = isDeaf;
  }

  _thaw() {
    this._thawAt = Infinity;
    this.offsetMs -= this._frozenMs;
  }

  /** The page is held up, as by a long task: what comes meanwhile is taken in after it, at once. @param {number} ms */
  holdUp(ms) {
    this._heldUntil = this.now + ms;
  }

  /** Lets time pass. @param {number} ms */
  run(ms) {
    const end = this.now + ms;
    for (;;) {
      const isFrozen = this._thawAt < Infinity;
      const tickAt = isFrozen ? Infinity : (this.server.tick + 1) * TICK_MS - this.offsetMs;
      const upAt = isFrozen && this._isDeaf ? Infinity : this.up.nextAt;
      const downAt = Math.max(this.down.nextAt, this._heldUntil);
      const pingAt = Math.max(this._pingAt, this._heldUntil);
      const frameAt = Math.max(this._frameAt, this._heldUntil);
      const next = Math.min(tickAt, frameAt, pingAt, upAt, downAt, this._thawAt);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      if (this._thawAt === next) this._thaw();
      else if (upAt === next) this._arrive(this.up.take());
      else if (downAt === next) this._hear(this.down.take());
      else if (tickAt === next) this._tick();
      else if (pingAt === next) this._ping();
      else this._frame();
    }
    this.now = end;
  }

  /** @param {any} fields @param {number} at @param {number} viewAge */
  _send(fields, at, viewAge) {
    this._seq = (this._seq ?? 0) + 1;
    const input = { seq: this._seq, at, viewAge, values: inputValues(SCHEMA, fields) };
    this.sent.push({ ...input, now: this.now });
    this.up.send(this.now, { input });
    return this._seq;
  }

  _ping() {
    this._pings = (this._pings ?? 0) + 1;
    this._pingAt = this.now + (this._pings < 5 ? 150 : 1000);
    this.up.send(this.now, { ping: this.now });
  }

  /** @param {any} message */
  _arrive({ input, ping }) {
    const roomMs = this.now + this.offsetMs;
    if (ping !== undefined) this.down.send(this.now, { ping, roomMs });
    else if (this.server.push(input, roomMs)) this.down.send(this.now, { refused: input.seq });
  }

  _tick() {
    this.server.step(this.meddle);
    const { tick } = this.server;
    this._echo = this.server.echo ?? this._echo;
    if (tick % this.sendEvery !== 0) return;
    this.down.send(this.now, { tick, echo: this._echo, scene: this.server.scene() });
    this._echo = undefined;
  }

  /** @param {any} message */
  _hear({ ping, roomMs, refused, tick, echo, scene }) {
    if (ping !== undefined) this.clock.handlePong(ping, roomMs, this.now);
    else if (refused !== undefined) this.prediction.handleRefusal(refused);
    else this._handleFrame(tick, echo, scene);
  }

  /** @param {number} tick @param {any} echo @param {Map<number, any>} scene */
  _handleFrame(tick, echo, scene) {
    const changes = { entered: /** @type {any[]} */ ([]), updated: [], left: /** @type {any[]} */ ([]) };
    for (const [id, entity] of this.entities) {
      if (scene.has(id)) continue;
      this.entities.delete(id);
      changes.left.push(entity);
    }
    for (const [id, told] of scene) {
      const known = this.entities.get(id);
      if (known) Object.assign(known, told);
      else {
        this.entities.set(id, { ...told });
        changes.entered.push(this.entities.get(id));
      }
    }
    this._scenes.set(tick, scene);
    this.interpolation.handleArrival(tick * TICK_MS, this.now);
    this.prediction.handleFrame(tick, echo, changes, this.now);
  }

  _frame() {
    this._frameAt = this.now + this.frameMs();
    if (!this.isVisible) return;
    this.steer(this.now, this);
    const renderTick = this.interpolation.renderTimeMs(this.now) / TICK_MS;
    this.prediction.advance(this.now, this.clock, renderTick);
    const shown = this._interpolated(renderTick);
    this.prediction.show(shown, renderTick, this.now);
    this.look(shown, this.now);
  }

  /** @param {number} renderTick @returns {any[]} */
  _interpolated(renderTick) {
    const tick = Math.floor(renderTick);
    const [from, to] = [this._scenes.get(tick), this._scenes.get(tick + 1)];
    for (const old of this._scenes.keys()) if (old < tick - 30) this._scenes.delete(old);
    if (!from) return [];
    return [...from.values()].map((entity) => {
      const next = to?.get(entity.id) ?? entity;
      const share = renderTick - tick;
      return { ...entity, x: entity.x + (next.x - entity.x) * share, y: entity.y + (next.y - entity.y) * share };
    });
  }
}
