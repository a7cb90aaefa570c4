/**
 * What a game looks like on the wire: reads and checks the schema that comes with the welcome.
 * Mirrors `protocol/src/schema.rs`; what the numbers mean is worked out in `layout.js`.
 *
 * @module
 */

import { WireError } from './wire-error.js';

/** @typedef {import('./bincode.js').Reader} Reader */

/**
 * @typedef {object} Schema
 * @property {string} game the game's name
 * @property {InputField[]} inputs fields of an input, in wire order
 * @property {EntityKind[]} entities kinds of entities; the index is the number on the wire
 * @property {MessageKind[]} events kinds of events that the game emits
 * @property {MessageKind[]} messages kinds of messages that a client may send
 */
/** @typedef {{name: string, kind: InputKind}} InputField */
/** @typedef {{type: 'integer', min: number, max: number} | {type: 'button'}} InputKind */
/** @typedef {{name: string, fields: Field[]}} EntityKind */
/** @typedef {{name: string, kind: FieldKind, constant: boolean}} Field */
/**
 * @typedef {{type: 'position', min: [number, number], max: [number, number], step: number}
 *   | {type: 'number', min: number, max: number, step: number}
 *   | {type: 'angle', bits: number}
 *   | {type: 'integer', min: number, max: number}
 *   | {type: 'flags', bits: number}
 *   | {type: 'player'}
 *   | {type: 'position3', min: [number, number, number], max: [number, number, number],
 *       step: number}
 *   | {type: 'rotation', bits: number}} FieldKind
 */
/** @typedef {{name: string, params: Param[]}} MessageKind */
/** @typedef {{name: string, kind: ParamKind}} Param */
/**
 * @typedef {{type: 'integer', min: number, max: number}
 *   | {type: 'number', min: number, max: number}
 *   | {type: 'text', maxChars: number}
 *   | {type: 'player'}} ParamKind
 */

const MAX_INPUT_FIELDS = 8;
const MAX_KINDS = 64;
const MAX_FIELDS = 16;
const MAX_NAME_BYTES = 32;
const MAX_STEPS = 0xffff_ffff;

/**
 * Reads a schema and checks it.
 *
 * @param {Reader} input
 * @returns {Schema}
 */
export function readSchema(input) {
  const schema = {
    game: input.string(),
    inputs: input.list(readInputField),
    entities: input.list(readEntityKind),
    events: input.list(readMessageKind),
    messages: input.list(readMessageKind),
  };
  const fault = findFault(schema);
  if (fault) throw new WireError(`schema: ${fault}`, input.at);
  return schema;
}

/**
 * Steps between `min` and `max`, or -1 when the range is empty, not finite or needs more than 32
 * bits.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} step
 */
export function stepsBetween(min, max, step) {
  const steps = Math.round((max - min) / step);
  const sound = step > 0 && Number.isFinite(step) && min <= max && Number.isFinite(steps);
  return sound && steps < MAX_STEPS ? steps : -1;
}

/** @param {Reader} input @returns {InputField} */
function readInputField(input) {
  return { name: input.string(), kind: readInputKind(input) };
}

/** @param {Reader} input @returns {InputKind} */
function readInputKind(input) {
  if (input.variant(2, 'input kind') === 1) return { type: 'button' };
  return { type: 'integer', min: input.i32(), max: input.i32() };
}

/** @param {Reader} input @returns {EntityKind} */
function readEntityKind(input) {
  return { name: input.string(), fields: input.list(readField) };
}

/** @param {Reader} input @returns {Field} */
function readField(input) {
  return { name: input.string(), kind: readFieldKind(input), constant: input.bool() };
}

/** @param {Reader} input @returns {FieldKind} */
function readFieldKind(input) {
  switch (input.variant(8, 'field kind')) {
    case 0:
      return {
        type: 'position',
        min: [input.f32(), input.f32()],
        max: [input.f32(), input.f32()],
        step: input.f32(),
      };
    case 1:
      return { type: 'number', min: input.f32(), max: input.f32(), step: input.f32() };
    case 2:
      return { type: 'angle', bits: input.u8() };
    case 3:
      return { type: 'integer', min: input.i32(), max: input.i32() };
    case 4:
      return { type: 'flags', bits: input.u8() };
    case 5:
      return { type: 'player' };
    case 6:
      return {
        type: 'position3',
        min: [input.f32(), input.f32(), input.f32()],
        max: [input.f32(), input.f32(), input.f32()],
        step: input.f32(),
      };
    default:
      return { type: 'rotation', bits: input.u8() };
  }
}

/** @param {Reader} input @returns {MessageKind} */
function readMessageKind(input) {
  return { name: input.string(), params: input.list(readParam) };
}

/** @param {Reader} input @returns {Param} */
function readParam(input) {
  return { name: input.string(), kind: readParamKind(input) };
}

/** @param {Reader} input @returns {ParamKind} */
function readParamKind(input) {
  switch (input.variant(4, 'parameter kind')) {
    case 0:
      return { type: 'integer', min: input.i32(), max: input.i32() };
    case 1:
      return { type: 'number', min: input.f32(), max: input.f32() };
    case 2:
      return { type: 'text', maxChars: input.u16() };
    default:
      return { type: 'player' };
  }
}

/**
 * What is wrong with a schema, if anything.
 *
 * @param {Schema} schema
 * @returns {string | undefined}
 */
function findFault(schema) {
  const kinds = [...schema.events, ...schema.messages];
  return (
    findBadList('game', 1, [{ name: schema.game }]) ??
    findBadList('inputs', MAX_INPUT_FIELDS, schema.inputs) ??
    findBadList('entities', MAX_KINDS, schema.entities) ??
    findBadList('events', MAX_KINDS, schema.events) ??
    findBadList('messages', MAX_KINDS, schema.messages) ??
    first(schema.entities, (kind) => findBadList(kind.name, MAX_FIELDS, kind.fields)) ??
    first(kinds, (kind) => findBadList(kind.name, MAX_FIELDS, kind.params)) ??
    first(schema.inputs, (field) => findBadRange(field.name, isValidInput(field.kind))) ??
    first(schema.entities, (kind) =>
      first(kind.fields, (field) => findBadRange(field.name, isValidField(field.kind))),
    ) ??
    first(kinds, (kind) =>
      first(kind.params, (param) => findBadRange(param.name, isValidParam(param.kind))),
    )
  );
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => string | undefined} find
 */
function first(items, find) {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}

/**
 * @param {string} list
 * @param {number} limit
 * @param {{name: string}[]} items
 */
function findBadList(list, limit, items) {
  if (items.length > limit) return `${list} has ${items.length} entries of at most ${limit}`;
  const seen = new Set();
  for (const { name } of items) {
    const bytes = new TextEncoder().encode(name).length;
    if (bytes === 0 || bytes > MAX_NAME_BYTES || seen.has(name)) {
      return `name ${JSON.stringify(name)} of ${list} is empty, too long, or there twice`;
    }
    seen.add(name);
  }
  return undefined;
}

/** @param {string} name @param {boolean} isValid */
function findBadRange(name, isValid) {
  return isValid ? undefined : `range of ${name} is empty, not finite, or over 32 bits`;
}

/** @param {InputKind} kind */
function isValidInput(kind) {
  return kind.type === 'button' || (kind.min <= 0 && 0 <= kind.max);
}

/** @param {FieldKind} kind */
function isValidField(kind) {
  switch (kind.type) {
    case 'position':
    case 'position3':
      return kind.min.every((min, axis) => stepsBetween(min, kind.max[axis], kind.step) >= 0);
    case 'number':
      return stepsBetween(kind.min, kind.max, kind.step) >= 0;
    case 'angle':
      return kind.bits >= 1 && kind.bits <= 16;
    case 'integer':
      return kind.min <= kind.max;
    case 'flags':
      return kind.bits >= 1 && kind.bits <= 32;
    case 'rotation':
      return kind.bits >= 3 && kind.bits <= 16;
    default:
      return true;
  }
}

/** @param {ParamKind} kind */
function isValidParam(kind) {
  if (kind.type === 'number') {
    return Number.isFinite(kind.min) && Number.isFinite(kind.max) && kind.min <= kind.max;
  }
  return kind.type !== 'integer' || kind.min <= kind.max;
}
