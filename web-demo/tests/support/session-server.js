/**
 * A real HTTP server with sessions over plain HTTP, as small as can be: it seats everybody, tells them the golden
 * state, and keeps what they send.
 *
 * @module
 */

import { once } from 'node:events';
import { createServer } from 'node:http';

import { FakeSessions, message, numbered, opened } from './fake-sessions.js';
import { FRAMES, RESUMABLE_WELCOME, resumedWelcome } from './fake-world.js';

/** @typedef {import('node:http').ServerResponse} ServerResponse */

export class SessionServer {
  url = '';
  /** Addresses that were asked for, without their queries' tokens. @type {string[]} */
  asked = [];
  /** Streams that go on. @type {ServerResponse[]} */
  streams = [];
  /** Polls that wait. @type {ServerResponse[]} */
  polls = [];
  /** What was sent, held against the specification. */
  sessions = new FakeSessions();
  /** Called after each batch. */
  onBatch = () => {};

  constructor() {
    this.http = createServer(async (request, response) => {
      /** @type {Buffer[]} */
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      const url = new URL(request.url ?? '', 'http://here');
      this.asked.push(`${request.method} ${url.pathname}`);
      this._answer(url, Buffer.concat(pieces), response);
    });
  }

  /** @param {import('node:test').TestContext} context */
  static async start(context) {
    const server = new SessionServer();
    server.http.listen(0, '127.0.0.1');
    await once(server.http, 'listening');
    context.after(() => {
      server.http.closeAllConnections();
      server.http.close();
    });
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.http.address());
    server.url = `http://127.0.0.1:${port}`;
    return server;
  }

  /** @param {URL} url @param {Buffer} body @param {ServerResponse} response */
  _answer(url, body, response) {
    if (url.search !== '') this.sessions.newestBatch = 0;
    const welcome = url.searchParams.has('resume') ? resumedWelcome('next') : RESUMABLE_WELCOME;
    if (url.pathname === '/api/join') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ token: 't', room: 'abc', player: 300, ws_url: '/ws?token=t' }));
    } else if (url.pathname === '/stream') {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.write(opened());
      for (const told of [welcome, FRAMES[0]]) response.write(message(told));
      this.streams.push(response);
    } else if (url.pathname === '/poll' && url.search !== '') {
      response.end(numbered(1, opened(), message(welcome), message(FRAMES[0])));
    } else if (url.pathname === '/poll') {
      this.polls.push(response);
    } else {
      const { status } = this.sessions.take(Uint8Array.from(body));
      response.writeHead(status).end();
      this.onBatch();
    }
  }
}
