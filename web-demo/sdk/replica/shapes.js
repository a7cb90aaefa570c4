/**
 * Which properties the entities of a kind have, and how each is made from lanes.
 *
 * One rule names them. The first position of a kind is `x`, `y` (and `z` in space); any further
 * position `foo` is `fooX`, `fooY` (and `fooZ`); a rotation `foo` is the unit quaternion `fooX`,
 * `fooY`, `fooZ`, `fooW`; every other field keeps its name. An Angle is in radians, from 0 up to a
 * full turn; Flags are an unsigned integer; a Player is a player id. A name that is taken (`id`,
 * `kind`, or one that is there already) gets a `_` at its end.
 *
 * @module
 */

import { isPosition } from '../wire/layout.js';

/** @typedef {import('../wire/schema.js').Schema} Schema */
/** @typedef {import('../wire/schema.js').EntityKind} EntityKind */
/** @typedef {import('../wire/schema.js').Field} Field */
/** @typedef {import('../wire/layout.js').FieldLayout} FieldLayout */
/** @typedef {import('../wire/layout.js').KindLayout} KindLayout */
/** @typedef {import('../wire/layout.js').Layout} Layout */

/**
 * How one lane becomes a property.
 *
 * @typedef {object} Property
 * @property {string} name
 * @property {number} at column of the lane
 * @property {number} stepAt column of its last step; -1 if it does not go on by itself
 * @property {number} min value of lane 0
 * @property {number} step value per lane step
 * @property {number} max largest lane
 * @property {'blend'|'turn'|'hold'} motion between two states: in a straight line, the short way
 *   round, or not at all
 */
/**
 * How four lanes become the four properties of a rotation.
 *
 * @typedef {object} Orientation
 * @property {string[]} names of x, y, z, w
 * @property {number} at column of the first lane
 * @property {number} min value of lane 0 of a component
 * @property {number} step value per lane step
 */
/** @typedef {{name: string, properties: Property[], orientations: Orientation[]}} Shape */

const AXES = ['X', 'Y', 'Z', 'W'];

/**
 * The shape of every entity kind.
 *
 * @param {Schema} schema
 * @param {Layout} layout
 * @returns {Shape[]}
 */
export function shapesOf(schema, layout) {
  return schema.entities.map((kind, index) => shapeOf(kind, layout.kinds[index]));
}

/** @param {EntityKind} kind @param {KindLayout} layout @returns {Shape} */
function shapeOf(kind, layout) {
  /** @type {Shape} */
  const shape = { name: kind.name, properties: [], orientations: [] };
  const taken = new Set(['id', 'kind', '__proto__']);
  const first = kind.fields.find((field) => isPosition(field.kind));
  kind.fields.forEach((field, index) => {
    const { first: at, lanes } = layout.fields[index];
    const names = namesOf(field, lanes, field === first).map((name) => reserve(name, taken));
    if (field.kind.type === 'rotation') {
      const { min, step } = layout.lanes[at + 1];
      shape.orientations.push({ names, at, min, step });
    } else {
      shape.properties.push(...propertiesOf(field, names, layout.fields[index], layout));
    }
  });
  return shape;
}

/**
 * @param {Field} field
 * @param {number} lanes
 * @param {boolean} isFirst whether it is the kind's first position
 */
function namesOf({ name, kind }, lanes, isFirst) {
  if (isFirst) return AXES.slice(0, lanes).map((axis) => axis.toLowerCase());
  const hasAxes = isPosition(kind) || kind.type === 'rotation';
  return hasAxes ? AXES.slice(0, lanes).map((axis) => name + axis) : [name];
}

/**
 * @param {string} name
 * @param {Set<string>} taken
 */
function reserve(name, taken) {
  let free = name;
  while (taken.has(free)) free += '_';
  taken.add(free);
  return free;
}

/**
 * @param {Field} field
 * @param {string[]} names
 * @param {FieldLayout} place
 * @param {KindLayout} layout
 * @returns {Property[]}
 */
function propertiesOf({ kind }, names, { first, steps }, { lanes }) {
  return names.map((name, axis) => {
    const { min, max, step } = lanes[first + axis];
    const stepAt = steps < 0 ? -1 : steps + axis;
    const property = { name, at: first + axis, stepAt, min, step, max };
    if (kind.type === 'angle') return { ...property, step: (2 * Math.PI) / (max + 1), motion: 'turn' };
    return { ...property, motion: isPosition(kind) ? 'blend' : 'hold' };
  });
}
