import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEY, PING, message, opened, response } from './support/fake-sessions.js';
import { FRAMES, QUIET, TOKEN, heard, resumedWelcome } from './support/fake-world.js';
import { begun, leave, streaming } from './support/session-rooms.js';

test('what goes up goes in batches: at once, together, and acknowledgements with patience', async () => {
  const { world, room, sessions } = await streaming();
  sessions.taken.length = 0;
  await world.run(500);
  const before = sessions.batches.length;
  room.send({ thrust: 1 });
  room.message('say', { text: 'a' });
  await world.run(0);
  assert.equal(sessions.batches.length, before + 1, 'both in one');
  assert.deepEqual(sessions.taken.slice(-2), ['0001000003020000', '03000102' + '0161']);
  room.send({ thrust: 0 });
  await world.run(65);
  assert.equal(sessions.batches.length, before + 1, 'about 15 a second');
  await world.run(1);
  assert.equal(sessions.batches.length, before + 2);
  await world.run(66);
  const acked = sessions.batches.length;
  sessions.stream.write(message(QUIET), message(QUIET));
  await world.run(49);
  assert.equal(sessions.batches.length, acked);
  await world.run(1);
  assert.equal(sessions.batches.length, acked + 1);
  assert.match(sessions.taken.at(-1) ?? '', /^01/);
  await leave({ world, room, sessions });
  assert.equal(sessions.farewell, 1000);
});

test('a batch that is not answered is sent again as it was, and what came meanwhile waits', async () => {
  const { world, room, sessions } = await streaming();
  await world.run(500);
  const before = sessions.batches.length;
  let tries = 0;
  sessions.onSend = (body) => {
    tries += 1;
    if (tries === 1) return Promise.reject(new TypeError('network'));
    // Taken, but the answer is lost; and then a proxy that has nobody behind it.
    if (tries === 2) return (sessions.take(body), new Promise(() => {}));
    return tries === 3 ? response(502) : undefined;
  };
  room.send({ thrust: 1 });
  await world.run(0);
  room.send({ thrust: 0 });
  await world.run(6000);
  assert.ok(tries >= 5);
  const [first, second, third, fourth, next] = sessions.batches.slice(before).map((batch) => Buffer.from(batch).toString('hex'));
  assert.deepEqual([second, third, fourth], [first, first, first]);
  assert.notEqual(next, first);
  const inputs = sessions.taken.filter((hex) => hex.startsWith('00'));
  assert.deepEqual(inputs, ['0001000003020000', '0002000003000000'], 'each once, in order');
  assert.equal(room.connection.state, 'open');
  await leave({ world, room, sessions });
});

test('a server that takes nothing is left, and what waits for it is bounded', async () => {
  const { world, room, sessions } = await streaming();
  sessions.onSend = () => new Promise(() => {});
  const text = 'x'.repeat(100);
  let sent = 0;
  for (let step = 0; step < 3000; step += 1) if (room.message('say', { text })) sent += 1;
  assert.ok(sent > 1000 && sent < 1300, `${sent}: 128 KiB`);
  const statuses = heard(room, 'connection');
  for (let second = 0; second < 25 && statuses.length === 0; second += 1) {
    sessions.stream.write(message(QUIET));
    await world.run(1000);
  }
  assert.equal(statuses[0]?.reason, 'the server takes nothing');
  assert.equal(statuses[0]?.code, 1006);
  await leave({ world, room, sessions });
});

test('a batch that is out of order, or of a session that is no more, means a resume', async () => {
  for (const status of [400, 404, 409, 413]) {
    const { world, room, sessions } = await streaming();
    await world.run(500);
    sessions.onSend = () => response(status);
    room.send({ thrust: 1 });
    await world.run(200);
    assert.equal(sessions.streams.length, 2, `${status}`);
    assert.equal(sessions.stream.url.searchParams.get('resume'), TOKEN);
    sessions.onSend = undefined;
    sessions.stream.begin(resumedWelcome('next'), FRAMES[0]);
    await world.run(0);
    assert.deepEqual(room.connection.resumed, { lostEvents: 0 });
    await leave({ world, room, sessions });
  }
});

test('a ping is answered by a batch, be it an empty one', async () => {
  const { world, room, sessions } = await begun({ transport: 'stream' });
  sessions.stream.write(opened(), PING);
  await world.run(0);
  assert.deepEqual([...sessions.batches[0]], [...KEY, 1, 0, 0, 0]);
  await leave({ world, room, sessions });
});

test('where timers are held up, as in a hidden tab, acknowledgements go with what comes next', async () => {
  const { world, room, sessions } = await streaming();
  await world.run(500);
  const before = sessions.batches.length;
  // The clock goes on, and no timer fires.
  for (let frame = 0; frame < 20; frame += 1) {
    world.now += 250;
    sessions.stream.write(message(QUIET));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const acks = sessions.taken.filter((hex) => hex.startsWith('01'));
  // Every second frame is acknowledged, and every second acknowledgement takes the one before along.
  assert.equal(sessions.batches.length, before + 5);
  assert.ok(acks.length >= 10, `${acks.length} acknowledgements`);
  await leave({ world, room, sessions });
});

test('a farewell takes along what waits, and does not wait for what is under way', async () => {
  for (const isTaken of [true, false]) {
    const { world, room, sessions } = await streaming();
    await world.run(500);
    const before = sessions.taken.length;
    sessions.onSend = (body) => {
      sessions.onSend = undefined;
      if (isTaken) sessions.take(body);
      return new Promise(() => {});
    };
    room.send({ thrust: 1 });
    await world.run(70);
    room.message('say', { text: 'a' });
    await leave({ world, room, sessions });
    assert.equal(sessions.farewell, 1000);
    const taken = sessions.taken.slice(before).filter((hex) => !/^0[12]/.test(hex));
    assert.deepEqual(taken, [...(isTaken ? ['0001000003020000'] : []), '030001020161']);
  }
});
