/**
 * The world outside: what a room uses of the machine it runs on, so that tests can bring their own
 * and Node versions without a WebSocket can be given one.
 *
 * @module
 */

/**
 * What the connection uses of a WebSocket.
 *
 * @typedef {object} Socket
 * @property {string} binaryType
 * @property {number} readyState
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
 * @property {SocketConstructor} WebSocket
 * @property {typeof fetch} fetch
 * @property {() => number} now local time in milliseconds, never running backwards
 * @property {() => number} random uniform from 0 to 1
 * @property {Timers} timers
 */
/**
 * @typedef {object} Timers
 * @property {(callback: () => void, delayMs: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */
/**
 * @typedef {object} JoinOptions
 * @property {string} url the server's address, such as `http://127.0.0.1:8080`
 * @property {string} name the player's name
 * @property {string} [game] the game to play; the server's default if left out
 * @property {string} [room] the room to join; one with a free seat if left out
 * @property {boolean} [spectate] to watch only
 * @property {number} [sendHz] state frames per second to ask for; the server's choice if left out
 * @property {SocketConstructor} [WebSocket] for Node before 22, such as that of the package `ws`
 * @property {typeof fetch} [fetch]
 * @property {() => number} [now] local time in milliseconds, never running backwards
 * @property {() => number} [random] uniform from 0 to 1
 * @property {Timers} [timers]
 */

/**
 * What the options give, and the globals for the rest.
 *
 * @param {JoinOptions} options
 * @returns {Environment}
 * @throws {TypeError} when there is no WebSocket
 */
export function environmentOf(options) {
  const WebSocket = options.WebSocket ?? globalThis.WebSocket;
  if (!WebSocket) throw new TypeError('no WebSocket here: pass one, as `ws` has, to join()');
  // Wrapped, because browsers refuse their timers as methods of other objects.
  const timers = options.timers ?? {
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (timer) => clearTimeout(timer),
  };
  return {
    WebSocket,
    fetch: options.fetch ?? globalThis.fetch,
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
    timers,
  };
}
