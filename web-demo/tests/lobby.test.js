import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeWorld, QUIET, RESUMABLE_WELCOME, heard, resumedWelcome } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

/** @param {string} text */
function stringHex(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]).toString('hex');
}

/** A line of the lobby. @param {string} text @param {string} [room] */
function said(text, room = '0123456789') {
  return bytesOf(`0a00${stringHex('Zoë')}${stringHex(room)}${stringHex(text)}`);
}

/** @param {number} id @param {string} [values] in hexadecimal, with their count */
function done(id, values = '00') {
  return bytesOf(`05${Buffer.of(id).toString('hex')}00${values}`);
}

/** A room on a server of this version. @param {string} [protocol] */
async function speaking(protocol = 'tickwire.v1.1') {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.protocol = protocol;
  world.socket.begin(RESUMABLE_WELCOME);
  return { world, room };
}

/** The connection is lost, and made again. @param {FakeWorld} world */
async function resume(world) {
  await world.run(1000);
  world.socket.drop(1006);
  await world.run(100);
  world.socket.protocol = 'tickwire.v1.1';
  world.socket.begin(resumedWelcome('next'));
}

test('one enters, hears, speaks and leaves by requests', async () => {
  const { world, room } = await speaking();
  const events = heard(room, 'lobby');
  const entered = room.lobby.enter();
  assert.equal(room.lobby.isEntered, true);
  assert.deepEqual(world.sent('08'), ['080105']);
  world.socket.receive(done(1, '010004'), said('hello'), said('psst', ''), bytesOf(`0a01${stringHex('down at 18:00')}`));
  assert.equal(await entered, 2);
  const spoken = room.lobby.say('gg');
  assert.equal(world.sent('08')[1], '0802070267' + '67');
  world.socket.receive(done(2), bytesOf('0a02fb2c01'));
  assert.equal(await spoken, undefined);
  const left = room.lobby.leave();
  assert.equal(world.sent('08')[2], '080306');
  world.socket.receive(done(3));
  assert.equal(await left, undefined);
  assert.equal(room.lobby.isEntered, false);
  assert.deepEqual(events, [
    { type: 'said', from: 'Zoë', room: '0123456789', text: 'hello' },
    { type: 'said', from: 'Zoë', room: undefined, text: 'psst' },
    { type: 'announced', text: 'down at 18:00' },
    { type: 'missed', lines: 300 },
  ]);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('who was in the lobby is in it again after a lost connection, and hears nothing twice', async () => {
  const { world, room } = await speaking();
  const events = heard(room, 'lobby');
  room.lobby.enter();
  world.socket.receive(done(1, '010002'), said('one'), said('two'), said('one'));
  await resume(world);
  assert.deepEqual(world.sent('08'), ['080205'], 'it asks again by itself');
  // The history once more, and what was said meanwhile; after that the same words are new ones.
  world.socket.receive(done(2, '010002'), said('one'), said('two'), said('one'), said('three'), said('two'));
  const texts = events.map((event) => ('text' in event ? event.text : event.type));
  assert.deepEqual(texts, ['one', 'two', 'one', 'three', 'two']);
  room.lobby.leave();
  world.socket.receive(done(3));
  await resume(world);
  assert.deepEqual(world.sent('08'), [], 'who has left stays away');
  room.leave();
});

test('one can ask to enter before there is a connection, and is asked for once', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const entered = room.lobby.enter();
  await world.run(0);
  world.socket.protocol = 'tickwire.v1.1';
  world.socket.begin(RESUMABLE_WELCOME);
  assert.deepEqual(world.sent('08'), ['080105']);
  // Lost before the answer: asked again, once.
  await resume(world);
  assert.deepEqual(world.sent('08'), ['080105']);
  world.socket.receive(done(1, '010002'), QUIET);
  assert.equal(await entered, 1);
  room.leave();
});

test('how many are online is told by game', async () => {
  const { world, room } = await speaking();
  const asked = room.lobby.online();
  assert.deepEqual(world.sent('08'), ['080108']);
  const arena = `02${stringHex('arena')}000c0004`;
  const proto = `02${stringHex('__proto__')}00020002`;
  world.socket.receive(done(1, `08000e0002${arena}${proto}`));
  const { players, spectators, games } = await asked;
  assert.deepEqual([players, spectators], [7, 1]);
  assert.deepEqual(Object.entries(games), [
    ['arena', { players: 6, rooms: 2 }],
    ['__proto__', { players: 1, rooms: 1 }],
  ]);
  for (const nonsense of ['00', '010002', '03000200020002']) {
    const nothing = room.lobby.online();
    world.socket.receive(done(Number.parseInt(world.sent('08').at(-1)?.slice(2, 4) ?? '', 16), nonsense));
    await assert.rejects(nothing, { name: 'RequestError', code: 'bad_answer' });
  }
  room.leave();
});

test('an older server is not asked, and a refusal is told', async () => {
  for (const protocol of ['tickwire.v1', '']) {
    const { world, room } = await speaking(protocol);
    for (const asked of [room.lobby.enter(), room.lobby.say('gg'), room.lobby.online(), room.lobby.leave()]) {
      await assert.rejects(asked, { name: 'RequestError', code: 'not_supported' });
    }
    assert.deepEqual([world.sent('08'), room.lobby.isEntered], [[], false]);
    room.leave();
  }
  const { world, room } = await speaking();
  const spoken = room.lobby.say('gg');
  world.socket.receive(bytesOf(`050101${stringHex('too_fast')}${stringHex('wait 0.5 s')}`));
  await assert.rejects(spoken, { code: 'too_fast', message: 'wait 0.5 s' });
  room.leave();
});
