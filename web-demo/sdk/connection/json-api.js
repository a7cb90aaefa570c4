/**
 * A server's HTTP interface: JSON there, JSON back, and errors with the server's own words.
 *
 * @module
 */

import { JoinError } from '../errors.js';

/** A question that has no answer after this long has failed, in milliseconds. */
export const ANSWER_WITHIN_MS = 10_000;
/** A server that asks to stay away for longer is not heeded: most likely it is wrong. */
const LONGEST_RETRY_AFTER_SECONDS = 60;

/**
 * Asks.
 *
 * @param {typeof globalThis.fetch} fetch
 * @param {URL} url
 * @param {{body?: object, signal: AbortSignal | undefined}} request with a body it is a `POST`
 * @returns {Promise<any>} what the server answers, whatever that is; rejects with a {@link JoinError}
 */
export async function ask(fetch, url, { body, signal }) {
  /** @type {Response} */
  let response;
  /** @type {any} */
  let answer;
  // JSON leaves out what is undefined.
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  try {
    response = await fetch(url.href, body ? { ...post, signal } : { signal });
    answer = await response.json().catch(() => undefined);
  } catch (cause) {
    throw new JoinError(0, 'unreachable', `cannot reach ${url.origin}: ${String(cause)}`);
  }
  if (!response.ok) throw errorOf(response, answer) ?? unnamed(response);
  return answer;
}

/**
 * The error in an answer that is told by bytes.
 *
 * @param {{status: number, headers: Headers | undefined, bytes: Uint8Array}} answer
 * @returns {JoinError | undefined} nothing where those are not a server's words
 */
export function errorIn(answer) {
  try {
    return errorOf(answer, JSON.parse(new TextDecoder().decode(answer.bytes)));
  } catch {
    return undefined;
  }
}

/**
 * Where something of a server's HTTP interface is.
 *
 * @param {string} url the server's address
 * @param {string} path
 */
export function apiUrl(url, path) {
  return new URL(path, baseOf(url));
}

/** @param {string} url the server's address */
export function baseOf(url) {
  return url.endsWith('/') ? url : `${url}/`;
}

/**
 * @param {{status: number, headers?: Headers | undefined}} response
 * @param {any} told its body
 * @returns {JoinError | undefined}
 */
function errorOf(response, told) {
  if (typeof told?.error !== 'string') return undefined;
  const message = typeof told.message === 'string' ? told.message : told.error;
  const field = typeof told.field === 'string' ? told.field : undefined;
  return new JoinError(response.status, told.error, message, exactlyMs(told) ?? retryAfterMs(response), field);
}

/** @param {Response} response */
function unnamed(response) {
  const code = `http_${response.status}`;
  return new JoinError(response.status, code, code, retryAfterMs(response));
}

/** The same as `Retry-After` in milliseconds, as some refusals have it. @param {any} told the body */
function exactlyMs({ retry_after_ms: ms }) {
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, 1000 * LONGEST_RETRY_AFTER_SECONDS) : undefined;
}

/**
 * What `Retry-After` says, in whole seconds and within reason; a date, which HTTP allows as well, would need
 * a clock that agrees with the server's.
 *
 * @param {{headers?: Headers | undefined}} response
 */
function retryAfterMs({ headers }) {
  const told = headers?.get('retry-after')?.trim() ?? '';
  if (!/^\d{1,9}$/.test(told)) return undefined;
  return 1000 * Math.min(Math.max(Number(told), 1), LONGEST_RETRY_AFTER_SECONDS);
}
