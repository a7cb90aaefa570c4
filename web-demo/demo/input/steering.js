/**
 * Turns "fly that way" into rudder. Pure; it must not know where the wanted heading comes from.
 *
 * The own ship is shown as it answers, so what the screen shows is all that there is to know.
 */
import { FULL_TURN, TURN_RATE } from '../arena.js';

/** Wanted turning rate per radian of error, per second. */
const GAIN = 10;
/** Errors below this many radians are left alone: less than is seen. */
const DEAD_ZONE = 0.006;

/**
 * The short way from one angle to another, in radians, from -π to π.
 * @param {number} from
 * @param {number} to
 */
export function angleBetween(from, to) {
  const turns = (to - from) / (2 * Math.PI);
  return (turns - Math.round(turns)) * 2 * Math.PI;
}

/**
 * The rudder that brings the ship to a heading.
 * @param {number} angle the ship's, in radians
 * @param {number} heading the wanted one, in radians
 * @returns {number} an integer from -127 to 127
 */
export function rudder(angle, heading) {
  const error = angleBetween(angle, heading);
  if (Math.abs(error) < DEAD_ZONE) return 0;
  const share = Math.max(-1, Math.min(1, (error * GAIN) / TURN_RATE));
  return Math.round(share * FULL_TURN);
}
