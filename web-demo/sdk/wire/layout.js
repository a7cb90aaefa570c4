/**
 * A schema worked out into lanes: the unsigned integers of at most 32 bits that entities travel as.
 * Mirrors `protocol/src/quantise.rs`.
 *
 * A row of an entity has a column per lane, and behind those one per axis of each position that may
 * change: how far it went in the last tick, as a signed number.
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
 * @property {number} min value of lane 0, in the field's unit
 * @property {number} step the field's unit per lane step
 */
/**
 * Where a field's lanes are, and how it changes.
 *
 * @typedef {object} FieldLayout
 * @property {number} type how it is told: one of the types below
 * @property {number} first its first column
 * @property {number} lanes how many columns it has
 * @property {number} steps the first column of its last steps; -1 unless it is a position that may
 *   change
 * @property {boolean} constant whether it is sent at enter only
 */
/**
 * The lanes of one entity kind.
 *
 * @typedef {object} KindLayout
 * @property {Lane[]} lanes the lanes of all its fields
 * @property {FieldLayout[]} fields
 * @property {FieldLayout[]} changing the fields that may change after the entity has entered
 * @property {number} width columns of a row that are in use: lanes, then last steps
 * @property {Int32Array} masks by lane: the low bits that it has
 * @property {Uint8Array} unused by lane: the high bits that it has not; 0 for a lane without bits
 * @property {Uint32Array} maxima by lane: the largest value
 */
/**
 * @typedef {object} Layout
 * @property {KindLayout[]} kinds one per entity kind
 * @property {number} stride largest width of any kind, at least 1: columns of a row in a snapshot
 * @property {number} kindBits bits that hold the number of an entity kind
 */

/** A real number, or a position. */
export const NUMBER = 0;
/** A direction, which wraps. */
export const ANGLE = 1;
export const INTEGER = 2;
/** Bits that are turned over. */
export const FLAGS = 3;
/** An id, which has no neighbours. */
export const PLAYER = 4;
/** The largest component's number, and the three others. */
export const ROTATION = 5;

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
    stride: Math.max(1, ...kinds.map((kind) => kind.width)),
    kindBits: bitsOf(Math.max(0, kinds.length - 1)),
  };
}

/** @param {EntityKind} kind @returns {KindLayout} */
function kindLayout(kind) {
  /** @type {Lane[]} */
  const lanes = [];
  const fields = kind.fields.map((field) => {
    const first = lanes.length;
    lanes.push(...lanesOf(field.kind));
    const { constant } = field;
    return { type: typeOf(field.kind), first, lanes: lanes.length - first, steps: -1, constant };
  });
  let width = lanes.length;
  fields.forEach((field, index) => {
    if (field.constant || !isPosition(kind.fields[index].kind)) return;
    field.steps = width;
    width += field.lanes;
  });
  return {
    lanes,
    fields,
    changing: fields.filter(({ constant }) => !constant),
    width,
    masks: Int32Array.from(lanes, ({ bits }) => (bits === 32 ? -1 : 2 ** bits - 1)),
    unused: Uint8Array.from(lanes, ({ bits }) => (32 - bits) % 32),
    maxima: Uint32Array.from(lanes, ({ max }) => max),
  };
}

/**
 * Whether a field is a point, in the plane or in space.
 *
 * @param {FieldKind} kind
 */
export function isPosition({ type }) {
  return type === 'position' || type === 'position3';
}

/** @param {FieldKind} kind */
function typeOf(kind) {
  switch (kind.type) {
    case 'angle':
      return ANGLE;
    case 'integer':
      return INTEGER;
    case 'flags':
      return FLAGS;
    case 'player':
      return PLAYER;
    case 'rotation':
      return ROTATION;
    default:
      return NUMBER;
  }
}

/** @param {FieldKind} kind @returns {Lane[]} */
function lanesOf(kind) {
  switch (kind.type) {
    case 'position':
    case 'position3':
      return kind.min.map((min, axis) => realLane(min, kind.max[axis], kind.step));
    case 'rotation': {
      // As many steps either side of 0, so that no rotation at all is exact.
      const half = 2 ** (kind.bits - 1) - 1;
      const component = lane(-Math.SQRT1_2, 2 * half, Math.SQRT1_2 / half);
      return [lane(0, 3, 1), component, component, component];
    }
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
  return { bits: bitsOf(max), max, min, step };
}

/**
 * Bits that hold a number.
 *
 * @param {number} value 0 to 2^32 - 1
 */
function bitsOf(value) {
  return 32 - Math.clz32(value);
}
