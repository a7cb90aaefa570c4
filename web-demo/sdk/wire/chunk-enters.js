/**
 * How entities come in: which they are, and all of their columns. Mirrors
 * `protocol/src/chunk/enters.rs`.
 *
 * @module
 */

import { ENTER_KIND, ENTER_NUMBER, ENTER_STEP, MAGNITUDE } from './contexts.js';
import { readCount, readNonzero } from './chunk-numbers.js';
import { INTEGER, PLAYER } from './layout.js';

/** @typedef {import('./chunk-coder.js').ChunkReader} ChunkReader */
/** @typedef {import('./layout.js').KindLayout} KindLayout */
/** @typedef {import('./layout.js').Layout} Layout */

/** Widest lane of an integer that is told bit by bit; wider ones are told by their size. */
const PLAIN_BITS = 12;
/** Contexts of numbers told by their size. */
const INTEGERS = ENTER_NUMBER;
const PLAYERS = ENTER_NUMBER + 1 + MAGNITUDE;

/**
 * Reads an entity's kind.
 *
 * @param {ChunkReader} input
 * @param {Layout} layout
 * @param {number} last kind of the enter before, 0 at first
 * @returns {number} one that the layout may not have
 */
export function readKind(input, layout, last) {
  if (layout.kinds.length < 2 || input.decideIn(ENTER_KIND)) return last;
  return input.direct(layout.kindBits);
}

/**
 * Reads a row of a kind.
 *
 * @param {ChunkReader} input
 * @param {KindLayout} kind
 * @param {Uint32Array} values
 * @param {number} row where its columns begin
 */
export function readRow(input, kind, values, row) {
  for (const { type, first, lanes, steps } of kind.fields) {
    for (let lane = first; lane < first + lanes; lane += 1) {
      const { bits } = kind.lanes[lane];
      if (type === PLAYER) values[row + lane] = readCount(input, PLAYERS, PLAYERS + 1);
      else if (type === INTEGER && bits > PLAIN_BITS) {
        values[row + lane] = readCount(input, INTEGERS, INTEGERS + 1);
      } else values[row + lane] = input.direct(bits);
    }
    if (steps < 0) continue;
    for (let at = row + steps; at < row + steps + lanes; at += 1) {
      if (input.decideIn(ENTER_STEP)) continue;
      values[at] = readNonzero(input, ENTER_STEP + 1, ENTER_STEP + 2);
    }
  }
}
