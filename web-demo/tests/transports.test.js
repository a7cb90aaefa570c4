import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JoinError } from '../sdk/index.js';
import { PING, closed, joined, message, opened, response } from './support/fake-sessions.js';
import { FRAMES, FakeWorld, QUIET, RESUMABLE_WELCOME, TOKEN, heard, ok, resumableWelcome, resumedWelcome } from './support/fake-world.js';
import { AUTO, begun, leave, polling, streaming } from './support/session-rooms.js';
import { seededRandom } from './support/random.js';

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

test('a WebSocket that lived until the room was changed has not failed in a row', async () => {
  const { world, room, sessions } = await begun();
  world.socket.begin(RESUMABLE_WELCOME);
  world.socket.drop(1006);
  await world.run(1000);
  world.socket.begin(resumedWelcome('next'));
  for (let second = 0; second < 11; second += 1) {
    await world.run(1000);
    world.socket.receive(FRAMES[0]);
  }
  room.change({ room: 'def' }).catch(() => {});
  await world.run(0);
  world.socket.begin(RESUMABLE_WELCOME);
  world.socket.drop(1006);
  await world.run(1000);
  assert.equal(room.connection.transport, 'websocket');
  assert.equal(sessions.streams.length, 0);
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

test('whatever happens, one line at most is alive, only the newest token is used, and leaving ends all', async () => {
  let [resumes, transports] = [0, new Set()];
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seededRandom(seed);
    const world = new FakeWorld(random);
    const { sessions } = world;
    const room = world.join(AUTO);
    let token = 'none';
    for (let step = 0; step < 60; step += 1) {
      sessions.streamWay = /** @type {const} */ (['open', 'open', 'held', 'headless', 'unreachable', 'absent'])[Math.floor(6 * random())];
      await world.run(random() * 3000);
      const sockets = world.sockets.filter(({ readyState }) => readyState < 2);
      const streams = sessions.streams.filter(({ signal }) => !signal.aborted);
      assert.ok(sockets.length + Number(room.connection.transport !== 'websocket') <= 1, `seed ${seed}`);
      assert.ok(streams.length <= 1, `seed ${seed}`);
      const { transport } = room.connection;
      transports.add(transport);
      const url = transport === 'websocket' ? new URL(world.socket.url) : transport === 'stream' ? sessions.stream.url : sessions.polls.at(-1)?.url;
      const resume = url?.searchParams.get('resume');
      if (resume && room.connection.state === 'connecting') {
        assert.equal(resume, token, `seed ${seed}`);
        resumes += 1;
      }
      const dice = random();
      const welcome = () => {
        token = `t${seed}-${step}`;
        return resume ? resumedWelcome(token) : resumableWelcome(token);
      };
      if (transport === 'websocket' && world.socket.readyState === 0) {
        if (dice < 0.3) world.socket.begin(welcome());
        else if (dice < 0.6) world.socket.drop(1006);
        else if (dice < 0.7) world.socket.open();
      } else if (transport === 'websocket' && dice < 0.5) {
        world.socket.drop([1006, 1012, 4408, 4429][Math.floor(random() * 4)]);
      } else if (transport === 'stream' && room.connection.state === 'connecting' && streams[0]?.way === 'open') {
        if (dice < 0.6) sessions.stream.begin(welcome(), FRAMES[0]);
        else sessions.stream.break();
      } else if (transport === 'stream' && streams[0]?.way === 'open' && dice < 0.4) {
        if (dice < 0.2) sessions.stream.end();
        else sessions.stream.write(closed(4410));
      } else if (transport === 'poll' && !sessions.poll.isDone) {
        if (room.connection.state === 'connecting') sessions.answer(opened(), message(welcome()), message(FRAMES[0]));
        else if (dice < 0.5) sessions.answer(PING);
        else sessions.poll.answer(404);
      }
      await world.run(0);
      if (dice > 0.97) world.host.dispatch('pagehide');
    }
    assert.notEqual(room.connection.state, 'closed', `seed ${seed}: ${room.connection.reason}`);
    await leave({ world, room, sessions });
  }
  assert.ok(resumes > 50, `${resumes} resumes`);
  assert.deepEqual([...transports].filter(Boolean).sort(), ['poll', 'stream', 'websocket']);
});
