/**
 * What the demo knows of the game `arena`: sizes, rates and flag bits that the rules fix and the
 * wire does not say. Only numbers; it must not hold state or draw.
 */

/** Side of the square world unless an option of the room says otherwise, in world units; x grows to
 * the right, y downwards. */
export const WORLD_SIZE = 4000;
/** Radius of a ship, in world units. */
export const SHIP_RADIUS = 16;
/** Radius at which pickups are drawn, in world units. */
export const PICKUP_RADIUS = 14;
/** Energy of an unhurt ship, and what a dash needs. */
export const FULL_ENERGY = 100;
export const DASH_ENERGY = 25;
/** Time between two dashes, in milliseconds. */
export const DASH_COOLDOWN_MS = 1500;
/** For how long a dash is seen as one, in milliseconds. */
export const DASH_SHOWN_MS = 250;
/** How fast a ship turns at full rudder, in radians per second. */
export const TURN_RATE = (344 * 127 * 2 * Math.PI) / 65536;
/** Full rudder in an input. */
export const FULL_TURN = 127;
/** From being destroyed to the next ship, in milliseconds. */
export const RESPAWN_MS = 2000;

/** Bits of a ship's `flags`. */
export const THRUSTING = 1;
export const PROTECTED = 2;
export const DASHING = 4;
export const AWAY = 8;
/** Bit of a pilot's `flags`. */
export const ALIVE = 1;

/** Longest name and longest chat line, in characters. */
export const NAME_LENGTH = 24;
export const CHAT_LENGTH = 120;

/** @typedef {{ width: number, height: number }} World its size, in world units */

/**
 * The size of a room's world: the range of its ships' positions.
 * @param {import('../sdk/index.js').Schema | undefined} schema
 * @returns {World}
 */
export function worldOf(schema) {
  const ship = schema?.entities.find((kind) => kind.name === 'ship');
  const position = ship?.fields.find((field) => field.kind.type === 'position')?.kind;
  if (position?.type !== 'position') return { width: WORLD_SIZE, height: WORLD_SIZE };
  return { width: position.max[0], height: position.max[1] };
}
