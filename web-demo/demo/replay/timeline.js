/**
 * A recording's time: as people read it, and the marks on its bar, those that would lie over each other as
 * one. Pure.
 */
import { cleanName } from '../names.js';

/** @typedef {import('./listing.js').Mark} Mark */
/**
 * What is shown at a place of the bar.
 * @typedef {object} Marker
 * @property {number} tick where to go to see it
 * @property {'join' | 'event'} kind
 * @property {number} share where it is, from 0 to 1
 * @property {string} title one line for each mark
 */

/** Marks that are nearer than this share of the bar are one. */
const NEAR = 0.006;
/** Most lines of a title. */
const MOST_LINES = 6;

/**
 * Ticks as minutes and seconds, with hours where there are any.
 * @param {number} ticks
 * @param {number} rate ticks per second
 */
export function timeText(ticks, rate) {
  const all = Math.floor(ticks / rate);
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/**
 * The marks of who came, and of the game's events, as they are shown.
 * @param {Mark[]} marks in order
 * @param {number} length in ticks
 * @param {number} rate
 * @returns {Marker[]}
 */
export function markersOf(marks, length, rate) {
  /** @type {Marker[]} */
  const markers = [];
  /** @type {Map<string, { marker: Marker, lines: number }>} */
  const last = new Map();
  for (const mark of marks) {
    if (mark.kind === 'leave' || mark.tick > length) continue;
    const kind = mark.kind === 'join' ? 'join' : 'event';
    const share = length > 0 ? mark.tick / length : 0;
    const line = `${timeText(mark.tick, rate)} ${wordsOf(mark)}`;
    const near = last.get(kind);
    if (near && share - near.marker.share < NEAR) {
      near.lines += 1;
      if (near.lines <= MOST_LINES) near.marker.title += `\n${near.lines === MOST_LINES ? '…' : line}`;
      continue;
    }
    /** @type {Marker} */
    const marker = { tick: mark.tick, kind, share, title: line };
    markers.push(marker);
    last.set(kind, { marker, lines: 1 });
  }
  return markers;
}

/**
 * The tick of the next mark after a place, or of the one before; the end or the beginning where there is none.
 * @param {Marker[]} markers in order of their ticks
 * @param {number} tick
 * @param {1 | -1} way
 * @param {{ length: number, rate: number, isPaused?: boolean }} recording
 */
export function nextMark(markers, tick, way, { length, rate, isPaused = false }) {
  // Who has just gone to one wants the one before it, though it plays on meanwhile.
  const passed = isPaused ? 0 : rate / 2;
  const found = way > 0
    ? markers.find((marker) => marker.tick > tick)
    : markers.findLast((marker) => marker.tick < tick - passed);
  return found?.tick ?? (way > 0 ? length : 0);
}

/** @param {Mark} mark */
function wordsOf({ kind, players }) {
  const [first, second] = players.map((name) => cleanName(name));
  if (kind === 'join') return `${first} came in`;
  if (kind !== 'kill') return [kind, ...players.map((name) => cleanName(name))].join(' ');
  return second === undefined || first === second ? `${first} crashed` : `${first} destroyed ${second}`;
}
