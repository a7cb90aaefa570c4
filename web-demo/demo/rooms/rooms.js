/**
 * Asks the server for its rooms once a second while somebody looks at them, and hands the list to
 * whoever shows it.
 */
import { list, PAGE } from './listing.js';

/** Time between two questions, in milliseconds. */
const EVERY_MS = 1000;

/** @typedef {import('./listing.js').Listing} Listing */

export class Rooms {
  /** Whether anybody looks. */
  isWanted = () => false;
  /** Called with every answer; `undefined` if there was none. */
  onList = (/** @type {Listing | undefined} */ _listing) => {};

  /** Called with whether the server shows recordings, at every answer. */
  onReplays = (/** @type {boolean} */ _areServed) => {};

  /** @type {import('./listing.js').Search} */
  #search = { q: '', free: false, count: PAGE };
  /** The question that is under way. @type {import('./listing.js').Search | undefined} */
  #asked = undefined;

  /** @param {string} server its address */
  constructor(server) {
    this.server = server;
    window.setInterval(() => {
      if (this.isWanted() && !document.hidden) void this.ask();
    }, EVERY_MS);
  }

  /**
   * Other rooms are wanted.
   * @param {string} q what is in their names
   * @param {boolean} free whether they have a free seat
   */
  seek(q, free) {
    if (q === this.#search.q && free === this.#search.free) return;
    this.#search = { q, free, count: PAGE };
    void this.ask();
  }

  /** More of them are wanted. */
  more() {
    this.#search = { ...this.#search, count: this.#search.count + PAGE };
    void this.ask();
  }

  /** Asks now. */
  async ask() {
    const search = this.#search;
    if (this.#asked === search) return;
    this.#asked = search;
    const listing = await list(this.server, search);
    // Somebody may have asked for others meanwhile.
    if (this.#asked !== search) return;
    this.#asked = undefined;
    if (listing) this.onReplays(listing.servesReplays);
    this.onList(listing);
  }
}
