/**
 * The server's recordings over HTTP: which there are, and what happened in one. What an answer has that is not
 * as it should be is left out. It must not touch the page.
 */

/** An answer that takes longer is none, in milliseconds. */
const PATIENCE_MS = 15_000;

/**
 * @typedef {object} Recording
 * @property {string} name what it is asked for by
 * @property {string} game
 * @property {Date | undefined} startedAt
 * @property {number} seconds
 * @property {number} players how many people
 * @property {string | undefined} winner
 * @property {boolean} ended
 */
/**
 * Something to be found.
 * @typedef {{ tick: number, kind: string, players: string[] }} Mark
 */

/**
 * The recordings in an answer of `GET /api/replays`.
 * @param {unknown} answer
 * @returns {Recording[]}
 */
export function recordingsIn(answer) {
  return listIn(answer, 'replays').flatMap((replay) => {
    if (typeof replay?.name !== 'string') return [];
    const startedAt = new Date(String(replay.started_at));
    return [{
      name: replay.name,
      game: textOr(replay.game, ''),
      startedAt: Number.isNaN(startedAt.getTime()) ? undefined : startedAt,
      seconds: count(replay.seconds),
      players: count(replay.players),
      winner: typeof replay.winner === 'string' ? replay.winner : undefined,
      ended: replay.ended === true,
    }];
  });
}

/**
 * The files in the same answer that cannot be shown, each with the reason.
 * @param {unknown} answer
 * @returns {{ name: string, message: string }[]}
 */
export function unreadableIn(answer) {
  return listIn(answer, 'unreadable').map((file) => ({
    name: textOr(file?.name, '?'),
    message: textOr(file?.message, 'it cannot be read'),
  }));
}

/**
 * The marks in an answer of `GET /api/replays/NAME`, in order.
 * @param {unknown} answer
 * @returns {Mark[]}
 */
export function marksIn(answer) {
  const marks = listIn(answer, 'marks').flatMap((mark) => {
    if (typeof mark?.kind !== 'string' || typeof mark.tick !== 'number') return [];
    const players = Array.isArray(mark.players) ? mark.players : [];
    return [{ tick: count(mark.tick), kind: mark.kind, players: players.map((/** @type {unknown} */ name) => textOr(name, '')) }];
  });
  return marks.sort((one, other) => one.tick - other.tick);
}

/**
 * Asks for something below `/api/replays`.
 * @param {string} server its address
 * @param {string} [name] of a recording; all of them if left out
 * @returns {Promise<unknown>} the answer
 * @throws {Error} with the server's words, when it refuses or does not answer
 */
export async function ask(server, name) {
  const path = name === undefined ? 'api/replays' : `api/replays/${encodeURIComponent(name)}`;
  /** @type {Response} */
  let response;
  try {
    response = await fetch(new URL(path, server), { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new Error('The server is away.');
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  throw new Error(textOr(answer?.message, 'The server does not say.'));
}

/** @param {unknown} answer @param {string} key @returns {any[]} */
function listIn(answer, key) {
  const list = /** @type {Record<string, unknown>} */ (answer ?? {})[key];
  return Array.isArray(list) ? list : [];
}

/** @param {unknown} value @param {string} otherwise */
function textOr(value, otherwise) {
  return typeof value === 'string' ? value : otherwise;
}

/** @param {unknown} value */
function count(value) {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : 0;
}
