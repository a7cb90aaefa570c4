/**
 * The server's rooms of this game, as many as somebody wants to see. It must not touch the page.
 */
import { listRooms } from '../../sdk/index.js';

/** An answer that takes longer is none, in milliseconds. */
const PATIENCE_MS = 5000;
/** Rooms that are listed at first, and how many more each time. */
export const PAGE = 20;
/** Most rooms that a server tells at once, and most that are listed. */
const MOST_AT_ONCE = 200;
const MOST_ROOMS = 1000;
const GAME = 'arena';

/** @typedef {import('../../sdk/index.js').ListedRoom} ListedRoom */
/**
 * Which rooms somebody wants to see.
 * @typedef {{ q: string, free: boolean, count: number }} Search
 */
/** @typedef {{ rooms: ListedRoom[], hasMore: boolean, servesReplays: boolean }} Listing */

/**
 * Rooms as they are listed: those that have a seat first, then the fullest. What shows a recording is nowhere to
 * play.
 * @param {ListedRoom[]} rooms
 */
export function arranged(rooms) {
  const hasSeat = (/** @type {ListedRoom} */ { freeSeats }) => Number(freeSeats > 0);
  return rooms
    .filter(({ game, replay }) => game === GAME && replay === undefined)
    .sort((one, other) => hasSeat(other) - hasSeat(one) || other.players - one.players || (one.room < other.room ? -1 : 1));
}

/**
 * @param {string} server its address
 * @param {Search} search
 * @returns {Promise<Listing | undefined>} `undefined` when it does not answer
 */
export async function list(server, { q, free, count }) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const most = Math.min(count, MOST_ROOMS);
  /** @type {ListedRoom[]} */
  const rooms = [];
  let servesReplays = false;
  /** @type {string | undefined} */
  let after;
  try {
    do {
      const limit = Math.min(most - rooms.length, MOST_AT_ONCE);
      const page = await listRooms({ url: server, signal, game: GAME, free, q, limit, after });
      servesReplays = page.servesReplays;
      // A server that lists nothing more, and says so, would be asked for ever.
      after = page.rooms.length > 0 ? page.next : undefined;
      rooms.push(...page.rooms);
    } while (after !== undefined && rooms.length < most);
    return { rooms: arranged(rooms.slice(0, most)), hasMore: after !== undefined && most < MOST_ROOMS, servesReplays };
  } catch {
    return undefined;
  }
}
