/**
 * How a ship of the arena moves, written after the prose of `server/arena/src/ship.rs` and
 * `sine.rs` alone: what a browser needs to predict its own ship. Every operation rounds to f32.
 *
 * @module
 */

const f = Math.fround;

const SHIP_RADIUS = 16;
const TURN_RATE = 344;
const THRUST = 480;
const DRAG = f(0.6);
const SOFT_LIMIT = 365;
const EXCESS_DRAG = 4;
const DASH_IMPULSE = 450;
const WALL_BOUNCE = 0.5;
const ROCK_BOUNCE = f(0.6);

/** @typedef {{x: number, y: number, vx: number, vy: number, angle: number}} Motion */

/** Sines of a quarter turn, in units of 2⁻¹⁴. */
export const QUARTER_WAVE = Array.from({ length: 257 }, (_, index) => {
  const x = (index * 3.141592653589793) / 512;
  let term = x;
  let sum = x;
  for (let k = 1; k <= 8; k += 1) {
    term = 0 - (term * x * x) / (2 * k * (2 * k + 1));
    sum += term;
  }
  return Math.floor(sum * 16384 + 0.5);
});

/** @param {number} angle 0 to 65535 */
function sine(angle) {
  const index = angle >> 6;
  const rest = index & 255;
  const quarter = index >> 8;
  const value = QUARTER_WAVE[quarter % 2 === 0 ? rest : 256 - rest] / 16384;
  return quarter < 2 ? value : -value;
}

/** @param {number} ax @param {number} ay @param {number} bx @param {number} by */
function dot(ax, ay, bx, by) {
  return f(f(ax * bx) + f(ay * by));
}

/**
 * Moves a ship by a tick through empty space.
 *
 * @param {Motion} ship
 * @param {{thrust: boolean, turn: number, dash: boolean}} steering
 * @param {number} dt seconds, an f32
 */
export function stepShip(ship, { thrust, turn, dash }, dt) {
  ship.angle = (ship.angle + Math.trunc(f(f(turn * TURN_RATE) * dt))) & 0xffff;
  const hx = sine((ship.angle + 16384) & 0xffff);
  const hy = sine(ship.angle);
  const push = (/** @type {number} */ strength) => {
    ship.vx = f(ship.vx + f(hx * strength));
    ship.vy = f(ship.vy + f(hy * strength));
  };
  if (thrust) push(f(THRUST * dt));
  if (dash) push(DASH_IMPULSE);
  scale(ship, Math.max(f(1 - f(DRAG * dt)), 0));
  const speed = f(Math.sqrt(dot(ship.vx, ship.vy, ship.vx, ship.vy)));
  if (speed > SOFT_LIMIT) {
    const kept = Math.max(f(1 - f(EXCESS_DRAG * dt)), 0);
    scale(ship, f(f(SOFT_LIMIT + f(f(speed - SOFT_LIMIT) * kept)) / speed));
  }
  ship.x = f(ship.x + f(ship.vx * dt));
  ship.y = f(ship.y + f(ship.vy * dt));
}

/** @param {Motion} ship @param {number} factor */
function scale(ship, factor) {
  ship.vx = f(ship.vx * factor);
  ship.vy = f(ship.vy * factor);
}

/**
 * Keeps a ship within a world.
 *
 * @param {Motion} ship
 * @param {[number, number]} world
 */
export function bounceOffWalls(ship, [width, height]) {
  [ship.x, ship.vx] = bounced(ship.x, ship.vx, f(width - SHIP_RADIUS));
  [ship.y, ship.vy] = bounced(ship.y, ship.vy, f(height - SHIP_RADIUS));
}

/** @param {number} place @param {number} velocity @param {number} last */
function bounced(place, velocity, last) {
  const back = f(0 - f(velocity * WALL_BOUNCE));
  if (place < SHIP_RADIUS) return [SHIP_RADIUS, velocity < 0 ? back : velocity];
  if (place > last) return [last, velocity > 0 ? back : velocity];
  return [place, velocity];
}

/**
 * Keeps a ship out of an asteroid.
 *
 * @param {Motion} ship
 * @param {[number, number]} center
 * @param {number} radius
 * @returns {number} how fast it ran into it
 */
export function bounceOffRock(ship, [cx, cy], radius) {
  const ox = f(ship.x - cx);
  const oy = f(ship.y - cy);
  const squared = dot(ox, oy, ox, oy);
  const reach = f(radius + SHIP_RADIUS);
  if (squared >= f(reach * reach)) return 0;
  const distance = f(Math.sqrt(squared));
  const [nx, ny] = distance > 0 ? [f(ox / distance), f(oy / distance)] : [1, 0];
  ship.x = f(cx + f(nx * reach));
  ship.y = f(cy + f(ny * reach));
  const approach = f(0 - dot(ship.vx, ship.vy, nx, ny));
  if (approach <= 0) return 0;
  const strength = f(approach * f(1 + ROCK_BOUNCE));
  ship.vx = f(ship.vx + f(nx * strength));
  ship.vy = f(ship.vy + f(ny * strength));
  return approach;
}
