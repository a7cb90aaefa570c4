import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, QUIET, RESUMABLE_WELCOME, WELCOME, heard, resumedWelcome } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

/** The welcome's room time, in microseconds, and its ticks of 30 a second. */
const TICK_MS = 1000 / 30;

/** @param {string} ping in hexadecimal @param {number} roomTimeMs */
function pong(ping, roomTimeMs) {
  const bytes = Buffer.alloc(9, 0xfd);
  bytes.writeBigUInt64LE(BigInt(Math.round(roomTimeMs * 1000)), 1);
  return bytesOf(`01${ping.slice(2)}${bytes.toString('hex')}`);
}

/** @param {string} hex of an input message @returns {{seq: number, at: number, viewAge: number, rest: string}} */
function readInput(hex) {
  const bytes = Buffer.from(hex, 'hex');
  let at = 1;
  const varint = () => {
    const first = bytes[at];
    at += 1;
    if (first < 0xfb) return first;
    const size = first === 0xfb ? 2 : 4;
    const value = bytes.readUIntLE(at, size);
    at += size;
    return value;
  };
  return { seq: varint(), at: varint(), viewAge: varint(), rest: bytes.subarray(at).toString('hex') };
}

/** A room whose clock is known: 40 ms there and back. @param {any} [options] */
async function timedRoom(options) {
  const world = new FakeWorld();
  const room = await world.joined(options);
  const sentAt = world.now;
  world.now += 40;
  const tick = /** @type {number} */ (room.tick);
  world.socket.receive(pong(world.sent('02')[0], tick * TICK_MS + 20));
  return { world, room, tick, sentAt };
}

/** Draws, and lets frames of the server come, for some ticks. @param {any} scene @param {number} ticks @param {() => void} [each] */
function play({ world, room }, ticks, each = () => {}) {
  for (let tick = 0; tick < ticks; tick += 1) {
    world.socket.receive(QUIET);
    for (let frame = 0; frame < 2; frame += 1) {
      each();
      room.view(world.now);
      world.now += TICK_MS / 2;
    }
  }
}

test('the live input is sent when it changes, for the tick that it is in time for', async () => {
  const scene = await timedRoom();
  const { world, room, tick } = scene;
  room.view(world.now);
  assert.deepEqual(world.sent('00'), [], 'nobody steers');
  room.control({ thrust: 1 });
  play(scene, 8);
  const [first, ...more] = world.sent('00').map(readInput);
  assert.deepEqual(more, [], 'it has not changed');
  assert.equal(first.seq, 1);
  assert.ok(first.at > tick + 1 && first.at < tick + 8, `${first.at} after ${tick}`);
  // Others are shown a send interval behind what is here, and predicted time is ahead of that.
  assert.ok(first.viewAge >= 16 && first.viewAge < 16 * 8, `${first.viewAge}`);
  room.control({ thrust: 1, dash: true });
  play(scene, 4, () => room.control({ thrust: 1, dash: true }));
  const presses = world.sent('00').map(readInput);
  assert.deepEqual(presses.map(({ rest }) => rest), ['03020000', '03020002'], 'held down, it is one press');
  assert.ok(presses[1].at > presses[0].at);
  play(scene, 20);
  assert.equal(world.sent('00').length, 3, 'once more after half a second');
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('what a game only sends tells how old the picture is', async () => {
  const scene = await timedRoom();
  const { world, room, tick } = scene;
  play(scene, 8);
  assert.equal(room.send({ thrust: 1 }), 1);
  const { at, viewAge } = readInput(world.sent('00')[0]);
  assert.equal(at, 0);
  // It takes effect half a round trip from now; others are shown a send interval, or a little more, ago.
  const shownMs = (tick + 8) * TICK_MS - (room.interpolation.delayMs - 20);
  const behind = ((tick + 8) * TICK_MS + 20 + 20 - shownMs) / TICK_MS;
  assert.ok(Math.abs(viewAge / 16 - behind) < 1.5 && viewAge >= 16, `${viewAge / 16} against ${behind}`);
  room.leave();
});

test('what is wanted before the welcome, and over a resume, holds', async () => {
  const world = new FakeWorld();
  const room = world.join();
  room.control({ thrust: 1, dash: true });
  await world.run(0);
  for (const welcome of [RESUMABLE_WELCOME, resumedWelcome('next')]) {
    world.socket.begin(welcome);
    const ping = world.sent('02')[0];
    world.now += 40;
    world.socket.receive(pong(ping, Number(room.tick) * TICK_MS + 20));
    play({ world, room }, 4);
    assert.deepEqual(world.sent('00').map(readInput).map(({ rest }) => rest), ['03020000'], 'but a press does not');
    // Only a new press is one.
    room.control({ thrust: 1, dash: false });
    room.control({ thrust: 1, dash: true });
    play({ world, room }, 2);
    assert.deepEqual(world.sent('00').map(readInput).map(({ rest }) => rest), ['03020000', '03020002']);
    await world.run(1000);
    world.socket.drop(1006);
    await world.run(100);
  }
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('what a game sends by itself is for the next tick, and goes out at once', async () => {
  const scene = await timedRoom();
  const { world, room } = scene;
  play(scene, 2, () => room.control({ thrust: 1 }));
  const [steered] = world.sent('00').map(readInput);
  assert.equal(room.send({ thrust: 0 }), 2);
  const released = readInput(world.sent('00')[1]);
  assert.ok(released.at > steered.at);
  assert.equal(released.rest, '03000000');
  play(scene, 4);
  assert.equal(world.sent('00').length, 2, 'it is the live input now');
  room.leave();
});

test('a connection starts over: numbers, ticks, and presses that were made meanwhile', async () => {
  const scene = await timedRoom();
  const { world, room } = scene;
  play(scene, 4, () => room.control({ thrust: 1 }));
  world.socket.drop(1006);
  room.control({ thrust: 0 });
  room.control({ thrust: 1, dash: true });
  room.view(world.now);
  await world.run(1500);
  // This keyframe tells of an input, which is none of this connection's.
  world.socket.begin(WELCOME);
  const sentAt = world.sent('02').at(-1) ?? '';
  world.now += 40;
  world.socket.receive(pong(sentAt, /** @type {number} */ (room.tick) * TICK_MS + 20));
  play(scene, 3, () => room.control({ thrust: 1, dash: true }));
  const sent = world.sent('00').map(readInput);
  assert.equal(sent[0].seq, 1);
  assert.equal(sent.length, 1);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('rules that throw are told of, and the connection lives', async () => {
  const prediction = {
    own: () => true,
    step: () => {
      throw new Error('no step');
    },
  };
  const scene = await timedRoom({ prediction });
  const { world, room } = scene;
  const errors = heard(room, 'error');
  play(scene, 10, () => room.control({ thrust: 1 }));
  assert.ok(errors.length > 0 && errors.every(({ message }) => message === 'no step'));
  assert.equal(room.connection.state, 'open');
  assert.ok(room.view(world.now).length > 0, 'others are shown all the same');
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('a mode that throws is told of, and its entity is shown raw', async () => {
  let steps = 0;
  const step = (/** @type {any} */ entity) => {
    steps += 1;
    entity.x = -1;
    throw new Error('no mode');
  };
  const scene = await timedRoom({ modes: { ship: { step }, rock: 'raw' } });
  const { world, room } = scene;
  const errors = heard(room, 'error');
  play(scene, 10);
  const shown = room.view(world.now);
  assert.ok(steps > 0 && errors.length > 0 && errors.every(({ message }) => message === 'no mode'));
  const ships = shown.filter(({ kind }) => kind === 'ship');
  assert.ok(ships.length > 0 && shown.length > ships.length, 'others are there too');
  for (const { id, x, y } of ships) {
    const newest = /** @type {any} */ (room.entities.get(id));
    assert.deepEqual([x, y], [newest.x, newest.y]);
  }
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('rules that say nonsense harm nobody', async () => {
  const nonsense = [undefined, null, NaN, {}, { x: NaN, y: 'far' }];
  for (const [seed, value] of nonsense.entries()) {
    const prediction = {
      own: () => true,
      read: () => value,
      step: () => nonsense[(seed + 1) % nonsense.length],
      error: () => value,
      show: () => {},
    };
    const scene = await timedRoom({ prediction });
    play(scene, 20, () => scene.room.control(/** @type {any} */ ({ thrust: 'much', turn: Infinity, other: {} })));
    assert.equal(scene.room.connection.state, 'open');
    scene.room.leave();
    assert.equal(scene.world.timers.size, 0);
  }
});

test('a spectator has nothing to control', async () => {
  const world = new FakeWorld();
  const spectator = Buffer.from(WELCOME);
  const room = world.join({ spectate: true });
  await world.run(0);
  // After the room and the player it says whether the client only watches.
  const player = 2 + spectator[1];
  const width = spectator[player] < 0xfb ? 1 : spectator[player] === 0xfb ? 3 : 5;
  spectator[player + width] = 1;
  world.socket.open();
  world.socket.receive(spectator, FRAMES[0]);
  assert.equal(room.spectator, true);
  room.control({ thrust: 1 });
  play({ world, room }, 5);
  assert.deepEqual(world.sent('00'), []);
  assert.equal(room.prediction, undefined);
  room.leave();
});

test('what cannot be rules or modes is refused at once', () => {
  const world = new FakeWorld();
  assert.throws(() => world.join({ prediction: /** @type {any} */ ({}) }), TypeError);
  assert.throws(() => world.join({ modes: { ship: /** @type {any} */ ('fast') } }), TypeError);
  assert.equal(world.timers.size, 0);
});
