/**
 * The order of the leaderboard. Pure; see leaderboard.js for the page.
 */

/** @typedef {{ player: number, score: number, kills: number, deaths: number }} Standing */
/** @typedef {{ rank: number, standing: Standing }} Place */

/**
 * By score, then kills, then fewer deaths, then who came first.
 * @param {Standing} one
 * @param {Standing} other
 */
export function compare(one, other) {
  return (
    other.score - one.score ||
    other.kills - one.kills ||
    one.deaths - other.deaths ||
    one.player - other.player
  );
}

/**
 * The best `limit`, and the own place after them if it is not among them.
 * @param {Iterable<Standing>} standings
 * @param {number | undefined} self
 * @param {number} limit
 * @returns {Place[]}
 */
export function ranking(standings, self, limit) {
  const places = [...standings].sort(compare).map((standing, index) => ({ rank: index + 1, standing }));
  const shown = places.slice(0, limit);
  const own = places.find(({ standing }) => standing.player === self);
  if (own && own.rank > limit) shown.push(own);
  return shown;
}
