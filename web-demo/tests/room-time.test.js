import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, GRID_FRAMES, GRID_WELCOME, QUIET, WELCOME, heard } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

/** A pong. @param {string} ping in hexadecimal @param {number} roomTimeUs */
function pong(ping, roomTimeUs) {
  const bytes = Buffer.alloc(9, 0xfd);
  bytes.writeBigUInt64LE(BigInt(roomTimeUs), 1);
  return bytesOf(`01${ping.slice(2)}${bytes.toString('hex')}`);
}

test('pongs set the clock, whatever else they claim', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const [ping] = world.sent('02');
  assert.equal(ping, '0201');
  world.now += 50;
  const nowUs = 2_333_333_333_333 + 25_000;
  world.socket.receive(pong(ping, nowUs));
  assert.equal(room.clock.rttMs, 50);
  const roomTime = room.clock.roomTimeMs(world.now + 5000);
  assert.ok(Math.abs(roomTime - (nowUs / 1000 + 25 + 5000)) < 0.01);
  world.socket.receive(pong(ping, 5), pong('02ff', 7));
  assert.equal(room.clock.rttMs, 50, 'answered before, never asked');
  room.leave();
});

test('cues come when the view shows their tick', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const cues = heard(room, 'cue');
  const events = heard(room, 'event');
  await world.run(0);
  world.socket.open();
  world.socket.receive(GRID_WELCOME);
  for (const { hex, frame } of GRID_FRAMES) {
    world.now = (1000 * frame.tick) / 30;
    world.socket.receive(bytesOf(hex));
  }
  assert.ok(events.length > 0);
  assert.equal(cues.length, 0, 'nobody has looked');
  room.view(world.now - 20_000);
  assert.equal(cues.length, 0);
  room.view(world.now + 1000);
  assert.deepEqual(cues, events);
  room.view(world.now + 2000);
  assert.equal(cues.length, events.length);
  room.leave();
});

test('rates are over the last two seconds', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  assert.equal(room.stats.bytes, WELCOME.length + FRAMES[0].length);
  for (let frame = 0; frame < 120; frame += 1) {
    assert.ok(frame < 15 || Math.abs(room.stats.updatesPerSecond - 30) < 3, 'soon after the start');
    assert.ok(frame < 60 || Math.abs(room.stats.updatesPerSecond - 30) < 1.2);
    world.now += 1000 / 30;
    world.socket.receive(QUIET);
  }
  assert.ok(Math.abs(room.stats.bytesPerSecond - 30) < 1.2);
  world.now += 3000;
  assert.equal(room.stats.updatesPerSecond, 0);
  assert.equal(room.stats.frames, 121);
  for (let frame = 0; frame < 15; frame += 1) {
    world.socket.receive(QUIET);
    world.now += 1000 / 30;
  }
  assert.ok(Math.abs(room.stats.updatesPerSecond - 30) < 3, 'soon after a silence');
  room.leave();
});

test('the room moves on evenly however few frames tell of it', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  assert.equal(room.stats.ticksPerSecond, 0, 'one frame tells no pace');
  for (let quarter = 0; quarter < 12; quarter += 1) {
    world.now += 8 * (1000 / 30);
    world.socket.receive(Uint8Array.of(0x81, 8));
    assert.ok(Math.abs(room.stats.ticksPerSecond - 30) < 0.01, `${room.stats.ticksPerSecond}`);
    world.now += 200;
    assert.ok(Math.abs(room.stats.ticksPerSecond - 30) < 0.01, 'silence is no delay');
    world.now -= 200;
  }
  assert.ok(room.stats.updatesPerSecond < 5);
  world.now += 1000;
  assert.ok(room.stats.ticksPerSecond < 20, 'but a second of it is one');
  world.now += 1500;
  assert.equal(room.stats.ticksPerSecond, 0);
  room.leave();
});

test('where frames are rare, silence is no delay either', async () => {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  // A tick per second, of which this client gets every fourth.
  const slow = bytesOf(Buffer.from(WELCOME).toString('hex').replace('1e01fb8813', '0104fb8813'));
  world.socket.open();
  world.socket.receive(slow, FRAMES[0]);
  for (let turn = 0; turn < 6; turn += 1) {
    world.now += 4000;
    world.socket.receive(Uint8Array.of(0x81, 4));
    assert.ok(Math.abs(room.stats.ticksPerSecond - 1) < 0.01, `${room.stats.ticksPerSecond}`);
    world.now += 3900;
    assert.ok(Math.abs(room.stats.ticksPerSecond - 1) < 0.01, `${room.stats.ticksPerSecond}`);
    world.now -= 3900;
  }
  world.now += 8000;
  assert.ok(room.stats.ticksPerSecond < 0.7, 'but a turn that is left out is one');
  room.leave();
});

test('a room in which nothing happens is a good connection', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const states = heard(room, 'connection');
  for (let quarter = 0; quarter < 240; quarter += 1) {
    await world.run(8 * (1000 / 30));
    world.socket.receive(Uint8Array.of(0x81, 8));
  }
  assert.deepEqual(states, []);
  assert.ok(Math.abs(room.interpolation.delayMs - 1000 / 30) < 0.01, `${room.interpolation.delayMs}`);
  room.leave();
});
