import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, QUIET, WELCOME } from './support/fake-world.js';
import { bytesOf, golden } from './support/golden.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').RoomEvents} RoomEvents */

const [GRID, ...GRID_FRAMES] = golden('frames-grid.json');
const GRID_WELCOME = bytesOf(GRID.welcome);

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
  /** @type {Map<number, any>} */
  const there = new Map();
  room.on('enter', (entity) => {
    assert.ok(!there.has(entity.id), `${entity.id} enters twice`);
    there.set(entity.id, entity);
  });
  room.on('update', (entity) => assert.equal(there.get(entity.id), entity, 'one object'));
  room.on('leave', (entity) => {
    assert.equal(there.get(entity.id), entity, 'one object');
    there.delete(entity.id);
  });
  await world.run(0);
  world.socket.open();
  world.socket.receive(GRID_WELCOME);
  let ships = 0;
  for (const { hex, frame, state } of GRID_FRAMES) {
    world.socket.receive(bytesOf(hex));
    assert.deepEqual([...room.entities].sort(), [...there].sort());
    for (const [id] of state.entities) {
      const entity = room.entities.get(id);
      assert.ok(entity, `entity ${id} at tick ${frame.tick}`);
      if (entity.kind !== 'ship') continue;
      ships += 1;
      const expected = shipsOf(state.parts, id, frame.tick);
      assert.ok(expected.includes(textOf(entity)), `${textOf(entity)} at tick ${frame.tick}: ${expected}`);
    }
  }
  assert.ok(ships > 100);
  assert.equal(room.stats.frames, GRID_FRAMES.length);
  room.leave();
});

/** What a ship can look like: as each part that has it says. @param {any[]} parts @param {number} id @param {number} tick */
function shipsOf(parts, id, tick) {
  return parts.flatMap((part) => {
    const row = part.rows.find((/** @type {number[]} */ row) => row[1] === id && row[2] === 0);
    if (!row) return [];
    const [player, x, y, angle, energy, , flags, stepX, stepY] = row.slice(3);
    const place = (/** @type {number} */ lane, /** @type {number} */ step, /** @type {number} */ max) =>
      Math.min(max, Math.max(0, (lane + (step | 0) * (tick - part.tick)) / 8));
    const [placeX, placeY] = [place(x, stepX, 4000), place(y, stepY, 2000)];
    const turned = (angle * Math.PI) / 128;
    return [textOf({ x: placeX, y: placeY, angle: turned, energy: energy - 20, player, flags })];
  });
}

/** @param {any} ship */
function textOf({ x, y, angle, energy, player, flags }) {
  return [x, y, angle.toFixed(6), energy, player, flags].join(' ');
}

test('a desync is counted, told and reported, and the room goes on', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const errors = heard(room, 'error');
  await world.run(0);
  world.socket.open();
  world.socket.receive(GRID_WELCOME);
  let reportedAt = -Infinity;
  let wrong = 0;
  for (const { hex, frame } of GRID_FRAMES) {
    const before = sent(world, '05').length;
    world.socket.receive(bytesOf(hex));
    wrong += Number(frame.agreement === 'different');
    const due = world.now - reportedAt >= 11_000 ? frame.differing.slice(0, 1) : [];
    if (due.length > 0) reportedAt = world.now;
    const reports = sent(world, '05').slice(before);
    assert.deepEqual(reports.map((hex) => parseInt(hex.slice(2, 4), 16)), due);
    world.now += 2000;
  }
  assert.ok(wrong > 0 && reportedAt > 0);
  assert.equal(room.stats.desyncs, wrong);
  assert.equal(errors.length, wrong);
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('what goes on differing is reported no more often than the server listens', async () => {
  const { hex } = GRID_FRAMES.find(({ frame }) => frame.differing.length > 0);
  const upTo = GRID_FRAMES.findIndex((vector) => vector.hex === hex);
  for (const [seconds, expected] of [[0, 1], [10, 1], [11, 2]]) {
    const world = new FakeWorld();
    const room = world.join();
    await world.run(0);
    world.socket.open();
    world.socket.receive(GRID_WELCOME, ...GRID_FRAMES.slice(0, upTo + 1).map((vector) => bytesOf(vector.hex)));
    assert.equal(sent(world, '05').length, 1);
    world.now += 1000 * seconds;
    // @ts-expect-error: as if the next frame had the same to say
    room._handleDesync(room._link, world.now);
    assert.equal(sent(world, '05').length, expected);
    room.leave();
  }
});

test('events come once, in order, with their names; the roster follows', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const [events, joined, states] = /** @type {const} */ (['event', 'joined', 'state']).map(
    (event) => heard(room, event),
  );
  await world.run(0);
  world.socket.open();
  world.socket.receive(GRID_WELCOME, ...GRID_FRAMES.map(({ hex }) => bytesOf(hex)));
  const all = GRID_FRAMES.flatMap(({ frame }) => frame.events);
  const names = ['hit', 'said', 'bell'];
  const expected = all
    .filter(({ event }) => event.type === 'game')
    .map(({ tick, event: { message } }) => [names[message.kind], tick]);
  assert.deepEqual(events.map(({ name, tick }) => [name, tick]), expected);
  const said = events.find(({ name }) => name === 'said');
  assert.deepEqual([said.text, said.volume], ['hä?', -2]);
  assert.equal(joined.length, all.filter(({ event }) => event.type === 'joined').length);
  for (const { player } of joined) assert.equal(room.roster.get(player)?.name, 'Bo');
  assert.deepEqual(states.map(({ tick }) => tick), GRID_FRAMES.map(({ frame }) => frame.tick));
  assert.deepEqual(states.map(({ input }) => input), GRID_FRAMES.map(({ frame }) => frame.input));
  room.leave();
});

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
    const before = sent(world, '01').length;
    world.socket.receive(bytesOf(hex));
    event = frame.events.at(-1)?.number ?? event;
    const isDue = frame.events.length > 0 || frame.number - acknowledged === 8;
    const hex2 = (/** @type {number} */ byte) => byte.toString(16).padStart(2, '0');
    const due = isDue ? [`01${hex2(frame.number)}${hex2(event)}`] : [];
    assert.deepEqual(sent(world, '01').slice(before), due);
    if (isDue) acknowledged = frame.number;
  }
  assert.ok(acknowledged < frames.length, 'the last frame has nothing that makes it due');
  await world.run(1000);
  assert.equal(parseInt(sent(world, '01').at(-1)?.slice(2, 4) ?? '', 16), frames.length);
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
  for (const bytes of [[0x81], [], [3], [0x80, 1, 0xff, 0xff]]) {
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

test('a spectator chooses what to see, and chooses it again after coming back', async () => {
  const spectating = bytesOf(Buffer.from(WELCOME).toString('hex').replace('fb2c0100', 'fb2c0101'));
  const world = new FakeWorld();
  const room = world.join({ spectate: true });
  assert.equal(room.look({ x: 1, y: 2, width: 3, height: 4 }), false, 'not connected yet');
  await world.run(0);
  world.socket.open();
  assert.deepEqual(sent(world, '04'), [], 'no welcome yet');
  world.socket.receive(spectating, FRAMES[0]);
  assert.deepEqual(sent(world, '04'), ['040000803f000000400000404000008040']);
  assert.equal(room.look({ x: 1000, y: -2, width: 0, height: 4 }), true);
  const chosen = '0400007a44000000c00000000000008040';
  assert.deepEqual(sent(world, '04').slice(1), [chosen]);
  world.socket.drop(1006);
  assert.equal(room.look({ x: 1000, y: -2, width: 0, height: 4 }), false);
  await world.run(1000);
  world.socket.open();
  world.socket.receive(spectating);
  assert.deepEqual(sent(world, '04'), [chosen]);
  room.leave();
});

test('players do not choose what they see, and no one chooses nonsense', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  assert.equal(room.look({ x: 1, y: 2, width: 3, height: 4 }), false);
  assert.deepEqual(sent(world, '04'), []);
  for (const wrong of [NaN, Infinity, -Infinity, 1e39]) {
    assert.throws(() => room.look({ x: 1, y: wrong, width: 3, height: 4 }), TypeError);
    assert.throws(() => room.look({ x: 1, y: 2, width: wrong, height: 4 }), TypeError);
  }
  assert.throws(() => room.look({ x: 1, y: 2, width: 3, height: -1 }), TypeError);
  // @ts-expect-error: as untyped code might
  assert.throws(() => room.look({ x: 1, y: 2 }), TypeError);
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

test('an event that the schema does not have ends the connection', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const errors = heard(room, 'error');
  // A keyframe that watches nothing, with an event of kind 9 at its tick.
  world.socket.receive(bytesOf('440101010002090000000000'));
  assert.deepEqual(errors.map(({ name }) => name), ['WireError']);
  assert.equal(world.socket.closedWith, 4400);
  room.leave();
});
