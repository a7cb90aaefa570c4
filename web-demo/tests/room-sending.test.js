import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, GRID_FRAMES, GRID_WELCOME, WELCOME, heard } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

test('frames are acknowledged by number, at once when they have events, else within a second', async () => {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.open();
  // 8 frames at most without acknowledgement.
  world.socket.receive(GRID_WELCOME);
  let acknowledged = 0;
  let event = 0;
  const quiet = GRID_FRAMES.findIndex(({ frame }) => frame.events.length === 0);
  const frames = GRID_FRAMES.slice(0, quiet + 1);
  for (const { hex, frame } of frames) {
    const before = world.sent('01').length;
    world.socket.receive(bytesOf(hex));
    event = frame.events.at(-1)?.number ?? event;
    const isDue = frame.events.length > 0 || frame.number - acknowledged === 8;
    const hex2 = (/** @type {number} */ byte) => byte.toString(16).padStart(2, '0');
    const due = isDue ? [`01${hex2(frame.number)}${hex2(event)}`] : [];
    assert.deepEqual(world.sent('01').slice(before), due);
    if (isDue) acknowledged = frame.number;
  }
  assert.ok(acknowledged < frames.length, 'the last frame has nothing that makes it due');
  await world.run(1000);
  assert.equal(parseInt(world.sent('01').at(-1)?.slice(2, 4) ?? '', 16), frames.length);
  room.leave();
});

test('inputs go by name, whole and in range, numbered from 1 on each connection', async () => {
  const world = new FakeWorld();
  const room = world.join();
  assert.equal(room.send({ thrust: 1 }), undefined, 'not connected yet');
  await world.run(0);
  world.socket.begin();
  assert.equal(room.send({ thrust: 1, turn: -127 }), 1);
  assert.equal(room.send({ thrust: 9, turn: 20.6, dash: true }), 2);
  assert.equal(room.send({ thrust: NaN, turn: -Infinity, other: 5 }, 70_000), 3);
  assert.equal(room.send({}, 7, 2.53), 4);
  assert.equal(room.send({}, 7, 70_000), 5);
  assert.equal(room.send({}, 7, NaN), 6);
  assert.deepEqual(world.sent('00'), [
    '000100000302fbfd0000',
    '0002000003022a02',
    '0003fc70110100000300fbfd0000',
    '0004072803000000',
    '000507fbffff03000000',
    '0006070003000000',
  ]);
  world.socket.drop(1006);
  assert.equal(room.send({}), undefined);
  await world.run(1000);
  world.socket.open();
  assert.equal(room.send({}), undefined, 'no welcome yet');
  world.socket.receive(WELCOME, FRAMES[0]);
  assert.equal(room.send({}), 1);
  room.leave();
});

test('messages go by name, their text cut to length', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  assert.equal(room.message('say', { text: 'gg' }), true);
  assert.equal(room.message('say', { text: '🚀'.repeat(200) }), true);
  assert.equal(room.message('mark', { x: 1234.5, level: -99_999, whom: 70_000 }), true);
  const [first, second, third] = world.sent('03');
  assert.equal(first, '03000102026767');
  assert.equal((second.match(/f09f9a80/g) ?? []).length, 120);
  assert.equal(third, '0301030100509a4400fbcf0703fc70110100');
  assert.throws(() => room.message('shout', { text: '' }), TypeError);
  assert.throws(() => room.message('say', {}), TypeError);
  room.leave();
});

test('spectators send nothing', async () => {
  const world = new FakeWorld();
  const room = world.join({ spectate: true });
  await world.run(0);
  const hex = Buffer.from(WELCOME).toString('hex').replace('fb2c0100', 'fb2c0101');
  world.socket.open();
  world.socket.receive(bytesOf(hex), FRAMES[0]);
  assert.equal(room.spectator, true);
  assert.equal(room.send({}), undefined);
  assert.equal(room.message('say', { text: '' }), false);
  assert.deepEqual([...world.sent('00'), ...world.sent('03')], []);
  room.leave();
});

test('a spectator chooses what to see, and chooses it again after coming back', async () => {
  const spectating = bytesOf(Buffer.from(WELCOME).toString('hex').replace('fb2c0100', 'fb2c0101'));
  const world = new FakeWorld();
  const room = world.join({ spectate: true });
  assert.equal(room.look({ x: 1, y: 2, width: 3, height: 4 }), false, 'not connected yet');
  await world.run(0);
  world.socket.open();
  assert.deepEqual(world.sent('04'), [], 'no welcome yet');
  world.socket.receive(spectating, FRAMES[0]);
  assert.deepEqual(world.sent('04'), ['040000803f000000400000404000008040']);
  assert.equal(room.look({ x: 1000, y: -2, width: 0, height: 4 }), true);
  const chosen = '0400007a44000000c00000000000008040';
  assert.deepEqual(world.sent('04').slice(1), [chosen]);
  world.socket.drop(1006);
  assert.equal(room.look({ x: 1000, y: -2, width: 0, height: 4 }), false);
  await world.run(1000);
  world.socket.open();
  world.socket.receive(spectating);
  assert.deepEqual(world.sent('04'), [chosen]);
  room.leave();
});

test('players do not choose what they see, and no one chooses nonsense', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  assert.equal(room.look({ x: 1, y: 2, width: 3, height: 4 }), false);
  assert.deepEqual(world.sent('04'), []);
  for (const wrong of [NaN, Infinity, -Infinity, 1e39]) {
    assert.throws(() => room.look({ x: 1, y: wrong, width: 3, height: 4 }), TypeError);
    assert.throws(() => room.look({ x: 1, y: 2, width: wrong, height: 4 }), TypeError);
  }
  assert.throws(() => room.look({ x: 1, y: 2, width: 3, height: -1 }), TypeError);
  // @ts-expect-error: as untyped code might
  assert.throws(() => room.look({ x: 1, y: 2 }), TypeError);
  room.leave();
});

test('a refusal is told', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const refused = heard(room, 'refused');
  world.socket.receive(bytesOf('0201fbffff00'), bytesOf('020003'));
  assert.deepEqual(refused, [
    { input: 65_535, cause: 'far_future' },
    { input: undefined, cause: 'spectator' },
  ]);
  room.leave();
});
