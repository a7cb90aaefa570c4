/**
 * `POST /api/join`: asks for a seat, and gets a token and the address to connect to.
 *
 * @module
 */

import { JoinError } from '../errors.js';
import { ANSWER_WITHIN_MS, apiUrl, ask, baseOf } from './json-api.js';
import { mismatch } from './versions.js';

/**
 * @typedef {object} SeatRequest
 * @property {string} name
 * @property {string} [game]
 * @property {string} [room]
 * @property {string} [code]
 * @property {string} [password]
 * @property {string} [hostKey]
 * @property {string} [replay]
 * @property {boolean} [spectate]
 * @property {number} [sendHz]
 */
/** @typedef {{room: string, player: number, wsUrl: string}} Seat */

/** A join that has no answer after this long has failed, in milliseconds. */
export const JOIN_TIMEOUT_MS = ANSWER_WITHIN_MS;

/**
 * Asks for a seat.
 *
 * @param {typeof globalThis.fetch} fetch
 * @param {string} url the server's address
 * @param {SeatRequest} request
 * @param {AbortSignal} signal
 * @returns {Promise<Seat>} rejects with a {@link JoinError}
 */
export async function requestSeat(fetch, url, request, signal) {
  const answer = await ask(fetch, apiUrl(url, 'api/join'), { body: bodyOf(request), signal });
  return seatOf(answer, baseOf(url));
}

/**
 * The same, of any room of a game, where the room that was asked for has ended: what opened that one opens no other, and
 * a host's key would name it still.
 *
 * @param {SeatRequest} request
 * @param {string | undefined} game of the room that has ended
 * @returns {SeatRequest}
 */
export function anyRoomOf({ password: _, hostKey: __, ...request }, game) {
  return { ...request, room: undefined, game: request.game ?? game };
}

/** A room that has a code is found by that, again and again. @param {SeatRequest} request */
function bodyOf({ name, game, room, code, password, hostKey, replay, spectate, sendHz }) {
  const where = code === undefined ? { game, room } : { code };
  return { name, ...where, password, host_key: hostKey, replay, spectate, send_hz: sendHz };
}

/**
 * @param {any} answer
 * @param {string} base
 * @returns {Seat}
 */
function seatOf(answer, base) {
  const { room, player, ws_url: wsUrl, protocols } = answer ?? {};
  const url = typeof wsUrl === 'string' ? webSocketUrl(wsUrl, base) : undefined;
  if (typeof room !== 'string' || typeof player !== 'number' || url === undefined) {
    throw new JoinError(0, 'bad_answer', `${base} did not answer like a Tickwire server`);
  }
  // Servers before `tickwire.v1.1` do not say.
  const error = Array.isArray(protocols) ? mismatch(protocols.map(String)) : undefined;
  if (error) throw error;
  return { room, player, wsUrl: url };
}

/**
 * An address of WebSockets, as a server has told it.
 *
 * @param {string} wsUrl absolute, or relative to the server's address
 * @param {string} base
 * @returns {string | undefined} nothing if it is no address of a WebSocket
 */
export function webSocketUrl(wsUrl, base) {
  /** @type {URL} */
  let url;
  try {
    url = new URL(wsUrl, base);
  } catch {
    return undefined;
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  return url.protocol === 'ws:' || url.protocol === 'wss:' ? url.href : undefined;
}
