import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEPT, Meter, Meters, SAMPLE_MS } from '../demo/net/meters.js';

/** A room as far as meters read it. */
function roomOf(/** @type {object} */ more = {}) {
  return /** @type {any} */ ({
    welcome: { tickRateHz: 50 },
    clock: { rttMs: 42 },
    interpolation: { delayMs: 40 },
    stats: { updatesPerSecond: 50, bytesPerSecond: 6000, frames: 0, bytes: 0 },
    ...more,
  });
}

test('a meter keeps the last half a minute, oldest first', () => {
  const meter = new Meter();
  assert.equal(meter.largest, 0);
  for (let value = 0; value < KEPT + 10; value += 1) meter.add(value);
  assert.deepEqual([meter.at(0), meter.at(KEPT - 1), meter.newest, meter.largest], [10, KEPT + 9, KEPT + 9, KEPT + 9]);
  meter.add(NaN);
  assert.equal(meter.largest, KEPT + 9);
});

test('even arrivals have no jitter, however far away the server is; uneven ones have', () => {
  const [even, uneven] = [new Meters(), new Meters()];
  const room = roomOf();
  for (let tick = 0; tick < 500; tick += 1) {
    even.arrived(room, { tick, isKeyframe: false, input: undefined }, 700 + tick * 20);
    uneven.arrived(room, { tick, isKeyframe: false, input: undefined }, 700 + tick * 20 + (tick % 2) * 8);
  }
  even.sample(room, 1);
  uneven.sample(room, 1);
  assert.ok(even.by.jitter.newest < 1e-6);
  assert.ok(Math.abs(uneven.by.jitter.newest - 8) < 0.1);
});

test('samples are taken at their pace, and say what happened since the last one', () => {
  const meters = new Meters();
  const room = roomOf({ prediction: { error: 0, slackMs: 11 } });
  assert.equal(meters.sample(room, 1000), true);
  assert.ok(Number.isNaN(meters.by.error.newest) && Number.isNaN(meters.by.perUpdate.newest));
  assert.equal(meters.sample(room, 1000 + SAMPLE_MS - 1), false);
  for (const error of [0.25, 3, 0]) {
    room.prediction.error = error;
    meters.arrived(room, { tick: 1, isKeyframe: false, input: { seq: 1, applied: 1, slackMs: 7 } }, 0);
  }
  for (const ms of [1, 6, 2]) meters.drawn(ms);
  Object.assign(room.stats, { frames: 10, bytes: 1200 });
  assert.equal(meters.sample(room, 1000 + SAMPLE_MS), true);
  const { error, script, perUpdate, slack, rtt, bytes } = meters.by;
  assert.deepEqual([error, script, perUpdate, slack, rtt, bytes].map(({ newest }) => newest), [3, 6, 120, 11, 42, 6]);
  meters.clear();
  assert.ok(Number.isNaN(error.newest) && Number.isNaN(error.at(KEPT - 1)));
});

test('without prediction there is no error, and the slack is what states say', () => {
  const meters = new Meters();
  const room = roomOf();
  meters.arrived(room, { tick: 1, isKeyframe: false, input: { seq: 1, applied: 1, slackMs: -4 } }, 0);
  meters.sample(room, 0);
  assert.ok(Number.isNaN(meters.by.error.newest));
  assert.equal(meters.by.slack.newest, -4);
});
