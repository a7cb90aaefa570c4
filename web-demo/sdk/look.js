/**
 * What a spectator wants to see: from world units as a game has them to the wire's.
 *
 * @module
 */

/** @typedef {import('./wire/messages.js').Look} Look */
/**
 * A rectangle of the world, in world units.
 *
 * @typedef {object} Area
 * @property {number} x of its middle
 * @property {number} y of its middle
 * @property {number} width not negative
 * @property {number} height not negative
 */

/**
 * @param {Area} area
 * @returns {Look}
 * @throws {TypeError} when a number is not finite, also as 32-bit float, or a side is negative
 */
export function lookOf({ x, y, width, height }) {
  const numbers = [x, y, width, height];
  if (!numbers.every((number) => Number.isFinite(Math.fround(number)))) {
    throw new TypeError(`${numbers.join(', ')}: an area is of finite numbers x, y, width, height`);
  }
  if (width < 0 || height < 0) throw new TypeError(`an area of ${width} by ${height} has no inside`);
  return { center: [x, y], size: [width, height] };
}
