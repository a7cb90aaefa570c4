/**
 * Drift, as `server/drift` has it: every player has a body, an input is its velocity, and that is
 * held until the next one. The world's edge stops bodies. Plus what every peer needs around it: its
 * flags, a tick that keeps its rate, the packed form of a room, and who is in whose view.
 */
import { parseArgs } from "node:util";

/** Ticks per second. */
export const TICK_HZ = 30;
/** Milliseconds of a tick. */
export const TICK_MS = 1000 / TICK_HZ;
/** What a player sees of a large world, in units. */
const VIEW = { width: 1920, height: 1080 };
/** Largest velocity per axis, in units per second. */
const MAX_SPEED = 127;
/** Sides of the squares that bodies are sorted into, in units: a view touches some 7 × 5 of them. */
const CELL = 320;
/** Fraction of the golden ratio: multiples of it spread evenly over a tick. */
const GOLDEN = 0.618033988749895;

/** @typedef {{ id: number, x: number, y: number, vx: number, vy: number }} Body */

const { values } = parseArgs({ options: { world: { type: "string", default: "4000x4000" } } });
const [width, height] = values.world.split("x").map(Number);
/** Sides of the world, in units: `--world WIDTHxHEIGHT`. */
export const WORLD = { width, height };

/** Says where the server listens, for whoever started it. */
export const announce = (/** @type {number} */ port) => console.log(`listening ${port}`);

/** A body somewhere in the world, at rest. */
export const place = (/** @type {{ x: number, y: number }} */ body) => {
  body.x = Math.random() * WORLD.width;
  body.y = Math.random() * WORLD.height;
};

const clamp = (/** @type {number} */ value, /** @type {number} */ least, /** @type {number} */ most) =>
  Math.min(Math.max(value, least), most);

/** Moves a body by a tick. */
export const advance = (/** @type {{ x: number, y: number }} */ body, /** @type {number} */ vx, /** @type {number} */ vy) => {
  body.x = clamp(body.x + vx / TICK_HZ, 0, WORLD.width);
  body.y = clamp(body.y + vy / TICK_HZ, 0, WORLD.height);
};

/** An input's velocity on an axis, as far as it is allowed; nothing that a client sends is trusted. */
export const speed = (/** @type {unknown} */ value) => clamp(Number(value) || 0, -MAX_SPEED, MAX_SPEED);

/** A room of players. */
export class Room {
  /** @type {Body[]} */
  bodies = [];
  #newest = 0;

  /** Adds a player's body. */
  join() {
    const body = { id: ++this.#newest, x: 0, y: 0, vx: 0, vy: 0 };
    place(body);
    this.bodies.push(body);
    return body;
  }

  leave(/** @type {Body} */ body) {
    this.bodies.splice(this.bodies.indexOf(body), 1);
  }

  step() {
    for (const body of this.bodies) advance(body, body.vx, body.vy);
  }
}

/** Applies an input. */
export const steer = (/** @type {Body} */ body, /** @type {unknown} */ vx, /** @type {unknown} */ vy) => {
  body.vx = speed(vx);
  body.vy = speed(vy);
};

/**
 * Calls back once per tick, at absolute deadlines: what one tick is late does not delay the next, as
 * it does with `setInterval`. Rooms tick out of step, so that they do not all send at once.
 */
export const everyTick = (/** @type {number} */ room, /** @type {() => void} */ tick) => {
  let due = performance.now() + ((room * GOLDEN) % 1) * TICK_MS;
  const wait = () => setTimeout(run, due - performance.now());
  const run = () => {
    tick();
    // Where ticks take too long, those that were missed are left out.
    due = Math.max(due + TICK_MS, performance.now());
    wait();
  };
  wait();
};

/** Bytes of a body in the packed form: its number, x and y, 16 bits each. */
export const PACKED_BYTES = 6;

/** Bodies as they are sent in binary: the world's sides are cut into 65,535 steps. */
export const pack = (/** @type {Body[]} */ bodies) => {
  const packed = Buffer.allocUnsafe(bodies.length * PACKED_BYTES);
  let at = 0;
  for (const { id, x, y } of bodies) {
    at = packed.writeUInt16LE(id, at);
    at = packed.writeUInt16LE((x / WORLD.width) * 65535, at);
    at = packed.writeUInt16LE((y / WORLD.height) * 65535, at);
  }
  return packed;
};

/**
 * Bodies by squares of the world, so that a view is found without looking at everybody.
 * @template {{ x: number, y: number }} T
 */
export class Cells {
  #columns = Math.floor(WORLD.width / CELL) + 1;
  /** @type {T[][]} */
  #cells = Array.from({ length: this.#columns * (Math.floor(WORLD.height / CELL) + 1) }, () => []);

  /** Sorts bodies in, and forgets those of before. */
  fill(/** @type {Iterable<T>} */ bodies) {
    for (const cell of this.#cells) cell.length = 0;
    for (const body of bodies) {
      this.#cells[Math.floor(body.y / CELL) * this.#columns + Math.floor(body.x / CELL)].push(body);
    }
  }

  /** Everybody whom a view around a place shows. @returns {T[]} */
  around(/** @type {{ x: number, y: number }} */ { x, y }) {
    const [left, right] = [x - VIEW.width / 2, x + VIEW.width / 2];
    const [top, bottom] = [y - VIEW.height / 2, y + VIEW.height / 2];
    const cell = (/** @type {number} */ at, /** @type {number} */ side) => Math.floor(clamp(at, 0, side) / CELL);
    const seen = [];
    for (let row = cell(top, WORLD.height); row <= cell(bottom, WORLD.height); row++) {
      for (let column = cell(left, WORLD.width); column <= cell(right, WORLD.width); column++) {
        for (const body of this.#cells[row * this.#columns + column]) {
          const across = body.x >= left && body.x <= right;
          if (across && body.y >= top && body.y <= bottom) seen.push(body);
        }
      }
    }
    return seen;
  }
}
