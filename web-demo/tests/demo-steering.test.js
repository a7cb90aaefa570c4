import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_TURN, TURN_RATE } from '../demo/arena.js';
import { Sender } from '../demo/input/sender.js';
import { angleBetween, Steering } from '../demo/input/steering.js';

const STEP_MS = 1000 / 60;

/**
 * Flies a ship whose state is seen `delayMs` late, and returns its heading error over time.
 * @param {number} heading
 * @param {number} delayMs
 */
function errors(heading, delayMs) {
  const steering = new Steering();
  /** @type {{ at: number, angle: number }[]} */
  const past = [{ at: 0, angle: 0 }];
  let angle = 0;
  return Array.from({ length: 180 }, (_, index) => {
    const now = index * STEP_MS;
    const seen = past.filter(({ at }) => at <= now - delayMs).at(-1) ?? past[0];
    const turn = steering.towards(seen.angle, heading, now, delayMs);
    steering.given(turn, now);
    angle += (turn / FULL_TURN) * TURN_RATE * (STEP_MS / 1000);
    past.push({ at: now + STEP_MS, angle });
    return angleBetween(angle, heading);
  });
}

test('the short way between two angles crosses the seam', () => {
  assert.ok(Math.abs(angleBetween(6.2, 0.1) - 0.183) < 0.001);
  assert.ok(Math.abs(angleBetween(0.1, 6.2) + 0.183) < 0.001);
  assert.equal(angleBetween(1, 1), 0);
  assert.ok(Math.abs(angleBetween(0, 40 * Math.PI + 1) - 1) < 1e-9);
});

for (const delayMs of [0, 60, 150, 300]) {
  for (const heading of [0.3, 1.5, -2.9]) {
    test(`a ship reaches heading ${heading} without swinging, seen ${delayMs} ms late`, () => {
      const course = errors(heading, delayMs);
      assert.ok(Math.abs(course.at(-1) ?? 9) < 0.05, `ends ${course.at(-1)} off`);
      const beyond = Math.max(...course.map((error) => -error * Math.sign(heading)));
      assert.ok(beyond < 0.12, `swings ${beyond} beyond the mark`);
    });
  }
}

test('rudder never leaves its range and rests near the mark', () => {
  const steering = new Steering();
  for (const heading of [-3, -1, 0.5, 3]) {
    assert.ok(Math.abs(steering.towards(0, heading, 0, 0)) <= FULL_TURN);
  }
  assert.equal(steering.towards(1, 1.01, 0, 0), 0);
});

test('inputs go out at once when they change, but 30 times a second at most', () => {
  const sender = new Sender();
  assert.deepEqual(sender.due(0, 1, 0, 0), { thrust: 1, turn: 0, fire: 0, dash: 0 });
  assert.equal(sender.due(10, 0, 0, 0), undefined);
  assert.deepEqual(sender.due(34, 0, 0, 0), { thrust: 0, turn: 0, fire: 0, dash: 0 });
  let sent = 0;
  for (let now = 1000; now < 2000; now += STEP_MS) if (sender.due(now, 0, Math.round(now) % 100, 0)) sent += 1;
  assert.ok(sent >= 20 && sent <= 31, `${sent} in a second`);
});

test('inputs that do not change go out at least twice a second', () => {
  const sender = new Sender();
  let sent = 0;
  for (let now = 0; now < 10_000; now += STEP_MS) if (sender.due(now, 1, 0, 1)) sent += 1;
  assert.ok(sent >= 20 && sent <= 25, `${sent} in ten seconds`);
});

test('a dash is sent exactly once', () => {
  const sender = new Sender();
  sender.due(0, 0, 0, 0);
  sender.dash();
  const dashes = [];
  for (let now = 5; now < 2000; now += STEP_MS) {
    const input = sender.due(now, 1, 0, 0);
    if (input) dashes.push(input.dash);
  }
  assert.equal(dashes.filter((dash) => dash === 1).length, 1);
  assert.equal(dashes[0], 1);
});

test('letting go is sent at once, and takes a waiting dash along', () => {
  const sender = new Sender();
  sender.due(0, 1, 90, 1);
  sender.dash();
  assert.deepEqual(sender.stop(1), { thrust: 0, turn: 0, fire: 0, dash: 0 });
  assert.equal(sender.due(40, 0, 0, 0), undefined);
});
