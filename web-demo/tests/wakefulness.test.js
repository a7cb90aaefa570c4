import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, QUIET, RESUMABLE_WELCOME, TOKEN, heard, resumedWelcome } from './support/fake-world.js';

const SIGNS = /** @type {const} */ (['online', 'visibilitychange', 'pageshow']);

/** A room whose connection was lost, and failed to come back. @param {number} [code] */
async function waiting(code = 1006) {
  const world = new FakeWorld();
  const room = await world.joined();
  world.socket.drop(code);
  return { world, room };
}

test('a wait is counted down, at once and at every whole second', async () => {
  const world = new FakeWorld(() => 0.7);
  const room = await world.joined();
  const told = heard(room, 'countdown');
  world.socket.drop(4423);
  const { retryAtMs = 0 } = room.connection;
  await world.run(10_000);
  const remaining = told.map(({ remainingMs }) => remainingMs);
  assert.deepEqual(remaining.map(Math.round), [6200, 6000, 5000, 4000, 3000, 2000, 1000]);
  assert.ok(told.every((left) => left.retryAtMs === retryAtMs));
  assert.equal(room.connection.state, 'connecting');
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('the countdown ends with the wait', async () => {
  for (const end of ['retryNow', 'leave']) {
    const { world, room } = await waiting(4423);
    const told = heard(room, 'countdown');
    const stop = room.on('countdown', () => (end === 'leave' ? room.leave() : room.retryNow()));
    await world.run(1000);
    stop();
    assert.equal(told.length, 1, end);
    await world.run(5000);
    assert.equal(told.length, 1, end);
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('who leaves when told of the wait is not told how long it is', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const told = heard(room, 'countdown');
  room.on('connection', ({ state }) => state === 'waiting' && room.leave());
  world.socket.drop(4423);
  assert.deepEqual(told, []);
  assert.equal(world.timers.size, 0);
});

test('a wait ends at once when the network or the page is back', async () => {
  for (const sign of SIGNS) {
    const { world, room } = await waiting();
    world.host.dispatch(sign);
    assert.equal(room.connection.state, 'joining', sign);
    await world.run(0);
    world.socket.begin();
    assert.equal(room.connection.state, 'open');
    room.leave();
    assert.equal(world.host.listeners.length, 0);
  }
});

test('a page that is hidden changes nothing', async () => {
  const { world, room } = await waiting();
  world.host.show('hidden');
  assert.equal(room.connection.state, 'waiting');
  room.leave();
});

test('what the server asked for is waited for all the same', async () => {
  for (const code of [4423, 4429]) {
    const { world, room } = await waiting(code);
    for (const sign of SIGNS) world.host.dispatch(sign);
    assert.equal(room.connection.state, 'waiting', `${code}`);
    room.retryNow();
    assert.equal(room.connection.state, 'joining', 'unless somebody decides otherwise');
    room.leave();
  }
});

test('signs that come in a flood do not become a flood of attempts', async () => {
  const { world, room } = await waiting();
  world.answer = () => Promise.reject(new TypeError('network'));
  for (let sign = 0; sign < 50; sign += 1) {
    world.host.dispatch('online');
    await world.run(10);
  }
  assert.equal(world.joins.length, 2);
  room.leave();
});

test('an open connection is asked whether it is alive, and given up quickly if not', async () => {
  for (const sign of SIGNS) {
    const world = new FakeWorld();
    const room = await world.joined({}, RESUMABLE_WELCOME);
    await world.run(2000);
    const pings = world.sent('02').length;
    const dead = world.socket;
    const statuses = heard(room, 'connection');
    world.host.dispatch(sign);
    assert.equal(world.sent('02').length, pings + 1, `${sign}: a ping at once`);
    // What the machine had received before its sleep is no sign of life.
    dead.receive(QUIET);
    await world.run(2900);
    assert.equal(room.connection.state, 'open');
    await world.run(150);
    assert.equal(dead.closedWith, 4408);
    assert.equal(statuses[0].error.code, 'silent');
    assert.ok(world.socket.url.includes(`resume=${TOKEN}`), 'and resumed');
    world.socket.begin(resumedWelcome('next'));
    assert.equal(room.connection.state, 'open');
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('a connection that answers lives on, and so does one that goes on talking', async () => {
  for (const isAnswered of [true, false]) {
    const world = new FakeWorld();
    const room = await world.joined();
    await world.run(2000);
    world.host.show('visible');
    const ping = world.sent('02').at(-1) ?? '';
    await world.run(600);
    if (isAnswered) world.socket.receive(Buffer.from(`01${ping.slice(2)}00`, 'hex'));
    else world.socket.receive(FRAMES[1]);
    await world.run(5000);
    assert.equal(room.connection.state, 'open');
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('leaving while the answer is awaited leaves no timer', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  world.host.show('visible');
  world.host.show('visible');
  room.leave();
  assert.equal(world.timers.size, 0);
  assert.equal(world.host.listeners.length, 0);
  world.host.show('visible');
  assert.equal(world.timers.size, 0);
});

test('the network is known to be gone and back', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const told = heard(room, 'network');
  assert.equal(room.isOnline, true);
  world.host.dispatch('offline');
  world.host.dispatch('offline');
  assert.equal(room.isOnline, false);
  assert.equal(room.connection.state, 'open', 'which is not to say that the server is out of reach');
  world.host.dispatch('online');
  assert.deepEqual(told, [{ isOnline: false }, { isOnline: true }]);
  room.leave();
});

test('inputs that are made while away go nowhere, then or later', async () => {
  const world = new FakeWorld();
  const room = await world.joined({}, RESUMABLE_WELCOME);
  assert.equal(room.send({ thrust: 1 }), 1);
  await world.run(1000);
  world.socket.drop(1006);
  assert.equal(room.send({ thrust: 1 }), undefined);
  assert.equal(room.message('say', { text: 'hello?' }), false);
  await world.run(50);
  world.socket.open();
  assert.equal(room.send({ thrust: 1 }), undefined, 'there is no welcome yet');
  world.socket.receive(resumedWelcome('next'), FRAMES[0]);
  await world.run(1000);
  assert.deepEqual([...world.sent('00'), ...world.sent('03')], []);
  assert.equal(room.send({ thrust: 1 }), 1, 'and inputs count from 1');
  room.leave();
});
