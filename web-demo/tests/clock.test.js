import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Clock } from '../sdk/time/clock.js';
import { seededRandom } from './support/random.js';

/** Room time minus local time in these tests, in milliseconds. */
const OFFSET = 123_456;

/**
 * Pings once a second.
 *
 * @param {Clock} clock
 * @param {object} path
 * @param {number} path.from
 * @param {number} path.pings
 * @param {() => number} path.up one-way delay, in milliseconds
 * @param {() => number} path.down
 * @param {number} [path.offset]
 * @returns {number} the time afterwards
 */
function ping(clock, { from, pings, up, down, offset = OFFSET }) {
  let now = from;
  for (let index = 0; index < pings; index += 1) {
    const sentAt = from + 1000 * index;
    const answeredAt = sentAt + up();
    now = answeredAt + down();
    clock.handlePong(sentAt, answeredAt + offset, now);
  }
  return now;
}

/** @param {number} value @param {number} expected @param {number} tolerance */
function near(value, expected, tolerance) {
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} ± ${tolerance}`);
}

test('the welcome gives a first guess, late by its way', () => {
  const clock = new Clock();
  clock.start(30, 5000 + OFFSET, 5040);
  near(clock.roomTimeMs(5040), 5000 + OFFSET, 0.001);
  near(clock.tickAt(5040), (5000 + OFFSET) * 0.03, 0.001);
  assert.equal(clock.rttMs, undefined);
});

test('the sample with the shortest round trip counts', () => {
  const clock = new Clock();
  const random = seededRandom(2);
  clock.start(30, OFFSET, 40);
  const jitter = () => 20 + 80 * random() ** 3;
  const now = ping(clock, { from: 100, pings: 25, up: jitter, down: jitter });
  near(clock.offsetMs(now), OFFSET, 5);
});

test('a lopsided path is off by half its round trip at most', () => {
  const clock = new Clock();
  clock.start(30, OFFSET, 40);
  const now = ping(clock, { from: 100, pings: 20, up: () => 10, down: () => 90 });
  near(clock.offsetMs(now), OFFSET, 40.001);
  assert.equal(clock.rttMs, 100);
});

test('the clock slews and never runs backwards', () => {
  const clock = new Clock();
  clock.start(30, OFFSET + 300, 0);
  ping(clock, { from: 0, pings: 1, up: () => 5, down: () => 5 });
  let last = clock.roomTimeMs(10);
  near(last, OFFSET + 310, 1);
  for (let now = 11; now < 10_000; now += 1) {
    const time = clock.roomTimeMs(now);
    assert.ok(time - last >= 0.94 && time - last <= 1.06, `${time - last} at ${now}`);
    last = time;
  }
  near(clock.offsetMs(10_000), OFFSET, 0.001);
});

test('a room whose clock moved is followed, not averaged', () => {
  const clock = new Clock();
  const path = { up: () => 5, down: () => 5 };
  clock.start(30, OFFSET, 0);
  let now = ping(clock, { ...path, from: 0, pings: 10 });
  now = ping(clock, { ...path, from: now, pings: 3, offset: OFFSET - 100 });
  near(clock.offsetMs(now + 2000), OFFSET - 100, 0.001);
});

test('a clock that is far off is followed soon, and without a jump', () => {
  for (const moved of [-20_000, 20_000]) {
    const clock = new Clock();
    clock.start(30, OFFSET, 0);
    let last = -Infinity;
    for (let now = 0; now < 60_000; now += 10) {
      if (now % 1000 === 0) clock.handlePong(now - 10, now - 5 + OFFSET + moved, now);
      const time = clock.roomTimeMs(now);
      assert.ok(time > last, `${time} after ${last}`);
      assert.ok(last === -Infinity || time - last < 150, `a jump of ${time - last}`);
      last = time;
      if (moved > 0 && now > 25_000) near(clock.offsetMs(now), OFFSET + moved, 0.001);
    }
    near(clock.offsetMs(60_000), OFFSET + moved, 0.001);
  }
});

test('the clock never runs backwards while routes come and go', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const random = seededRandom(seed);
    const clock = new Clock();
    clock.start(30, OFFSET, 0);
    let [up, down] = [20, 20];
    let last = -Infinity;
    /** @type {{sentAt: number, answeredAt: number, now: number}[]} */
    const pongs = [];
    for (let now = 0; now < 120_000; now += 50) {
      if (now % 10_000 === 0) [up, down] = [200 * random(), 200 * random()];
      if (now % 1000 === 0) {
        const answeredAt = now + up + 30 * random();
        pongs.push({ sentAt: now, answeredAt, now: answeredAt + down + 30 * random() });
      }
      while (pongs.length > 0 && pongs[0].now <= now) {
        const { sentAt, answeredAt, now: came } = /** @type {any} */ (pongs.shift());
        clock.handlePong(sentAt, answeredAt + OFFSET, came);
      }
      const time = clock.roomTimeMs(now);
      assert.ok(time > last, `seed ${seed}: ${time} after ${last}`);
      last = time;
      assert.ok(Math.abs(clock.offsetMs(now) - OFFSET) < 130, `seed ${seed}: ${clock.offsetMs(now) - OFFSET}`);
    }
  }
});

test('a connection starts the clock over', () => {
  const clock = new Clock();
  clock.start(30, OFFSET, 0);
  ping(clock, { from: 0, pings: 5, up: () => 1, down: () => 1 });
  clock.start(60, 500, 10_000);
  assert.equal(clock.roomTimeMs(10_000), 500);
  assert.equal(clock.tickAt(10_000), 30);
});
