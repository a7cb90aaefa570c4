/**
 * Runs a recording on the server. Of the places that somebody drags the bar over, the newest is asked for as soon
 * as the one before has been answered; the rest are left out. It must not touch the page.
 */

/** Speeds, in multiples of the recorded one. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
/** Most ticks that are stepped at once. */
const MOST_STEPS = 240;
/** Bits of the state's `flags`. */
export const PAUSED = 1;
export const SEEKING = 2;
export const BROKEN = 4;

/**
 * How a recording runs, as the server says in an entity of the kind `replay`.
 * @typedef {object} ReplayState
 * @property {number} tick from the first one
 * @property {number} length in ticks
 * @property {number} speed
 * @property {number} flags
 */
/** @typedef {(name: string, params: Record<string, number>) => Promise<unknown>} Ask asks the room */

export class Remote {
  /** Called with why something was not done. */
  onRefused = (/** @type {string} */ _reason) => {};

  /** The place that is to be asked for next. @type {number | undefined} */
  #next = undefined;
  /** The place that was asked for, until it is answered. @type {number | undefined} */
  #asked = undefined;

  /** Ticks that are to be stepped next. */
  #steps = 0;
  #isStepping = false;

  /** @param {Ask} ask */
  constructor(ask) {
    this.ask = ask;
  }

  /** Where it is about to be; `undefined` while it goes its way. */
  get target() {
    return this.#next ?? this.#asked;
  }

  /** @param {number} speed */
  play(speed) {
    void this.#say('replay_play', { speed });
  }

  pause() {
    void this.#say('replay_pause', {});
  }

  /** One after the other: what comes meanwhile is gathered. @param {number} ticks */
  step(ticks) {
    this.#steps += ticks;
    if (!this.#isStepping) void this.#stepOn();
  }

  /** @param {number} tick */
  seek(tick) {
    this.#next = Math.max(0, Math.round(tick));
    if (this.#asked === undefined) void this.#seekOn();
  }

  async #stepOn() {
    this.#isStepping = true;
    while (this.#steps !== 0) {
      const ticks = Math.min(MOST_STEPS, Math.max(-MOST_STEPS, this.#steps));
      this.#steps -= ticks;
      if (!(await this.#say('replay_step', { ticks }))) this.#steps = 0;
    }
    this.#isStepping = false;
  }

  async #seekOn() {
    while (this.#next !== undefined) {
      this.#asked = this.#next;
      this.#next = undefined;
      if (!(await this.#say('replay_seek', { tick: this.#asked }))) this.#next = undefined;
    }
    this.#asked = undefined;
  }

  /** @param {string} name @param {Record<string, number>} params @returns {Promise<boolean>} whether it was done */
  async #say(name, params) {
    try {
      await this.ask(name, params);
      return true;
    } catch (error) {
      this.onRefused(error instanceof Error ? error.message : String(error));
      return false;
    }
  }
}

/**
 * The speed next to one.
 * @param {number} speed
 * @param {1 | -1} way
 */
export function speedBeside(speed, way) {
  const at = SPEEDS.findIndex((known) => known >= speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + way))] ?? 1;
}
