import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_TURN, TURN_RATE } from '../demo/arena.js';
import { angleBetween, rudder } from '../demo/input/steering.js';

const TICK_S = 1 / 30;

/**
 * Flies a ship whose rudder is set once per tick, and returns its heading error over time.
 * @param {number} heading
 */
function errors(heading) {
  let angle = 0;
  return Array.from({ length: 90 }, () => {
    angle += (rudder(angle, heading) / FULL_TURN) * TURN_RATE * TICK_S;
    return angleBetween(angle, heading);
  });
}

test('the short way between two angles crosses the seam', () => {
  assert.ok(Math.abs(angleBetween(6.2, 0.1) - 0.183) < 0.001);
  assert.ok(Math.abs(angleBetween(0.1, 6.2) + 0.183) < 0.001);
  assert.equal(angleBetween(1, 1), 0);
  assert.ok(Math.abs(angleBetween(0, 40 * Math.PI + 1) - 1) < 1e-9);
});

for (const heading of [0.3, 1.5, -2.9]) {
  test(`a ship reaches heading ${heading} without swinging`, () => {
    const course = errors(heading);
    assert.ok(Math.abs(course.at(-1) ?? 9) < 0.02, `ends ${course.at(-1)} off`);
    const beyond = Math.max(...course.map((error) => -error * Math.sign(heading)));
    assert.ok(beyond < 0.01, `swings ${beyond} beyond the mark`);
  });
}

test('rudder never leaves its range and rests near the mark', () => {
  for (const heading of [-3, -1, 0.5, 3]) assert.ok(Math.abs(rudder(0, heading)) <= FULL_TURN);
  assert.equal(rudder(1, 1.005), 0);
});
