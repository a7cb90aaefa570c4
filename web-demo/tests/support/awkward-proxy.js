/**
 * A proxy as some networks have: it knows no WebSockets, cuts them off in mid-game, or keeps what is answered until
 * it is whole. A real one, over real sockets.
 *
 * @module
 */

import { once } from 'node:events';
import { Agent, createServer, request as ask } from 'node:http';
import { connect } from 'node:net';

export class AwkwardProxy {
  url = '';
  /** What becomes of upgrades: `swallow` takes them, and lets nothing back. @type {'pass' | 'refuse' | 'swallow'} */
  upgrades = 'pass';
  /** Whether bodies are kept until they are whole. */
  holdsBodies = false;
  /** How often an upgrade was asked for. */
  upgradesAsked = 0;
  /** @type {Set<import('node:stream').Duplex>} */
  #upgraded = new Set();
  #agent = new Agent({ keepAlive: true });

  /** @param {number} port where the server listens */
  constructor(port) {
    this.port = port;
    this.http = createServer((request, response) => this.#pass(request, response));
    this.http.on('upgrade', (request, near, head) => this.#upgrade(request, near, head));
  }

  /** @param {number} port */
  static async lay(port) {
    const proxy = new AwkwardProxy(port);
    proxy.http.listen(0, '127.0.0.1');
    await once(proxy.http, 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (proxy.http.address());
    proxy.url = `http://127.0.0.1:${address.port}`;
    return proxy;
  }

  /** Cuts every WebSocket off, without a word, and lets none through any more. */
  cutUpgrades() {
    this.upgrades = 'refuse';
    for (const end of this.#upgraded) end.destroy();
  }

  close() {
    this.cutUpgrades();
    this.#agent.destroy();
    this.http.closeAllConnections();
    this.http.close();
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  #pass(request, response) {
    const { method, url, headers } = request;
    const far = ask({ host: '127.0.0.1', port: this.port, method, path: url, headers, agent: this.#agent });
    request.pipe(far);
    far.on('error', () => response.destroy());
    response.on('close', () => far.destroy());
    far.on('response', (answer) => {
      answer.on('close', () => !answer.complete && response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (!this.holdsBodies) {
        response.flushHeaders();
        answer.pipe(response);
        return;
      }
      response.flushHeaders();
      /** @type {Buffer[]} */
      const held = [];
      answer.on('data', (piece) => held.push(piece));
      answer.on('end', () => response.end(Buffer.concat(held)));
    });
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:stream').Duplex} near @param {Buffer} head */
  #upgrade(request, near, head) {
    this.upgradesAsked += 1;
    near.on('error', () => {});
    if (this.upgrades === 'refuse') {
      near.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const far = connect(this.port, '127.0.0.1');
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < request.rawHeaders.length; at += 2) lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
    far.write(`${lines.join('\r\n')}\r\n\r\n`);
    far.write(head);
    near.pipe(far);
    if (this.upgrades === 'pass') far.pipe(near);
    else far.resume();
    far.on('error', () => near.destroy());
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#upgraded.add(one);
      one.on('close', () => {
        this.#upgraded.delete(one);
        other.destroy();
      });
    }
  }
}
