/**
 * A line between a page and the server that can break, for browser tests: a TCP relay.
 */
import { connect, createServer } from 'node:net';

export class BreakingLine {
  url = '';
  #isBroken = false;
  /** @type {Set<import('node:net').Socket>} */
  #ends = new Set();

  /** @param {number} port where the server listens */
  constructor(port) {
    this.server = createServer((near) => {
      if (this.#isBroken) {
        near.resetAndDestroy();
        return;
      }
      const far = connect(port, '127.0.0.1');
      this.#relay(near, far);
      this.#relay(far, near);
    });
  }

  /** @param {number} port */
  static async lay(port) {
    const line = new BreakingLine(port);
    await new Promise((resolve) => line.server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const address = line.server.address();
    if (!address || typeof address === 'string') throw new Error('no port');
    line.url = `http://127.0.0.1:${address.port}`;
    return line;
  }

  /** Breaks every connection without a word, and lets none through until it is mended. */
  break() {
    this.#isBroken = true;
    for (const end of this.#ends) end.resetAndDestroy();
  }

  mend() {
    this.#isBroken = false;
  }

  close() {
    this.break();
    this.server.close();
  }

  /** @param {import('node:net').Socket} from @param {import('node:net').Socket} to */
  #relay(from, to) {
    this.#ends.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#ends.delete(from);
      to.destroy();
    });
  }
}
