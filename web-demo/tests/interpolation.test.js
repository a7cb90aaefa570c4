import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Interpolation } from '../sdk/picture/interpolation.js';
import { seededRandom } from './support/random.js';

const INTERVAL = 1000 / 30;

/**
 * Plays arrivals and renders 60 times a second, and looks at every rendered time.
 *
 * @param {Interpolation} interpolation
 * @param {number[]} arrivals local time at which state n came
 * @param {(renderTimeMs: number, newestMs: number, now: number) => void} [look]
 */
function play(interpolation, arrivals, look = () => {}) {
  let next = 0;
  const end = arrivals[arrivals.length - 1];
  for (let now = arrivals[0]; now <= end; now += 1000 / 60) {
    while (next < arrivals.length && arrivals[next] <= now) {
      interpolation.handleArrival(next * INTERVAL, arrivals[next]);
      next += 1;
    }
    look(interpolation.renderTimeMs(now), (next - 1) * INTERVAL, now);
  }
}

/** Arrivals in order, each late by its own amount. @param {number} count @param {() => number} late */
function arrivals(count, late) {
  let last = 0;
  return Array.from({ length: count }, (_, state) => {
    last = Math.max(last, 500 + state * INTERVAL + late());
    return last;
  });
}

test('even arrivals need a delay of one interval', () => {
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  play(interpolation, arrivals(300, () => 40));
  assert.ok(Math.abs(interpolation.delayMs - INTERVAL) < 0.01);
});

test('the delay covers 95 of 100 late arrivals, and the view rarely waits', () => {
  const random = seededRandom(4);
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  let waits = 0;
  let renders = 0;
  play(interpolation, arrivals(1500, () => 30 * random()), (renderTime, newest, now) => {
    if (now < 5000) return;
    renders += 1;
    waits += Number(renderTime > newest);
  });
  assert.ok(interpolation.delayMs > INTERVAL + 20 && interpolation.delayMs < INTERVAL + 31);
  assert.ok(waits / renders < 0.05, `${waits} of ${renders}`);
});

test('render time passes evenly while the network gets worse and better', () => {
  const random = seededRandom(5);
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  let state = 0;
  const late = () => {
    state += 1;
    return state > 300 && state < 600 ? 120 + 80 * random() : 40 + 5 * random();
  };
  /** @type {number | undefined} */
  let last;
  let longest = 0;
  let standing = 0;
  play(interpolation, arrivals(1200, late), (renderTime, newest) => {
    const rate = (renderTime - (last ?? renderTime - 1000 / 60)) / (1000 / 60);
    // Only where states have ended it stands, and only after that it catches up.
    if (renderTime > newest + INTERVAL) standing += 1;
    else assert.ok(rate > 0.89 && rate < 1.27, `render time passes at ${rate}`);
    assert.ok(rate >= 0);
    last = renderTime;
    longest = Math.max(longest, interpolation.delayMs);
  });
  assert.ok(standing < 150, `it was beyond the next state for ${standing} frames`);
  assert.ok(longest > 70, `the delay grew to ${longest}`);
  assert.ok(interpolation.delayMs < INTERVAL + 10, `the delay came back to ${interpolation.delayMs}`);
});

test('the delay is ten intervals at most', () => {
  const random = seededRandom(6);
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  play(interpolation, arrivals(3000, () => 5000 * random()));
  assert.ok(interpolation.delayMs <= 10 * INTERVAL + 0.01);
  assert.ok(interpolation.delayMs >= INTERVAL);
});

test('how far away the server is does not matter', () => {
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  play(interpolation, arrivals(300, () => -90_000));
  assert.ok(Math.abs(interpolation.delayMs - INTERVAL) < 0.01);
});

test('a move of the room clock is jumped over', () => {
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  for (let state = 0; state < 60; state += 1) {
    interpolation.handleArrival(state * INTERVAL, 500 + state * INTERVAL);
  }
  // 20 s of ticks are missing: from here on everything is early.
  const now = 500 + 60 * INTERVAL;
  interpolation.handleArrival(60 * INTERVAL + 20_000, now);
  const behind = 60 * INTERVAL + 20_000 - interpolation.renderTimeMs(now);
  assert.ok(behind >= 0 && behind < 11 * INTERVAL, `${behind} ms behind`);
});

test('silence is no delay: what comes after it in time changes nothing', () => {
  const random = seededRandom(7);
  const interpolation = new Interpolation();
  interpolation.start(INTERVAL);
  let tick = 0;
  let last = -Infinity;
  for (let frame = 0; frame < 2000; frame += 1) {
    // Now a frame each tick, now one in eight.
    tick += Math.floor(frame / 100) % 2 === 0 ? 1 : 8;
    const now = 500 + tick * INTERVAL + 10 * random();
    interpolation.handleArrival(tick * INTERVAL, now);
    const renderTimeMs = interpolation.renderTimeMs(now);
    assert.ok(renderTimeMs > last, 'render time never runs backwards');
    last = renderTimeMs;
    assert.ok(frame < 100 || Math.abs(interpolation.delayMs - INTERVAL - 9) < 2, `${interpolation.delayMs}`);
  }
});
