import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  FRAMES,
  FakeWorld,
  RESUMABLE_WELCOME,
  TOKEN,
  WELCOME,
  heard,
  resumableWelcome,
  resumedWelcome,
} from './support/fake-world.js';
import { seededRandom } from './support/random.js';

/** Time for which a player is kept, and by which a server may notice a loss later than the client. */
const [WINDOW_MS, TIMEOUT_MS] = [20_000, 15_000];

/** A world and a room in it whose connection has lasted and can be resumed. @param {FakeWorld} [world] */
async function lasting(world = new FakeWorld()) {
  const room = await world.joined({}, RESUMABLE_WELCOME);
  await world.run(1000);
  return { world, room };
}

/** The newest socket's address, without what comes before the query. @param {FakeWorld} world */
function query({ socket }) {
  assert.ok(socket.url.startsWith('ws://server:8080/ws?'), socket.url);
  return socket.url.split('?')[1];
}

test('a lost connection is resumed at once, as the same player and without a join', async () => {
  for (const code of [1001, 1005, 1006, 1011, 4408, 4410]) {
    const { world, room } = await lasting();
    const statuses = heard(room, 'connection');
    world.socket.drop(code);
    assert.equal((room.connection.retryAtMs ?? 0) - world.now, 50, `after ${code}: half of the jitter`);
    await world.run(50);
    assert.equal(query(world), `resume=${TOKEN}&event=0`);
    assert.deepEqual(world.socket.protocols, ['tickwire.v1.1', 'tickwire.v1']);
    world.socket.begin(resumedWelcome('next'));
    assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'websocket', resumed: { lostEvents: 0 } });
    assert.deepEqual(statuses.map(({ state }) => state), ['waiting', 'connecting', 'open']);
    assert.equal(room.player, 300);
    assert.equal(room.entities.size, 320);
    assert.equal(room.roster.get(300)?.name, 'Zoë 🚀');
    assert.equal(world.joins.length, 1);
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('those who are cut off together are spread over a tenth of a second', async () => {
  for (const [dice, delay] of [[0, 0], [1, 100]]) {
    const { world, room } = await lasting(new FakeWorld(() => dice));
    world.socket.drop(1006);
    assert.equal((room.connection.retryAtMs ?? 0) - world.now, delay);
    room.leave();
  }
});

test('each resume has the token of the newest welcome', async () => {
  const { world, room } = await lasting();
  for (const [last, next] of [[TOKEN, 'second'], ['second', 'third'], ['third', 'fourth']]) {
    world.socket.drop(1006);
    await world.run(50);
    assert.equal(query(world), `resume=${last}&event=0`);
    world.socket.begin(resumedWelcome(next));
    await world.run(10_000);
  }
  assert.equal(world.joins.length, 1);
  room.leave();
});

test('the first frame of a resumed connection is acknowledged at once', async () => {
  const { world, room } = await lasting();
  assert.deepEqual(world.sent('01'), ['010100'], 'with a ping');
  world.socket.drop(1006);
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'));
  assert.deepEqual(world.sent('01'), []);
  world.socket.receive(FRAMES[0]);
  assert.deepEqual(world.sent('01'), ['010100']);
  world.socket.receive(FRAMES[1]);
  assert.deepEqual(world.sent('01'), ['010100'], 'every second one');
  room.leave();
});

test('a resume that breaks is tried again with its token, with backoff', async () => {
  const { world, room } = await lasting();
  world.socket.drop(1006);
  const delays = [];
  for (let failure = 1; failure <= 4; failure += 1) {
    const delay = (room.connection.retryAtMs ?? 0) - world.now;
    delays.push(delay);
    assert.equal(room.connection.attempt, failure);
    await world.run(delay);
    assert.equal(query(world), `resume=${TOKEN}&event=0`);
    if (failure % 2 === 0) world.socket.open();
    world.socket.drop(1006);
  }
  assert.deepEqual(delays, [50, 1000, 2000, 4000]);
  await world.run(8000);
  // With a welcome, but without state: the token is the new one all the same.
  world.socket.open();
  world.socket.receive(resumedWelcome('next'));
  world.socket.drop(1006);
  await world.run(16_000);
  assert.equal(query(world), 'resume=next&event=0');
  world.socket.begin(resumedWelcome('third'));
  assert.equal(room.connection.state, 'open');
  assert.equal(world.joins.length, 1);
  room.leave();
});

test('a resume that is refused becomes a join, at once', async () => {
  for (const code of [4001, 4404]) {
    const { world, room } = await lasting();
    world.socket.drop(1006);
    await world.run(50);
    world.socket.open();
    world.socket.drop(code, 'the player is not there');
    assert.equal(room.connection.state, 'joining');
    await world.run(0);
    assert.deepEqual(world.joins[1], { name: 'Ada', room: 'abc' });
    assert.equal(query(world), 'token=t');
    world.socket.begin(RESUMABLE_WELCOME);
    assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'websocket' });
    await world.run(1000);
    world.socket.drop(code);
    assert.equal(room.connection.state, 'closed', 'it was no resume');
  }
});

test('a connection that was resumed cannot be refused any more', async () => {
  const { world, room } = await lasting();
  world.socket.drop(1006);
  await world.run(50);
  world.socket.begin(resumedWelcome('next'));
  world.socket.drop(4001);
  assert.equal(room.connection.state, 'closed');
});

test('when the time to come back has passed, it joins', async () => {
  const { world, room } = await lasting();
  const lostAt = world.now;
  world.socket.drop(1006);
  while (world.joins.length === 1) {
    const { retryAtMs = 0 } = room.connection;
    await world.run(retryAtMs - world.now);
    const isLate = world.now - lostAt > WINDOW_MS + TIMEOUT_MS;
    assert.equal(query(world), isLate ? 'token=t' : `resume=${TOKEN}&event=0`);
    if (!isLate) world.socket.drop(1006);
  }
  assert.ok(world.now - lostAt > WINDOW_MS + TIMEOUT_MS);
  room.leave();
});

test('a server that keeps nobody is joined again', async () => {
  const world = new FakeWorld();
  const room = await world.joined({}, WELCOME);
  await world.run(1000);
  world.socket.drop(1006);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000);
  await world.run(1000);
  assert.equal(world.joins.length, 2);
  room.leave();
});

test('after a close for good nothing is resumed, not even while resuming', async () => {
  for (const code of [1000, 1002, 4400, 4409, 4411]) {
    for (const isResuming of [false, true]) {
      const { world, room } = await lasting();
      if (isResuming) {
        world.socket.drop(1006);
        await world.run(50);
      }
      world.socket.drop(code, 'why');
      assert.equal(room.connection.state, 'closed', `${code}`);
      await world.run(60_000);
      assert.equal(world.sockets.length, isResuming ? 2 : 1);
      assert.equal(world.joins.length, 1);
    }
  }
});

test('a delay that the server asks for is kept, also to resume', async () => {
  for (const [code, delay] of [[1012, 1000], [4423, 6000], [4429, 6000]]) {
    const { world, room } = await lasting();
    world.socket.drop(code);
    assert.equal((room.connection.retryAtMs ?? 0) - world.now, delay, `after ${code}`);
    await world.run(delay);
    assert.equal(query(world), `resume=${TOKEN}&event=0`);
    room.leave();
  }
});

test('a connection that keeps ending is not resumed at once', async () => {
  const world = new FakeWorld();
  const room = await world.joined({}, RESUMABLE_WELCOME);
  for (let time = 1; time <= 3; time += 1) {
    await world.run(999);
    world.socket.drop(1006);
    assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000);
    await world.run(1000);
    world.socket.begin(resumedWelcome('next'));
  }
  assert.equal(world.joins.length, 1);
  room.leave();
});

test('state that nobody understands is not come back to', async () => {
  const { world, room } = await lasting();
  world.socket.receive(Uint8Array.of(0x80, 1));
  assert.equal(world.socket.closedWith, 4400);
  await world.run(1000);
  assert.equal(world.joins.length, 2);
  assert.equal(query(world), 'token=t');
  room.leave();
});

test('a silent server is left, and resumed', async () => {
  const { world, room } = await lasting();
  const silent = world.socket;
  await world.run(17_000);
  assert.equal(silent.closedWith, 4408);
  assert.equal(query(world), `resume=${TOKEN}&event=0`);
  world.socket.begin(resumedWelcome('next'));
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('retryNow and leave work on the way back', async () => {
  const { world, room } = await lasting();
  world.socket.drop(1006);
  room.retryNow();
  assert.equal(room.connection.state, 'connecting');
  assert.equal(query(world), `resume=${TOKEN}&event=0`);
  room.leave();
  assert.equal(room.connection.state, 'closed');
  assert.equal(world.timers.size, 0);
  await world.run(60_000);
  assert.deepEqual([world.sockets.length, world.joins.length], [2, 1]);
});

test('the token is nowhere to be seen', async () => {
  const { world, room } = await lasting();
  const told = ['connection', 'welcome', 'error'].map((event) => heard(room, /** @type {any} */ (event)));
  world.socket.drop(1006);
  await world.run(50);
  world.socket.begin(resumedWelcome('secret'));
  assert.ok(room.welcome && !('resumeToken' in room.welcome));
  await world.run(1000);
  world.refuseSockets = true;
  world.socket.drop(1006);
  await world.run(50);
  assert.equal(room.connection.reason, 'cannot connect: SyntaxError');
  const seen = JSON.stringify([told, room.welcome]);
  assert.ok(!seen.includes('secret') && !seen.includes(TOKEN), seen);
  room.leave();
});

test('whatever happens, one socket at most is alive, and only the newest token is used', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seededRandom(seed);
    const world = new FakeWorld(random);
    const room = world.join();
    let token = 'none';
    let resumes = 0;
    for (let step = 0; step < 60; step += 1) {
      await world.run(random() * 3000);
      const socket = world.sockets.at(-1);
      if (!socket || socket.readyState === 3) continue;
      const resume = new URL(socket.url).searchParams.get('resume');
      if (resume !== null && socket.readyState === 0) {
        assert.equal(resume, token, `seed ${seed}`);
        resumes += 1;
      }
      const dice = random();
      if (dice < 0.4 && socket.readyState === 0) {
        token = `t${seed}-${step}`;
        socket.begin(resume === null ? resumableWelcome(token) : resumedWelcome(token));
      } else if (dice < 0.7) socket.drop([1006, 1012, 4408, 4429][Math.floor(random() * 4)]);
      else if (dice < 0.8 && resume !== null && socket.readyState === 0) socket.drop(4001);
      else if (dice < 0.85) room.retryNow();
      const alive = world.sockets.filter(({ readyState }) => readyState < 2);
      assert.ok(alive.length <= 1, `seed ${seed}`);
    }
    assert.notEqual(room.connection.state, 'closed', `seed ${seed}`);
    assert.ok(resumes > 0, `seed ${seed}`);
    room.leave();
    assert.equal(world.timers.size, 0, `seed ${seed}`);
    assert.ok(world.sockets.every(({ readyState }) => readyState === 3), `seed ${seed}`);
  }
});
