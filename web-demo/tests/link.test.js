import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Link } from '../sdk/replica/link.js';
import { golden, welcomeOf } from './support/golden.js';

const WELCOME = welcomeOf(golden('frames-large.json')[0].welcome);

test('a frame is due after 250 ms, in whole ticks, at the next turn', () => {
  // The same as in the tests of the server: `server/simulation/tests/rooms.rs`.
  const ticks = [[30, 1, 7], [30, 2, 8], [30, 4, 8], [60, 1, 15], [60, 4, 16], [7, 1, 1], [1, 1, 1], [1, 4, 4]];
  for (const [tickRateHz, sendEvery, expected] of ticks) {
    const { quietMs, msPerTick } = new Link({ ...WELCOME, tickRateHz, sendEvery });
    assert.ok(Math.abs(quietMs / msPerTick - expected) < 1e-9, `${tickRateHz} Hz, every ${sendEvery}`);
  }
});
