import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MAX_SLOTS, Snapshot } from '../sdk/replica/snapshot.js';

const STRIDE = 3;

/** A snapshot of as many entities, all of whose columns are set. @param {number} slots */
function full(slots) {
  const snapshot = new Snapshot(STRIDE);
  for (let slot = 0; slot < slots; slot += 1) {
    const at = snapshot.insert(slot, slot + 1, 1);
    snapshot.values.fill(slot + 7, at, at + STRIDE);
  }
  return snapshot;
}

/** What is in use. @param {Snapshot} snapshot */
function used({ slots, ids, kinds, values }) {
  return [ids.slice(0, slots), kinds.slice(0, slots), values.slice(0, slots * STRIDE)];
}

/** Whether all is zero behind what is in use. @param {Snapshot} snapshot */
function isCleanBehind({ slots, ids, kinds, values }) {
  const rest = [ids.subarray(slots), kinds.subarray(slots), values.subarray(slots * STRIDE)];
  return rest.every((column) => column.every((value) => value === 0));
}

test('a copy holds what the original holds, whichever was larger, and nothing else', () => {
  for (const [before, slots] of [[0, 0], [0, 5], [5, 0], [3, 20], [20, 3], [20, 9], [9, 20], [8, 8]]) {
    const [copy, original] = [full(before), full(slots)];
    copy.copyFrom(original);
    assert.deepEqual(used(copy), used(full(slots)), `${before} to ${slots}`);
    assert.ok(isCleanBehind(copy), `${before} to ${slots}`);
    copy.values.fill(0);
    assert.deepEqual(used(original), used(full(slots)), 'its memory is its own');
  }
});

test('what is entered after a copy begins as zeros', () => {
  const copy = full(20);
  copy.copyFrom(full(3));
  const at = copy.insert(10, 99, 0);
  assert.deepEqual(copy.values.slice(at, at + STRIDE), new Uint32Array(STRIDE));
  assert.deepEqual([...copy.ids.slice(3, 11)], [0, 0, 0, 0, 0, 0, 0, 99]);
});

test('a part that was crowded once is copied like any other', () => {
  const crowded = full(MAX_SLOTS);
  crowded.clear();
  crowded.insert(0, 1, 0);
  const copy = new Snapshot(STRIDE);
  const capacity = copy.ids.length;
  copy.copyFrom(crowded);
  assert.equal(copy.slots, 1);
  assert.equal(copy.ids.length, capacity);
  assert.equal(copy.values.length, capacity * STRIDE);
});

test('a copy grows to what is in use, and is not shrunk by less', () => {
  const copy = new Snapshot(STRIDE);
  copy.copyFrom(full(100));
  const capacity = copy.ids.length;
  assert.ok(capacity >= 100 && capacity < 200, `${capacity}`);
  copy.copyFrom(full(2));
  assert.equal(copy.ids.length, capacity);
});
