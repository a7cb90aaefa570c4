/**
 * A redis-server as a process of its own, for tests of servers that share their rooms. It keeps nothing on disk.
 */
import { spawn, spawnSync } from 'node:child_process';
import { freePort } from './server-process.js';

const PROGRAM = 'redis-server';
const STARTS_WITHIN_MS = 20_000;
const READY = /Ready to accept connections/;

/** Why there is none here; nothing where there is. */
export function whyNoRedis() {
  return spawnSync(PROGRAM, ['--version']).status === 0 ? undefined : `${PROGRAM} is not installed`;
}

export class RedisProcess {
  /** @param {import('node:child_process').ChildProcess} child @param {number} port */
  constructor(child, port) {
    this.child = child;
    this.url = `redis://127.0.0.1:${port}`;
    this.exited = new Promise((resolve) => child.once('exit', resolve));
  }

  /** Starts one on a free port, and waits until it is there. */
  static async start() {
    const port = await freePort();
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const redis = new RedisProcess(spawn(PROGRAM, flags, { stdio: ['ignore', 'pipe', 'ignore'] }), port);
    await redis.#ready();
    return redis;
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** @returns {Promise<void>} */
  #ready() {
    return new Promise((resolve, reject) => {
      let output = '';
      const fail = (/** @type {string} */ why) => reject(new Error(`${PROGRAM} ${why}\n${output}`));
      const timer = setTimeout(() => fail('is not ready'), STARTS_WITHIN_MS);
      this.child.once('error', (error) => fail(error.message));
      this.child.once('exit', () => fail('ended'));
      this.child.stdout?.on('data', (/** @type {Buffer} */ bytes) => {
        output += bytes.toString();
        if (!READY.test(output)) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
