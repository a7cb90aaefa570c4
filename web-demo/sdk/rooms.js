/**
 * Rooms before one is in one: opening one of one's own, and listing those that are open. Over HTTP, without a
 * connection.
 *
 * @module
 */

import { JoinError } from './errors.js';
import { ANSWER_WITHIN_MS, apiUrl, ask, baseOf } from './connection/json-api.js';
import { Room } from './room.js';

/** @typedef {import('./environment.js').JoinOptions} JoinOptions */
/** @typedef {import('./index.js').Public<Room>} PublicRoom */

/**
 * How to reach a server.
 *
 * @typedef {object} Reach
 * @property {string} url the server's address, such as `http://127.0.0.1:8080`
 * @property {typeof fetch} [fetch]
 * @property {AbortSignal} [signal] to give up; after 10 s if left out
 */
/**
 * What room to open.
 *
 * @typedef {object} RoomWish
 * @property {string} [game] the server's default if left out
 * @property {{[option: string]: string}} [options] of the game
 * @property {boolean} [private] whether it is not listed, and only those come in who have its code
 * @property {string} [password] what whoever comes in must know
 * @property {string} [name] what it is called in the list
 */
/** @typedef {Reach & RoomWish} CreateOptions */
/**
 * A room that was opened.
 *
 * @typedef {object} CreatedRoom
 * @property {string} room its id
 * @property {string} game
 * @property {string} [code] of a private room: what to tell those who are to come
 * @property {string} url a link to it, to share
 * @property {string} hostKey makes whoever joins with it the room's host: not to be shared
 * @property {(options: Omit<JoinOptions, 'url'>) => PublicRoom} join joins it as its host
 */
/**
 * Which rooms to list.
 *
 * @typedef {object} RoomFilter
 * @property {string} [game] those of this game only
 * @property {boolean} [free] those with a free seat only
 * @property {string} [q] those with this in their names
 * @property {number} [limit] how many at most
 * @property {string} [after] where the list before it ended: its `next`
 */
/** @typedef {Reach & RoomFilter} ListOptions */
/**
 * A room as the server lists it.
 *
 * @typedef {object} ListedRoom
 * @property {string} room its id
 * @property {string} game
 * @property {string} [name] what it is called
 * @property {boolean} hasPassword whether those who come in must know one
 * @property {string} [replay] the recording that it shows
 * @property {number} players people who play
 * @property {number} spectators
 * @property {number} bots
 * @property {number} freeSeats
 * @property {number} capacity
 * @property {number} [tickMs] what its ticks took lately, in milliseconds: 99 of 100 took less
 */
/**
 * @typedef {object} RoomList
 * @property {ListedRoom[]} rooms
 * @property {string} [next] what to ask for the next ones `after`; not there when these are the last
 * @property {boolean} servesReplays whether the server shows recordings
 */

/** Most rooms that are taken from one answer, whatever a server sends. */
const MOST_ROOMS = 1000;

/**
 * Opens a room.
 *
 * @param {CreateOptions} options
 * @returns {Promise<CreatedRoom>} rejects with a {@link JoinError}: `bad_option`, `too_many_rooms`, …
 */
export async function createRoom(options) {
  const { url, game, options: gameOptions, private: isPrivate, password, name } = options;
  const body = { game, options: gameOptions, private: isPrivate, password, name };
  const answer = await ask(fetchOf(options), apiUrl(url, 'api/rooms'), { body, signal: signalOf(options) });
  const { room, game: opened, code, url: link, host_key: hostKey } = answer ?? {};
  if (typeof room !== 'string' || typeof hostKey !== 'string') throw badAnswer(url);
  const entrance = typeof code === 'string' ? { room, code } : { room };
  return {
    ...entrance,
    game: String(opened),
    url: new URL(typeof link === 'string' ? link : `/?room=${encodeURIComponent(room)}`, url).href,
    hostKey,
    join: (more) => new Room({ fetch: options.fetch, password, hostKey, ...entrance, ...more, url }),
  };
}

/**
 * Lists rooms that are open to all.
 *
 * @param {ListOptions} options
 * @returns {Promise<RoomList>} rejects with a {@link JoinError}
 */
export async function listRooms(options) {
  const url = apiUrl(options.url, 'api/rooms');
  const { game, free, q, limit, after } = options;
  for (const [name, value] of Object.entries({ game, free: free || undefined, q: q || undefined, limit, after })) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const answer = await ask(fetchOf(options), url, { signal: signalOf(options) });
  if (!Array.isArray(answer?.rooms)) throw badAnswer(options.url);
  const rooms = answer.rooms.slice(0, MOST_ROOMS).map(listed).filter(isThere);
  const next = typeof answer.next === 'string' ? { next: answer.next } : {};
  return { rooms, ...next, servesReplays: answer.replays === true };
}

/** @param {any} room @returns {ListedRoom | undefined} nothing for what is no room */
function listed(room) {
  if (typeof room?.room !== 'string' || typeof room.game !== 'string') return undefined;
  return {
    room: room.room,
    game: room.game,
    ...(typeof room.name === 'string' && room.name !== '' ? { name: room.name } : {}),
    ...(typeof room.replay === 'string' ? { replay: room.replay } : {}),
    ...(typeof room.tick_ms?.p99 === 'number' ? { tickMs: room.tick_ms.p99 } : {}),
    hasPassword: room.has_password === true,
    players: count(room.players),
    spectators: count(room.spectators),
    bots: count(room.bots),
    freeSeats: count(room.free_seats),
    capacity: count(room.capacity),
  };
}

/** @param {ListedRoom | undefined} room @returns {room is ListedRoom} */
function isThere(room) {
  return room !== undefined;
}

/** @param {unknown} value */
function count(value) {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0;
}

/** @param {string} url */
function badAnswer(url) {
  return new JoinError(0, 'bad_answer', `${baseOf(url)} did not answer like a Tickwire server`);
}

/** @param {Reach} reach */
function fetchOf({ fetch }) {
  return fetch ?? globalThis.fetch;
}

/** @param {Reach} reach */
function signalOf({ signal }) {
  return signal ?? AbortSignal.timeout(ANSWER_WITHIN_MS);
}
