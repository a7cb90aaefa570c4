/**
 * Which cells of a room's grid a client watches: a rectangle of them. Mirrors
 * `protocol/src/watch.rs`. Cells are numbered row by row over the whole grid, and listed in that
 * order.
 *
 * @module
 */

import { WireError } from './wire-error.js';

/**
 * The cells that a room's world is cut into. A small room is a single one.
 *
 * @typedef {object} GridSize
 * @property {number} columns cells side by side, from 1 on
 * @property {number} rows cells one below the other, from 1 on
 */
/**
 * A rectangle of cells; without columns or rows nothing is watched.
 *
 * @typedef {object} Watch
 * @property {number} column the first one
 * @property {number} row the first one
 * @property {number} columns
 * @property {number} rows
 */

/** Most cells that a client watches at once. */
const MAX_WATCHED = 4096;
/** Most cells of a grid. */
const MAX_CELLS = 1 << 20;

/** Nothing is watched. @type {Watch} */
export const NOTHING = { column: 0, row: 0, columns: 0, rows: 0 };

/**
 * Whether a grid has cells, and not too many.
 *
 * @param {GridSize} grid
 */
export function isGrid({ columns, rows }) {
  const cells = columns * rows;
  return cells >= 1 && cells <= MAX_CELLS;
}

/**
 * Whether a rectangle lies within a grid and is not too large.
 *
 * @param {Watch} watch
 * @param {GridSize} grid
 */
export function fits({ column, row, columns, rows }, grid) {
  const isWithin = column + columns <= grid.columns && row + rows <= grid.rows;
  return isWithin && columns * rows <= MAX_WATCHED;
}

/**
 * The numbers of a rectangle's cells in the grid, ascending.
 *
 * @param {Watch} watch
 * @param {GridSize} grid
 * @returns {number[]}
 */
export function cellsOf({ column, row, columns, rows }, grid) {
  const cells = [];
  for (let line = row; line < row + rows; line += 1) {
    for (let at = column; at < column + columns; at += 1) cells.push(line * grid.columns + at);
  }
  return cells;
}

/**
 * Whether a cell is in a rectangle.
 *
 * @param {Watch} watch
 * @param {GridSize} grid
 * @param {number} cell
 */
export function contains({ column, row, columns, rows }, grid, cell) {
  const line = Math.floor(cell / grid.columns);
  const at = cell % grid.columns;
  return line >= row && line < row + rows && at >= column && at < column + columns;
}

/**
 * Reads which of the cells watched have a chunk: a bit each, lowest first; nothing when there is but
 * one, which has.
 *
 * @param {import('./bincode.js').Reader} input
 * @param {number[]} cells
 * @returns {number[]}
 * @throws {WireError}
 */
export function readChosen(input, cells) {
  if (cells.length < 2) return cells;
  const length = Math.ceil(cells.length / 8);
  const from = input.take(length);
  const unused = 8 * length - cells.length;
  if (input.bytes[from + length - 1] >> (8 - unused) !== 0) {
    throw new WireError('chunks of cells that are not watched', from);
  }
  return cells.filter((_, index) => ((input.bytes[from + (index >> 3)] >> (index & 7)) & 1) === 1);
}
