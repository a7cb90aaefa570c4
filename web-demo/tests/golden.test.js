import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Reader } from '../sdk/wire/bincode.js';
import { layoutOf } from '../sdk/wire/layout.js';
import { encodeClientMessage } from '../sdk/wire/client-messages.js';
import { decodeServerMessage, readEvent } from '../sdk/wire/server-messages.js';
import { Replica } from '../sdk/replica/replica.js';
import { readRotation } from '../sdk/replica/rotation.js';
import { WireError } from '../sdk/wire/wire-error.js';
import { Whereabouts } from '../sdk/replica/whereabouts.js';
import { bytesOf, golden, stateOf, welcomeOf } from './support/golden.js';
import { snapshotOf } from './support/rows.js';

test('client messages are written as Rust reads them', () => {
  for (const { message, hex } of [...golden('client-messages.json'), ...golden('v1.0/client-messages.json')]) {
    const { center, size } = message;
    const named = message.type === 'look' ? { type: 'look', look: { center, size } } : message;
    assert.equal(Buffer.from(encodeClientMessage(named)).toString('hex'), hex);
  }
});

test('server messages are read as Rust writes them', () => {
  for (const { message, hex } of [...golden('server-messages.json'), ...golden('v1.0/server-messages.json')]) {
    assert.deepEqual({ ...decodeServerMessage(bytesOf(hex)) }, message);
  }
});

test('events are read as Rust writes them', () => {
  for (const { event, hex } of golden('events.json')) {
    const input = new Reader(bytesOf(hex));
    assert.deepEqual(readEvent(input), event);
    input.end();
  }
});

test('malformed server messages are wire errors', () => {
  const vectors = golden('malformed-messages.json').filter(({ from }) => from === 'server');
  assert.ok(vectors.length > 10);
  for (const { what, hex } of vectors) {
    assert.throws(() => decodeServerMessage(bytesOf(hex)), WireError, what);
  }
});

test('fields have the lanes that Rust gives them, with the same meaning', () => {
  const quaternion = new Float64Array(4);
  for (const { kind, bits, max, samples } of golden('lanes.json')) {
    const field = { name: 'field', kind, constant: false };
    const entities = [{ name: 'thing', fields: [field] }];
    const { lanes } = layoutOf({ game: 'g', inputs: [], entities, events: [], messages: [] }).kinds[0];
    assert.deepEqual(lanes.map((lane) => lane.bits), bits);
    assert.deepEqual(lanes.map((lane) => lane.max), max);
    for (const sample of samples) {
      const values = lanes.map(({ min, step }, at) => min + sample.lanes[at] * step);
      values.forEach((value, at) => assertNear(value, sample.values[at]));
      if (!sample.quaternion) continue;
      const { min, step } = lanes[1];
      readRotation(sample.lanes, 0, min, step, quaternion);
      // Some samples are none that a server sends: longer than 1, and cut to it here.
      const length = Math.hypot(...sample.quaternion);
      quaternion.forEach((value, at) => assertNear(value, sample.quaternion[at] / length));
    }
  }
});

/** @param {number} value @param {number} expected */
function assertNear(value, expected) {
  assert.ok(Math.abs(value - expected) <= 1e-9 * (1 + Math.abs(expected)), `${value} ${expected}`);
}

test('snapshots hash as in Rust', () => {
  const [{ welcome }, ...vectors] = golden('hashes.json');
  const layout = layoutOf(welcomeOf(welcome).schema);
  for (const { rows, hash } of vectors) assert.equal(snapshotOf(rows, layout).hash(layout), hash);
});

for (const file of ['frames-small.json', 'frames-large.json', 'frames-grid.json']) {
  test(`${file}: every frame leads to the server's state`, () => {
    const [{ welcome, seed }, ...vectors] = golden(file);
    const replica = new Replica(welcomeOf(welcome));
    for (const { hex, frame: expected, state } of vectors) {
      const frame = replica.handleFrame(bytesOf(hex));
      const { differing } = replica;
      assert.deepEqual({ ...frame, differing }, expected, `seed ${seed}, tick ${frame.tick}`);
      const { entities, ...parts } = state;
      assert.deepEqual(stateOf(replica), parts, `seed ${seed}, tick ${frame.tick}`);
    }
  });

  test(`${file}: each entity is where Rust knows it, or in transit`, () => {
    const [{ welcome, seed }, ...vectors] = golden(file);
    const replica = new Replica(welcomeOf(welcome));
    const whereabouts = new Whereabouts(replica);
    for (const { hex, state } of vectors) {
      const frame = replica.handleFrame(bytesOf(hex));
      whereabouts.follow(frame);
      const there = [...whereabouts.present.values()].filter(({ part }) => part);
      const places = there.map(({ id, part }) => [id, Number(part?.snapshot.ids.indexOf(id))]);
      places.sort(([one], [other]) => one - other);
      assert.deepEqual(places, state.entities, `seed ${seed}, tick ${frame.tick}`);
    }
  });
}

test('malformed frames are wire errors and leave the replica as it was', () => {
  const [{ welcome }, ...vectors] = golden('frames-malformed.json');
  const replica = new Replica(welcomeOf(welcome));
  for (const { malformed, hex } of vectors) {
    if (malformed === undefined) {
      replica.handleFrame(bytesOf(hex));
      continue;
    }
    const before = stateOf(replica);
    assert.throws(() => replica.handleFrame(bytesOf(hex)), WireError, malformed);
    assert.deepEqual(stateOf(replica), before, malformed);
  }
});
