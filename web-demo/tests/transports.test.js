import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JoinError, WireError } from '../sdk/index.js';
import { KEY, PING, closed, joined, message, numbered, opened, record, response } from './support/fake-sessions.js';
import { FRAMES, FakeWorld, QUIET, RESUMABLE_WELCOME, TOKEN, heard, ok, resumedWelcome } from './support/fake-world.js';

const AUTO = { transport: /** @type {const} */ ('auto') };

/** A room that chooses by itself. @param {Partial<import('../sdk/index.js').JoinOptions>} [options] */
async function begun(options = AUTO) {
  const world = new FakeWorld();
  const room = world.join(options);
  await world.run(0);
  return { world, room, sessions: world.sessions };
}

/** A room on a stream. */
async function streaming() {
  const all = await begun({ transport: 'stream' });
  all.sessions.stream.begin(RESUMABLE_WELCOME, FRAMES[0]);
  await all.world.run(1000);
  assert.equal(all.room.connection.state, 'open');
  return all;
}

/** A room that polls. */
async function polling() {
  const all = await begun({ transport: 'poll' });
  all.sessions.answer(opened(), message(RESUMABLE_WELCOME), message(FRAMES[0]));
  await all.world.run(1000);
  assert.equal(all.room.connection.state, 'open');
  return all;
}

/** Leaves, and nothing is left. @param {Awaited<ReturnType<typeof begun>>} all */
async function leave({ world, room, sessions }) {
  room.leave();
  assert.equal(world.timers.size, 0);
  assert.equal(world.host.listeners.length, 0);
  await world.run(0);
  assert.equal(sessions.pending, 0, 'no request is left');
  assert.ok(world.sockets.every(({ readyState }) => readyState === 3));
}

test('a WebSocket that cannot be opened gives way to a stream, with the same seat', async () => {
  for (const how of ['closed', 'silent', 'impossible']) {
    const world = new FakeWorld();
    world.refuseSockets = how === 'impossible';
    const room = world.join(AUTO);
    const statuses = heard(room, 'connection');
    await world.run(0);
    if (how === 'closed') world.socket.drop(1006);
    if (how === 'silent') await world.run(2499);
    assert.equal(world.sessions.streams.length, how === 'silent' ? 0 : 1);
    await world.run(1);
    const { stream } = world.sessions;
    assert.equal(stream.url.href, 'http://server:8080/stream?token=t&protocol=tickwire.v1.1%2Ctickwire.v1');
    stream.begin(RESUMABLE_WELCOME, FRAMES[0]);
    await room.ready;
    assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'stream' });
    assert.equal(room.stats.transport, 'stream');
    assert.equal(room.entities.size, 320);
    assert.equal(world.joins.length, 1);
    assert.deepEqual(statuses.at(-2).transport, 'stream');
    await leave({ world, room, sessions: world.sessions });
  }
});

test('a WebSocket through which nothing comes gives way, with another seat: its token is used', async () => {
  const { world, room, sessions } = await begun();
  world.socket.open();
  await world.run(2500);
  assert.equal(world.joins.length, 2);
  sessions.stream.begin(RESUMABLE_WELCOME, FRAMES[0]);
  await room.ready;
  assert.equal(room.connection.transport, 'stream');
  await leave({ world, room, sessions });
});

test('a token that a blocked WebSocket has used up is replaced once', async () => {
  const { world, room, sessions } = await begun();
  world.socket.drop(1006);
  await world.run(0);
  sessions.stream.write(closed(4001, 'used'));
  await world.run(0);
  assert.equal(world.joins.length, 2);
  assert.equal(sessions.streams.length, 2, 'by a stream at once');
  sessions.stream.write(closed(4001, 'used'));
  await world.run(0);
  assert.equal(room.connection.state, 'closed');
  assert.equal(room.connection.error?.code, 'unauthorised');
  await leave({ world, room, sessions });
});

test('a WebSocket that the server ends with a reason is no transport that fails', async () => {
  for (const code of [4400, 4404, 4423]) {
    const { world, room, sessions } = await begun();
    world.socket.open();
    world.socket.drop(code);
    await world.run(0);
    assert.equal(room.connection.code, code);
    assert.equal(sessions.streams.length, 0);
    await leave({ world, room, sessions });
  }
});

test('cut off in mid-game, play goes on by a stream as the same player within 3 s', async () => {
  for (const how of ['closed', 'silent']) {
    const world = new FakeWorld();
    const room = await world.joined(AUTO, RESUMABLE_WELCOME);
    for (let second = 0; second < 60; second += 1) {
      world.socket.receive(QUIET);
      await world.run(1000);
    }
    const { player } = room;
    const sockets = world.sockets.length;
    const cutAt = world.now;
    world.socket.drop(1006);
    while (world.sockets.length === sockets) await world.run(10);
    if (how === 'closed') world.socket.drop(1006);
    while (world.sessions.streams.length === 0) await world.run(10);
    const { stream } = world.sessions;
    assert.deepEqual(stream.url.searchParams.get('resume'), TOKEN);
    stream.begin(resumedWelcome('next'), FRAMES[0]);
    await world.run(0);
    assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'stream', resumed: { lostEvents: 0 } });
    assert.ok(world.now - cutAt < 3000, `${world.now - cutAt} ms`);
    assert.equal(room.player, player);
    assert.equal(world.joins.length, 1);
    await leave({ world, room, sessions: world.sessions });
  }
});

/** Time passes, and the server says something now and then. @param {FakeWorld} world @param {number} ms */
async function streamFor(world, ms) {
  for (let passed = 0; passed < ms; passed += 1000) {
    world.sessions.stream.write(message(QUIET));
    await world.run(1000);
  }
}

test('a WebSocket that dies young twice gives way, and is asked again after a minute', async () => {
  const { world, room, sessions } = await begun();
  world.socket.begin(RESUMABLE_WELCOME);
  for (let time = 1; time <= 2; time += 1) {
    await world.run(3000);
    world.socket.drop(1006);
    await world.run(100);
    if (time === 1) world.socket.begin(resumedWelcome('next'));
  }
  assert.equal(world.sockets.length, 2);
  for (const [lasts, sockets] of [[20_000, 2], [30_000, 2], [20_000, 3]]) {
    sessions.stream.begin(resumedWelcome('third'), FRAMES[0]);
    await streamFor(world, lasts);
    sessions.stream.break();
    await world.run(100);
    assert.equal(world.sockets.length, sockets, `after ${lasts} ms`);
  }
  world.socket.drop(1006);
  await world.run(0);
  assert.equal(room.connection.transport, 'stream');
  await leave({ world, room, sessions });
});

test('it goes back to a WebSocket at the next resume', async () => {
  const { world, room, sessions } = await begun();
  world.socket.drop(1006);
  await world.run(0);
  sessions.stream.begin(RESUMABLE_WELCOME, FRAMES[0]);
  await world.run(2000);
  sessions.stream.break();
  await world.run(100);
  assert.equal(world.sockets.length, 2);
  world.socket.begin(resumedWelcome('next'));
  assert.equal(room.connection.transport, 'websocket');
  assert.deepEqual(room.connection.resumed, { lostEvents: 0 });
  await leave({ world, room, sessions });
});

test('a stream that is held back gives way to polls, with another seat', async () => {
  for (const way of /** @type {const} */ (['held', 'headless'])) {
    const world = new FakeWorld();
    world.sessions.streamWay = way;
    const { sessions } = world;
    const room = world.join(AUTO);
    await world.run(0);
    world.socket.drop(1006);
    await world.run(way === 'held' ? 1999 : 2499);
    assert.equal(sessions.polls.length, 0);
    await world.run(1);
    assert.equal(sessions.polls.length, 1, way);
    // Where the head came the server has used the token; where it did not, nobody knows.
    assert.equal(world.joins.length, way === 'held' ? 2 : 1);
    assert.equal(sessions.poll.url.href, 'http://server:8080/poll?token=t&protocol=tickwire.v1.1%2Ctickwire.v1');
    sessions.answer(opened(), message(RESUMABLE_WELCOME), message(FRAMES[0]));
    await room.ready;
    assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'poll' });
    await leave({ world, room, sessions });
  }
});

test('a server that cannot be reached, or has no sessions, is tried again as ever', async () => {
  for (const way of /** @type {const} */ (['unreachable', 'absent'])) {
    const world = new FakeWorld();
    world.sessions.streamWay = way;
    const room = world.join(AUTO);
    await world.run(0);
    for (const delay of [1000, 2000]) {
      world.socket.drop(1006);
      await world.run(0);
      if (world.sessions.polls.length > 0 && !world.sessions.poll.isDone) world.sessions.poll.answer(404);
      await world.run(0);
      assert.equal(room.connection.state, 'waiting');
      assert.equal((room.connection.retryAtMs ?? 0) - world.now, delay, way);
      await world.run(delay);
      assert.equal(room.connection.transport, 'websocket', 'it comes first again');
    }
    await leave({ world, room, sessions: world.sessions });
  }
});

test('without a WebSocket, as in Node, a stream carries the room', async () => {
  const { world, room, sessions } = await begun({ ...AUTO, WebSocket: /** @type {any} */ (null) });
  if (globalThis.WebSocket) return leave({ world, room, sessions });
  assert.equal(room.connection.transport, 'stream');
  return leave({ world, room, sessions });
});

test('versions that do not fit are told before connecting, by both lists', async () => {
  const world = new FakeWorld();
  world.answer = () => ok({ token: 't', room: 'abc', player: 1, ws_url: '/ws?token=t', protocols: ['tickwire.v3', 'tickwire.v2'] });
  const room = world.join(AUTO);
  await world.run(0);
  const { state, error } = room.connection;
  assert.equal(state, 'closed');
  assert.ok(error instanceof JoinError && error.code === 'version');
  assert.equal(error.message, 'the server speaks tickwire.v3, tickwire.v2, and this client tickwire.v1.1, tickwire.v1');
  assert.equal(world.sockets.length, 0);
  assert.equal(world.timers.size, 0);
});

test('a stream of a version that nobody has asked for is left for good', async () => {
  const { world, room, sessions } = await begun({ transport: 'stream' });
  sessions.stream.write(opened('tickwire.v9'), message(RESUMABLE_WELCOME));
  await world.run(0);
  assert.equal(room.connection.state, 'closed');
  assert.equal(room.connection.error?.code, 'version');
  await leave({ world, room, sessions });
});

test('a session that is refused is tried again as the server says, or not at all', async () => {
  for (const [status, error, headers, delay] of /** @type {[number, string, Record<string, string>, number][]} */ ([
    [429, 'too_many_connections', {}, 6000],
    [503, 'server_full', { 'retry-after': '4' }, 4500],
    [403, 'origin_not_allowed', {}, 0],
    [400, 'version', {}, 0],
  ])) {
    const { world, room, sessions } = await begun({ transport: 'poll' });
    const told = Buffer.from(JSON.stringify({ error, message: 'because' }));
    sessions.poll.answer(status, told, headers);
    await world.run(0);
    assert.ok(room.connection.error instanceof JoinError);
    assert.equal(room.connection.error.code, error);
    assert.equal(room.connection.state, delay > 0 ? 'waiting' : 'closed');
    if (delay > 0) assert.equal((room.connection.retryAtMs ?? 0) - world.now, delay);
    await leave({ world, room, sessions });
  }
});

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

test('a stream that ends without a word is lost; with one, that counts', async () => {
  for (const [code, state] of /** @type {const} */ ([[1006, 'waiting'], [1012, 'waiting'], [4411, 'closed'], [4403, 'closed'], [4410, 'waiting']])) {
    const { world, room, sessions } = await streaming();
    if (code === 1006) sessions.stream.end();
    else sessions.stream.write(closed(code, 'why'));
    await world.run(0);
    assert.deepEqual([room.connection.state, room.connection.code], [state, code]);
    if (code === 4403) assert.equal(room.connection.error?.code, 'kicked');
    assert.equal(sessions.farewell, undefined, 'nobody is left to say farewell to');
    await leave({ world, room, sessions });
  }
});

test('records that are none are errors as messages that are none, and nothing of them is resumed', async () => {
  for (const garbage of [record(9), opened(), Uint8Array.of(0), message(Uint8Array.of(0x80, 1)), Uint8Array.of(253)]) {
    const { world, room, sessions } = await streaming();
    const errors = heard(room, 'error');
    sessions.stream.write(garbage);
    await world.run(0);
    assert.equal(errors.length, 1);
    assert.ok(errors[0] instanceof WireError);
    assert.equal(room.connection.code, 4400);
    assert.equal(sessions.farewell, 1001);
    await world.run(1500);
    assert.equal(world.joins.length, 2);
    await leave({ world, room, sessions });
  }
  const { world, room, sessions } = await begun({ transport: 'stream' });
  sessions.stream.write(message(RESUMABLE_WELCOME));
  await world.run(0);
  assert.ok(room.connection.error instanceof WireError, 'a message before the session is open');
  await leave({ world, room, sessions });
});

test('polls go one after the other, and each says what has come', async () => {
  const { world, room, sessions } = await polling();
  const { url, body } = sessions.poll;
  assert.deepEqual([url.href, [...body]], ['http://server:8080/poll', [...KEY, 1, 0, 0, 0]]);
  sessions.answer(message(QUIET), message(QUIET));
  await world.run(0);
  assert.deepEqual([...sessions.poll.body], [...KEY, 2, 0, 0, 0]);
  const { frames } = room.stats;
  // The same answer once more, as a lost one comes: it says nothing new.
  sessions.poll.answer(200, numbered(2, message(QUIET), message(QUIET)));
  await world.run(500);
  assert.equal(room.stats.frames, frames);
  assert.deepEqual([...sessions.poll.body], [...KEY, 2, 0, 0, 0]);
  sessions.answer(closed(4411, 'the room has ended'));
  await world.run(0);
  assert.deepEqual([room.connection.state, room.connection.code], ['closed', 4411]);
  await leave({ world, room, sessions });
});

test('a poll that hangs, fails or is superseded is asked again; too many of them, and of a session that is no more, mean a resume', async () => {
  const { world, room, sessions } = await polling();
  const hung = sessions.poll;
  await world.run(8500);
  assert.notEqual(sessions.poll, hung);
  assert.deepEqual(sessions.poll.body, hung.body);
  sessions.answer(message(QUIET));
  await world.run(0);
  for (const status of [409, 502, 503]) {
    sessions.poll.answer(status);
    await world.run(500);
  }
  assert.deepEqual([...sessions.poll.body], [...KEY, 2, 0, 0, 0]);
  assert.equal(room.connection.state, 'open');
  sessions.answer(message(QUIET));
  await world.run(0);
  sessions.poll.answer(404, Buffer.from('{"error":"no_such_session","message":"no"}'));
  await world.run(100);
  assert.equal(sessions.poll.url.searchParams.get('resume'), TOKEN);
  sessions.answer(opened(), message(resumedWelcome('next')), message(FRAMES[0]));
  await world.run(0);
  assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'poll', resumed: { lostEvents: 0 } });
  for (let failure = 1; failure <= 4; failure += 1) {
    sessions.poll.answer(500);
    await world.run(failure < 4 ? 500 : 0);
  }
  assert.equal(room.connection.state, 'waiting');
  await leave({ world, room, sessions });
});

test('answers that are none are errors', async () => {
  for (const body of [Uint8Array.of(2, 0, 0), numbered(7, PING), numbered(2, Uint8Array.of(9, 0)), numbered(2, record(7))]) {
    const { world, room, sessions } = await polling();
    sessions.poll.answer(200, body);
    await world.run(0);
    assert.equal(room.connection.code, 4400);
    assert.ok(room.connection.error instanceof WireError);
    await leave({ world, room, sessions });
  }
  const { world, room, sessions } = await begun({ transport: 'poll' });
  sessions.poll.answer(200, numbered(1));
  await world.run(0);
  assert.equal(room.connection.reason, 'no session was opened');
  await leave({ world, room, sessions });
});

test('a page that is left says so, and comes back as the same player', async () => {
  for (const make of [streaming, polling]) {
    const { world, room, sessions } = await make();
    world.host.dispatch('pagehide');
    await world.run(0);
    assert.equal(sessions.farewell, 1001);
    assert.equal(room.connection.state, 'waiting');
    world.host.dispatch('pageshow');
    await world.run(0);
    const newest = sessions.streams.at(-1)?.url ?? sessions.poll.url;
    assert.equal(newest.searchParams.get('resume'), TOKEN);
    await leave({ world, room, sessions });
  }
  const world = new FakeWorld();
  const room = await world.joined();
  world.host.dispatch('pagehide');
  assert.equal(room.connection.state, 'open', 'of a WebSocket the browser tells the server');
  room.leave();
});

test('leaving ends everything at every moment', async () => {
  const opening = joined(opened(), message(RESUMABLE_WELCOME), message(FRAMES[0]));
  /** @type {[string, (world: FakeWorld, room: import('../sdk/index.js').Room) => void | Promise<void>][]} */
  const moments = [
    ['before the head', () => {}],
    ['while a WebSocket is tried', (world) => world.run(1000)],
    ['while a stream is waited for', (world) => world.run(2600)],
    ['while it is held back', (world) => world.run(4000)],
    ['while a poll is waited for', (world) => world.run(6000)],
    ['with a session that is open', async (world) => {
      await world.run(2600);
      world.sessions.stream.write(opened());
      await world.run(1);
    }],
    ['with a batch under way', async (world, room) => {
      await world.run(2600);
      world.sessions.onSend = () => new Promise(() => {});
      world.sessions.stream.write(opening);
      await world.run(10);
      room.send({ thrust: 1 });
      await world.run(1);
      world.sessions.onSend = undefined;
    }],
    ['between two tries of a batch', async (world) => {
      await world.run(2600);
      world.sessions.onSend = () => response(502);
      world.sessions.stream.write(opening);
      await world.run(200);
      world.sessions.onSend = undefined;
    }],
  ];
  for (const [when, moment] of moments) {
    const world = new FakeWorld();
    if (when.includes('held') || when.includes('poll') || when.includes('waited')) world.sessions.streamWay = 'headless';
    const room = world.join(AUTO);
    await world.run(0);
    await moment(world, room);
    room.leave();
    assert.equal(world.timers.size, 0, when);
    await world.run(100_000);
    assert.equal(world.timers.size, 0, when);
    assert.equal(world.sessions.pending, 0, when);
    assert.equal(room.connection.state, 'closed');
  }
});

test('leaving from within a handler is heeded, whatever carries the room', async () => {
  for (const event of /** @type {const} */ (['connection', 'welcome', 'enter', 'state'])) {
    for (const transport of /** @type {const} */ (['stream', 'poll'])) {
      const { world, room, sessions } = await begun({ transport });
      room.on(event, (told) => (event !== 'connection' || /** @type {any} */ (told).state === 'open') && room.leave());
      if (transport === 'stream') sessions.stream.begin(RESUMABLE_WELCOME, FRAMES[0], QUIET, QUIET);
      else sessions.answer(opened(), ...[RESUMABLE_WELCOME, FRAMES[0], QUIET].map(message));
      await world.run(1000);
      assert.equal(room.connection.state, 'closed', `${event} ${transport}`);
      assert.equal(world.timers.size, 0);
      assert.equal(sessions.pending, 0);
    }
  }
});
