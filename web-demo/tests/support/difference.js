/**
 * In what a client's frames and its copy of the state differ from Rust's, in words.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util';

import { stateOf } from './golden.js';

/** @typedef {import('../../sdk/wire/frame.js').Frame} Frame */
/** @typedef {import('../../sdk/replica/link.js').Link} Link */
/** @typedef {{part: number, tick: number | undefined, rows: number[][]}} PartState */

/** Slot, id and kind of a row; its columns follow. */
const HEAD = 3;

/**
 * The first difference in what a frame says.
 *
 * @param {Link} link
 * @param {Frame} frame the newest one
 * @param {any} expected what Rust reads, as the golden vectors tell it
 * @returns {string | undefined} nothing when there is none
 */
export function frameDifference({ replica }, frame, expected) {
  return itemDifference({ ...frame, differing: [...replica.differing] }, expected);
}

/**
 * The first difference in all that there is after a frame, down to the field.
 *
 * @param {Link} link
 * @param {any} expected what Rust has, as the golden vectors tell it
 * @returns {string | undefined} nothing when there is none
 */
export function stateDifference(link, expected) {
  const { parts, ...items } = stateOf(link.replica);
  const difference = itemDifference(items, expected);
  if (difference) return difference;
  for (const [index, part] of parts.entries()) {
    const difference = partDifference(link, part, expected.parts[index]);
    if (difference) return `part ${part.part}: ${difference}`;
  }
  return placeDifference(link, expected.entities);
}

/** @param {{[name: string]: any}} items @param {any} expected */
function itemDifference(items, expected) {
  const name = Object.keys(items).find((name) => !isDeepStrictEqual(items[name], expected[name]));
  return name && `${name} is ${JSON.stringify(items[name])}, not ${JSON.stringify(expected[name])}`;
}

/** @param {Link} link @param {PartState} part @param {PartState} expected */
function partDifference(link, part, expected) {
  if (part.tick !== expected.tick) return `it is of tick ${part.tick}, not ${expected.tick}`;
  const rows = new Map(part.rows.map((row) => [row[0], row]));
  for (const row of expected.rows) {
    const difference = rowDifference(link, rows.get(row[0]), row);
    if (difference) return `slot ${row[0]}, entity ${row[1]}: ${difference}`;
    rows.delete(row[0]);
  }
  const [more] = rows.values();
  return more && `slot ${more[0]}, entity ${more[1]}: it should not be there`;
}

/** @param {Link} link @param {number[] | undefined} row @param {number[]} expected */
function rowDifference(link, row, expected) {
  if (!row) return 'it is not there';
  if (row[1] !== expected[1]) return `entity ${row[1]} is in its place`;
  const names = [row, expected].map(([, , kind]) => link.welcome.schema.entities[kind].name);
  if (row[2] !== expected[2]) return `its kind is ${names.join(', not ')}`;
  const at = expected.findIndex((value, at) => row[at] !== value);
  if (at < 0) return undefined;
  return `${columnName(link, row[2], at - HEAD)} of a ${names[0]} is ${row[at]}, not ${expected[at]}`;
}

/** @param {Link} link @param {number} kind @param {number} column */
function columnName({ welcome, replica }, kind, column) {
  for (const [index, { first, lanes, steps }] of replica.layout.kinds[kind].fields.entries()) {
    const { name } = welcome.schema.entities[kind].fields[index];
    if (column >= first && column < first + lanes) return `lane ${column - first} of ${name}`;
    if (steps >= 0 && column >= steps && column < steps + lanes) {
      return `last step ${column - steps} of ${name}`;
    }
  }
  return `column ${column}`;
}

/** @param {Link} link @param {number[][]} expected id and slot of each entity that counts */
function placeDifference({ whereabouts }, expected) {
  const there = new Map(expected.map(([id, slot]) => [id, slot]));
  for (const { id, part } of whereabouts.present.values()) {
    if (!part) continue;
    const slot = part.snapshot.ids.indexOf(id);
    if (slot !== there.get(id)) return `entity ${id} counts in slot ${slot} of part ${part.number}`;
    there.delete(id);
  }
  const [missing] = there.keys();
  return missing === undefined ? undefined : `entity ${missing} counts nowhere`;
}
