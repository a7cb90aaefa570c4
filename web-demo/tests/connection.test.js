import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConnectionError, JoinError } from '../sdk/index.js';
import { FRAMES, FakeWorld, WELCOME, ok, refusal } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';
import { seededRandom } from './support/random.js';

/** @param {import('../sdk/index.js').Room} room */
function states(room) {
  /** @type {string[]} */
  const seen = [room.connection.state];
  room.on('connection', ({ state }) => seen.push(state));
  return seen;
}

test('a join asks for a seat, connects, and is open at the first keyframe', async () => {
  const world = new FakeWorld();
  const room = world.join({ game: 'arena', sendHz: 15 });
  const seen = states(room);
  await world.run(0);
  assert.deepEqual(world.joins, [{ name: 'Ada', game: 'arena', send_hz: 15 }]);
  assert.equal(world.socket.url, 'ws://server:8080/ws?token=t');
  assert.deepEqual(world.socket.protocols, ['tickwire.v1.1', 'tickwire.v1']);
  assert.equal(world.socket.binaryType, 'arraybuffer');
  world.socket.open();
  world.socket.receive(WELCOME);
  assert.equal(room.connection.state, 'connecting');
  assert.equal(room.player, 300);
  assert.equal(room.roomId, '0123456789');
  assert.equal(room.roster.get(300)?.name, 'Zoë 🚀');
  world.socket.receive(FRAMES[0]);
  await room.ready;
  assert.deepEqual(seen, ['joining', 'connecting', 'open']);
  assert.equal(room.entities.size, 320);
  room.leave();
});

const NEVER = [1000, 1002, 1003, 1007, 1009, 4001, 4400, 4403, 4404, 4409, 4411, 4999];
const BACKOFF = [1001, 1005, 1006, 1011, 1012, 4408, 4410];
const AFTER = [4423, 4429];

test('after a close for good the room stays closed', async () => {
  for (const code of NEVER) {
    const world = new FakeWorld();
    const room = await world.joined();
    world.socket.drop(code, 'why');
    const { error, ...status } = room.connection;
    assert.deepEqual(status, { state: 'closed', attempt: 0, code, reason: 'why' });
    assert.ok(error instanceof ConnectionError);
    assert.deepEqual([error.closeCode, error.message], [code, 'why']);
    assert.equal(world.timers.size, 0, `timers after ${code}`);
    assert.equal(world.host.listeners.length, 0, `listeners after ${code}`);
    await world.run(60_000);
    assert.equal(world.joins.length, 1);
  }
});

test('after other closes the room comes back, to the same room', async () => {
  for (const code of [...BACKOFF, ...AFTER]) {
    const world = new FakeWorld();
    const room = await world.joined();
    world.socket.drop(code);
    const { state, retryAtMs = 0 } = room.connection;
    assert.equal(state, 'waiting');
    assert.equal(retryAtMs - world.now, AFTER.includes(code) ? 6000 : 1000, `after ${code}`);
    await world.run(retryAtMs - world.now);
    assert.deepEqual(world.joins[1], { name: 'Ada', room: 'abc' });
    world.socket.begin();
    assert.equal(room.connection.state, 'open');
    assert.equal(room.connection.attempt, 0);
    room.leave();
  }
});

test('a join that is refused for load is tried again when the server says', async () => {
  for (const [status, retryAfter, delayMs] of /** @type {[number, string, number][]} */ ([
    [503, '2', 2000],
    [429, '7', 7000],
    [503, '0', 1000],
    [503, '86400', 60_000],
    [503, 'soon', 1000],
    [429, 'soon', 6000],
  ])) {
    const world = new FakeWorld();
    world.answer = async () => refusal(status, 'busy', retryAfter);
    const room = world.join();
    await world.run(0);
    const told = /^\d+$/.test(retryAfter);
    const spread = told ? 1.125 : 1; // random() is a half here
    assert.equal((room.connection.retryAtMs ?? 0) - world.now, delayMs * spread, `${status} ${retryAfter}`);
    room.leave();
  }
});

test('delays double from 1 s to 30 s, and only state starts them over', async () => {
  const world = new FakeWorld();
  world.answer = () => Promise.reject(new TypeError('network'));
  const room = world.join();
  await world.run(0);
  const delays = [];
  for (let attempt = 1; attempt <= 7; attempt += 1) {
    assert.equal(room.connection.attempt, attempt);
    const delay = (room.connection.retryAtMs ?? 0) - world.now;
    delays.push(delay);
    await world.run(delay);
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  world.answer = () => ok({ token: 't', room: 'abc', player: 1, ws_url: 'ws://other/ws' });
  await world.run(30_000);
  assert.equal(world.socket.url, 'ws://other/ws');
  world.socket.open();
  world.socket.receive(WELCOME);
  world.socket.drop(1006);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 30_000);
  await world.run(30_000);
  world.socket.begin();
  world.socket.drop(1006);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000);
  room.leave();
});

test('a server that nobody understands is come back to less and less often', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const delays = [];
  for (let fault = 1; fault <= 4; fault += 1) {
    world.socket.receive(Uint8Array.of(0x80, 1));
    const delay = (room.connection.retryAtMs ?? 0) - world.now;
    delays.push(delay);
    await world.run(delay);
    world.socket.begin();
    assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'websocket' });
  }
  assert.deepEqual(delays, [1000, 2000, 4000, 8000]);
  world.socket.drop(1006);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000);
  room.leave();
});

test('refused joins end for good, or are tried again', async () => {
  for (const [status, state, delay] of /** @type {[number, string, number][]} */ ([
    [400, 'closed', 0],
    [404, 'closed', 0],
    [409, 'waiting', 6000],
    [429, 'waiting', 6000],
    [500, 'waiting', 1000],
    [503, 'waiting', 1000],
  ])) {
    const world = new FakeWorld();
    world.answer = () => refusal(status, 'cause');
    const room = world.join({ room: 'gone' });
    await world.run(0);
    assert.equal(room.connection.state, state);
    assert.equal(room.connection.code, status);
    assert.equal(room.connection.reason, 'cause: cause!');
    const { error } = room.connection;
    assert.ok(error instanceof JoinError);
    assert.deepEqual([error.status, error.code, error.message], [status, 'cause', 'cause!']);
    if (state === 'closed') await assert.rejects(room.ready, error);
    else assert.equal((room.connection.retryAtMs ?? 0) - world.now, delay);
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('an answer that is none is tried again', async () => {
  const seat = { token: 't', room: 'abc', player: 1 };
  for (const answer of [
    { hello: 'world' },
    null,
    'text',
    [],
    { ...seat, ws_url: 7 },
    { ...seat, ws_url: 'http://[' },
    { ...seat, ws_url: 'javascript:alert(1)' },
    { ...seat, ws_url: '/ws', room: {} },
  ]) {
    const world = new FakeWorld();
    world.answer = () => ok(answer);
    const room = world.join();
    await world.run(0);
    assert.equal(room.connection.state, 'waiting');
    assert.equal(room.connection.error?.code, 'bad_answer', JSON.stringify(answer));
    room.leave();
  }
});

test('an address that is none is told at once', () => {
  const world = new FakeWorld();
  for (const url of ['', 'play.example', '/', 'ws://play.example', 'javascript:0']) {
    assert.throws(() => world.join({ url }), TypeError, url);
  }
  assert.equal(world.timers.size, 0);
});

test('a server of another version is left for good', async () => {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.protocol = 'tickwire.v9';
  world.socket.open();
  const { state, error } = room.connection;
  assert.equal(state, 'closed');
  assert.deepEqual([error?.code, error?.message], [
    'version',
    'the server speaks tickwire.v9, and this client tickwire.v1.1, tickwire.v1',
  ]);
  await assert.rejects(room.ready, error);
  assert.equal(world.timers.size, 0);
});

test('a server that asks to stay away for months is not heeded', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  world.socket.receive(bytesOf('03fcfffffffffcffffffff'));
  world.socket.drop(1012);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 600_000);
  room.leave();
});

test('when its room is gone, a client comes back to any', async () => {
  const world = new FakeWorld();
  const room = await world.joined({ room: 'mine' });
  const { answer } = world;
  world.socket.drop(1012);
  world.answer = () => (world.joins.at(-1).room ? refusal(404, 'no_such_room') : answer());
  await world.run(1000);
  // Of the same game, though.
  assert.deepEqual(world.joins.slice(1), [{ name: 'Ada', room: 'abc' }, { name: 'Ada', game: 'golden' }]);
  world.socket.begin();
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('what opened a room that is gone is not tried on others', async () => {
  const world = new FakeWorld();
  const room = await world.joined({ room: 'mine', hostKey: 'key', password: 'tea' });
  const { answer } = world;
  world.socket.drop(1012);
  world.answer = () => (world.joins.at(-1).host_key ? refusal(404, 'no_such_room') : answer());
  await world.run(1000);
  assert.deepEqual(world.joins.slice(1), [
    { name: 'Ada', room: 'abc', host_key: 'key', password: 'tea' }, { name: 'Ada', game: 'golden' },
  ]);
  world.socket.begin();
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('a room that ends before its state has come was only one of many', async () => {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.drop(1006);
  const { answer } = world;
  world.answer = () => (world.joins.at(-1).room ? refusal(404, 'no_such_room') : answer());
  await world.run(1000);
  assert.deepEqual(world.joins[1], { name: 'Ada' });
  world.socket.begin();
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('those who were turned away together do not come back together', async () => {
  const delays = [];
  for (const dice of [0, 0.5, 1]) {
    const world = new FakeWorld(() => dice);
    const room = await world.joined();
    world.socket.drop(4423);
    delays.push((room.connection.retryAtMs ?? 0) - world.now);
    room.leave();
  }
  assert.deepEqual(delays, [5500, 6000, 6500]);
});

test('joins and connections that go nowhere are given up', async () => {
  const world = new FakeWorld();
  const { answer } = world;
  world.answer = () => new Promise(() => {});
  const room = world.join();
  await world.run(10_000);
  assert.equal(room.connection.state, 'waiting');
  world.answer = answer;
  await world.run(1000);
  assert.equal(room.connection.state, 'connecting');
  await world.run(15_000);
  assert.equal(room.connection.state, 'waiting');
  assert.notEqual(world.socket.closedWith, undefined);
  room.leave();
});

test('waiting ends at once by retryNow', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  room.retryNow();
  assert.equal(world.joins.length, 1);
  world.socket.drop(1006);
  room.retryNow();
  assert.equal(room.connection.state, 'joining');
  await world.run(0);
  assert.equal(world.joins.length, 2);
  room.leave();
});

test('a silent server is left and joined again', async () => {
  const world = new FakeWorld();
  const room = await world.joined();
  const silent = world.socket;
  await world.run(14_000);
  assert.equal(room.connection.state, 'open');
  await world.run(3500);
  assert.equal(silent.closedWith, 4408);
  assert.equal(room.connection.code, 4408);
  await world.run(1000);
  assert.equal(world.joins.length, 2);
  room.leave();
});

test('leave ends everything at every moment', async () => {
  /** @type {((world: FakeWorld) => void | Promise<void>)[]} */
  const moments = [
    () => {},
    (world) => world.run(0),
    async (world) => {
      await world.run(0);
      world.socket.open();
    },
    async (world) => {
      await world.run(0);
      world.socket.open();
      world.socket.receive(WELCOME);
    },
    async (world) => {
      await world.run(0);
      world.socket.begin();
    },
    async (world) => {
      await world.run(0);
      world.socket.begin();
      world.socket.drop(1006);
    },
  ];
  for (const [index, moment] of moments.entries()) {
    const world = new FakeWorld();
    const room = world.join();
    await moment(world);
    const [socket] = world.sockets;
    const wasOpen = socket?.readyState === 0 || socket?.readyState === 1;
    room.leave();
    assert.equal(world.timers.size, 0, `moment ${index}`);
    if (wasOpen) assert.equal(socket.closedWith, 1000);
    await world.run(100_000);
    assert.equal(room.connection.state, 'closed');
    assert.ok(world.sockets.length <= 1);
    assert.ok(world.joins.length <= 1);
  }
});

test('leave from within a handler is heeded', async () => {
  for (const state of ['joining', 'connecting', 'open', 'waiting']) {
    const world = new FakeWorld();
    const room = world.join();
    room.on('connection', (status) => status.state === state && room.leave());
    await world.run(0);
    if (world.sockets[0]?.readyState === 0) world.socket.begin();
    if (world.sockets[0]?.readyState === 1) world.socket.drop(1006);
    await world.run(5000);
    if (room.connection.state !== 'closed') room.leave();
    assert.equal(world.timers.size, 0, state);
    assert.ok(world.joins.length <= 2);
  }
});

test('whatever happens, one socket at most is alive and leave ends all', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seededRandom(seed);
    const world = new FakeWorld(random);
    const { answer } = world;
    world.answer = () => {
      const dice = random();
      if (dice < 0.2) return Promise.reject(new TypeError('network'));
      if (dice < 0.3) return refusal(503, 'shutting_down');
      if (dice < 0.4) return new Promise(() => {});
      return answer();
    };
    const room = world.join();
    for (let step = 0; step < 40; step += 1) {
      await world.run(random() * 3000);
      const socket = world.sockets.at(-1);
      if (!socket || socket.readyState === 3) continue;
      const dice = random();
      if (dice < 0.3) socket.begin();
      else if (dice < 0.5) socket.drop([1006, 1012, 4408, 4429][Math.floor(random() * 4)]);
      else if (dice < 0.6) socket.receive(Uint8Array.of(0x80, 1));
      else if (dice < 0.65) room.retryNow();
      const alive = world.sockets.filter(({ readyState }) => readyState < 2);
      assert.ok(alive.length <= 1, `seed ${seed}`);
    }
    assert.notEqual(room.connection.state, 'closed', `seed ${seed}`);
    room.leave();
    assert.equal(world.timers.size, 0, `seed ${seed}`);
    assert.ok(world.sockets.every(({ readyState }) => readyState === 3), `seed ${seed}`);
  }
});
