/**
 * The leaderboard on the page: rows are made once and filled again. The order comes from ranking.js.
 */
import { colourOf } from '../palette.js';
import { find, make, setText } from './page.js';
import { ranking } from './ranking.js';

/** Rows beside the own one. */
const SHOWN = 8;

/** @typedef {import('./ranking.js').Standing} Standing */
/** @typedef {{ row: HTMLElement, rank: HTMLElement, name: HTMLElement, score: HTMLElement }} Row */

export class Leaderboard {
  /** @type {Row[]} */
  #rows = [];

  /** @param {Element} board */
  constructor(board) {
    this.list = find(board, 'ol', HTMLOListElement);
  }

  /**
   * @param {Standing[]} standings
   * @param {number | undefined} self
   * @param {(player: number) => string} nameOf
   */
  show(standings, self, nameOf) {
    const places = ranking(standings, self, SHOWN);
    while (this.#rows.length < places.length) this.#addRow();
    this.#rows.forEach((row, index) => {
      const place = places[index];
      row.row.hidden = !place;
      if (!place) return;
      const { player, score } = place.standing;
      setText(row.rank, place.rank);
      setText(row.name, nameOf(player));
      setText(row.score, score);
      row.row.style.setProperty('--colour', colourOf(player, self).hex);
      row.row.classList.toggle('self', player === self);
      row.row.classList.toggle('apart', place.rank > SHOWN);
    });
  }

  #addRow() {
    const row = make('li');
    const rank = make('span', 'rank');
    const name = make('bdi', 'name');
    const score = make('b', 'score');
    row.append(rank, make('i'), name, score);
    this.list.append(row);
    this.#rows.push({ row, rank, name, score });
  }
}
