/**
 * The world outside: what a room uses of the machine it runs on, so that tests can bring their own
 * and Node versions without a WebSocket can be given one. Without one, sessions go over plain HTTP.
 *
 * @module
 */

import { availableTransports } from './connection/transport-choice.js';

/** @typedef {import('./connection/transport-choice.js').Transport} Transport */
/** @typedef {import('./connection/wakefulness.js').Host} Host */
/**
 * What the connection uses of a WebSocket.
 *
 * @typedef {object} Socket
 * @property {string} binaryType
 * @property {number} readyState
 * @property {string} [protocol] the subprotocol that the server chose
 * @property {((event: any) => void) | null} [onopen]
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 * @property {((event: any) => void) | null} onerror
 * @property {(data: Uint8Array<ArrayBuffer>) => void} send
 * @property {(code?: number, reason?: string) => void} close
 */
/** @typedef {new (url: string, protocols: string[]) => Socket} SocketConstructor */
/**
 * The world outside, so that tests can bring their own.
 *
 * @typedef {object} Environment
 * @property {readonly Transport[]} transports those to choose from, the best first; one at least
 * @property {SocketConstructor | undefined} WebSocket
 * @property {typeof fetch} fetch
 * @property {() => number} now local time in milliseconds, never running backwards
 * @property {() => number} random uniform from 0 to 1
 * @property {Timers} timers
 * @property {Host | undefined} host
 */
/**
 * @typedef {object} Timers
 * @property {(callback: () => void, delayMs: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */
/**
 * @typedef {object} JoinOptions
 * @property {string | readonly string[]} url the server's address, such as `http://127.0.0.1:8080`, or several of servers
 *   that run rooms together: any will do
 * @property {string} name the player's name
 * @property {string} [game] the game to play; the server's default if left out
 * @property {string} [room] the room to join; one with a free seat if left out
 * @property {string} [code] the code of a room, in place of its id
 * @property {string} [password] of the room, where it has one
 * @property {string} [hostKey] what whoever opened the room was given: makes them its host
 * @property {string} [replay] the name of a recording, to watch it in a room of one's own
 * @property {boolean} [spectate] to watch only
 * @property {number} [sendHz] state frames per second to ask for; the server's choice if left out
 * @property {import('./prediction/prediction-rules.js').PredictionRules<any>} [prediction] how the own entity goes,
 *   to predict it; it is shown as the others are if left out
 * @property {import('./picture/modes.js').Modes} [modes] how entities are shown, by kind; `interpolate` if left
 *   out
 * @property {Transport | 'auto'} [transport] what carries the connection; `auto` if left out: a WebSocket where
 *   one can be had, else `stream`, else `poll`
 * @property {SocketConstructor} [WebSocket] for Node before 22, such as that of the package `ws`
 * @property {typeof fetch} [fetch]
 * @property {() => number} [now] local time in milliseconds, never running backwards
 * @property {() => number} [random] uniform from 0 to 1
 * @property {Timers} [timers]
 * @property {Host} [host] who tells of the network and of the page's visibility; the global object
 */

/**
 * What the options give, and the globals for the rest.
 *
 * @param {JoinOptions} options
 * @returns {Environment}
 * @throws {TypeError} when the address is none, or there is nothing to connect by
 */
export function environmentOf(options) {
  addressesOf(options.url);
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  const fetch = options.fetch ?? globalThis.fetch;
  const transports = availableTransports(options.transport, { WebSocket, fetch });
  if (transports.length === 0) {
    throw new TypeError('nothing to connect by here: pass a WebSocket, as `ws` has, to join()');
  }
  // Wrapped, because browsers refuse their timers as methods of other objects.
  const timers = options.timers ?? {
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (timer) => clearTimeout(timer),
  };
  return {
    transports,
    WebSocket,
    fetch,
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
    timers,
    host: options.host ?? hostHere(),
  };
}

/** The global object, where it tells of anything. @returns {Host | undefined} */
function hostHere() {
  const host = /** @type {Partial<Host>} */ (globalThis);
  return typeof host.addEventListener === 'function' ? /** @type {Host} */ (host) : undefined;
}

/**
 * The addresses that were given.
 *
 * @param {string | readonly string[]} url
 * @returns {readonly string[]} one at least
 * @throws {TypeError} when there is none, or one is no address
 */
export function addressesOf(url) {
  const addresses = typeof url === 'string' ? [url] : [...url];
  if (addresses.length === 0) throw new TypeError('url: a list of addresses needs one at least');
  for (const address of addresses) expectAddress(address);
  return addresses;
}

/** @param {string} url */
function expectAddress(url) {
  try {
    if (/^https?:$/.test(new URL(url).protocol)) return;
  } catch {
    // It is none at all.
  }
  throw new TypeError(`url: '${url}' is no address of a server, such as 'http://127.0.0.1:8080'`);
}
