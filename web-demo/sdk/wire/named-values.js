/**
 * Between named values, as a game's code has them, and the bare lists of the wire, whose order and
 * ranges are the schema's.
 *
 * @module
 */

import { WireError } from './wire-error.js';

/** @typedef {import('./messages.js').GameMessage} GameMessage */
/** @typedef {import('./messages.js').Value} Value */
/** @typedef {import('./schema.js').Param} Param */
/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {import('../room-events.js').GameEvent} GameEvent */

/** Steps of a view age in one tick. */
const VIEW_AGE_STEPS = 16;

/**
 * An input's values in wire order: missing ones 0, all of them whole and in range.
 *
 * @param {Schema} schema
 * @param {{[field: string]: number | boolean}} fields
 * @returns {number[]}
 */
export function inputValues(schema, fields) {
  return schema.inputs.map(({ name, kind }) => {
    const value = Number(fields[name] ?? 0);
    return kind.type === 'button' ? Number(value > 0) : wholeWithin(kind.min, kind.max, value);
  });
}

/**
 * How far behind an input's tick others were shown, in wire form.
 *
 * @param {number} ticks
 * @returns {number} in 1/16 ticks
 */
export function wholeViewAge(ticks) {
  return wholeWithin(0, 0xffff, ticks * VIEW_AGE_STEPS);
}

/**
 * A message in wire form: numbers in range, text cut to its length.
 *
 * @param {Schema} schema
 * @param {string} name
 * @param {{[param: string]: number | string}} params
 * @returns {GameMessage}
 * @throws {TypeError} when the game has no such message, or a parameter is missing
 */
export function messageValues(schema, name, params) {
  const kind = schema.messages.findIndex((message) => message.name === name);
  if (kind < 0) throw new TypeError(`${schema.game} has no message '${name}'`);
  const values = schema.messages[kind].params.map((param) => {
    const given = params[param.name];
    if (given === undefined) throw new TypeError(`message '${name}' needs '${param.name}'`);
    return wireValue(param, given);
  });
  return { kind, values };
}

/** @param {Param} param @param {number | string} given @returns {Value} */
function wireValue({ kind }, given) {
  switch (kind.type) {
    case 'integer':
      return { type: 'integer', value: wholeWithin(kind.min, kind.max, Number(given)) };
    case 'number':
      return { type: 'number', value: within(kind.min, kind.max, Number(given)) };
    case 'text':
      return { type: 'text', value: cut(String(given), kind.maxChars) };
    default:
      return { type: 'player', value: wholeWithin(0, 0xffff_ffff, Number(given)) };
  }
}

/**
 * An event with its name and parameters. A parameter called `name` or `tick` gets a `_` at its end.
 *
 * @param {Schema} schema
 * @param {GameMessage} message
 * @param {number} tick
 * @returns {GameEvent}
 * @throws {WireError} when the schema has no such event
 */
export function namedValues(schema, message, tick) {
  const kind = schema.events[message.kind];
  if (kind?.params.length !== message.values.length) {
    throw new WireError(`event ${message.kind} is not one of the schema's`, 0);
  }
  /** @type {GameEvent} */
  const named = { name: kind.name, tick };
  kind.params.forEach(({ name }, index) => {
    const isTaken = Object.hasOwn(named, name) || name === '__proto__';
    named[isTaken ? `${name}_` : name] = message.values[index].value;
  });
  return named;
}

/** @param {number} min @param {number} max @param {number} value */
function wholeWithin(min, max, value) {
  return within(min, max, Math.round(value));
}

/** @param {number} min @param {number} max @param {number} value */
function within(min, max, value) {
  // NaN counts as 0, and -0 as 0.
  return Math.min(max, Math.max(min, value || 0));
}

/**
 * The first `count` Unicode scalar values of a text; lone surrogates become U+FFFD, as in UTF-8.
 *
 * @param {string} text
 * @param {number} count
 */
function cut(text, count) {
  return Array.from(text).slice(0, count).join('');
}
