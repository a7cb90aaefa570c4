/**
 * Where a spectator looks: it drifts from ship to ship, a while with each. Pure; it must not draw.
 */
import { settled } from './camera.js';

/** Time with one ship, and with one that has just gone, in seconds. */
const STAY_S = 9;
const MOURN_S = 1.6;
/** How fast it drifts, per second. */
const DRIFT = 0.7;

export class SpectatorEye {
  x = 0;
  y = 0;
  /** The ship that is watched, by id. */
  #watched = -1;
  #leftS = 0;

  /**
   * Starts in the middle of a world.
   * @param {import('./arena.js').World} world
   */
  start({ width, height }) {
    this.x = width / 2;
    this.y = height / 2;
    this.#leftS = 0;
  }

  /**
   * @param {import('./scene.js').Cast} ships
   * @param {number} seconds since the last call
   */
  move(ships, seconds) {
    this.#leftS -= seconds;
    let watched;
    for (let index = 0; index < ships.length; index += 1) {
      const { entity } = ships.at(index);
      if (entity.id === this.#watched) watched = entity;
    }
    if (!watched) this.#leftS = Math.min(this.#leftS, MOURN_S);
    if (this.#leftS <= 0 && ships.length > 0) {
      watched = ships.at(Math.floor(Math.random() * ships.length)).entity;
      this.#watched = watched.id;
      this.#leftS = STAY_S;
    }
    if (!watched) return;
    const share = settled(DRIFT, seconds);
    this.x += (watched.x - this.x) * share;
    this.y += (watched.y - this.y) * share;
  }
}
