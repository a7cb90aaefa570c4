import assert from 'node:assert/strict';
import { test } from 'node:test';

import { shapesOf } from '../sdk/replica/shapes.js';
import { View } from '../sdk/picture/view.js';
import { CELL, NEXT_CELL, ScriptedReplica, schemaOf } from './support/scripted-replica.js';

const SCHEMA = schemaOf([
  ['place', { type: 'position', min: [-100, 0], max: [100, 50], step: 0.5 }],
  ['angle', { type: 'angle', bits: 8 }],
  ['energy', { type: 'integer', min: -10, max: 100 }],
]);

/** A view with ticks of 10 ms, and what it shows. @param {number} [quietMs] */
function scene(quietMs = 250) {
  const replica = new ScriptedReplica(SCHEMA);
  const view = new View();
  const { whereabouts } = replica;
  view.start({ whereabouts, shapes: shapesOf(SCHEMA, replica.layout), msPerTick: 10, quietMs });
  return { replica, view };
}

/**
 * A row: lanes of x, y, angle and energy, then the last steps.
 *
 * @param {number[]} lanes
 * @param {{slot?: number, id?: number, steps?: number[]}} [more]
 */
function row([x = 0, y = 0, angle = 0, energy = 0], { slot = 0, id = 7, steps = [0, 0] } = {}) {
  return [slot, id, 0, x, y, angle, energy, ...steps];
}

/** @param {View} view @param {number} timeMs */
function xAt(view, timeMs) {
  const [first] = view.at(timeMs);
  return first?.x;
}

test('nothing is shown before the first state', () => {
  assert.deepEqual(new View().at(0), []);
  assert.deepEqual(scene().view.at(0), []);
});

test('positions go straight, angles the short way, the rest by steps', () => {
  const { replica, view } = scene();
  replica.frame(10, { [CELL]: { rows: [row([200, 10, 250, 20])] } }, true);
  replica.frame(12, { [CELL]: { gap: 2, rows: [row([220, 0, 6, 30])] } });
  const [half] = view.at(110);
  assert.deepEqual([half.id, half.kind, half.x, half.y], [7, 'thing', 5, 2.5]);
  assert.ok(Math.abs(half.angle) < 1e-9, `${half.angle}`);
  assert.equal(half.energy, 10);
  const [late] = view.at(115);
  assert.equal(late, half, 'the same object at every call');
  assert.equal(late.x, 7.5);
  assert.ok(Math.abs(late.angle - (3 / 256) * 2 * Math.PI) < 1e-9);
  assert.equal(late.energy, 10);
  assert.deepEqual([view.at(120)[0].x, view.at(120)[0].energy], [10, 20]);
});

test('an angle can turn backwards over 0', () => {
  const { replica, view } = scene();
  replica.frame(1, { [CELL]: { rows: [row([0, 0, 6])] } }, true);
  replica.frame(2, { [CELL]: { gap: 1, rows: [row([0, 0, 246])] } });
  const turn = (2 * Math.PI) / 256;
  assert.ok(Math.abs(view.at(12.5)[0].angle - 2 * turn) < 1e-9);
  assert.ok(Math.abs(view.at(17.5)[0].angle - 250 * turn) < 1e-9);
});

test('what is not told of moves evenly, with frames and without', () => {
  const { replica, view } = scene();
  const moving = row([100, 0], { steps: [4, 0] });
  replica.frame(1, { [CELL]: { rows: [moving] }, [NEXT_CELL]: { rows: [] } }, true);
  for (let time = 10; time < 100; time += 5) {
    if (time === 40) replica.frame(4, {});
    if (time === 60) replica.frame(6, { [NEXT_CELL]: { gap: 1, rows: [] } });
    const expected = -100 + 0.5 * (100 + (4 * (time - 10)) / 10);
    assert.ok(Math.abs(xAt(view, time) - expected) < 1e-9, `${xAt(view, time)} at ${time} ms`);
  }
});

test('what did as predicted up to the last tick turns off only then', () => {
  const { replica, view } = scene();
  replica.frame(1, { [CELL]: { rows: [row([100, 0], { steps: [2, 0] })] } }, true);
  replica.frame(31, { [CELL]: { gap: 1, rows: [row([150, 0], { steps: [-8, 0] })] } });
  assert.equal(xAt(view, 200), -100 + 0.5 * (100 + 2 * 19));
  assert.equal(xAt(view, 300), -100 + 0.5 * 158);
  assert.equal(xAt(view, 305), -100 + 0.5 * 154);
  assert.equal(xAt(view, 310), -100 + 0.5 * 150);
  assert.equal(xAt(view, 320), -100 + 0.5 * 142);
});

test('prediction stops at the end of the world', () => {
  const { replica, view } = scene();
  replica.frame(1, { [CELL]: { rows: [row([390, 50], { steps: [4, -1] })] } }, true);
  assert.equal(xAt(view, 100), 100);
});

test('prediction stops when a frame is overdue, and not before', () => {
  for (const quietMs of [10, 250, 800]) {
    const { replica, view } = scene(quietMs);
    replica.frame(1, { [CELL]: { rows: [row([100, 0], { steps: [2, 0] })] } }, true);
    const stopMs = 10 + quietMs + 50;
    assert.equal(xAt(view, stopMs), -50 + (quietMs + 50) / 10);
    assert.equal(xAt(view, stopMs - 10), -50 + (quietMs + 40) / 10);
    assert.equal(xAt(view, 100_000), xAt(view, stopMs));
  }
});

test('what lay still while it was shown ahead moves off without a jump', () => {
  const { replica, view } = scene();
  replica.frame(1, { [CELL]: { rows: [row([100, 0])] }, [NEXT_CELL]: { rows: [] } }, true);
  for (let time = 10; time <= 200; time += 5) assert.equal(xAt(view, time), -50);
  // It has been on its way since tick 11, and was shown at rest until tick 20.
  replica.frame(21, { [CELL]: { gap: 10, rows: [row([140, 0], { steps: [4, 0] })] } });
  const first = xAt(view, 205);
  assert.ok(Math.abs(first - -50) < 2.5, `${first}: what it is off by fades`);
});

test('what lies still is drawn as it is told, however often it changes', () => {
  const { replica, view } = scene();
  for (let tick = 1; tick < 60; tick += 1) {
    if (tick % 6 === 1) replica.frame(tick, { [CELL]: { gap: 1, rows: [row([tick, 0, tick, tick])] } }, tick === 1);
    else replica.frame(tick, {});
    const [{ x, energy }] = view.at(10 * tick);
    const told = tick - ((tick - 1) % 6);
    assert.deepEqual([x, energy], [-100 + told / 2, told - 10]);
  }
});

test('before the oldest state that one is shown', () => {
  const { replica, view } = scene();
  replica.frame(10, { [CELL]: { rows: [row([200, 0], { steps: [6, 0] })] } }, true);
  assert.equal(xAt(view, 50), 0);
});

test('entities come and go when render time passes their tick', () => {
  const { replica, view } = scene();
  const [one, two] = [row([], { id: 1 }), row([], { slot: 1, id: 2 })];
  replica.frame(1, { [CELL]: { rows: [one] } }, true);
  replica.frame(2, { [CELL]: { gap: 1, rows: [one, two] } });
  replica.frame(3, { [CELL]: { gap: 1, rows: [two] } });
  const ids = (/** @type {number} */ time) => view.at(time).map(({ id }) => id).sort();
  assert.deepEqual(ids(15), [1]);
  assert.deepEqual(ids(20), [1, 2]);
  assert.deepEqual(ids(29), [1, 2]);
  assert.deepEqual(ids(30), [2]);
});

test('a slot that changes hands is not blended', () => {
  const { replica, view } = scene();
  replica.frame(1, { [CELL]: { rows: [row([0], { id: 1 })] } }, true);
  replica.frame(2, { [CELL]: { gap: 1, rows: [row([400], { id: 2 })] } });
  const [first] = view.at(15);
  assert.deepEqual([first.id, first.x], [1, -100]);
  const [second] = view.at(20);
  assert.deepEqual([first.id, second.id, second.x], [1, 2, 100]);
});

test('who changes cells moves on without a jump', () => {
  const { replica, view } = scene();
  const steps = [10, 0];
  replica.frame(1, { [CELL]: { rows: [row([100], { steps })] }, [NEXT_CELL]: { rows: [] } }, true);
  replica.frame(2, { [CELL]: { gap: 1, rows: [], moved: [7] } });
  replica.frame(4, { [NEXT_CELL]: { gap: 4, rows: [row([130], { slot: 5, steps })] } });
  const [shown] = view.at(10);
  for (let time = 10; time <= 60; time += 2) {
    assert.equal(view.at(time).length, 1, `at ${time} ms`);
    assert.equal(view.at(time)[0], shown);
    assert.ok(Math.abs(shown.x - (-100 + 0.5 * (100 + time - 10))) < 1e-9, `${shown.x} at ${time} ms`);
  }
});

test('the oldest states are given up', () => {
  const { replica, view } = scene();
  // Each tick is other than predicted.
  const place = (/** @type {number} */ tick) => (tick * tick) % 401;
  replica.frame(0, { [CELL]: { rows: [row([place(0)])] } }, true);
  for (let tick = 1; tick < 1000; tick += 1) {
    replica.frame(tick, { [CELL]: { gap: 1, rows: [row([place(tick)])] } });
  }
  for (let tick = 980; tick < 999; tick += 1) {
    const expected = -100 + (place(tick) + place(tick + 1)) / 4;
    assert.ok(Math.abs(xAt(view, 10 * tick + 5) - expected) < 1e-9);
  }
  assert.equal(xAt(view, 0), -100 + place(936) / 2);
});

test('what has left long ago is forgotten', () => {
  const { replica } = scene();
  replica.frame(1, { [CELL]: { rows: [row([])] } }, true);
  replica.frame(2, { [CELL]: { gap: 1, rows: [] } });
  assert.equal(replica.whereabouts.departed.length, 1);
  replica.frame(100, {});
  assert.equal(replica.whereabouts.departed.length, 0);
});
