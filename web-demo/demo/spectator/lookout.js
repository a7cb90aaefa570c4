/**
 * Tells the server what a spectator's camera sees, in rooms that nobody is sent all of. Seldom: a
 * server sends some way beyond the picture. It must not move the camera.
 */

/** Time between two messages, in milliseconds. */
const EVERY_MS = 250;
/** How far the picture moves before the server is told, as a share of a cell. */
const SHARE = 0.25;

/** @typedef {import('../../sdk/index.js').Area} Area */

export class Lookout {
  #toldAt = -Infinity;
  /** What the server was told last. @type {Area | undefined} */
  #told = undefined;

  /** Forgets what was told: there is another room. */
  clear() {
    this.#toldAt = -Infinity;
    this.#told = undefined;
  }

  /**
   * @param {import('../../sdk/index.js').Room} room
   * @param {import('../camera.js').Camera} camera
   * @param {import('../arena.js').World} world
   * @param {number} nowMs
   */
  update(room, { x, y, width, height, zoom }, world, nowMs) {
    const grid = room.welcome?.grid;
    if (!room.spectator || !grid || grid.columns * grid.rows === 1) return;
    if (nowMs - this.#toldAt < EVERY_MS) return;
    const seen = { x, y, width: width / zoom, height: height / zoom };
    const cell = Math.min(world.width / grid.columns, world.height / grid.rows);
    if (this.#told && distance(seen, this.#told) < SHARE * cell) return;
    if (!room.look(seen)) return;
    this.#told = seen;
    this.#toldAt = nowMs;
  }
}

/** The longest way that a side has gone. @param {Area} one @param {Area} other */
function distance(one, other) {
  const across = Math.abs(one.x - other.x) + Math.abs(one.width - other.width) / 2;
  const down = Math.abs(one.y - other.y) + Math.abs(one.height - other.height) / 2;
  return Math.max(across, down);
}
