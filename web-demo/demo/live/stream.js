/**
 * One stream of server-sent events. The browser comes back by itself when it is lost, and says what it had last; what
 * is missing after that the server tells as a `gap`. It must not touch the page.
 */

/** Where a stream that was refused is asked for again, in milliseconds: browsers do so for lost ones alone. */
const AGAIN_AFTER_MS = 5000;

/** @typedef {'connecting' | 'open' | 'lost' | 'ended'} LineState */

/**
 * @typedef {object} Hearing
 * @property {(event: string, data: any) => void} heard
 * @property {(missed: number | undefined) => void} missed events, as many as is known
 * @property {(state: LineState) => void} line
 */

export class EventStream {
  /** @type {EventSource | undefined} */
  #source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /**
   * @param {string} path
   * @param {string[]} events those that are listened to
   * @param {string} last the one after which nothing follows
   * @param {Hearing} hearing
   */
  constructor(path, events, last, hearing) {
    this.path = path;
    this.events = events;
    this.last = last;
    this.hearing = hearing;
    this.#open();
  }

  #open() {
    this.hearing.line('connecting');
    const source = new EventSource(this.path);
    this.#source = source;
    source.addEventListener('open', () => this.hearing.line('open'));
    source.addEventListener('error', () => {
      this.hearing.line('lost');
      if (source.readyState === EventSource.CLOSED) {
        this.#again = setTimeout(() => this.#open(), AGAIN_AFTER_MS);
      }
    });
    for (const event of [...this.events, this.last]) {
      source.addEventListener(event, (message) => {
        const data = parsed(message.data);
        if (data !== undefined) this.hearing.heard(event, data);
        if (event === this.last) this.#end();
      });
    }
    source.addEventListener('gap', (message) => {
      const missed = parsed(message.data)?.missed;
      this.hearing.missed(Number.isSafeInteger(missed) ? missed : undefined);
    });
  }

  #end() {
    this.close();
    this.hearing.line('ended');
  }

  /** Listens no more. */
  close() {
    clearTimeout(this.#again);
    this.#source?.close();
  }
}

/** @param {string} text @returns {any} an object, or nothing */
function parsed(text) {
  try {
    const data = JSON.parse(text);
    return typeof data === 'object' && data !== null ? data : undefined;
  } catch {
    return undefined;
  }
}
