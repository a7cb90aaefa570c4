import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff } from '../sdk/connection/backoff.js';
import { seededRandom } from './support/random.js';

test('delays double from 1 s to 30 s, spread by half to both sides', () => {
  for (const [dice, expected] of /** @type {[number, number[]][]} */ ([
    [0, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]],
    [0.5, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
    [1, [1500, 3000, 6000, 12_000, 24_000, 30_000, 30_000]],
  ])) {
    const backoff = new Backoff(() => dice);
    assert.deepEqual(expected.map(() => backoff.next()), expected);
  }
});

test('a success starts over', () => {
  const backoff = new Backoff(() => 0.5);
  for (let failure = 0; failure < 2000; failure += 1) assert.ok(backoff.next() <= 30_000);
  assert.equal(backoff.attempt, 2000);
  backoff.reset();
  assert.equal(backoff.attempt, 0);
  assert.equal(backoff.next(), 1000);
});

test('an attempt that need not wait comes within a tenth of a second, and doubling begins after it', () => {
  for (const [dice, expected] of [[0, [0, 500, 1000]], [0.5, [50, 1000, 2000]], [1, [100, 1500, 3000]]]) {
    const backoff = new Backoff(() => Number(dice));
    assert.deepEqual([backoff.nextPrompt(), backoff.next(), backoff.next()], expected);
    assert.equal(backoff.attempt, 3);
  }
});

test('clients that fail together do not come back together', () => {
  const random = seededRandom(3);
  const delays = Array.from({ length: 1000 }, () => new Backoff(random).next());
  const inFirst = delays.filter((delay) => delay < 750).length;
  assert.ok(inFirst > 150 && inFirst < 350, `${inFirst} of 1000 in the first quarter`);
});
