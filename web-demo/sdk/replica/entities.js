/**
 * Entities as a game sees them: plain objects with the field names of the schema, made from the
 * states of their trajectories. What the properties are is the business of `shapes.js`.
 *
 * @module
 */

import { readRotation, turnTowards } from './rotation.js';
import { ROW } from './trajectory.js';

/** @typedef {import('./shapes.js').Property} Property */
/** @typedef {import('./shapes.js').Shape} Shape */

/**
 * An entity: its id, the name of its kind, and its fields.
 *
 * @typedef {{id: number, kind: string} & {[field: string]: number}} Entity
 */

const quaternion = new Float64Array(4);
const target = new Float64Array(4);

/**
 * An entity without fields.
 *
 * @param {number} id
 * @param {Shape} shape
 * @returns {Entity}
 */
export function newEntity(id, { name }) {
  return /** @type {Entity} */ (/** @type {unknown} */ ({ id, kind: name }));
}

/**
 * Writes an entity's properties: a state, some ticks on, in which everything went as predicted.
 *
 * @param {Shape} shape
 * @param {Float64Array} states
 * @param {number} at where the state begins
 * @param {number} ticks
 * @param {Entity} entity
 * @returns {boolean} whether any has changed
 */
export function readEntity({ properties, orientations }, states, at, ticks, entity) {
  let hasChanged = false;
  for (const property of properties) {
    const { name, min, step } = property;
    const value = min + predictedLane(property, states, at, ticks) * step;
    if (entity[name] === value) continue;
    entity[name] = value;
    hasChanged = true;
  }
  for (const { names, at: lane, min, step } of orientations) {
    readRotation(states, at + ROW + lane, min, step, quaternion);
    hasChanged = writeRotation(names, entity) || hasChanged;
  }
  return hasChanged;
}

/**
 * Writes an entity's properties between two states: a share of the way from the first, some ticks
 * on, to the second.
 *
 * @param {Shape} shape
 * @param {Float64Array} states
 * @param {number} from where the first begins
 * @param {number} ticks
 * @param {number} to where the second begins
 * @param {number} share 0 to 1
 * @param {Entity} entity
 */
export function blendEntity({ properties, orientations }, states, from, ticks, to, share, entity) {
  for (const property of properties) {
    const { name, at, min, step, motion, max } = property;
    let lane = predictedLane(property, states, from, ticks);
    const next = states[to + ROW + at];
    if (motion === 'blend') lane += (next - lane) * share;
    else if (motion === 'turn') lane = turn(lane, next, share, max + 1);
    entity[name] = min + lane * step;
  }
  for (const { names, at, min, step } of orientations) {
    readRotation(states, from + ROW + at, min, step, quaternion);
    readRotation(states, to + ROW + at, min, step, target);
    turnTowards(quaternion, target, share);
    writeRotation(names, entity);
  }
}

/**
 * @param {Property} property
 * @param {Float64Array} states
 * @param {number} at where the state begins
 * @param {number} ticks
 */
function predictedLane({ at: lane, stepAt, max }, states, at, ticks) {
  const before = states[at + ROW + lane];
  if (stepAt < 0) return before;
  // What would run out of its range is shown at the end of it.
  return Math.min(max, Math.max(0, before + states[at + ROW + stepAt] * ticks));
}

/**
 * A share of the short way round from one angle to another.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} share
 * @param {number} range of a full turn
 */
function turn(from, to, share, range) {
  const ahead = (to - from + range) % range;
  const angle = from + (2 * ahead > range ? ahead - range : ahead) * share;
  return (angle + range) % range;
}

/** @param {string[]} names @param {Entity} entity @returns {boolean} whether it has changed */
function writeRotation(names, entity) {
  let hasChanged = false;
  for (let component = 0; component < names.length; component += 1) {
    if (entity[names[component]] === quaternion[component]) continue;
    entity[names[component]] = quaternion[component];
    hasChanged = true;
  }
  return hasChanged;
}
