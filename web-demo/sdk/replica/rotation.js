/**
 * Rotations in space: unit quaternions, out of the lanes that they travel as. The largest component
 * is not sent; it is positive, and follows from the three others.
 *
 * @module
 */

/** Components of a quaternion: x, y, z, w. */
const COMPONENTS = 4;
/** Square of a length below which a quaternion has no direction. */
const NOTHING = 1e-12;

/**
 * Reads a quaternion.
 *
 * @param {ArrayLike<number>} lanes
 * @param {number} at the number of the largest component; the three others follow it
 * @param {number} min value of lane 0 of a component
 * @param {number} step value per lane step
 * @param {Float64Array} quaternion what is written
 */
export function readRotation(lanes, at, min, step, quaternion) {
  const largest = lanes[at];
  let others = 0;
  let next = at + 1;
  for (let component = 0; component < COMPONENTS; component += 1) {
    if (component === largest) continue;
    const value = min + lanes[next] * step;
    quaternion[component] = value;
    others += value * value;
    next += 1;
  }
  quaternion[largest] = Math.sqrt(Math.max(0, 1 - others));
  // Only what no server sends is longer than 1.
  if (others > 1) scale(quaternion, 1 / Math.sqrt(others));
}

/**
 * Turns a quaternion a share of the short way to another one: a straight line between them, brought
 * back to length 1.
 *
 * @param {Float64Array} from is changed
 * @param {Float64Array} to
 * @param {number} share 0 to 1
 */
export function turnTowards(from, to, share) {
  let cosine = 0;
  for (let component = 0; component < COMPONENTS; component += 1) {
    cosine += from[component] * to[component];
  }
  // A quaternion and its negative are one rotation: the nearer one is the short way.
  const towards = cosine < 0 ? -share : share;
  let squared = 0;
  for (let component = 0; component < COMPONENTS; component += 1) {
    const value = from[component] * (1 - share) + to[component] * towards;
    from[component] = value;
    squared += value * value;
  }
  if (squared > NOTHING) scale(from, 1 / Math.sqrt(squared));
  else from.set(to);
}

/** @param {Float64Array} quaternion @param {number} factor */
function scale(quaternion, factor) {
  for (let component = 0; component < COMPONENTS; component += 1) quaternion[component] *= factor;
}
