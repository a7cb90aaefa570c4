/**
 * One-shot effects of predicted steps, such as a muzzle flash: each happens at once and once, however
 * often its tick is played again. An effect that a replay brings at another tick (its input came too
 * late, say) is the one that happened already, moved.
 *
 * @module
 */

/** @typedef {{name: string, tick: number, detail: any}} Effect */
/** @typedef {{name: string, tick: number, replay: number}} Fired */

/** Effects that are remembered, at most. */
const MOST_FIRED = 256;

/** The effects of one line of predicted ticks. */
export class Once {
  /** @param {(effect: Effect) => void} fire */
  constructor(fire) {
    this._fire = fire;
    /** Those whose ticks may be played again, or may have been wrong. @type {Fired[]} */
    this._fired = [];
    /** What a replay brings that has not happened at its tick. @type {Effect[]} */
    this._news = [];
    this._replay = 0;
  }

  /** Forgets all. */
  clear() {
    this._fired.length = 0;
    this._news.length = 0;
  }

  /**
   * An effect of a tick that is played for the first time.
   *
   * @param {string} name
   * @param {number} tick
   * @param {any} detail
   */
  happen(name, tick, detail) {
    if (this._find(name, tick)) return;
    this._remember(name, tick);
    this._fire({ name, tick, detail });
  }

  /** Ticks are about to be played again. */
  beginReplay() {
    this._replay += 1;
    this._news.length = 0;
  }

  /**
   * An effect of a tick that is played again.
   *
   * @param {string} name
   * @param {number} tick
   * @param {any} detail
   */
  happenAgain(name, tick, detail) {
    const fired = this._find(name, tick);
    if (fired) fired.replay = this._replay;
    else this._news.push({ name, tick, detail });
  }

  /** They have been played again: what is new happens now. */
  endReplay() {
    for (const { name, tick, detail } of this._news) {
      const moved = this._fired.find((old) => old.name === name && old.replay !== this._replay);
      if (moved) {
        moved.tick = tick;
        moved.replay = this._replay;
      } else {
        this.happen(name, tick, detail);
      }
    }
    this._news.length = 0;
  }

  /**
   * Up to a tick everything is as it is: what has happened in it does not move any more.
   *
   * @param {number} tick
   */
  settle(tick) {
    let kept = 0;
    for (const fired of this._fired) {
      if (fired.tick <= tick) continue;
      this._fired[kept] = fired;
      kept += 1;
    }
    this._fired.length = kept;
  }

  /** @param {string} name @param {number} tick */
  _find(name, tick) {
    return this._fired.find((fired) => fired.name === name && fired.tick === tick);
  }

  /** @param {string} name @param {number} tick */
  _remember(name, tick) {
    this._fired.push({ name, tick, replay: this._replay });
    if (this._fired.length > MOST_FIRED) this._fired.shift();
  }
}
