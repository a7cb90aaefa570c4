/**
 * A server, a network and a clock that a test controls: time passes only by `run`, sockets do what
 * they are told.
 *
 * @module
 */

import { join } from '../../sdk/index.js';
import { FakeSessions } from './fake-sessions.js';
import { bytesOf, golden } from './golden.js';

/** @typedef {import('../../sdk/index.js').JoinOptions} JoinOptions */
/** @typedef {import('../../sdk/index.js').Room} Room */
/** @typedef {import('../../sdk/index.js').RoomEvents} RoomEvents */
/** @typedef {{at: number, callback: () => void}} Timer */

const [{ welcome }, ...frames] = golden('frames-large.json');
const [grid, ...gridFrames] = golden('frames-grid.json');
/** The token of the golden welcome, and how long one can come back with it: 20 s. */
export const TOKEN = 'AB-_09';
const NOT_RESUMED = tokenHex(TOKEN) + 'fb204e00';
const oftenAcknowledged = welcome.replace('fb983a08', 'fb983a02');
/** A welcome, and the frames that follow it: 30 Hz, timeout of 15 s, an ack every 2 frames; the
 * connection cannot be resumed. */
export const WELCOME = bytesOf(oftenAcknowledged.replace(NOT_RESUMED, `${tokenHex(TOKEN)}0000`));
/** The same, but it can. */
export const RESUMABLE_WELCOME = bytesOf(oftenAcknowledged);
/** @type {Uint8Array[]} */
export const FRAMES = frames.map(({ hex }) => bytesOf(hex));
/** A frame of the next tick, in which all went as predicted. */
export const QUIET = Uint8Array.of(0x80);

/** Another welcome, to a world that is cut into cells. */
export const GRID_WELCOME = bytesOf(grid.welcome);
/** The frames that follow it, as vectors. */
export const GRID_FRAMES = gridFrames;

/**
 * The welcome of a new player, with another token.
 *
 * @param {string} token
 */
export function resumableWelcome(token) {
  return bytesOf(oftenAcknowledged.replace(tokenHex(TOKEN), tokenHex(token)));
}

/**
 * The welcome of a connection that resumes another one, with the next token.
 *
 * @param {string} token
 * @param {number} [lostEvents] up to 250
 */
export function resumedWelcome(token, lostEvents = 0) {
  const resumed = `${tokenHex(token)}fb204e01${Buffer.of(lostEvents).toString('hex')}`;
  return bytesOf(oftenAcknowledged.replace(NOT_RESUMED, resumed));
}

/** A string as the wire has it. @param {string} token of ASCII characters */
function tokenHex(token) {
  return Buffer.of(token.length, ...Buffer.from(token)).toString('hex');
}

/** A WebSocket that a test plays the other end of. */
export class FakeSocket {
  /** @param {string} url @param {string[]} protocols */
  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    this.protocol = '';
    this.binaryType = 'blob';
    this.readyState = 0;
    /** @type {((event: any) => void) | null} */
    this.onmessage = null;
    /** @type {((event: any) => void) | null} */
    this.onclose = null;
    /** @type {((event: any) => void) | null} */
    this.onerror = null;
    /** @type {(() => void) | null} */
    this.onopen = null;
    /** @type {string[]} what the client sent, in hexadecimal */
    this.sent = [];
    /** @type {number | undefined} the code that the client closed with */
    this.closedWith = undefined;
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    this.sent.push(Buffer.from(bytes).toString('hex'));
  }

  /** @param {number} [code] */
  close(code) {
    this.closedWith ??= code;
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {...Uint8Array} messages */
  receive(...messages) {
    for (const bytes of messages) this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  /** The server's end closes. @param {number} code @param {string} [reason] */
  drop(code, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** Opens, and brings the state. @param {Uint8Array} [welcome] */
  begin(welcome = WELCOME) {
    this.open();
    this.receive(welcome, FRAMES[0]);
  }
}

/** A global object whose network and page a test controls. */
export class FakeHost {
  constructor() {
    this.document = { visibilityState: 'visible' };
    this.navigator = { onLine: true };
    /** @type {[string, () => void][]} */
    this.listeners = [];
  }

  /** @param {string} type @param {() => void} listener */
  addEventListener(type, listener) {
    this.listeners.push([type, listener]);
  }

  /** @param {string} type @param {() => void} listener */
  removeEventListener(type, listener) {
    this.listeners = this.listeners.filter(([other, known]) => other !== type || known !== listener);
  }

  /** @param {string} type */
  dispatch(type) {
    for (const [other, listener] of [...this.listeners]) if (other === type) listener();
  }

  /** The page is hidden, or looked at again. @param {'hidden' | 'visible'} state */
  show(state) {
    this.document.visibilityState = state;
    this.dispatch('visibilitychange');
  }
}

/** What is around a room. */
export class FakeWorld {
  /** @param {() => number} [random] */
  constructor(random = () => 0.5) {
    this.now = 1000;
    this.random = random;
    /** @type {Map<number, Timer>} */
    this.timers = new Map();
    this._nextTimer = 1;
    this.host = new FakeHost();
    /** @type {FakeSocket[]} */
    this.sockets = [];
    /** Sessions without a socket. */
    this.sessions = new FakeSessions();
    /** @type {any[]} bodies of the joins */
    this.joins = [];
    /** Whether no socket can be made. */
    this.refuseSockets = false;
    /** @type {() => Promise<any> | any} what a join is answered with */
    this.answer = () => ok({ token: 't', room: 'abc', player: 1, ws_url: '/ws?token=t' });
  }

  /** The newest socket. */
  get socket() {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket yet');
    return socket;
  }

  /** What the newest socket sent of one kind of message, by its first byte. @param {string} tag */
  sent(tag) {
    return this.socket.sent.filter((hex) => hex.startsWith(tag));
  }

  /** @param {Partial<JoinOptions>} [options] */
  join(options) {
    const world = this;
    class WorldSocket extends FakeSocket {
      /** @param {string} url @param {string[]} protocols */
      constructor(url, protocols) {
        super(url, protocols);
        if (world.refuseSockets) throw new SyntaxError(`the URL '${url}' is invalid`);
        world.sockets.push(this);
      }
    }
    /** @type {any} */
    const fetch = async (/** @type {string} */ url, /** @type {any} */ request) => {
      const { body, signal } = request;
      if (new URL(url).pathname !== '/api/join') return world.sessions.fetch(new URL(url), request);
      world.joins.push(JSON.parse(body));
      const aborted = new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted'))),
      );
      return Promise.race([world.answer(), aborted]);
    };
    return join({
      url: 'http://server:8080',
      name: 'Ada',
      transport: 'websocket',
      WebSocket: WorldSocket,
      fetch,
      now: () => world.now,
      random: () => world.random(),
      host: world.host,
      timers: {
        setTimeout: (callback, delayMs) => world._setTimer(callback, delayMs),
        clearTimeout: (timer) => void world.timers.delete(timer),
      },
      ...options,
    });
  }

  /**
   * A room whose state has arrived.
   *
   * @param {Partial<JoinOptions>} [options]
   * @param {Uint8Array} [welcome]
   */
  async joined(options, welcome) {
    const room = this.join(options);
    await this.run(0);
    this.socket.begin(welcome);
    await room.ready;
    return room;
  }

  /** Lets time pass. @param {number} ms */
  async run(ms) {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const [id, next] = [...this.timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (id === undefined || next === undefined || next.at > end) break;
      this.now = Math.max(this.now, next.at);
      this.timers.delete(id);
      next.callback();
      await settle();
    }
    this.now = end;
  }

  /** @param {() => void} callback @param {number} delayMs */
  _setTimer(callback, delayMs) {
    const id = this._nextTimer++;
    this.timers.set(id, { at: this.now + delayMs, callback });
    return id;
  }
}

/**
 * What a room tells of one kind, as it comes.
 *
 * @param {Room} room
 * @param {keyof RoomEvents} event
 */
export function heard(room, event) {
  /** @type {any[]} */
  const payloads = [];
  room.on(event, (payload) => payloads.push(payload));
  return payloads;
}

/** Lets promises run. */
function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param {any} body */
export function ok(body) {
  return { ok: true, status: 200, json: async () => body };
}

/** @param {number} status @param {string} error @param {string} [retryAfter] */
export function refusal(status, error, retryAfter) {
  const headers = new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter });
  return { ok: false, status, headers, json: async () => ({ error, message: `${error}!` }) };
}
