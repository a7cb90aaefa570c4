import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pacing } from '../sdk/prediction/pacing.js';
import { seededRandom } from './support/random.js';

const TICK_MS = 1000 / 30;
/** The room's time minus local time, as pings know it: 40 ms there and back. */
const CLOCK = /** @type {any} */ ({ measuredOffsetMs: 5000, shortestRttMs: 40, longestRttMs: 40 });

/** An input every 100 ms, whose way takes so long; and how far ahead of the room's time they go. */
class Sender {
  constructor() {
    this.pacing = new Pacing();
    this.pacing.start(TICK_MS);
    this.now = 0;
    this.seq = 0;
    this.late = 0;
    this.pacing.guess(CLOCK, 0);
  }

  /** @param {number} inputs @param {() => number} way @param {number} [clockMs] the room's clock has moved by so much */
  send(inputs, way, clockMs = 0) {
    for (let input = 0; input < inputs; input += 1) {
      this.now += 100;
      this.seq = (this.seq + 1) & 0xffff;
      const at = Math.floor(this.pacing.tickAt(this.now));
      // As if it went exactly then.
      const sentAt = this.now - (this.pacing.tickAt(this.now) - at) * TICK_MS;
      this.pacing.handleSent(this.seq, at, sentAt);
      const slackMs = Math.trunc(at * TICK_MS - (sentAt + way() + 5000 + clockMs));
      if (slackMs < 0) this.late += 1;
      this.pacing.handleEcho(this.seq, slackMs, this.now);
    }
  }

  get leadMs() {
    return this.pacing.tickAt(this.now) * TICK_MS - (this.now + 5000);
  }
}

test('pings give the first guess', () => {
  const pacing = new Pacing();
  pacing.start(TICK_MS);
  pacing.guess(/** @type {any} */ ({ measuredOffsetMs: 5000 }), 0);
  assert.equal(pacing.isRunning, false, 'not without a round trip');
  pacing.guess(CLOCK, 0);
  const leadMs = pacing.tickAt(0) * TICK_MS - 5000;
  assert.ok(leadMs > 20 && leadMs < 80, `${leadMs}`);
});

test('what nearly all inputs need, and a margin', () => {
  const random = seededRandom(1);
  const sender = new Sender();
  sender.send(600, () => 20 + 20 * random());
  assert.ok(sender.leadMs > 40 && sender.leadMs < 55, `${sender.leadMs}`);
  assert.equal(sender.late, 0);
});

test('a hiccup does not push everything ahead', () => {
  const random = seededRandom(2);
  const sender = new Sender();
  const way = () => 20 + 10 * random();
  sender.send(100, way);
  const before = sender.leadMs;
  sender.send(3, () => 400);
  sender.send(20, way);
  assert.ok(sender.leadMs - before < 40, `${sender.leadMs} after ${before}`);
});

test('a longer way is followed, without waiting for the window to end', () => {
  const sender = new Sender();
  sender.send(100, () => 20);
  sender.send(60, () => 140);
  assert.ok(sender.leadMs > 140 && sender.leadMs < 200, `${sender.leadMs}`);
  sender.late = 0;
  sender.send(100, () => 140);
  assert.equal(sender.late, 0);
});

test('a room whose clock is put back is jumped after', () => {
  const sender = new Sender();
  sender.send(100, () => 20);
  sender.send(2, () => 20, -1000);
  assert.ok(Math.abs(sender.leadMs + 1000 - 40) < 30, `${sender.leadMs}`);
});

test('numbers wrap, and an input for no tick tells nothing', () => {
  const sender = new Sender();
  sender.seq = 0xffff - 20;
  sender.send(40, () => 20);
  assert.equal(sender.late, 0);
  const { leadMs } = sender;
  sender.pacing.handleSent(50, 0, sender.now);
  sender.pacing.handleEcho(50, -3000, sender.now);
  assert.equal(sender.leadMs, leadMs);
});
