/**
 * `POST /api/join`: asks for a seat, and gets a token and the address to connect to.
 *
 * @module
 */

import { JoinError } from '../errors.js';

/**
 * @typedef {object} SeatRequest
 * @property {string} name
 * @property {string} [game]
 * @property {string} [room]
 * @property {string} [replay]
 * @property {boolean} [spectate]
 * @property {number} [sendHz]
 */
/** @typedef {{room: string, player: number, wsUrl: string}} Seat */

/** A join that has no answer after this long has failed, in milliseconds. */
export const JOIN_TIMEOUT_MS = 10_000;
/** A server that asks to stay away for longer is not heeded: most likely it is wrong. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

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
  const base = url.endsWith('/') ? url : `${url}/`;
  /** @type {Response} */
  let response;
  /** @type {any} */
  let answer;
  try {
    response = await fetch(new URL('api/join', base).href, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(request)),
      signal,
    });
    answer = await response.json().catch(() => undefined);
  } catch (cause) {
    throw new JoinError(0, 'unreachable', `cannot reach ${base}: ${String(cause)}`);
  }
  if (!response.ok) {
    const code = typeof answer?.error === 'string' ? answer.error : `http_${response.status}`;
    const message = typeof answer?.message === 'string' ? answer.message : code;
    throw new JoinError(response.status, code, message, retryAfterMs(response));
  }
  return seatOf(answer, base);
}

/**
 * What `Retry-After` says, in whole seconds and within reason; a date, which HTTP allows as well, would need
 * a clock that agrees with the server's.
 *
 * @param {Response} response
 */
function retryAfterMs(response) {
  const told = response.headers?.get('retry-after')?.trim() ?? '';
  if (!/^\d{1,9}$/.test(told)) return undefined;
  return 1000 * Math.min(Math.max(Number(told), 1), LONGEST_RETRY_AFTER_SECONDS);
}

/** @param {SeatRequest} request */
function bodyOf({ name, game, room, replay, spectate, sendHz }) {
  // JSON leaves out what is undefined.
  return { name, game, room, replay, spectate, send_hz: sendHz };
}

/**
 * @param {any} answer
 * @param {string} base
 * @returns {Seat}
 */
function seatOf(answer, base) {
  const { room, player, ws_url: wsUrl } = answer ?? {};
  const url = typeof wsUrl === 'string' ? webSocketUrl(wsUrl, base) : undefined;
  if (typeof room !== 'string' || typeof player !== 'number' || url === undefined) {
    throw new JoinError(0, 'bad_answer', `${base} did not answer like a Tickwire server`);
  }
  return { room, player, wsUrl: url };
}

/**
 * @param {string} wsUrl absolute, or relative to the server's address
 * @param {string} base
 * @returns {string | undefined} nothing if it is no address of a WebSocket
 */
function webSocketUrl(wsUrl, base) {
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
