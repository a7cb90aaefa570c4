import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeWorld } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

/** Closes in 10 s, back 2718 ms later. */
const RESTARTING = bytesOf('03fb1027fb9e0a');
/** Back after 250 ms. */
const FAILED = bytesOf('04fa');

test('a server that restarts is come back to when it asked for it', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  /** @type {unknown[]} */
  const told = [];
  room.on('restarting', (restart) => told.push(restart));
  world.socket.receive(RESTARTING);
  assert.deepEqual(told, [{ closesInMs: 10_000, backAfterMs: 2718 }]);
  assert.equal(room.connection.state, 'open', 'until it is closed, play goes on');
  world.socket.drop(1012);
  assert.equal(room.connection.state, 'waiting');
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 2718);
  await world.run(2718);
  world.socket.begin();
  assert.equal(room.connection.state, 'open');
  // What was asked for holds once.
  world.socket.drop(1012);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000);
  room.leave();
});

test('a room that has failed is not resumed but another one joined', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  /** @type {unknown[]} */
  const told = [];
  room.on('failed', (failure) => told.push(failure));
  world.socket.receive(FAILED);
  world.socket.drop(1011);
  assert.deepEqual(told, [{ backAfterMs: 250 }]);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000, 'at least as the backoff has it');
  await world.run(1000);
  assert.equal(world.joins.length, 2);
  // Again and again: more and more seldom.
  world.socket.begin();
  world.socket.receive(FAILED);
  world.socket.drop(1011);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 2000);
  room.leave();
});

test('what was seen and never was is counted', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  /** @type {unknown[]} */
  const told = [];
  room.on('interrupted', (interruption) => told.push(interruption));
  // @ts-expect-error: as if a frame of tick 100 had it, after frames up to tick 107 before the server died
  const reception = room._reception;
  reception._newestTick = 107;
  for (const cause of ['server', 'rules']) {
    reception._handleEvent(reception.link, { tick: 100, number: 1, event: { type: 'interrupted', cause } });
  }
  reception._newestTick = 90;
  reception._handleEvent(reception.link, { tick: 100, number: 2, event: { type: 'interrupted', cause: 'server' } });
  assert.deepEqual(told, [
    { cause: 'server', tick: 100, lostTicks: 7 },
    { cause: 'rules', tick: 100, lostTicks: 0 },
    { cause: 'server', tick: 100, lostTicks: 0 },
  ]);
  room.leave();
});
