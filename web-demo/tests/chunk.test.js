import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ChunkDecoder, ChunkReading } from '../sdk/wire/chunk.js';
import { CONTEXTS } from '../sdk/wire/contexts.js';
import { COUNTS, PROBABILITIES } from '../sdk/wire/generated/prior-table.js';
import { layoutOf } from '../sdk/wire/layout.js';
import { WireError } from '../sdk/wire/wire-error.js';
import { bytesOf, golden, welcomeOf } from './support/golden.js';
import { rowsOf, snapshotOf } from './support/rows.js';

const [{ welcome }, ...vectors] = golden('chunks.json');
const layout = layoutOf(welcomeOf(welcome).schema);

test('every set of the prior has a likelihood per context', () => {
  for (const sets of [PROBABILITIES, COUNTS]) {
    assert.deepEqual(sets.map((set) => set.length), [CONTEXTS, CONTEXTS, CONTEXTS, CONTEXTS]);
  }
});

test('chunks lead where Rust says', () => {
  const decoder = new ChunkDecoder(layout);
  const reading = new ChunkReading();
  for (const [index, vector] of vectors.entries()) {
    const state = snapshotOf(vector.from, layout);
    const bytes = bytesOf(`00${vector.hex}ff`);
    decoder.decode(state, vector.elapsed, bytes, 1, reading);
    assert.deepEqual(rowsOf(state, layout), vector.to, `vector ${index}`);
    assert.equal(reading.end, bytes.length - 1);
    assert.equal(reading.isKeyframe, vector.isKeyframe);
    assert.deepEqual(reading.left.map((id, leave) => [id, reading.moved[leave]]), vector.left);
    assert.deepEqual(reading.entered, vector.entered);
  }
});

test('what is reported as updated is what a straight line does not lead to', () => {
  const decoder = new ChunkDecoder(layout);
  const reading = new ChunkReading();
  let updated = 0;
  for (const { from, elapsed, hex, to, isKeyframe } of vectors) {
    if (isKeyframe) continue;
    const state = snapshotOf(from, layout);
    decoder.decode(state, elapsed, bytesOf(hex), 0, reading);
    const before = new Map(from.map((/** @type {number[]} */ row) => [row[1], predicted(row, elapsed)]));
    const left = new Set(reading.left);
    const expected = to
      .filter((/** @type {number[]} */ [, id]) => before.has(id) && !left.has(id))
      .filter((/** @type {number[]} */ row) => String(before.get(row[1])) !== String(row.slice(2)))
      .map((/** @type {number[]} */ [slot]) => slot);
    assert.deepEqual(reading.updated, expected);
    updated += expected.length;
  }
  assert.ok(updated > 100);
});

/** A row's kind and columns after ticks straight on. @param {number[]} row @param {number} ticks */
function predicted([, , kind, ...columns], ticks) {
  for (const { first, lanes, steps } of layout.kinds[kind].changing) {
    if (steps < 0) continue;
    for (let axis = 0; axis < lanes; axis += 1) {
      columns[first + axis] += (columns[steps + axis] | 0) * ticks;
    }
  }
  return [kind, ...columns];
}

test('chunks that are cut off are wire errors, and say where', () => {
  const decoder = new ChunkDecoder(layout);
  const reading = new ChunkReading();
  for (const { from, elapsed, hex } of vectors) {
    const bytes = bytesOf(hex);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const decode = () =>
        decoder.decode(snapshotOf(from, layout), elapsed, bytes.subarray(0, cut), 0, reading);
      assert.throws(decode, (error) => error instanceof WireError && error.at <= cut);
    }
  }
});

test('a chunk that leads from further back than the state is refused', () => {
  const decoder = new ChunkDecoder(layout);
  const reading = new ChunkReading();
  const { from, hex } = vectors.find(({ elapsed, isKeyframe }) => elapsed > 1 && !isKeyframe);
  const decode = () => decoder.decode(snapshotOf(from, layout), 0, bytesOf(hex), 0, reading);
  assert.throws(decode, /spans \d+ ticks, 0 have passed/);
});
