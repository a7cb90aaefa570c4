import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';

import { join } from '../sdk/index.js';
import { AwkwardProxy } from './support/awkward-proxy.js';
import { FRAMES, RESUMABLE_WELCOME, resumedWelcome } from './support/fake-world.js';
import { SessionServer } from './support/session-server.js';

/** A server that has both, and a proxy before it. @param {import('node:test').TestContext} context */
async function network(context) {
  const server = await SessionServer.start(context);
  const sockets = new WebSocketServer({ server: server.http, path: '/ws' });
  sockets.on('connection', (socket, { url = '' }) => {
    socket.send(url.includes('resume=') ? resumedWelcome('next') : RESUMABLE_WELCOME);
    socket.send(FRAMES[0]);
  });
  const proxy = await AwkwardProxy.lay(Number(new URL(server.url).port));
  context.after(() => {
    sockets.clients.forEach((client) => client.terminate());
    proxy.close();
  });
  return { server, sockets, proxy };
}

/** A room behind the proxy. @param {AwkwardProxy} proxy @param {import('node:test').TestContext} context */
function enter(proxy, context) {
  const room = join({ url: proxy.url, name: 'Ada', WebSocket });
  context.after(() => room.leave());
  return room;
}

/** The next time the connection is open. @param {import('../sdk/index.js').Room} room */
function open(room) {
  return new Promise((resolve) => room.on('connection', (status) => status.state === 'open' && resolve(status)));
}

test('where nobody stands in between, it is a WebSocket', async (context) => {
  const { proxy } = await network(context);
  const room = enter(proxy, context);
  await room.ready;
  assert.equal(room.connection.transport, 'websocket');
});

test('a proxy that knows no WebSockets is got through by a stream', async (context) => {
  const { server, proxy } = await network(context);
  proxy.upgrades = 'refuse';
  const room = enter(proxy, context);
  await room.ready;
  assert.equal(room.connection.transport, 'stream');
  assert.equal(server.asked.filter((asked) => asked.endsWith('/api/join')).length, 1);
});

test('one that swallows what comes through a WebSocket, too', async (context) => {
  const { proxy } = await network(context);
  proxy.upgrades = 'swallow';
  const room = enter(proxy, context);
  await room.ready;
  assert.equal(room.connection.transport, 'stream');
});

test('a WebSocket that is cut off in mid-game goes on as a stream, as the same player', async (context) => {
  const { server, proxy } = await network(context);
  const room = enter(proxy, context);
  await room.ready;
  const { player } = room;
  const again = open(room);
  proxy.cutUpgrades();
  assert.deepEqual(await again, { state: 'open', attempt: 0, transport: 'stream', resumed: { lostEvents: 0 } });
  assert.equal(room.player, player);
  assert.equal(server.asked.filter((asked) => asked.endsWith('/api/join')).length, 1);
});

test('it goes back to a WebSocket as soon as that works', async (context) => {
  const { server, proxy } = await network(context);
  proxy.upgrades = 'refuse';
  const room = enter(proxy, context);
  await room.ready;
  proxy.upgrades = 'pass';
  const back = open(room);
  server.streams[0].destroy();
  assert.deepEqual(await back, { state: 'open', attempt: 0, transport: 'websocket', resumed: { lostEvents: 0 } });
});

test('one that keeps streams until they are whole is got through by polls', async (context) => {
  const { server, proxy } = await network(context);
  proxy.upgrades = 'refuse';
  proxy.holdsBodies = true;
  const room = enter(proxy, context);
  await room.ready;
  assert.equal(room.connection.transport, 'poll');
  room.send({ thrust: 1 });
  await new Promise((resolve) => (server.onBatch = () => server.sessions.taken.includes('0001000003020000') && resolve(undefined)));
});

test('farewell gets through before the program ends', async (context) => {
  const { server, proxy } = await network(context);
  proxy.upgrades = 'refuse';
  const room = enter(proxy, context);
  await room.ready;
  const said = once(server.http, 'request');
  room.leave();
  await said;
  await new Promise((resolve) => {
    server.onBatch = () => server.sessions.farewell === 1000 && resolve(undefined);
    server.onBatch();
  });
});
