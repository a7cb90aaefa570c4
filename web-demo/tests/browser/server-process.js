/**
 * The game server as a process of its own, for browser tests. `TICKWIRE_SERVER` names the program;
 * without it the release build of this repository is used.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const PROGRAM =
  process.env.TICKWIRE_SERVER ?? fileURLToPath(new URL('../../../target/release/server', import.meta.url));
const STARTS_WITHIN_MS = 20_000;
const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;

/** A port that nobody has, for who must know it before a process has it. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

export class ServerProcess {
  url = '';
  port = 0;
  #output = '';

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    this.exited = new Promise((resolve) => child.once('exit', resolve));
  }

  /**
   * Starts a server and waits until it prints its address.
   * @param {{ port?: number, seed?: number, bots?: number, flags?: string[], program?: string }} [options]
   */
  static async start({ port = 0, seed = 7, bots = 6, flags = [], program = PROGRAM } = {}) {
    const place = ['--bind', `127.0.0.1:${port}`];
    const options = [...place, '--seed', String(seed), '--bots', String(bots), ...flags];
    const server = new ServerProcess(spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] }));
    await server.#listening();
    return server;
  }

  /** Asks it to stop, and waits until it has. */
  async stop() {
    this.child.kill('SIGTERM');
    return this.exited;
  }

  /** Ends it at once, without a word to anybody. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** @returns {Promise<void>} */
  #listening() {
    return new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ why) => reject(new Error(`${PROGRAM} ${why}\n${this.#output}`));
      const timer = setTimeout(() => fail('printed no address'), STARTS_WITHIN_MS);
      this.child.once('error', (error) => fail(error.message));
      this.child.once('exit', () => fail('ended'));
      const read = (/** @type {Buffer} */ bytes) => {
        // Kept until the address is known; after that the pipes are only drained.
        if (this.port !== 0) return;
        this.#output += bytes.toString();
        const found = ADDRESS.exec(this.#output);
        if (!found) return;
        clearTimeout(timer);
        this.url = found[0];
        this.port = Number(found[1]);
        resolve();
      };
      this.child.stdout?.on('data', read);
      this.child.stderr?.on('data', read);
    });
  }
}
