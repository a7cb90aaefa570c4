import assert from 'node:assert/strict';
import { test } from 'node:test';

import { varintLength } from '../sdk/wire/bincode.js';
import { differenceOf } from '../sdk/replica/difference.js';
import { encodeClientMessage } from '../sdk/wire/client-messages.js';
import { Replica } from '../sdk/replica/replica.js';
import { WireError } from '../sdk/wire/wire-error.js';
import { bytesOf, golden, stateOf, welcomeOf } from './support/golden.js';
import { rowsOf } from './support/rows.js';

const [{ welcome }, ...vectors] = golden('frames-grid.json');

/** A replica that has taken in so many frames. @param {number} count */
function replicaAfter(count) {
  const replica = new Replica(welcomeOf(welcome));
  for (const { hex } of vectors.slice(0, count)) replica.handleFrame(bytesOf(hex));
  return replica;
}

test('a frame whose last chunk is cut off leaves all parts as they were', () => {
  const several = vectors.findIndex(
    ({ frame }, index) => index > 0 && frame.contents.own && frame.contents.cells,
  );
  const bytes = bytesOf(vectors[several].hex);
  const replica = replicaAfter(several);
  const before = stateOf(replica);
  for (let cut = 0; cut < bytes.length; cut += 1) {
    assert.throws(() => replica.handleFrame(bytes.subarray(0, cut)), WireError, `${cut} bytes`);
    assert.deepEqual(stateOf(replica), before);
  }
  assert.throws(() => replica.handleFrame(Uint8Array.of(...bytes, 0)), /1 bytes too many/);
  assert.deepEqual(stateOf(replica), before);
  replica.handleFrame(bytes);
  const { entities: _, ...expected } = vectors[several].state;
  assert.deepEqual(stateOf(replica), expected);
});

test('a delta before any keyframe is refused, and so are cells beyond the grid', () => {
  const replica = replicaAfter(0);
  assert.throws(() => replica.handleFrame(Uint8Array.of(0x80)), /before any keyframe/);
  assert.throws(() => replica.handleFrame(Uint8Array.of(0x40, 7, 0, 0, 5, 1)), /grid does not have/);
  for (const tag of [0x00, 0x3f, 0x48, 0x49]) {
    assert.throws(() => replica.handleFrame(Uint8Array.of(tag, 1)), /no state frame/);
  }
  replica.handleFrame(Uint8Array.of(0x40, 7, 0, 0, 0, 0));
  replica.handleFrame(Uint8Array.of(0x80));
  assert.deepEqual([replica.tick, replica.number], [8, 2]);
});

test('what is reported of a part is what is in it', () => {
  const replica = replicaAfter(vectors.length);
  const { parts } = vectors[vectors.length - 1].state;
  for (const { part, tick, rows } of parts) {
    const difference = differenceOf(replica, part);
    if (tick === undefined) {
      assert.equal(difference, undefined);
      continue;
    }
    assert.ok(difference);
    assert.deepEqual([difference.part, difference.tick, difference.entities], [part, tick, rows.length]);
    const told = difference.rows.map(({ slot, id, kind, columns }) => [slot, id, kind, ...columns]);
    assert.deepEqual(told, rows);
  }
  assert.equal(differenceOf(replica, 999), undefined);
});

test('a report of a crowded part is cut to what fits', () => {
  const [large, ...frames] = golden('frames-large.json');
  const replica = new Replica(welcomeOf(large.welcome));
  replica.handleFrame(bytesOf(frames[0].hex));
  const part = replica.parts.all().find(({ snapshot }) => snapshot.entities > 200);
  assert.ok(part);
  const difference = differenceOf(replica, part.number);
  assert.ok(difference);
  const { entities } = part.snapshot;
  assert.equal(difference.entities, entities);
  assert.ok(difference.rows.length > 20 && difference.rows.length < entities);
  const rows = rowsOf(part.snapshot, replica.layout).slice(0, difference.rows.length);
  assert.deepEqual(difference.rows.map(({ id }) => id), rows.map(([, id]) => id));
  const bytes = encodeClientMessage({ type: 'differs', difference }).length;
  assert.ok(bytes <= 4096 && bytes > 3900, `${bytes} bytes`);
});

test('lengths of integers are what they take on the wire', () => {
  for (const value of [0, 250, 251, 65_535, 65_536, 2 ** 32 - 1]) {
    const bytes = encodeClientMessage({ type: 'ping', nonce: value });
    assert.equal(varintLength(value), bytes.length - 1);
  }
});
