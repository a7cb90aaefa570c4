import assert from 'node:assert/strict';
import { test } from 'node:test';

import { join } from '../sdk/index.js';
import { SessionServer } from './support/session-server.js';

/** What Node before 22 lacks. */
const NO_WEBSOCKET = { WebSocket: /** @type {any} */ (undefined) };

/** Waits for what the server has taken. @param {SessionServer} server @param {() => boolean} holds @returns {Promise<void>} */
function taken(server, holds) {
  return new Promise((resolve) => {
    server.onBatch = () => holds() && resolve();
    server.onBatch();
  });
}

test('the SDK plays over a real stream, and says farewell', async (context) => {
  const server = await SessionServer.start(context);
  const room = join({ url: server.url, name: 'Ada', ...NO_WEBSOCKET, transport: globalThis.WebSocket ? 'stream' : 'auto' });
  await room.ready;
  assert.equal(room.connection.transport, 'stream');
  assert.equal(room.entities.size, 320);
  room.send({ thrust: 1 });
  await taken(server, () => server.sessions.taken.includes('0001000003020000'));
  room.leave();
  await taken(server, () => server.sessions.farewell === 1000);
});

test('the SDK plays over real polls, and says farewell', async (context) => {
  const server = await SessionServer.start(context);
  const room = join({ url: server.url, name: 'Ada', transport: 'poll' });
  await room.ready;
  assert.equal(room.connection.transport, 'poll');
  room.send({ thrust: 1 });
  await taken(server, () => server.sessions.taken.includes('0001000003020000'));
  room.leave();
  await taken(server, () => server.sessions.farewell === 1000);
});

test('a real stream that breaks is resumed', async (context) => {
  const server = await SessionServer.start(context);
  const room = join({ url: server.url, name: 'Ada', transport: 'stream' });
  await room.ready;
  const open = new Promise((resolve) => {
    room.on('connection', (status) => {
      if (status.state === 'open') resolve(status);
      if (status.state === 'waiting') room.retryNow();
    });
  });
  server.streams[0].destroy();
  assert.deepEqual(await open, { state: 'open', attempt: 0, transport: 'stream', resumed: { lostEvents: 0 } });
  room.leave();
});
