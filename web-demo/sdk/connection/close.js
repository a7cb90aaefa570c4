/**
 * What a client does after a connection ended. Mirrors `protocol/src/close.rs`.
 *
 * @module
 */

import { ConnectionError } from '../errors.js';

/**
 * Not at all, with backoff, with backoff on top of a delay, or after a delay that the server told.
 *
 * @typedef {{type: 'never'} | {type: 'backoff'} | {type: 'after', delayMs: number}
 *   | {type: 'told', delayMs: number}} Reconnect
 */

/** @type {Reconnect} */
const NEVER = { type: 'never' };
/** @type {Reconnect} */
const BACKOFF = { type: 'backoff' };
/** @type {Reconnect} */
const AFTER = { type: 'after', delayMs: 5000 };

/** Left on purpose. */
export const NORMAL = 1000;
/** Left, maybe to come back. */
export const GOING_AWAY = 1001;
/** The connection broke: no close came. */
export const LOST = 1006;
/** The token is none, or was used before. */
export const UNAUTHORISED = 4001;
/** The server restarts: it is not there at once. */
export const RESTARTING = 1012;
/** A message that does not decode. Browsers let a page close with 1000 and 3000 to 4999 only. */
export const BAD_MESSAGE = 4400;
/** Nothing was heard for the heartbeat timeout. */
export const SILENT_TOO_LONG = 4408;

const BY_CODE = new Map(/** @type {[number, Reconnect][]} */ ([
  [1000, NEVER], // normal
  [1002, NEVER], // protocol error
  [1003, NEVER], // text where binary is due
  [1007, NEVER], // invalid UTF-8
  [1009, NEVER], // too large
  [4423, AFTER], // the reservation lapsed and the room is full
  [4429, AFTER], // too many messages
  [4408, BACKOFF], // silent too long
  [4410, BACKOFF], // too slow
]));

/** What the codes are called, as in the server's logs, and what they mean. @type {Map<number, [string, string]>} */
const NAMES = new Map([
  [1000, ['normal', 'goodbye']],
  [1001, ['going_away', 'going away']],
  [1002, ['protocol_error', 'not a valid WebSocket frame']],
  [1003, ['text_not_binary', 'text where binary is due']],
  [1005, ['lost', 'the connection ended without a word']],
  [1006, ['lost', 'the connection is lost']],
  [1007, ['invalid_utf8', 'text that is not UTF-8']],
  [1009, ['too_large', 'a message was too large']],
  [1011, ['internal', 'the server failed']],
  [1012, ['restarting', 'the server restarts']],
  [4001, ['unauthorised', 'the token is missing, unknown, used or expired']],
  [4400, ['bad_message', 'a message does not decode, or a value is out of range']],
  [4403, ['kicked', 'the host sent this player away']],
  [4404, ['no_such_room', 'there is no such room; it may have ended']],
  [4408, ['silent', 'nothing was heard for too long']],
  [4409, ['replaced', 'the same player connected from elsewhere']],
  [4410, ['too_slow', 'the client did not keep up']],
  [4411, ['room_ended', 'the room has ended']],
  [4423, ['room_full', 'the room is full']],
  [4429, ['too_many_messages', 'too many messages or bytes']],
]);

/**
 * The error that a close is.
 *
 * @param {number} closeCode
 * @param {string} reason in the words of who closed; may be empty
 */
export function closeError(closeCode, reason) {
  const [name, meaning] = NAMES.get(closeCode) ?? [`closed_${closeCode}`, `closed with code ${closeCode}`];
  return new ConnectionError(closeCode, name, reason || meaning);
}

/** A connection that was to resume another one and ended with one of these has been refused: there is
 * no such token, player or room any more. */
const RESUME_REFUSED = [UNAUTHORISED, 4404];

/**
 * Whether a connection that was to resume another one was refused, and joining again is due.
 *
 * @param {number} code the close code
 */
export function refusesResume(code) {
  return RESUME_REFUSED.includes(code);
}

/**
 * Whether a connection broke without a word: the network, or something in it, has ended it.
 *
 * @param {number} code
 */
export function isLoss(code) {
  return code === LOST || code === 1005;
}

/**
 * What to do after a close code. Codes that no `CloseReason` has, such as 1006 for a connection that
 * broke, are worth another try; a server's own unknown ones (4000 and up) mean its refusal.
 *
 * @param {number} code
 * @returns {Reconnect}
 */
export function reconnectAfter(code) {
  return BY_CODE.get(code) ?? (code >= 4000 ? NEVER : BACKOFF);
}

/** Refusals after which the same once more would be of no use, whatever their status: it would be one more guess,
 * or in another language still. */
const IN_VAIN = ['version', 'too_many_guesses'];

/**
 * What to do after a refusal over HTTP, of a join or of an upgrade.
 *
 * @param {import('../errors.js').JoinError} error
 * @returns {Reconnect | undefined} nothing where there was no answer at all
 */
export function reconnectAfterRefusal({ status, code, retryAfterMs }) {
  if (IN_VAIN.includes(code)) return NEVER;
  return status === 0 ? undefined : reconnectAfterStatus(status, retryAfterMs);
}

/**
 * What to do after `POST /api/join` was answered with an error status.
 *
 * @param {number} status
 * @param {number} [retryAfterMs] when to try again, if the server said so
 * @returns {Reconnect}
 */
export function reconnectAfterStatus(status, retryAfterMs) {
  const isFull = status === 409 || status === 429;
  if (!isFull && status < 500 && status !== 408) return NEVER;
  if (retryAfterMs !== undefined) return { type: 'told', delayMs: retryAfterMs };
  return isFull ? AFTER : BACKOFF;
}
