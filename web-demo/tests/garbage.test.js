import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TickwireError } from '../sdk/index.js';
import { FRAMES, FakeWorld, GRID_FRAMES, GRID_WELCOME, RESUMABLE_WELCOME, WELCOME, ok, refusal } from './support/fake-world.js';
import { bytesOf, golden } from './support/golden.js';
import { seededRandom } from './support/random.js';

const SEED = Number(process.env.TICKWIRE_SEED ?? 1);
const ROUNDS = 150;
const CLOSE_CODES = [1000, 1001, 1002, 1006, 1009, 1011, 1012, 3000, 4000, 4001, 4400, 4404, 4408, 4410, 4423, 4429];

/** Whatever a server may say, and what none would. */
const MESSAGES = [
  ...golden('server-messages.json').map(({ hex }) => bytesOf(hex)),
  ...golden('malformed-messages.json').map(({ hex }) => bytesOf(hex)),
  ...golden('frames-malformed.json').flatMap(({ hex }) => (hex ? [bytesOf(hex)] : [])),
  ...GRID_FRAMES.map(({ hex }) => bytesOf(hex)),
  ...FRAMES,
  RESUMABLE_WELCOME,
  GRID_WELCOME,
  WELCOME,
];

/** A server without sense, for one room. @param {number} seed */
async function endure(seed) {
  const random = seededRandom(seed);
  const below = (/** @type {number} */ end) => Math.floor(random() * end);
  const world = new FakeWorld(random);
  const { answer } = world;
  world.answer = () => {
    const dice = random();
    if (dice < 0.1) return Promise.reject(new TypeError('network'));
    if (dice < 0.2) return refusal([400, 404, 409, 429, 500, 503][below(6)], 'busy', ['1', 'x', '-1'][below(3)]);
    if (dice < 0.3) return ok([null, 7, {}, { room: 'a', player: 1, ws_url: 'http://[' }][below(4)]);
    if (dice < 0.35) return { ok: true, status: 200, json: () => Promise.reject(new SyntaxError('no JSON')) };
    return answer();
  };
  const mutate = (/** @type {Uint8Array} */ bytes) => {
    const mutant = Uint8Array.from(bytes);
    for (let flip = below(6); flip > 0 && mutant.length > 0; flip -= 1) mutant[below(mutant.length)] = below(256);
    return random() < 0.3 ? mutant.subarray(0, below(mutant.length + 1)) : mutant;
  };
  const room = world.join();
  /** @type {Error[]} */
  const errors = [];
  room.on('error', (error) => errors.push(error));
  room.on('connection', ({ error }) => error && errors.push(error));
  for (let step = 0; step < 60 && room.connection.state !== 'closed'; step += 1) {
    await world.run(random() < 0.5 ? 0 : random() * 2000);
    room.view();
    room.send({ thrust: 1, turn: 1e9 });
    if (room.schema?.messages.some(({ name }) => name === 'say')) room.message('say', { text: 'x' });
    if (random() < 0.2) world.host.dispatch(['online', 'offline', 'visibilitychange', 'pageshow'][below(4)]);
    const socket = world.sockets.at(-1);
    if (!socket || socket.readyState === 3) continue;
    if (socket.readyState === 0 && random() < 0.8) socket.open();
    const dice = random();
    if (dice < 0.5) socket.begin([WELCOME, RESUMABLE_WELCOME][below(2)]);
    const message = MESSAGES[below(MESSAGES.length)];
    if (dice < 0.1) socket.drop(CLOSE_CODES[below(CLOSE_CODES.length)], 'why');
    else if (dice < 0.2) socket.onmessage?.({ data: 'text' });
    else if (dice < 0.3) socket.receive(Uint8Array.from({ length: below(100) }, () => below(256)));
    else if (dice < 0.4) socket.receive(message);
    else if (dice < 0.5) socket.receive(mutate(message));
  }
  room.leave();
  return { world, errors };
}

test(`whatever a server does, the room throws nothing and tells typed errors (seed ${SEED})`, async () => {
  let told = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const seed = SEED * ROUNDS + round;
    const { world, errors } = await endure(seed);
    for (const error of errors) {
      assert.ok(error instanceof TickwireError, `seed ${seed}: ${error.stack}`);
      assert.notEqual(error.code, 'fault', `seed ${seed}: ${error.message}`);
      assert.match(error.code, /^[a-z0-9_]+$/);
      assert.notEqual(error.message, '');
    }
    told += errors.length;
    assert.equal(world.timers.size, 0, `seed ${seed}: timers`);
    assert.equal(world.host.listeners.length, 0, `seed ${seed}: listeners`);
    assert.ok(world.sockets.every(({ readyState }) => readyState === 3), `seed ${seed}: sockets`);
  }
  assert.ok(told > ROUNDS, `${told} errors`);
});

test('a server that closes at any moment leaves a typed error and, in the end, nothing else', async () => {
  const moments = [0, 1, 2, 3, 4];
  for (const code of CLOSE_CODES) {
    for (const moment of moments) {
      const world = new FakeWorld();
      const room = world.join();
      await world.run(0);
      const { socket } = world;
      if (moment > 0) socket.open();
      if (moment > 1) socket.receive(RESUMABLE_WELCOME);
      if (moment > 2) socket.receive(FRAMES[0]);
      if (moment > 3) socket.receive(FRAMES[1], FRAMES[2]);
      socket.drop(code);
      const { error } = room.connection;
      assert.ok(error instanceof TickwireError, `${code} at moment ${moment}`);
      assert.notEqual(error.message, '');
      if (room.connection.state === 'waiting') await world.run(500);
      room.leave();
      assert.equal(world.timers.size, 0, `${code} at moment ${moment}`);
      assert.equal(world.host.listeners.length, 0);
    }
  }
});
