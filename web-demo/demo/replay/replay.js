/**
 * A recording on this screen: from keys and the bar to the server, and from the room's state to the bar. It is
 * there while the room shows a recording, and does nothing otherwise.
 */
import { ReplayBar } from './bar.js';
import { replayKey } from './keys.js';
import { isForField } from '../hud/page.js';
import { ask, marksIn } from './listing.js';
import { PAUSED, Remote, SEEKING, speedBeside } from './remote.js';
import { markersOf, nextMark } from './timeline.js';

/** @typedef {import('../../sdk/index.js').Room} Room */
/** @typedef {import('./remote.js').ReplayState} ReplayState */

/** How far arrows go, in seconds. */
const LEAP_S = 5;
/** For how long after going elsewhere what comes and goes is unseen, in milliseconds. */
const QUIET_MS = 500;

export class Replay {
  /** The room, while it shows a recording. @type {Room | undefined} */
  room = undefined;

  /** How it runs, in the newest state. @type {ReplayState | undefined} */
  #state = undefined;
  /** The room of that state. @type {string | undefined} */
  #place = undefined;
  /** The speed at which it goes on. */
  #speed = 1;
  /** The speed that was asked for, until the server has it. @type {number | undefined} */
  #wanted = undefined;
  /** Where it was told to go, until it is there. @type {number | undefined} */
  #aim = undefined;
  /** @type {import('./timeline.js').Marker[]} */
  #markers = [];
  /** What happened when, before the length is known. @type {import('./listing.js').Mark[] | undefined} */
  #marks = undefined;
  #quietUntil = -Infinity;
  /** Whether somebody has gone elsewhere while it stood: from then on the newest state is shown at once. */
  #isLeafing = false;
  #remote = new Remote((name, params) => this.room?.request(name, params) ?? Promise.resolve());

  /**
   * @param {HTMLElement} bar
   * @param {string} server its address
   * @param {import('../game.js').Game} game
   */
  constructor(bar, server, game) {
    this.server = server;
    this.game = game;
    this.bar = new ReplayBar(bar);
    this.bar.onToggle = () => this.#do('toggle');
    this.bar.onSeek = (tick) => this.seek(tick);
    this.bar.onStep = (ticks) => this.#do(ticks > 0 ? 'tickAhead' : 'tickBack');
    this.bar.onSpeed = (speed) => this.#hurry(speed);
    this.#remote.onRefused = (reason) => {
      this.#wanted = undefined;
      game.hud.notices.say(reason, performance.now());
    };
    window.addEventListener('keydown', (event) => this.#press(event));
  }

  /** Whether a key is the recording's. @type {(event: KeyboardEvent) => boolean} */
  takes = (event) => this.room !== undefined && replayKey(event) !== undefined;

  /**
   * Another room is the one that one is in.
   * @param {Room} room
   * @param {string | undefined} name of the recording, where it is known
   */
  enter(room, name) {
    const isScreening = showsRecording(room);
    this.room = isScreening ? room : undefined;
    this.#rest();
    this.#state = undefined;
    this.#marks = undefined;
    this.#markers = [];
    this.bar.show(isScreening);
    if (isScreening && name !== undefined) void this.#askForMarks(room, name);
  }

  /** The room is left. */
  leave() {
    this.room = undefined;
    this.#rest();
    this.bar.show(false);
  }

  /** @param {number} tick */
  seek(tick) {
    this.#elsewhere();
    this.#aim = Math.max(0, Math.round(Math.min(tick, this.#state?.length ?? tick)));
    this.#remote.seek(this.#aim);
  }

  /** One frame. @param {number} nowMs */
  update(nowMs) {
    const { room } = this;
    if (!room) return;
    // Where the recording's room was gone, one may be in a match now.
    if (room.roomId !== this.#place && room.schema && !showsRecording(room)) {
      this.leave();
      return;
    }
    this.game.scene.isQuiet = nowMs < this.#quietUntil;
    const state = stateOf(room);
    if (!state) return;
    if (this.#state && room.roomId !== this.#place) this.#goOn(this.#state);
    this.#place = room.roomId;
    this.#state = state;
    if (state.speed === this.#wanted) this.#wanted = undefined;
    this.#speed = this.#wanted ?? state.speed;
    if ((state.flags & PAUSED) === 0) this.#isLeafing = false;
    if ((state.flags & SEEKING) === 0 && this.#remote.target === undefined) this.#aim = undefined;
    this.game.scene.isNewest = this.#isLeafing;
    if (this.#marks) {
      this.#markers = markersOf(this.#marks, state.length, this.#rate);
      this.#marks = undefined;
      this.bar.mark(this.#markers);
    }
    this.bar.update(state, this.#aim, this.#speed, this.#rate);
  }

  get #rate() {
    return this.room?.welcome?.tickRateHz ?? 30;
  }

  /** @param {Room} room @param {string} name */
  async #askForMarks(room, name) {
    try {
      const marks = marksIn(await ask(this.server, name));
      if (this.room === room) this.#marks = marks;
    } catch {
      // The bar does without them.
    }
  }

  /** The server has lost the room: the same recording goes on in another one, as it was. @param {ReplayState} before */
  #goOn(before) {
    this.seek(this.#aim ?? before.tick);
    if ((before.flags & PAUSED) !== 0) this.#remote.pause();
    else this.#remote.play(this.#speed);
  }

  #rest() {
    this.#wanted = undefined;
    this.#aim = undefined;
    this.#isLeafing = false;
    this.game.scene.isQuiet = false;
    this.game.scene.isNewest = false;
  }

  #elsewhere() {
    this.#isLeafing = this.#state !== undefined && (this.#state.flags & PAUSED) !== 0;
    this.#quietUntil = performance.now() + QUIET_MS;
    this.game.hud.feed.clear();
  }

  /** @param {number} speed */
  #hurry(speed) {
    this.#speed = speed;
    this.#wanted = speed;
    if (this.#state && (this.#state.flags & PAUSED) === 0) this.#remote.play(speed);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { target, key } = event;
    const wanted = this.takes(event) ? replayKey(event) : undefined;
    if (!wanted || target instanceof HTMLSelectElement) return;
    if (target !== this.bar.range && isForField(target, key)) return;
    if (event.repeat && wanted === 'toggle') return event.preventDefault();
    const isPressed = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
    if (isPressed && key === ' ') return;
    event.preventDefault();
    this.#do(wanted);
  }

  /** @param {import('./keys.js').ReplayKey} wanted */
  #do(wanted) {
    const state = this.#state;
    if (!state) return;
    const at = this.#aim ?? state.tick;
    const isPaused = (state.flags & PAUSED) !== 0;
    const recording = { length: state.length, rate: this.#rate, isPaused };
    switch (wanted) {
      case 'toggle':
        if (isPaused) this.#remote.play(this.#speed);
        else this.#remote.pause();
        break;
      case 'tickBack':
      case 'tickAhead':
        this.#elsewhere();
        this.#remote.step(wanted === 'tickAhead' ? 1 : -1);
        break;
      case 'back':
      case 'ahead':
        this.seek(at + (wanted === 'ahead' ? 1 : -1) * LEAP_S * recording.rate);
        break;
      case 'markBefore':
      case 'markAfter':
        this.seek(nextMark(this.#markers, at, wanted === 'markAfter' ? 1 : -1, recording));
        break;
      case 'slower':
      case 'faster':
        this.#hurry(speedBeside(this.#speed, wanted === 'faster' ? 1 : -1));
        break;
      case 'begin':
      case 'end':
        this.seek(wanted === 'end' ? state.length : 0);
        break;
      default:
    }
  }
}

/** @param {Room} room */
function showsRecording(room) {
  return room.schema?.entities.some((kind) => kind.name === 'replay') ?? false;
}

/**
 * How the recording of a room runs.
 * @param {Room} room
 * @returns {ReplayState | undefined}
 */
function stateOf(room) {
  for (const entity of room.entities.values()) {
    if (entity.kind !== 'replay') continue;
    const { tick, length, speed, flags } = entity;
    return { tick, length, speed, flags };
  }
  return undefined;
}
