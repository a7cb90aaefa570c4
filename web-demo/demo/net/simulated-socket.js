/**
 * A WebSocket behind a simulated network, to be given to `join({ WebSocket })`: what goes out and
 * comes in waits as network.js says, in order. It does what the SDK uses of a socket, and no more.
 */
import { Way } from './network.js';

/** @typedef {import('./network.js').Network} Network */
/**
 * @typedef {object} Outside
 * @property {new (url: string, protocols: string[]) => WebSocket} WebSocket
 * @property {() => number} now
 * @property {(callback: () => void, delayMs: number) => any} setTimeout
 */

const CLOSING = 2;
const OPEN = 1;
/** Timers go off a little early at times. */
const EARLY_MS = 0.5;

/** @type {Outside} */
const BROWSER = {
  WebSocket: globalThis.WebSocket,
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
};

/** What waits on one way, in order, behind one timer. */
class Queue {
  #way = new Way();
  /** @type {{ due: number, deliver: () => void }[]} */
  #waiting = [];

  /**
   * @param {Network} network
   * @param {Outside} outside
   */
  constructor(network, outside) {
    this.network = network;
    this.outside = outside;
  }

  /** @param {() => void} deliver called when it arrives: at once, where nothing holds it up */
  pass(deliver) {
    const now = this.outside.now();
    if (this.#waiting.length === 0 && this.network.isPlain(now)) {
      deliver();
      return;
    }
    this.#waiting.push({ due: this.network.arrival(this.#way, now), deliver });
    if (this.#waiting.length === 1) this.#wait(now);
  }

  /** @param {number} now */
  #wait(now) {
    const [next] = this.#waiting;
    if (next) this.outside.setTimeout(() => this.#arrive(), next.due - now);
  }

  #arrive() {
    const now = this.outside.now();
    try {
      for (let next = this.#waiting[0]; next && next.due <= now + EARLY_MS; next = this.#waiting[0]) {
        try {
          next.deliver();
        } finally {
          // Off the list only afterwards: what is sent meanwhile must come after it.
          this.#waiting.shift();
        }
      }
    } finally {
      // Whoever takes it in may throw; what comes after it arrives all the same.
      this.#wait(now);
    }
  }
}

/**
 * The class of sockets behind a network.
 * @param {Network} network its conditions may change at any time
 * @param {Outside} [outside]
 */
export function socketBehind(network, outside = BROWSER) {
  return class SimulatedSocket {
    /** @type {((event: any) => void) | null} */
    onopen = null;
    /** @type {((event: any) => void) | null} */
    onmessage = null;
    /** @type {((event: any) => void) | null} */
    onclose = null;
    /** @type {((event: any) => void) | null} */
    onerror = null;

    #isClosing = false;
    #incoming = new Queue(network, outside);
    #outgoing = new Queue(network, outside);
    #socket;

    /**
     * @param {string} url
     * @param {string[]} protocols
     */
    constructor(url, protocols) {
      const socket = new outside.WebSocket(url, protocols);
      this.#socket = socket;
      socket.onopen = (event) => this.#incoming.pass(() => this.onopen?.(event));
      socket.onmessage = (event) => this.#incoming.pass(() => this.onmessage?.(event));
      socket.onerror = (event) => this.#incoming.pass(() => this.onerror?.(event));
      socket.onclose = (event) => this.#incoming.pass(() => this.onclose?.(event));
    }

    get binaryType() {
      return this.#socket.binaryType;
    }

    set binaryType(type) {
      this.#socket.binaryType = /** @type {BinaryType} */ (type);
    }

    get protocol() {
      return this.#socket.protocol;
    }

    get readyState() {
      return this.#isClosing ? Math.max(CLOSING, this.#socket.readyState) : this.#socket.readyState;
    }

    /** @param {Uint8Array<ArrayBuffer>} data */
    send(data) {
      // Not copied: the SDK makes every message anew.
      this.#outgoing.pass(() => {
        if (this.#socket.readyState === OPEN) this.#socket.send(data);
      });
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code, reason) {
      this.#isClosing = true;
      this.#outgoing.pass(() => this.#socket.close(code, reason));
    }
  };
}
