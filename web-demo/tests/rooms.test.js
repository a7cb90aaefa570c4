import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JoinError, RequestError, createRoom, listRooms } from '../sdk/index.js';
import { FakeWorld, RESUMABLE_WELCOME, heard, ok, refusal } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

const url = 'http://server:8080';

/** A server that answers every question the same, and what it was asked. @param {any} answer */
function server(answer) {
  /** @type {{method: string, url: string, body: any}[]} */
  const asked = [];
  /** @type {any} */
  const fetch = async (/** @type {string} */ href, /** @type {any} */ { method = 'GET', body }) => {
    asked.push({ method, url: href, body: body && JSON.parse(body) });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, fetch };
}

const OPENED = { room: 'r1', game: 'arena', code: 'ABCD-EFGH', url: '/?code=ABCD-EFGH', host_key: 'secret' };

test('a room is opened as it is wanted, and joined by its host', async () => {
  const { asked, fetch } = server(ok(OPENED));
  const room = await createRoom({ url, fetch, game: 'arena', options: { pickups: '9' }, private: true, password: 'pw', name: 'Ours' });
  assert.deepEqual(asked, [
    { method: 'POST', url: `${url}/api/rooms`, body: { game: 'arena', options: { pickups: '9' }, private: true, password: 'pw', name: 'Ours' } },
  ]);
  const { join, ...told } = room;
  assert.deepEqual(told, { room: 'r1', code: 'ABCD-EFGH', game: 'arena', url: `${url}/?code=ABCD-EFGH`, hostKey: 'secret' });
  const joined = join({ name: 'Ada', transport: 'poll' });
  assert.deepEqual(asked[1].body, { name: 'Ada', code: 'ABCD-EFGH', password: 'pw', host_key: 'secret' });
  joined.leave();
});

test('a public room has no code, and is joined by its id', async () => {
  const { asked, fetch } = server(ok({ ...OPENED, code: undefined, url: undefined }));
  const room = await createRoom({ url, fetch });
  assert.equal('code' in room, false);
  assert.equal(room.url, `${url}/?room=r1`);
  room.join({ name: 'Ada', transport: 'poll' }).leave();
  assert.deepEqual(asked[1].body, { name: 'Ada', room: 'r1', host_key: 'secret' });
});

test('a room that is refused says what is wrong, and where', async () => {
  const bad = refusal(400, 'bad_option');
  bad.json = async () => /** @type {any} */ ({ error: 'bad_option', message: 'pickups: no', field: 'options.pickups' });
  await assert.rejects(createRoom({ url, ...server(bad) }), (error) => {
    assert.ok(error instanceof JoinError);
    assert.deepEqual([error.status, error.code, error.message, error.field], [400, 'bad_option', 'pickups: no', 'options.pickups']);
    return true;
  });
  await assert.rejects(createRoom({ url, ...server(ok({ room: 7 })) }), { code: 'bad_answer' });
  await assert.rejects(createRoom({ url, ...server(new TypeError('network')) }), { code: 'unreachable' });
});

const LISTED = {
  room: 'r1', game: 'arena', name: 'Ours', has_password: true, players: 3, spectators: 1, bots: 6, free_seats: 41, capacity: 50,
  tick_ms: { p99: 0.4 },
};

test('rooms are listed by page, as they are asked for', async () => {
  const { asked, fetch } = server(ok({ replays: true, rooms: [LISTED], next: 'r1' }));
  const list = await listRooms({ url, fetch, game: 'arena', free: true, q: 'a & b', limit: 20, after: 'r0' });
  assert.equal(asked[0].url, `${url}/api/rooms?game=arena&free=true&q=a+%26+b&limit=20&after=r0`);
  assert.deepEqual(list, {
    rooms: [{
      room: 'r1', game: 'arena', name: 'Ours', tickMs: 0.4, hasPassword: true, players: 3, spectators: 1, bots: 6, freeSeats: 41,
      capacity: 50,
    }],
    next: 'r1',
    servesReplays: true,
  });
  await listRooms({ url, fetch, free: false, q: '' });
  assert.equal(asked[1].url, `${url}/api/rooms`);
});

test('a list that is none is an error, and what is no room is left out', async () => {
  for (const answer of [null, 7, [], {}, { rooms: 'many' }]) {
    await assert.rejects(listRooms({ url, ...server(ok(answer)) }), { code: 'bad_answer' });
  }
  const odd = { room: 'odd', game: 'arena', players: -4, bots: 'many', capacity: Infinity, name: 7 };
  const { rooms, next } = await listRooms({ url, ...server(ok({ rooms: [null, 3, {}, { room: 5 }, odd], next: 7 })) });
  assert.deepEqual(rooms, [{ room: 'odd', game: 'arena', hasPassword: false, players: 0, spectators: 0, bots: 0, freeSeats: 0, capacity: 0 }]);
  assert.equal(next, undefined);
  const many = await listRooms({ url, ...server(ok({ rooms: Array(5000).fill(LISTED) })) });
  assert.equal(many.rooms.length, 1000);
});

test('a join by code has its password, and refusals have their names', async () => {
  for (const [status, code] of /** @type {[number, string][]} */ ([
    [401, 'password_required'],
    [403, 'wrong_password'],
    [403, 'kicked'],
    [404, 'no_such_room'],
    [429, 'too_many_guesses'],
  ])) {
    const world = new FakeWorld();
    world.answer = () => refusal(status, code, '30');
    const room = world.join({ code: 'abcd-efgh', password: 'pw' });
    await world.run(0);
    assert.deepEqual(world.joins, [{ name: 'Ada', code: 'abcd-efgh', password: 'pw' }]);
    assert.equal(room.connection.state, 'closed', 'nobody guesses again by itself');
    const { error } = room.connection;
    assert.ok(error instanceof JoinError);
    assert.deepEqual([error.code, error.retryAfterMs], [code, 30_000]);
    assert.equal(world.timers.size, 0);
  }
});

test('who joins a private room again comes by its code, and nowhere else', async () => {
  const world = new FakeWorld();
  const room = await world.joined({ code: 'ABCD-EFGH', password: 'pw' });
  world.socket.drop(1006);
  world.answer = () => refusal(404, 'no_such_room');
  await world.run(1000);
  assert.deepEqual(world.joins[1], { name: 'Ada', code: 'ABCD-EFGH', password: 'pw' });
  assert.equal(room.connection.state, 'closed');
  assert.equal(world.joins.length, 2);
});

/** A room of which a server knows that speaks a version. @param {string} protocol */
async function speaking(protocol) {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.protocol = protocol;
  world.socket.begin(RESUMABLE_WELCOME);
  return { world, room };
}

test('whose room it is, the server says, on each connection', async () => {
  const { world, room } = await speaking('tickwire.v1.1');
  const hosts = heard(room, 'host');
  assert.equal(room.host, undefined);
  world.socket.receive(bytesOf('0601fb2c01'));
  assert.equal(room.host, 300);
  world.socket.receive(bytesOf('0600'));
  assert.equal(room.host, undefined);
  assert.deepEqual(hosts, [{ player: 300 }, { player: undefined }]);
  world.socket.receive(bytesOf('060107'));
  await world.run(1000);
  world.socket.drop(1006);
  await world.run(100);
  world.socket.begin(RESUMABLE_WELCOME);
  assert.equal(room.host, undefined, 'not told yet');
  room.leave();
});

test('a host sends players away and closes the room, by requests', async () => {
  const { world, room } = await speaking('tickwire.v1.1');
  const [kicked, closed] = [room.kick(70_000), room.closeRoom()];
  assert.deepEqual(world.sent('08'), ['080102fc70110100', '080203']);
  world.socket.receive(bytesOf('05010000'), bytesOf('05020108' + Buffer.from('not_host').toString('hex') + '026e6f'));
  assert.equal(await kicked, undefined);
  await assert.rejects(closed, { name: 'RequestError', code: 'not_host', message: 'no' });
  room.leave();
});

test('an older server is not asked what it does not know', async () => {
  for (const protocol of ['tickwire.v1', '']) {
    const { world, room } = await speaking(protocol);
    await assert.rejects(room.kick(1), (error) => error instanceof RequestError && error.code === 'not_supported');
    await assert.rejects(room.closeRoom(), { code: 'not_supported' });
    assert.deepEqual(world.sent('08'), []);
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('who was kicked never comes back', async () => {
  const { world, room } = await speaking('tickwire.v1.1');
  await world.run(1000);
  world.socket.drop(4403, '');
  assert.equal(room.connection.state, 'closed');
  assert.deepEqual([room.connection.error?.code, room.connection.reason], ['kicked', '']);
  assert.match(room.connection.error?.message ?? '', /host/);
  await world.run(60_000);
  assert.equal(world.joins.length, 1);
});
