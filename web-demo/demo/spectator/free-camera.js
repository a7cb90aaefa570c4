/**
 * Where somebody who watches looks: after one player, or wherever they have moved the picture; and
 * how close. Pure arithmetic on world units and CSS pixels; spectator-input.js turns keys, drags and
 * pinches into calls.
 */

/** @typedef {import('../camera.js').Camera} Camera */
/** @typedef {import('../scene.js').Cast} Cast */
/** @typedef {import('../arena.js').World} World */

/** Speed of the picture under keys, in windows per second. */
const PAN_RATE = 0.9;
/** Change of size under keys, per second. */
const ZOOM_RATE = 2.2;
/** The closest, in multiples of a player's view; the farthest shows the world and a little more. */
const CLOSEST = 3;
const MARGIN = 1.1;
/** How far from a ship a tap still means it, in CSS pixels. */
const TAP_PX = 48;

export class FreeCamera {
  /** The player that is followed; `undefined` while the picture is moved by hand. @type {number | undefined} */
  followed = undefined;
  /** Held keys: -1 to 1 each; `zoom` is positive for closer. */
  keys = { x: 0, y: 0, zoom: 0 };

  /** Whether somebody was chosen, or the picture moved: until then anybody is followed. */
  #hasChosen = false;

  /** Starts anew: another room. @param {Camera} camera */
  start(camera) {
    this.followed = undefined;
    this.#hasChosen = false;
    camera.magnify(1);
  }

  /** Whoever was followed is not here any more: anybody is followed. A picture moved by hand stays. */
  lose() {
    if (this.followed === undefined) return;
    this.followed = undefined;
    this.#hasChosen = false;
  }

  /** @param {number} player */
  follow(player) {
    this.#hasChosen = true;
    this.followed = player;
  }

  /**
   * Follows the next of the ships in view, by player, or the one before.
   * @param {Cast} ships
   * @param {1 | -1} step
   */
  followNext(ships, step) {
    const players = [];
    for (let index = 0; index < ships.length; index += 1) players.push(ships.at(index).entity.player);
    players.sort((one, other) => one - other);
    if (players.length === 0) return;
    const current = this.followed;
    if (current === undefined) {
      this.follow(players[step > 0 ? 0 : players.length - 1]);
      return;
    }
    const later = step > 0 ? players.find((player) => player > current) : players.findLast((player) => player < current);
    this.follow(later ?? players[step > 0 ? 0 : players.length - 1]);
  }

  /**
   * Follows the ship at a place on the screen; false if there is none.
   * @param {number} x CSS pixels
   * @param {number} y
   * @param {Camera} camera
   * @param {Cast} ships
   */
  tap(x, y, camera, ships) {
    let nearest = TAP_PX;
    let player;
    for (let index = 0; index < ships.length; index += 1) {
      const { entity } = ships.at(index);
      const distance = Math.hypot(camera.screenX(entity.x) - x, camera.screenY(entity.y) - y);
      if (distance > nearest) continue;
      nearest = distance;
      player = entity.player;
    }
    if (player !== undefined) this.follow(player);
    return player !== undefined;
  }

  /**
   * Moves the picture by hand.
   * @param {number} dx CSS pixels that the picture moves by
   * @param {number} dy
   * @param {Camera} camera
   * @param {World} world
   */
  drag(dx, dy, camera, world) {
    if (dx === 0 && dy === 0) return;
    this.#hasChosen = true;
    this.followed = undefined;
    place(camera, world, camera.x - dx / camera.zoom, camera.y - dy / camera.zoom);
  }

  /**
   * Comes closer, or goes farther, and keeps what is at a place of the screen there.
   * @param {number} factor above 1 for closer
   * @param {number} x CSS pixels
   * @param {number} y
   * @param {Camera} camera
   * @param {World} world
   */
  zoom(factor, x, y, camera, world) {
    const before = camera.zoom;
    const farthest = Math.min(
      1, (camera.width / (world.width * MARGIN)) / (before / camera.closer),
      (camera.height / (world.height * MARGIN)) / (before / camera.closer),
    );
    camera.magnify(Math.min(CLOSEST, Math.max(farthest, camera.closer * factor)));
    if (this.followed !== undefined) return;
    const share = 1 / before - 1 / camera.zoom;
    place(camera, world, camera.x + (x - camera.width / 2) * share, camera.y + (y - camera.height / 2) * share);
  }

  /**
   * One frame.
   * @param {Camera} camera
   * @param {Cast} ships
   * @param {World} world
   * @param {{ x: number, y: number }} stick of a gamepad, -1 to 1
   * @param {number} seconds since the last one
   */
  update(camera, ships, world, stick, seconds) {
    const { keys } = this;
    const step = Math.min(camera.width, camera.height) * PAN_RATE * seconds;
    this.drag(-(keys.x + stick.x) * step, -(keys.y + stick.y) * step, camera, world);
    if (keys.zoom !== 0) this.zoom(ZOOM_RATE ** (keys.zoom * seconds), camera.width / 2, camera.height / 2, camera, world);
    if (!this.#hasChosen && ships.length > 0) {
      this.followed = ships.at(0).entity.player;
      this.#hasChosen = true;
    }
    for (let index = 0; index < ships.length; index += 1) {
      const { entity, track } = ships.at(index);
      if (entity.player !== this.followed) continue;
      camera.follow(entity.x, entity.y, track.vx, track.vy, seconds);
      return;
    }
    camera.rest(seconds);
  }
}

/**
 * Puts the middle of the picture to a place of the world.
 * @param {Camera} camera
 * @param {World} world
 * @param {number} x
 * @param {number} y
 */
function place(camera, world, x, y) {
  camera.place(Math.max(0, Math.min(world.width, x)), Math.max(0, Math.min(world.height, y)));
}
