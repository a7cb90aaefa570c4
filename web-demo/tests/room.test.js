import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FRAMES, FakeWorld, GRID_FRAMES, GRID_WELCOME, WELCOME, heard } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

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
