/**
 * A schema worked out into lanes: the unsigned integers of at most 32 bits that entities travel as.
 * Mirrors `protocol/src/quantise.rs`.
 *
 * @module
 */

import { stepsBetween } from './schema.js';

/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {import('./schema.js').EntityKind} EntityKind */
/** @typedef {import('./schema.js').FieldKind} FieldKind */

/**
 * @typedef {object} Lane
 * @property {number} bits bits that hold every value, 0 to 32
 * @property {number} max largest value
 * @property {number} mask the low `bits` bits, as a signed 32-bit integer
 * @property {number} min value of lane 0, in the field's unit
 * @property {number} step the field's unit per lane step
 */
/**
 * The lanes of one entity kind.
 *
 * @typedef {object} KindLayout
 * @property {Lane[]} lanes the lanes of all its fields
 * @property {ChangingField[]} changing the fields that may change after the entity has entered
 */
/** @typedef {{first: number, end: number}} ChangingField its lanes, from `first` to before `end` */
/**
 * @typedef {object} Layout
 * @property {KindLayout[]} kinds one per entity kind
 * @property {number} stride most lanes of any kind: the width of a row in a snapshot
 * @property {number} kindBits bits that hold the number of an entity kind
 */

/**
 * The layout of a schema, which must be valid, as those from `readSchema` are.
 *
 * @param {Schema} schema
 * @returns {Layout}
 */
export function layoutOf(schema) {
  const kinds = schema.entities.map(kindLayout);
  return {
    kinds,
    stride: Math.max(0, ...kinds.map((kind) => kind.lanes.length)),
    kindBits: bitsOf(Math.max(0, kinds.length - 1)),
  };
}

/** @param {EntityKind} kind @returns {KindLayout} */
function kindLayout(kind) {
  /** @type {KindLayout} */
  const layout = { lanes: [], changing: [] };
  for (const field of kind.fields) {
    const first = layout.lanes.length;
    layout.lanes.push(...lanesOf(field.kind));
    if (!field.constant) layout.changing.push({ first, end: layout.lanes.length });
  }
  return layout;
}

/** @param {FieldKind} kind @returns {Lane[]} */
function lanesOf(kind) {
  switch (kind.type) {
    case 'position':
      return [0, 1].map((axis) => realLane(kind.min[axis], kind.max[axis], kind.step));
    case 'number':
      return [realLane(kind.min, kind.max, kind.step)];
    case 'angle':
      return [lane(0, 2 ** kind.bits - 1, 1)];
    case 'integer':
      return [lane(kind.min, kind.max - kind.min, 1)];
    case 'flags':
      return [lane(0, 2 ** kind.bits - 1, 1)];
    default:
      return [lane(0, 0xffff_ffff, 1)];
  }
}

/** @param {number} min @param {number} max @param {number} step */
function realLane(min, max, step) {
  return lane(min, stepsBetween(min, max, step), step);
}

/** @param {number} min @param {number} max @param {number} step @returns {Lane} */
function lane(min, max, step) {
  const bits = bitsOf(max);
  return { bits, max, mask: bits === 32 ? -1 : 2 ** bits - 1, min, step };
}

/**
 * Bits that hold a number.
 *
 * @param {number} value 0 to 2^32 - 1
 */
function bitsOf(value) {
  return 32 - Math.clz32(value);
}
