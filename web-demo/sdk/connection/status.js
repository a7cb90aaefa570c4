/**
 * How a connection is, as a room tells it.
 *
 * @module
 */

/**
 * @typedef {object} ConnectionStatus
 * @property {'joining'|'connecting'|'open'|'waiting'|'closed'} state
 * @property {number} attempt failures since the state last arrived
 * @property {import('./transport-choice.js').Transport} [transport] when `connecting` or `open`: what carries it
 * @property {boolean} [isPaused] when `connecting` or `open`: the room stands still, since its server cannot tell
 *   whether the room is its own still. Not there while it goes on
 * @property {number} [retryAtMs] when `waiting`: the time, as of `now()`, of the next attempt
 * @property {{lostEvents: number}} [resumed] when `open`: the client has come back as the same player;
 *   `lostEvents` happened meanwhile and were too many to be kept. Not there for a new player
 * @property {number} [code] why the last connection ended: a close code, or the HTTP status of the join (below
 *   1000; 0 when no answer came)
 * @property {string} [reason] the same in words
 * @property {import('../errors.js').TickwireError} [error] the same as an error: a {@link JoinError}, a
 *   {@link ConnectionError}, or a `WireError` for bytes that nobody understands
 */

export {};
