/**
 * The server's rooms over HTTP: which there are, and opening another. It must not touch the page.
 */

/** An answer that takes longer is none, in milliseconds. */
const PATIENCE_MS = 5000;
/** Most rooms that are listed, whatever a server sends. */
const MOST_ROOMS = 100;
const GAME = 'arena';

/**
 * @typedef {object} ListedRoom
 * @property {string} id
 * @property {number} players people who play
 * @property {number} spectators
 * @property {number} bots
 * @property {number} freeSeats
 * @property {number} capacity
 * @property {number} tickMs p99 of the time that its ticks took lately, in milliseconds
 */

/**
 * The rooms of the arena in an answer of `GET /api/rooms`, the fullest that has room first. What is
 * not as it should be is left out.
 * @param {unknown} answer
 * @returns {ListedRoom[]}
 */
export function roomsIn(answer) {
  const { rooms } = /** @type {{ rooms?: unknown }} */ (answer ?? {});
  if (!Array.isArray(rooms)) return [];
  /** @type {ListedRoom[]} */
  const listed = [];
  for (const room of rooms) {
    // Those that show a recording are nowhere to play.
    if (typeof room?.room !== 'string' || room.game !== GAME || room.replay !== undefined) continue;
    listed.push({
      id: room.room,
      players: count(room.players),
      spectators: count(room.spectators),
      bots: count(room.bots),
      freeSeats: count(room.free_seats),
      capacity: count(room.capacity),
      tickMs: typeof room.tick_ms?.p99 === 'number' ? room.tick_ms.p99 : NaN,
    });
  }
  const hasSeat = (/** @type {ListedRoom} */ { freeSeats }) => Number(freeSeats > 0);
  listed.sort(
    (one, other) => hasSeat(other) - hasSeat(one) || other.players - one.players || (one.id < other.id ? -1 : 1),
  );
  return listed.slice(0, MOST_ROOMS);
}

/** @param {unknown} value */
function count(value) {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, Math.floor(value)) : 0;
}

/**
 * @param {string} server its address
 * @returns {Promise<{ rooms: ListedRoom[], servesReplays: boolean } | undefined>} `undefined` when it does not
 *   answer
 */
export async function listRooms(server) {
  try {
    const response = await fetch(new URL('api/rooms', server), { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) return undefined;
    const answer = await response.json();
    return { rooms: roomsIn(answer), servesReplays: answer?.replays === true };
  } catch {
    return undefined;
  }
}

/**
 * Opens a room.
 * @param {string} server its address
 * @returns {Promise<string>} its id
 * @throws {Error} with the server's words, when it refuses or does not answer
 */
export async function openRoom(server) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(new URL('api/rooms', server), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ game: GAME }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Error('The server is away.');
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok && typeof answer?.room === 'string') return answer.room;
  throw new Error(typeof answer?.message === 'string' ? answer.message : 'The server opens no room.');
}
