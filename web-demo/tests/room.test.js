import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, WELCOME } from './support/fake-world.js';
import { bytesOf, golden } from './support/golden.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').RoomEvents} RoomEvents */

const SMALL = golden('frames-small.json').slice(1);

/** @param {Room} room @param {keyof RoomEvents} event */
function heard(room, event) {
  /** @type {any[]} */
  const payloads = [];
  room.on(event, (payload) => payloads.push(payload));
  return payloads;
}

/** What a socket sent of one kind of message, by its first byte. @param {FakeWorld} world @param {string} tag */
function sent(world, tag) {
  return world.socket.sent.filter((hex) => hex.startsWith(tag));
}

/** A pong. @param {string} ping in hexadecimal @param {number} roomTimeUs */
function pong(ping, roomTimeUs) {
  const bytes = Buffer.alloc(9, 0xfd);
  bytes.writeBigUInt64LE(BigInt(roomTimeUs), 1);
  return bytesOf(`01${ping.slice(2)}${bytes.toString('hex')}`);
}

test('entities follow the frames, by the names of the schema', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const [enters, updates, leaves] = /** @type {const} */ (['enter', 'update', 'leave']).map(
    (event) => heard(room, event),
  );
  await world.run(0);
  world.socket.open();
  world.socket.receive(WELCOME);
  for (const { hex, snapshot } of SMALL) {
    const before = new Map(room.entities);
    [enters, updates, leaves].forEach((list) => (list.length = 0));
    world.socket.receive(bytesOf(hex));
    const ids = snapshot.map((/** @type {number[]} */ [, id]) => id).sort();
    assert.deepEqual([...room.entities.keys()].sort(), ids);
    const fresh = ids.filter((/** @type {number} */ id) => !before.has(id));
    assert.deepEqual(enters.map(({ id }) => id).sort(), fresh);
    assert.ok(leaves.every((entity) => before.get(entity.id) === entity));
    assert.equal(before.size + enters.length - leaves.length, room.entities.size);
    for (const [, id, kind, ...lanes] of snapshot) {
      const entity = room.entities.get(id);
      assert.ok(entity);
      if (before.has(id)) assert.equal(entity, before.get(id), 'an entity stays one object');
      if (kind === 0) {
        const { x, y, angle, energy, player, flags } = entity;
        const expected = [lanes[1] / 8, lanes[2] / 8, lanes[4] - 20, lanes[0], lanes[6]];
        assert.deepEqual([x, y, energy, player, flags], expected);
        assert.ok(Math.abs(angle - (lanes[3] * Math.PI) / 128) < 1e-12);
      }
    }
  }
  assert.equal(room.stats.frames, SMALL.length);
  room.leave();
});

test('a desync is counted and told, and the room goes on', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const errors = heard(room, 'error');
  await world.run(0);
  world.socket.open();
  world.socket.receive(WELCOME, ...SMALL.map(({ hex }) => bytesOf(hex)));
  const wrong = SMALL.filter(({ frame }) => frame.agreement === 'different');
  assert.equal(wrong.length, 1);
  assert.equal(room.stats.desyncs, 1);
  assert.equal(errors.length, 1);
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('events come once, in order, with their names; the roster follows', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const [events, joined, states] = /** @type {const} */ (['event', 'joined', 'state']).map(
    (event) => heard(room, event),
  );
  await world.run(0);
  world.socket.open();
  world.socket.receive(WELCOME, ...SMALL.map(({ hex }) => bytesOf(hex)));
  const all = SMALL.flatMap(({ frame }) => frame.events);
  const names = ['hit', 'said', 'bell'];
  const expected = all
    .filter(({ event }) => event.type === 'game')
    .map(({ tick, event: { message } }) => [names[message.kind], tick]);
  assert.deepEqual(events.map(({ name, tick }) => [name, tick]), expected);
  const said = events.find(({ name }) => name === 'said');
  assert.deepEqual([said.text, said.volume], ['hä?', -2]);
  assert.equal(joined.length, all.filter(({ event }) => event.type === 'joined').length);
  for (const { player } of joined) assert.equal(room.roster.get(player)?.name, 'Bo');
  assert.deepEqual(states.map(({ tick }) => tick), SMALL.map(({ frame }) => frame.tick));
  assert.deepEqual(states[0].input, SMALL[0].frame.input);
  room.leave();
});

test('frames are acknowledged by number, at once when they have events, else within a second', async () => {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.open();
  // 8 frames at most without acknowledgement.
  const welcome = bytesOf(Buffer.from(WELCOME).toString('hex').replace('fb983a02', 'fb983a08'));
  world.socket.receive(welcome);
  let acknowledged = 0;
  let event = 0;
  for (const { hex, frame } of SMALL) {
    const before = sent(world, '01').length;
    world.socket.receive(bytesOf(hex));
    event = frame.events.at(-1)?.number ?? event;
    const isDue = frame.events.length > 0 || frame.number - acknowledged === 8;
    const hex2 = (/** @type {number} */ byte) => byte.toString(16).padStart(2, '0');
    const due = isDue ? [`01${hex2(frame.number)}${hex2(event)}`] : [];
    assert.deepEqual(sent(world, '01').slice(before), due);
    if (isDue) acknowledged = frame.number;
  }
  assert.ok(acknowledged < SMALL.length, 'the last frame has nothing that makes it due');
  await world.run(1000);
  assert.equal(parseInt(sent(world, '01').at(-1)?.slice(2, 4) ?? '', 16), SMALL.length);
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
  assert.deepEqual(sent(world, '00'), ['0001000302fbfd0000', '00020003022a02', '0003fc701101000300fbfd0000']);
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
  const [first, second, third] = sent(world, '03');
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
  assert.deepEqual([...sent(world, '00'), ...sent(world, '03')], []);
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

test('a handler that throws harms nobody', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const errors = heard(room, 'error');
  room.on('enter', () => {
    throw new Error('mine');
  });
  const entered = heard(room, 'enter');
  await world.run(0);
  world.socket.begin();
  assert.equal(entered.length, 320);
  assert.equal(errors.length, 320);
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('a handler can be removed', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  let calls = 0;
  const remove = room.on('state', () => (calls += 1));
  world.socket.receive(FRAMES[1]);
  remove();
  world.socket.receive(FRAMES[2]);
  assert.equal(calls, 1);
  room.leave();
});

test('bytes that nobody understands end the connection, and it comes back', async () => {
  for (const bytes of [[0x80], [], [3], [0x80, 1, 0xff, 0xff]]) {
    const world = new FakeWorld();
    const room = await world.joined();
    const errors = heard(room, 'error');
    const before = room.entities.size;
    world.socket.receive(Uint8Array.from(bytes));
    assert.equal(world.socket.closedWith, 4400);
    assert.equal(room.connection.state, 'waiting');
    assert.deepEqual(errors.map(({ name }) => name), ['WireError']);
    assert.equal(room.entities.size, before, 'what was there stays until the new state');
    room.leave();
  }
});

test('state before the welcome is an error', async () => {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.open();
  world.socket.receive(FRAMES[0]);
  assert.equal(room.connection.state, 'waiting');
  room.leave();
});

test('after coming back the old entities leave and the new ones enter', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const old = [...room.entities.values()];
  const leaves = heard(room, 'leave');
  const enters = heard(room, 'enter');
  world.socket.drop(1012);
  assert.equal(leaves.length, 0);
  assert.equal(room.view().length, 320, 'the last state stays in view');
  await world.run(1000);
  world.socket.open();
  world.socket.receive(WELCOME);
  assert.deepEqual(leaves, old);
  assert.equal(room.entities.size, 0);
  world.socket.receive(FRAMES[0]);
  assert.equal(enters.length, 320);
  assert.ok(enters.every((entity) => !old.includes(entity)));
  room.leave();
});

test('pongs set the clock, whatever else they claim', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const [ping] = sent(world, '02');
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
  world.socket.receive(WELCOME);
  for (const frame of FRAMES) {
    world.socket.receive(frame);
    world.now += 1000 / 30;
  }
  assert.ok(events.length > 0);
  assert.equal(cues.length, 0, 'nobody has looked');
  room.view(world.now - 10_000);
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
    world.socket.receive(Uint8Array.of(0x80, 1, 0x11));
  }
  assert.ok(Math.abs(room.stats.bytesPerSecond - 90) < 3.6);
  world.now += 3000;
  assert.equal(room.stats.updatesPerSecond, 0);
  assert.equal(room.stats.frames, 121);
  for (let frame = 0; frame < 15; frame += 1) {
    world.socket.receive(Uint8Array.of(0x80, 1, 0x11));
    world.now += 1000 / 30;
  }
  assert.ok(Math.abs(room.stats.updatesPerSecond - 30) < 3, 'soon after a silence');
  room.leave();
});

test('an event that the schema does not have ends the connection', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const errors = heard(room, 'error');
  // A keyframe without entities, and with an event of kind 9 at its tick.
  world.socket.receive(bytesOf('850101010002090011'));
  assert.deepEqual(errors.map(({ name }) => name), ['WireError']);
  assert.equal(world.socket.closedWith, 4400);
  room.leave();
});
