import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, RESUMABLE_WELCOME, heard, resumedWelcome } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

/**
 * A keyframe of an empty world. At its tick the event `bell` happened, some times.
 *
 * @param {number} tick up to 250, likewise the others
 * @param {number} first number of the first event
 * @param {number} count
 */
function bells(tick, first, count) {
  const prefix = Buffer.of(0x44, tick, first, count).toString('hex');
  const bell = '00020200'; // no ticks ago: Game, kind 2, no values
  return bytesOf(`${prefix}${bell.repeat(count)}00000000`);
}

/** Somebody comes or goes, as the only event of a keyframe. @param {number} number @param {string} hex */
function news(number, hex) {
  return bytesOf(`44${Buffer.of(1, number, 1).toString('hex')}00${hex}00000000`);
}

/** A room that can be resumed, after events. @param {...Uint8Array} frames */
async function played(...frames) {
  const world = new FakeWorld();
  const room = await world.joined({}, RESUMABLE_WELCOME);
  world.socket.receive(...frames);
  await world.run(1000);
  return { world, room };
}

/** The address's number of the newest event. @param {FakeWorld} world */
function event({ socket }) {
  return new URL(socket.url).searchParams.get('event');
}

test('events go on where they ended, none of them twice', async () => {
  const { world, room } = await played(bells(1, 1, 2));
  const events = heard(room, 'event');
  world.socket.drop(1006);
  await world.run(50);
  assert.equal(event(world), '2');
  world.socket.open();
  // The server may have 2 on its way again; 3 and 4 were missed.
  world.socket.receive(resumedWelcome('next'), bells(9, 2, 3));
  assert.deepEqual(events.map(({ name }) => name), ['bell', 'bell']);
  assert.deepEqual(world.sent('01'), ['010104']);
  world.socket.receive(bells(10, 5, 1), bells(11, 4, 2));
  assert.equal(events.length, 3);
  await world.run(1000);
  world.socket.drop(1006);
  await world.run(50);
  assert.equal(event(world), '5');
  world.socket.begin(resumedWelcome('third'));
  assert.deepEqual(world.sent('01'), ['010105'], 'with the newest event of the connection before');
  room.leave();
});

test('a resume that gets no further than its welcome, or not even there, does not lose its place', async () => {
  const { world, room } = await played(bells(1, 1, 7));
  world.socket.drop(1006);
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'));
  world.socket.drop(1006);
  await world.run(1000);
  assert.equal(event(world), '7');
  world.socket.drop(1006);
  await world.run(2000);
  assert.equal(event(world), '7');
  room.leave();
});

test('events that were too many to be kept are told of', async () => {
  const { world, room } = await played(bells(1, 1, 1));
  const events = heard(room, 'event');
  const welcomes = heard(room, 'welcome');
  world.socket.drop(1006);
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next', 40), bells(9, 42, 1));
  assert.deepEqual(welcomes.map(({ resumed }) => resumed), [{ lostEvents: 40 }]);
  assert.deepEqual(room.connection.resumed, { lostEvents: 40 });
  assert.equal(events.length, 1);
  assert.deepEqual(world.sent('01'), ['01012a']);
  room.leave();
});

test('a new player counts events from 1', async () => {
  const { world, room } = await played(bells(1, 1, 3));
  const events = heard(room, 'event');
  world.socket.drop(1006);
  await world.run(50);
  world.socket.drop(4001);
  await world.run(0);
  world.socket.open();
  world.socket.receive(RESUMABLE_WELCOME, bells(9, 1, 1));
  assert.equal(events.length, 1);
  await world.run(1000);
  world.socket.drop(1006);
  await world.run(50);
  assert.equal(event(world), '1');
  room.leave();
});

test('inputs are numbered from 1 again, and entities come from the keyframe', async () => {
  const { world, room } = await played();
  const old = [...room.entities.values()];
  const [leaves, enters] = [heard(room, 'leave'), heard(room, 'enter')];
  assert.equal(room.send({ thrust: 1 }), 1);
  assert.equal(room.send({ thrust: 0 }), 2);
  world.socket.drop(1006);
  assert.equal(room.send({}), undefined);
  assert.equal(room.view().length, 320, 'the last state stays in view');
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'));
  assert.deepEqual(leaves, old);
  world.socket.receive(FRAMES[0]);
  assert.equal(enters.length, 320);
  assert.equal(room.send({}), 1);
  room.leave();
});

test('the roster is the new one, and word of who came and went meanwhile does no harm', async () => {
  const [left, joined] = ['0101', '000702416c00']; // player 1; player 7, "Al"
  const { world, room } = await played(news(1, left));
  assert.equal(room.roster.has(1), false);
  world.socket.drop(1006);
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'));
  assert.equal(room.roster.size, 4);
  world.socket.receive(news(2, joined), news(3, joined), news(4, '0107'), news(5, '0107'));
  assert.equal(room.roster.size, 4);
  room.leave();
});

test('a cue that waited when the connection was lost still comes, once', async () => {
  const { world, room } = await played(bells(1, 1, 1));
  const cues = heard(room, 'cue');
  world.socket.drop(1006);
  room.view();
  assert.equal(cues.length, 0);
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'), bells(9, 1, 1));
  room.view();
  room.view();
  assert.deepEqual(cues.map(({ name, tick }) => [name, tick]), [['bell', 1]]);
  room.leave();
});
