/**
 * Where a spectator looks: it drifts from ship to ship, a while with each; where there are none it
 * looks elsewhere, as a large world is not seen all at once. Pure; it must not draw.
 */
import { settled } from '../camera.js';

/** Time with one ship, and with one that has just gone, in seconds. */
const STAY_S = 9;
const MOURN_S = 1.6;
/** Time with a place where nobody is, in seconds: long enough to be told who is. */
const SEARCH_S = 3;
/** How fast it drifts, per second. */
const DRIFT = 0.7;

export class DriftingEye {
  x = 0;
  y = 0;
  /** The ship that is watched, by id. */
  #watched = -1;
  #leftS = 0;
  /** The place that is drifted to while there is no ship. @type {{ x: number, y: number }} */
  #place = { x: 0, y: 0 };
  /** @type {import('../arena.js').World} */
  #world = { width: 0, height: 0 };

  /**
   * Starts in the middle of a world.
   * @param {import('../arena.js').World} world
   */
  start(world) {
    this.#world = world;
    this.x = world.width / 2;
    this.y = world.height / 2;
    this.#place = { x: this.x, y: this.y };
    this.#watched = -1;
    this.#leftS = SEARCH_S;
  }

  /**
   * @param {import('../scene.js').Cast} ships
   * @param {number} seconds since the last call
   */
  move(ships, seconds) {
    this.#leftS -= seconds;
    let watched;
    for (let index = 0; index < ships.length; index += 1) {
      const { entity } = ships.at(index);
      if (entity.id === this.#watched) watched = entity;
    }
    if (!watched && ships.length > 0) {
      // At once when the first ones come into view, a little later when one has just gone.
      this.#leftS = this.#watched < 0 ? 0 : Math.min(this.#leftS, MOURN_S);
    }
    if (this.#leftS <= 0) watched = this.#choose(ships);
    if (watched) this.#place = { x: watched.x, y: watched.y };
    const share = settled(DRIFT, seconds);
    this.x += (this.#place.x - this.x) * share;
    this.y += (this.#place.y - this.y) * share;
  }

  /** @param {import('../scene.js').Cast} ships */
  #choose(ships) {
    if (ships.length === 0) {
      this.#watched = -1;
      this.#leftS = SEARCH_S;
      this.#place = { x: Math.random() * this.#world.width, y: Math.random() * this.#world.height };
      return undefined;
    }
    const { entity } = ships.at(Math.floor(Math.random() * ships.length));
    this.#watched = entity.id;
    this.#leftS = STAY_S;
    return entity;
  }
}
