import assert from 'node:assert/strict';
import { test } from 'node:test';

import { layoutOf } from '../sdk/layout.js';
import { Snapshot } from '../sdk/snapshot.js';
import { View } from '../sdk/view.js';

/** @typedef {import('../sdk/index.js').Schema} Schema */

/** @type {Schema} */
const SCHEMA = {
  game: 'test',
  inputs: [],
  entities: [
    {
      name: 'ship',
      fields: [
        {
          name: 'position',
          kind: { type: 'position', min: [-100, 0], max: [100, 50], step: 0.5 },
          constant: false,
        },
        { name: 'angle', kind: { type: 'angle', bits: 8 }, constant: false },
        { name: 'energy', kind: { type: 'integer', min: -10, max: 100 }, constant: false },
      ],
    },
  ],
  events: [],
  messages: [],
};
const LAYOUT = layoutOf(SCHEMA);

/** A view with ticks of 10 ms. */
function view() {
  const made = new View();
  made.start(SCHEMA, LAYOUT, 10);
  return made;
}

/**
 * @param {{slot?: number, id?: number, lanes?: number[]}[]} ships
 */
function snapshot(...ships) {
  const made = new Snapshot(LAYOUT.stride);
  for (const { slot = 0, id = 7, lanes = [0, 0, 0, 0] } of ships) {
    made.lanes.set(lanes, made.insert(slot, id, 0));
  }
  return made;
}

test('nothing is shown before the first state', () => {
  assert.deepEqual(view().at(0), []);
});

test('positions go straight, angles the short way, the rest by steps', () => {
  const shown = view();
  shown.push(10, snapshot({ lanes: [200, 10, 250, 20] }));
  shown.push(12, snapshot({ lanes: [220, 0, 6, 30] }));
  const [half] = shown.at(110);
  assert.deepEqual([half.id, half.kind, half.x, half.y], [7, 'ship', 5, 2.5]);
  assert.ok(Math.abs(half.angle) < 1e-9, `${half.angle}`);
  assert.equal(half.energy, 10);
  const [late] = shown.at(115);
  assert.equal(late, half, 'the same object at every call');
  assert.equal(late.x, 7.5);
  assert.ok(Math.abs(late.angle - (3 / 256) * 2 * Math.PI) < 1e-9);
  assert.equal(late.energy, 10);
  assert.deepEqual([shown.at(120)[0].x, shown.at(120)[0].energy], [10, 20]);
});

test('an angle can turn backwards over 0', () => {
  const shown = view();
  shown.push(0, snapshot({ lanes: [0, 0, 6, 0] }));
  shown.push(1, snapshot({ lanes: [0, 0, 246, 0] }));
  const turn = (2 * Math.PI) / 256;
  assert.ok(Math.abs(shown.at(2.5)[0].angle - 2 * turn) < 1e-9);
  assert.ok(Math.abs(shown.at(7.5)[0].angle - 250 * turn) < 1e-9);
});

test('before the oldest state and after the newest nothing is guessed', () => {
  const shown = view();
  shown.push(10, snapshot({ lanes: [200, 0, 0, 0] }));
  shown.push(11, snapshot({ lanes: [210, 0, 0, 0] }));
  assert.equal(shown.at(50)[0].x, 0);
  assert.equal(shown.at(500)[0].x, 5);
});

test('entities come and go when render time passes their tick', () => {
  const shown = view();
  shown.push(1, snapshot({ slot: 0, id: 1 }));
  shown.push(2, snapshot({ slot: 0, id: 1 }, { slot: 1, id: 2 }));
  shown.push(3, snapshot({ slot: 1, id: 2 }));
  const ids = (/** @type {number} */ time) => shown.at(time).map(({ id }) => id);
  assert.deepEqual(ids(15), [1]);
  assert.deepEqual(ids(20), [1, 2]);
  assert.deepEqual(ids(29), [1, 2]);
  assert.deepEqual(ids(30), [2]);
});

test('a slot that changes hands is not blended', () => {
  const shown = view();
  shown.push(1, snapshot({ id: 1, lanes: [0, 0, 0, 0] }));
  shown.push(2, snapshot({ id: 2, lanes: [400, 0, 0, 0] }));
  const [first] = shown.at(15);
  assert.deepEqual([first.id, first.x], [1, -100]);
  const [second] = shown.at(20);
  assert.deepEqual([first.id, second.id, second.x], [1, 2, 100]);
});

test('the oldest states are given up', () => {
  const shown = view();
  for (let tick = 0; tick < 1000; tick += 1) {
    shown.push(tick, snapshot({ lanes: [tick % 400, 0, 0, 0] }));
  }
  assert.equal(shown.at(9985)[0].x, -100 + (998.5 % 400) / 2);
  assert.equal(shown.at(0)[0].x, -100 + (976 % 400) / 2);
});
