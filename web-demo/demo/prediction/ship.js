/**
 * A tick of the player's own ship, as the server computes it: written after the prose of
 * `server/arena/src/ship.rs`, `pace.rs` and `sine.rs`. Every operation rounds to f32, and what a tick
 * leaves lies on the grid that the helm tells of, so from a helm the result is exact to the last bit.
 * Pure: it knows neither the room nor the screen. Hits and pickups are the server's business.
 *
 * @module
 */

const f = Math.fround;

const SHIP_RADIUS = 16;
const MAX_TURN = 127;
const TURN_RATE = 344;
const THRUST = 480;
const DRAG = f(0.6);
const SOFT_LIMIT = 365;
const EXCESS_DRAG = 4;
const DASH_IMPULSE = 450;
const WALL_BOUNCE = 0.5;
const ROCK_BOUNCE = f(0.6);

const FULL_ENERGY = 100;
const REGENERATION = 4;
const DASH_COST = 15;
const DASH_MINIMUM = 25;
const DASH_COOLDOWN = 1.5;
const PROTECTION = 2;
const HARD_IMPACT = 200;
const IMPACT_DAMAGE = f(0.05);
const MAX_IMPACT_DAMAGE = 15;

const GUN_COOLDOWN = f(0.18);
const BULLET_SPEED = 900;
const MUZZLE = 20;

/** Steps of a unit on the grid. */
const STEPS = 64;
const FULL_TURN = 65_536;

/**
 * All that a ship's next tick goes by.
 *
 * @typedef {object} ShipState
 * @property {number} x
 * @property {number} y
 * @property {number} vx world units per second
 * @property {number} vy
 * @property {number} angle its heading, 0 to 65535 for a full turn, 0 along x, growing towards y
 * @property {number} energy 0 to 100
 * @property {number} gunWait ticks until the gun is ready
 * @property {number} dashWait ticks until a dash is possible
 * @property {number} protection ticks for which it cannot be hurt
 * @property {number} shots the number of its newest shot, 0 to 255, wrapping
 */
/**
 * What a player does, by the names of the game's inputs; what is not there is 0.
 *
 * @typedef {{[field: string]: number | boolean}} Controls
 */
/** @typedef {{x: number, y: number, radius: number}} Rock */
/**
 * What surrounds the ship.
 *
 * @typedef {object} Field
 * @property {number} dt seconds per tick: a whole one, as the room has it
 * @property {[number, number]} world its width and height
 * @property {Iterable<Rock>} rocks the asteroids near by, or all of them
 */
/**
 * Rates and waits of ticks of one length.
 *
 * @typedef {object} Pace
 * @property {number} regeneration energy per tick
 * @property {number} gunCooldown ticks
 * @property {number} dashCooldown ticks
 * @property {number} protection ticks
 */
/**
 * The entity that tells a player of their own ship, with the properties that the SDK gives it.
 *
 * @typedef {object} Helm
 * @property {number} x
 * @property {number} y
 * @property {number} velocityX
 * @property {number} velocityY
 * @property {number} angle in radians
 * @property {number} gaugesX energy
 * @property {number} gaugesY the gun's wait
 * @property {number} gaugesZ the wait for a dash
 * @property {number} protection
 * @property {number} shots
 */
/** @typedef {{x: number, y: number, vx: number, vy: number}} Bullet */

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

/**
 * The state that a helm tells of.
 *
 * @param {Helm} helm
 * @returns {ShipState}
 */
export function readHelm(helm) {
  return {
    x: helm.x,
    y: helm.y,
    vx: helm.velocityX,
    vy: helm.velocityY,
    angle: Math.round((helm.angle / (2 * Math.PI)) * FULL_TURN) & (FULL_TURN - 1),
    energy: helm.gaugesX,
    gunWait: helm.gaugesY,
    dashWait: helm.gaugesZ,
    protection: helm.protection,
    shots: helm.shots,
  };
}

/**
 * A heading in radians, as entities have it.
 *
 * @param {ShipState} ship
 */
export function headingOf(ship) {
  return (ship.angle / FULL_TURN) * 2 * Math.PI;
}

/**
 * The ship a tick later. It has fired if its `shots` have changed.
 *
 * @param {Readonly<ShipState>} before
 * @param {Controls} controls
 * @param {Field} field
 * @returns {ShipState}
 */
export function stepShip(before, controls, { dt: seconds, world, rocks }) {
  const dt = f(seconds);
  const pace = paceOf(dt);
  const ship = { ...before };
  ship.energy = Math.min(f(ship.energy + pace.regeneration), FULL_ENERGY);
  ship.gunWait = Math.max(ship.gunWait - 1, -1);
  ship.dashWait = Math.max(ship.dashWait - 1, 0);
  ship.protection = Math.max(ship.protection - 1, 0);
  const dashes = Number(controls.dash ?? 0) > 0 && ship.dashWait === 0 && ship.energy >= DASH_MINIMUM;
  if (dashes) {
    ship.energy -= DASH_COST;
    ship.dashWait = pace.dashCooldown;
  }
  // As the wire has it.
  const turn = Math.max(-MAX_TURN, Math.min(MAX_TURN, Math.round(Number(controls.turn ?? 0))));
  steer(ship, turn, Number(controls.thrust ?? 0) > 0, dashes, dt);
  bounceOffWalls(ship, world);
  bounceOffRocks(ship, rocks);
  ship.x = nearest(ship.x);
  ship.y = nearest(ship.y);
  ship.vx = towardsZero(ship.vx);
  ship.vy = towardsZero(ship.vy);
  if (Number(controls.fire ?? 0) > 0 && ship.gunWait <= 0) {
    ship.gunWait += pace.gunCooldown;
    ship.protection = 0;
    ship.shots = (ship.shots + 1) & 0xff;
  }
  return ship;
}

/**
 * The bullet of a ship that has just fired.
 *
 * @param {ShipState} ship
 * @returns {Bullet}
 */
export function shotOf(ship) {
  const hx = cosine(ship.angle);
  const hy = sine(ship.angle);
  return {
    x: f(ship.x + f(hx * MUZZLE)),
    y: f(ship.y + f(hy * MUZZLE)),
    vx: f(ship.vx + f(hx * BULLET_SPEED)),
    vy: f(ship.vy + f(hy * BULLET_SPEED)),
  };
}

/**
 * The bullet a while later, through empty space.
 *
 * @param {Readonly<Bullet>} bullet
 * @param {number} dt seconds
 * @returns {Bullet}
 */
export function stepBullet({ x, y, vx, vy }, dt) {
  const seconds = f(dt);
  return { x: f(x + f(vx * seconds)), y: f(y + f(vy * seconds)), vx, vy };
}

/**
 * How far two states of a ship are apart, in world units: 0 only where they are equal. What differs in
 * waits and energy alone counts as a step of the grid.
 *
 * @param {Readonly<ShipState>} one
 * @param {Readonly<ShipState>} other
 */
export function distanceOf(one, other) {
  const apart = Math.hypot(one.x - other.x, one.y - other.y);
  if (apart > 0) return apart;
  const keys = /** @type {(keyof ShipState)[]} */ (Object.keys(one));
  return keys.every((key) => one[key] === other[key]) ? 0 : 1 / STEPS;
}

/** @type {Map<number, Pace>} */
const paces = new Map();

/**
 * What is meant in seconds, in ticks of so many.
 *
 * @param {number} dt an f32
 * @returns {Pace}
 */
export function paceOf(dt) {
  const known = paces.get(dt);
  if (known) return known;
  const ticks = (/** @type {number} */ seconds) => Math.floor(f(f(seconds / dt) + 0.5));
  const pace = {
    regeneration: nearest(f(REGENERATION * dt)),
    gunCooldown: nearest(f(GUN_COOLDOWN / dt)),
    dashCooldown: ticks(DASH_COOLDOWN),
    protection: ticks(PROTECTION),
  };
  paces.set(dt, pace);
  return pace;
}

/** @param {number} number */
function nearest(number) {
  return Math.floor(f(f(number * STEPS) + 0.5)) / STEPS;
}

/** @param {number} number */
function towardsZero(number) {
  return Math.trunc(f(number * STEPS)) / STEPS + 0;
}

/** @param {number} angle 0 to 65535 */
function sine(angle) {
  const index = angle >> 6;
  const rest = index & 255;
  const quarter = index >> 8;
  const value = QUARTER_WAVE[quarter % 2 === 0 ? rest : 256 - rest] / 16384;
  return quarter < 2 ? value : -value;
}

/** @param {number} angle 0 to 65535 */
function cosine(angle) {
  return sine((angle + FULL_TURN / 4) & (FULL_TURN - 1));
}

/** @param {number} ax @param {number} ay @param {number} bx @param {number} by */
function dot(ax, ay, bx, by) {
  return f(f(ax * bx) + f(ay * by));
}

/**
 * Moves a ship by a tick through empty space.
 *
 * @param {ShipState} ship
 * @param {number} turn −127 to 127
 * @param {boolean} thrusts
 * @param {boolean} dashes
 * @param {number} dt an f32
 */
function steer(ship, turn, thrusts, dashes, dt) {
  ship.angle = (ship.angle + Math.trunc(f(f(turn * TURN_RATE) * dt))) & (FULL_TURN - 1);
  const hx = cosine(ship.angle);
  const hy = sine(ship.angle);
  if (thrusts) push(ship, hx, hy, f(THRUST * dt));
  if (dashes) push(ship, hx, hy, DASH_IMPULSE);
  scale(ship, Math.max(f(1 - f(DRAG * dt)), 0));
  const speed = f(Math.sqrt(dot(ship.vx, ship.vy, ship.vx, ship.vy)));
  if (speed > SOFT_LIMIT) {
    const kept = Math.max(f(1 - f(EXCESS_DRAG * dt)), 0);
    scale(ship, f(f(SOFT_LIMIT + f(f(speed - SOFT_LIMIT) * kept)) / speed));
  }
  ship.x = f(ship.x + f(ship.vx * dt));
  ship.y = f(ship.y + f(ship.vy * dt));
}

/** @param {ShipState} ship @param {number} nx @param {number} ny @param {number} strength */
function push(ship, nx, ny, strength) {
  ship.vx = f(ship.vx + f(nx * strength));
  ship.vy = f(ship.vy + f(ny * strength));
}

/** @param {ShipState} ship @param {number} factor */
function scale(ship, factor) {
  ship.vx = f(ship.vx * factor);
  ship.vy = f(ship.vy * factor);
}

/** @param {ShipState} ship @param {[number, number]} world */
function bounceOffWalls(ship, [width, height]) {
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
 * Keeps a ship out of the one asteroid that it touches; a hard impact hurts.
 *
 * @param {ShipState} ship
 * @param {Iterable<Rock>} rocks
 */
function bounceOffRocks(ship, rocks) {
  for (const rock of rocks) {
    const impact = bounceOffRock(ship, rock);
    if (impact === undefined) continue;
    if (impact > HARD_IMPACT && ship.protection === 0) {
      const damage = Math.min(f(f(impact - HARD_IMPACT) * IMPACT_DAMAGE), MAX_IMPACT_DAMAGE);
      ship.energy = Math.max(ship.energy - nearest(damage), Math.min(1, ship.energy));
    }
    return;
  }
}

/**
 * @param {ShipState} ship
 * @param {Rock} rock
 * @returns {number | undefined} how fast it ran into it; undefined if it does not touch it
 */
function bounceOffRock(ship, { x, y, radius }) {
  const ox = f(ship.x - x);
  const oy = f(ship.y - y);
  const squared = dot(ox, oy, ox, oy);
  const reach = f(radius + SHIP_RADIUS);
  if (squared >= f(reach * reach)) return undefined;
  const distance = f(Math.sqrt(squared));
  const [nx, ny] = distance > 0 ? [f(ox / distance), f(oy / distance)] : [1, 0];
  ship.x = f(x + f(nx * reach));
  ship.y = f(y + f(ny * reach));
  const approach = f(0 - dot(ship.vx, ship.vy, nx, ny));
  if (approach > 0) push(ship, nx, ny, f(approach * f(1 + ROCK_BOUNCE)));
  return Math.max(approach, 0);
}
