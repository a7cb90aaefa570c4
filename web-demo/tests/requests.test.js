import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RequestError } from '../sdk/index.js';
import { FRAMES, FakeWorld, RESUMABLE_WELCOME, WELCOME, heard, resumedWelcome } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

const LONG_NAME = '🚀'.repeat(10_000);

/** @param {string} text */
function stringHex(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]).toString('hex');
}

/** @param {number} id @param {string} [values] in hexadecimal, with their count */
function done(id, values = '00') {
  return bytesOf(`05${Buffer.of(id).toString('hex')}00${values}`);
}

/** @param {number} id @param {string} code @param {string} message */
function refused(id, code, message) {
  return bytesOf(`05${Buffer.of(id).toString('hex')}01${stringHex(code)}${stringHex(message)}`);
}

/** What a promise was settled with, so far. @param {Promise<any>} promise */
function outcome(promise) {
  /** @type {{value?: any, error?: any}[]} */
  const outcomes = [];
  promise.then((value) => outcomes.push({ value }), (error) => outcomes.push({ error }));
  return outcomes;
}

/** The code of the one error that a promise was rejected with. @param {{error?: any}[]} outcomes */
function codeOf(outcomes) {
  assert.equal(outcomes.length, 1);
  assert.ok(outcomes[0].error instanceof RequestError, String(outcomes[0].error));
  return outcomes[0].error.code;
}

test('a request is answered with values, or refused with the code and text of the server', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const first = room.request('say', { text: 'gg' });
  const second = room.request('mark', { x: 1234.5, level: -99_999, whom: 70_000 });
  assert.deepEqual(world.sent('08'), ['080101000102026767', '080201010301' + '00509a4400fbcf0703fc70110100']);
  world.socket.receive(refused(2, 'too_fast', 'wait'), done(1, '03' + '0013' + '0200' + '0307'));
  assert.deepEqual(await first, [-10, '', 7]);
  await assert.rejects(second, { name: 'RequestError', code: 'too_fast', message: 'wait' });
  // What nobody asked, and what was answered already, says nothing.
  world.socket.receive(done(1), done(77), refused(2, 'x', 'y'));
  assert.equal(room.connection.state, 'open');
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('a request that the game does not have is a mistake of the program', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  await assert.rejects(room.request('shout'), TypeError);
  await assert.rejects(room.request('say', {}), TypeError);
  assert.deepEqual(world.sent('08'), []);
  room.leave();
});

test('without an answer it ends in time, and what comes then is too late', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const [usual, short, endless] = [undefined, 500, Infinity].map((timeoutMs) =>
    outcome(room.request('say', { text: '' }, { timeoutMs })),
  );
  await world.run(499);
  assert.deepEqual([usual, short], [[], []]);
  await world.run(1);
  assert.equal(codeOf(short), 'timeout');
  world.socket.receive(done(2));
  await world.run(9499);
  assert.deepEqual(usual, []);
  await world.run(1);
  assert.equal(codeOf(usual), 'timeout');
  assert.equal(codeOf(short), 'timeout');
  assert.deepEqual(endless, []);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('a lost connection ends it, unless it is to be sent again', async () => {
  const world = new FakeWorld();
  const room = await world.joined({}, RESUMABLE_WELCOME);
  await world.run(1000);
  const lost = outcome(room.request('say', { text: 'a' }));
  const kept = outcome(room.request('say', { text: 'b' }, { resend: true }));
  const [, sent] = world.sent('08');
  world.socket.drop(1006);
  const away = outcome(room.request('say', { text: 'c' }));
  const queued = outcome(room.request('say', { text: 'd' }, { resend: true }));
  await world.run(50);
  assert.equal(codeOf(lost), 'disconnected');
  assert.equal(codeOf(away), 'disconnected');
  world.socket.open();
  assert.deepEqual(world.sent('08'), [], 'not before the welcome');
  world.socket.receive(resumedWelcome('next'), FRAMES[0]);
  // By the same numbers, in their order, so that the server knows them again.
  assert.deepEqual(world.sent('08'), [sent, '080301000102' + '0164']);
  world.socket.receive(done(3), done(2, '01' + '0002'));
  await world.run(0);
  assert.deepEqual([kept, queued], [[{ value: [1] }], [{ value: [] }]]);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('what waits for a connection waits no longer than it was given', async () => {
  const world = new FakeWorld();
  world.answer = () => Promise.reject(new TypeError('network'));
  const room = world.join();
  const early = outcome(room.request('say', { text: 'a' }, { resend: true, timeoutMs: 2000 }));
  await world.run(2000);
  assert.equal(codeOf(early), 'timeout');
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('leaving and being closed for good end what waits', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const asked = outcome(room.request('say', { text: 'a' }, { resend: true }));
  room.leave();
  await world.run(0);
  assert.equal(codeOf(asked), 'left');
  const closed = await world.joined();
  const kicked = outcome(closed.request('say', { text: 'a' }, { resend: true }));
  world.socket.drop(4411, 'the room has ended');
  await world.run(0);
  assert.equal(codeOf(kicked), 'room_ended');
  assert.equal(world.timers.size, 0);
});

test('only so many wait at once', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const asked = Array.from({ length: 17 }, () => outcome(room.request('say', { text: 'a' })));
  await world.run(0);
  assert.equal(codeOf(asked[16]), 'too_many_waiting');
  assert.equal(world.sent('08').length, 16);
  world.socket.receive(done(1));
  room.request('say', { text: 'a' });
  assert.equal(world.sent('08').length, 17);
  room.leave();
});

test('spectators are refused without asking the server', async () => {
  const world = new FakeWorld();
  const room = world.join({ spectate: true });
  await world.run(0);
  world.socket.begin(bytesOf(Buffer.from(WELCOME).toString('hex').replace('fb2c0100', 'fb2c0101')));
  const asked = outcome(room.say('gg'));
  await world.run(0);
  assert.equal(codeOf(asked), 'spectator');
  assert.deepEqual(world.sent('08'), []);
  room.leave();
});

test('a new name is the one that the server shows, in the roster and when joining again', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const renames = heard(room, 'renamed');
  const renamed = room.rename(`  ${LONG_NAME}`);
  const [sent] = world.sent('08');
  assert.ok(sent.length < 2 * 4096, 'as much as the server takes');
  world.socket.receive(done(1, '01' + '02' + stringHex('Bo')));
  assert.equal(await renamed, 'Bo');
  assert.deepEqual(renames, []);
  // The event comes with the next state: a keyframe in which player 300 is called Bo.
  world.socket.receive(bytesOf(`44010101` + '0003fb2c01' + stringHex('Bo') + '00000000'));
  assert.equal(room.roster.get(300)?.name, 'Bo');
  assert.deepEqual(renames, [{ player: 300, name: 'Bo', role: 'player', before: 'Zoë 🚀' }]);
  world.socket.drop(1006);
  await world.run(1000);
  assert.equal(world.joins.at(-1).name, 'Bo');
  room.leave();
});

test('who has a new name joins another room by it, though the roster does not tell yet', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const renamed = room.rename('Bo');
  world.socket.receive(done(1, '01' + '02' + stringHex('Bo')));
  await renamed;
  room.change({ room: 'def' });
  await world.run(0);
  assert.equal(world.joins.at(-1).name, 'Bo');
  room.leave();
});

test('a room that was left or closed for good is asked nothing, until there is another one', async () => {
  const world = new FakeWorld();
  const left = await world.joined();
  left.leave();
  const asked = outcome(left.request('say', { text: 'a' }, { resend: true }));
  await world.run(0);
  assert.equal(codeOf(asked), 'left');
  assert.equal(world.timers.size, 0);

  const closed = await world.joined();
  world.socket.drop(4411, 'the room has ended');
  const late = outcome(closed.request('say', { text: 'a' }, { resend: true }));
  await world.run(0);
  assert.equal(codeOf(late), 'room_ended');
  assert.equal(world.timers.size, 0);
  const changed = closed.change({ room: 'def' });
  await world.run(0);
  const early = closed.request('say', { text: 'a' }, { resend: true });
  world.socket.begin();
  await changed;
  world.socket.receive(done(1));
  assert.deepEqual([await early, world.sent('08').length], [[], 1]);
  closed.leave();
  assert.equal(world.timers.size, 0);
});

test('nobody need wait for an answer', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  /** @type {unknown[]} */
  const unhandled = [];
  const note = (/** @type {unknown} */ reason) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  room.say('a');
  room.rename('b');
  room.request('nonsense');
  world.socket.drop(4411);
  await world.run(0);
  process.off('unhandledRejection', note);
  assert.deepEqual(unhandled, []);
});
