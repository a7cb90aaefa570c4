import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeServerMessage, encodeClientMessage } from '../sdk/messages.js';
import { Replica } from '../sdk/replica.js';
import { WireError } from '../sdk/wire-error.js';
import { layoutOf } from '../sdk/layout.js';
import { Snapshot } from '../sdk/snapshot.js';
import { bytesOf, golden } from './support/golden.js';
import { rowsOf } from './support/rows.js';

/** @param {string} hex */
function schemaOf(hex) {
  const message = decodeServerMessage(bytesOf(hex));
  assert.ok(message.type === 'welcome');
  return message.welcome.schema;
}

test('client messages are written as Rust reads them', () => {
  for (const { message, hex } of golden('client-messages.json')) {
    assert.equal(Buffer.from(encodeClientMessage(message)).toString('hex'), hex);
  }
});

test('server messages are read as Rust writes them', () => {
  for (const { message, hex } of golden('server-messages.json')) {
    assert.deepEqual({ ...decodeServerMessage(bytesOf(hex)) }, message);
  }
});

test('malformed server messages are wire errors', () => {
  const vectors = golden('malformed-messages.json').filter(({ from }) => from === 'server');
  assert.ok(vectors.length > 10);
  for (const { what, hex } of vectors) {
    assert.throws(() => decodeServerMessage(bytesOf(hex)), WireError, what);
  }
});

test('snapshots hash as in Rust', () => {
  const [{ welcome }, ...vectors] = golden('hashes.json');
  const layout = layoutOf(schemaOf(welcome));
  for (const { snapshot: rows, hash } of vectors) {
    const snapshot = new Snapshot(layout.stride);
    for (const [slot, id, kind, ...lanes] of rows) {
      const row = snapshot.insert(slot, id, kind);
      snapshot.lanes.set(lanes, row);
    }
    assert.deepEqual(rowsOf(snapshot, layout), rows);
    assert.equal(snapshot.hash(layout), hash);
  }
});

for (const file of ['frames-small.json', 'frames-large.json']) {
  test(`${file}: every frame leads to the server's snapshot`, () => {
    const [{ welcome }, ...vectors] = golden(file);
    const replica = new Replica(schemaOf(welcome));
    for (const { hex, frame: expected, snapshot } of vectors) {
      const { chunkAt, ...frame } = replica.handleFrame(bytesOf(hex));
      assert.deepEqual(frame, expected);
      assert.deepEqual(rowsOf(replica.snapshot, replica.layout), snapshot);
      assert.ok(chunkAt >= 2);
    }
  });
}

test('malformed frames are wire errors and leave the replica as it was', () => {
  const [{ welcome }, ...vectors] = golden('frames-malformed.json');
  const replica = new Replica(schemaOf(welcome));
  for (const { malformed, hex } of vectors) {
    if (malformed === undefined) {
      replica.handleFrame(bytesOf(hex));
      continue;
    }
    const before = { rows: rowsOf(replica.snapshot, replica.layout), number: replica.number };
    assert.throws(() => replica.handleFrame(bytesOf(hex)), WireError, malformed);
    const after = { rows: rowsOf(replica.snapshot, replica.layout), number: replica.number };
    assert.deepEqual(after, before, malformed);
  }
});
