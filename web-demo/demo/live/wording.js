/**
 * What happens in a room, in words. Pure; names and texts of players are made fit to be shown, and whoever shows
 * the result uses text nodes only.
 */
import { cleanName, cleanText } from '../names.js';

/** Longest of what a game's event says, in characters. */
const MOST_CHARS = 120;

/** The names of those who are known by their numbers. */
export class Names {
  /** @type {Map<number, string>} */
  #names = new Map();

  /** What has been told is so from now on. @param {string} event @param {any} data */
  follow(event, data) {
    if (event === 'joined' || event === 'renamed') this.#names.set(data.player, cleanName(data.name, data.player));
    if (event === 'summary' && Array.isArray(data.playing)) for (const who of data.playing) this.follow('joined', who ?? {});
    if (event === 'left') this.#names.delete(data.player);
  }

  /** @param {unknown} player */
  of(player) {
    const number = typeof player === 'number' ? player : undefined;
    return this.#names.get(number ?? -1) ?? cleanName('', number);
  }
}

/**
 * An event, by the names that were known before it.
 * @param {string} event
 * @param {any} data
 * @param {Names} names
 * @returns {string}
 */
export function wordsFor(event, data, names) {
  switch (event) {
    case 'joined':
      return `${cleanName(data.name, data.player)} came in${roleWords(data.role)}`;
    case 'left':
      return `${names.of(data.player)} left`;
    case 'renamed':
      return `${names.of(data.player)} is ${cleanName(data.name, data.player)} now`;
    case 'interrupted':
      return 'The match stood still, and goes on';
    case 'host':
      return data.player === null ? 'There is no host any more' : `${names.of(data.player)} is the host`;
    case 'closed':
      return 'The room has ended';
    case 'game':
      return gameWords(data, names);
    default:
      return cleanText(event, MOST_CHARS);
  }
}

/** @param {unknown} role */
function roleWords(role) {
  if (role === 'player') return '';
  return role === 'spectator' ? ' to watch' : ` (${cleanText(String(role), 16)})`;
}

/** Parameters of this name are people, as far as the demo's games are concerned. */
const PEOPLE = new Set(['player', 'shooter', 'victim', 'killer', 'target', 'by', 'who', 'speaker']);

/** @param {any} data @param {Names} names */
function gameWords(data, names) {
  const told = Object.entries(data.values ?? {}).map(([name, value]) => {
    const shown = PEOPLE.has(name) ? names.of(value) : cleanText(plain(value), MOST_CHARS);
    return `${cleanText(name, 32)} ${shown}`;
  });
  return cleanText([String(data.event ?? 'something'), told.join(', ')].filter(Boolean).join(': '), 2 * MOST_CHARS);
}

/** A value as people read it: of what is counted in fractions a tenth will do. @param {unknown} value */
function plain(value) {
  return typeof value === 'number' ? String(Math.round(10 * value) / 10) : String(value);
}

/** @param {number | undefined} missed */
export function missedWords(missed) {
  if (missed === undefined) return 'Missed what happened meanwhile';
  return missed === 1 ? 'Missed 1 event' : `Missed ${missed} events`;
}
