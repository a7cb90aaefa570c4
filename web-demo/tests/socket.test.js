import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';

import { SUBPROTOCOL, join } from '../sdk/index.js';
import { FRAMES, RESUMABLE_WELCOME, TOKEN, WELCOME, resumedWelcome } from './support/fake-world.js';

/** @typedef {import('node:net').AddressInfo} AddressInfo */

/**
 * A server that seats everybody and tells them the golden state.
 *
 * @param {import('node:test').TestContext} context
 * @param {(url: string) => Uint8Array} [welcome] by what the client connects to
 */
async function serve(context, welcome = () => WELCOME) {
  const http = createServer((request, response) => {
    assert.equal(request.url, '/api/join');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token: 't', room: 'abc', player: 300, ws_url: '/ws?token=t' }));
  });
  const sockets = new WebSocketServer({ server: http, path: '/ws' });
  sockets.on('connection', (socket, { url = '' }) => {
    socket.send(welcome(url));
    socket.send(FRAMES[0]);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  context.after(() => {
    sockets.clients.forEach((client) => client.terminate());
    http.close();
  });
  const { port } = /** @type {AddressInfo} */ (http.address());
  return { sockets, url: `http://127.0.0.1:${port}` };
}

test('the SDK plays over a real socket in Node', async (context) => {
  const { sockets, url } = await serve(context);
  const connection = once(sockets, 'connection');
  const room = join({ url, name: 'Ada', WebSocket });
  await room.ready;
  assert.equal(room.entities.size, 320);
  const [server] = await connection;
  assert.equal(server.protocol, SUBPROTOCOL);
  const messages = [];
  const input = new Promise((resolve) => {
    server.on('message', (/** @type {Buffer} */ data) => {
      messages.push(data);
      if (data[0] === 0) resolve(data.toString('hex'));
    });
  });
  room.send({ thrust: 1 });
  assert.equal(await input, '0001000003020000');
  const closed = once(server, 'close');
  room.leave();
  const [code] = await closed;
  assert.equal(code, 1000);
});

test('the SDK comes back over a real socket', async (context) => {
  const { sockets, url } = await serve(context);
  const connection = once(sockets, 'connection');
  // No jitter to the shorter side than this: the first delay is 500 ms.
  const room = join({ url, name: 'Ada', WebSocket, random: () => 0 });
  await room.ready;
  const [server] = await connection;
  const states = new Promise((resolve) => {
    /** @type {string[]} */
    const seen = [];
    room.on('connection', ({ state }) => {
      seen.push(state);
      if (state === 'open') resolve(seen);
      if (state === 'waiting') room.retryNow();
    });
  });
  server.close(1012, 'the server restarts');
  assert.deepEqual(await states, ['waiting', 'joining', 'connecting', 'open']);
  room.leave();
});

test('the SDK resumes over a real socket', async (context) => {
  /** @type {string[]} */
  const urls = [];
  const { sockets, url } = await serve(context, (wanted) => {
    urls.push(wanted);
    return urls.length === 1 ? RESUMABLE_WELCOME : resumedWelcome('next', 3);
  });
  const connection = once(sockets, 'connection');
  const room = join({ url, name: 'Ada', WebSocket });
  await room.ready;
  const [server] = await connection;
  const open = new Promise((resolve) => {
    room.on('connection', (status) => {
      if (status.state === 'open') resolve(status);
      if (status.state === 'waiting') room.retryNow();
    });
  });
  server.terminate();
  assert.deepEqual(await open, { state: 'open', attempt: 0, transport: 'websocket', resumed: { lostEvents: 3 } });
  assert.deepEqual(urls, ['/ws?token=t', `/ws?resume=${TOKEN}&event=0`]);
  room.leave();
});

test('a join to nowhere waits, and leaving ends it', async () => {
  const room = join({ url: 'http://127.0.0.1:1', name: 'Ada', WebSocket });
  const status = await new Promise((resolve) => {
    room.on('connection', (next) => next.state === 'waiting' && resolve(next));
  });
  assert.equal(status.code, 0);
  assert.match(status.reason, /cannot reach/);
  room.leave();
  await assert.rejects(room.ready);
});
