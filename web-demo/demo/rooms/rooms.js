/**
 * Asks the server for its rooms once a second while somebody looks at them, and hands the list to
 * whoever shows it.
 */
import { listRooms } from './listing.js';

/** Time between two questions, in milliseconds. */
const EVERY_MS = 1000;

export class Rooms {
  /** Whether anybody looks. */
  isWanted = () => false;
  /** Called with every answer; `undefined` if there was none. */
  onList = (/** @type {import('./listing.js').ListedRoom[] | undefined} */ _rooms) => {};

  /** Called with whether the server shows recordings, at every answer. */
  onReplays = (/** @type {boolean} */ _areServed) => {};

  #isAsking = false;

  /** @param {string} server its address */
  constructor(server) {
    this.server = server;
    window.setInterval(() => {
      if (this.isWanted() && !document.hidden) void this.ask();
    }, EVERY_MS);
  }

  /** Asks now. */
  async ask() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const answer = await listRooms(this.server);
    this.#isAsking = false;
    if (answer) this.onReplays(answer.servesReplays);
    this.onList(answer?.rooms);
  }
}
