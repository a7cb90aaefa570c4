/**
 * What the browser tests of a file share: one browser and one server, from before its first test to
 * after its last.
 */
import { after, before } from 'node:test';
import { launch } from './demo-page.js';
import { ServerProcess } from './server-process.js';

class Stage {
  /** @type {import('playwright-core').Browser | undefined} */
  #browser;
  /** @type {ServerProcess | undefined} */
  #server;

  async raise() {
    const server = ServerProcess.start().then((started) => (this.#server = started));
    const browser = launch().then((launched) => (this.#browser = launched));
    await Promise.all([server, browser]);
  }

  async strike() {
    await this.#browser?.close();
    await this.#server?.kill();
  }

  get browser() {
    if (!this.#browser) throw new Error('tests have not begun yet');
    return this.#browser;
  }

  /** The server's address. */
  get url() {
    if (!this.#server) throw new Error('tests have not begun yet');
    return this.#server.url;
  }
}

/** The stage of this file's tests. */
export function stage() {
  const made = new Stage();
  before(() => made.raise());
  after(() => made.strike());
  return made;
}
