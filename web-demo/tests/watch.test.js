import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Reader } from '../sdk/wire/bincode.js';
import { Parts, isHashed } from '../sdk/replica/parts.js';
import { Snapshot } from '../sdk/replica/snapshot.js';
import { WireError } from '../sdk/wire/wire-error.js';
import { cellsOf, contains, fits, isGrid, readChosen } from '../sdk/wire/watch.js';

const GRID = { columns: 5, rows: 4 };

/** @param {number} column @param {number} row @param {number} columns @param {number} rows */
const watch = (column, row, columns, rows) => ({ column, row, columns, rows });

test('cells are listed row by row', () => {
  const watched = watch(2, 1, 2, 2);
  assert.deepEqual(cellsOf(watched, GRID), [7, 8, 12, 13]);
  const contained = Array.from({ length: 20 }, (_, cell) => cell);
  assert.deepEqual(contained.filter((cell) => contains(watched, GRID, cell)), [7, 8, 12, 13]);
  assert.deepEqual(cellsOf(watch(0, 0, 0, 4), GRID), []);
});

test('rectangles beyond the grid or the limit do not fit', () => {
  assert.ok(fits(watch(0, 0, 5, 4), GRID));
  assert.ok(!fits(watch(1, 0, 5, 4), GRID));
  assert.ok(!fits(watch(0, 2 ** 32 - 1, 1, 2), GRID));
  const large = { columns: 1000, rows: 1000 };
  assert.ok(fits(watch(0, 0, 64, 64), large));
  assert.ok(!fits(watch(0, 0, 64, 65), large));
});

test('grids have cells and not too many', () => {
  assert.ok(isGrid(GRID));
  assert.ok(!isGrid({ columns: 0, rows: 4 }));
  assert.ok(!isGrid({ columns: 2 ** 16, rows: 2 ** 16 }));
});

test('chunks are told by a bit per cell, and by none of a single one', () => {
  const cells = [3, 4, 5, 6, 7, 8, 9, 10, 11];
  const chosen = (/** @type {number[]} */ ...bytes) => readChosen(new Reader(Uint8Array.from(bytes)), cells);
  assert.deepEqual(chosen(0b101, 1), [3, 5, 11]);
  assert.throws(() => chosen(0b101, 2), WireError, 'a tenth cell');
  assert.throws(() => chosen(0b101), WireError, 'cut off');
  assert.deepEqual(readChosen(new Reader(new Uint8Array()), [3]), [3]);
  assert.deepEqual(readChosen(new Reader(new Uint8Array()), []), []);
});

test('cells that stay watched keep what is in them', () => {
  const parts = new Parts(GRID, 4);
  assert.deepEqual(parts.changeWatch(watch(0, 0, 2, 1)), []);
  const kept = parts.get(3);
  const dropped = parts.changeWatch(watch(1, 0, 2, 1));
  assert.deepEqual(dropped.map(({ number }) => number), [2]);
  assert.deepEqual(parts.all().map(({ number }) => number), [0, 1, 3, 4]);
  assert.equal(parts.get(3), kept);
  assert.equal(parts.get(2), undefined);
});

test('slots are counted of the parts that stay', () => {
  const parts = new Parts(GRID, 4);
  parts.changeWatch(watch(0, 0, 2, 2));
  for (const part of parts.all()) {
    part.snapshot = new Snapshot(4);
    // A sum tells which parts it is made of.
    part.snapshot.insert(2 ** part.number - 1, 1, 0);
  }
  const slots = (/** @type {number[]} */ ...numbers) =>
    numbers.reduce((sum, number) => sum + Number(parts.get(number)?.snapshot.slots), 0);
  assert.equal(parts.slots(watch(0, 0, 2, 2)), slots(0, 1, 2, 3, 7, 8));
  assert.equal(parts.slots(watch(1, 0, 4, 1)), slots(0, 1, 3));
  assert.equal(parts.slots(watch(0, 0, 0, 0)), slots(0, 1));
});

test('each part is hashed once in a while however often it is sent, and parts take turns', () => {
  const ticks = Array.from({ length: 600 }, (_, tick) => 2 ** 32 - 300 + tick).map((tick) => tick >>> 0);
  for (let part = 0; part < 50; part += 1) {
    for (const every of [1, 2, 4, 7]) {
      let hashed = 0;
      for (let index = every; index < ticks.length; index += every) {
        hashed += Number(isHashed(part, 7, 60, ticks[index - every], ticks[index]));
      }
      assert.ok(hashed >= 9 && hashed <= 11, `part ${part}, every ${every}: ${hashed}`);
    }
  }
  assert.equal(isHashed(0, 7, 0, 0, 100), false);
  for (let tick = 60; tick < 120; tick += 1) {
    const due = Array.from({ length: 600 }, (_, part) => isHashed(part, 7, 60, tick, tick + 1));
    const count = due.filter(Boolean).length;
    assert.ok(count >= 3 && count <= 17, `${count} at tick ${tick}`);
  }
});
