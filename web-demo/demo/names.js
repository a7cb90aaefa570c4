/**
 * Text that other players wrote, made fit to be shown: names and chat lines. Pure; whoever shows
 * the result still uses text nodes only.
 */
import { CHAT_LENGTH, NAME_LENGTH } from './arena.js';

/**
 * Control characters, line and paragraph separators, direction marks and overrides, zero-width
 * characters other than the joiners that scripts and emoji need, tags, and lone surrogates.
 */
const DISTURBING =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** More marks on one letter than any language puts there; they would run over neighbouring lines. */
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu;

/**
 * One line of at most `length` characters without anything that disturbs the text around it.
 * @param {unknown} text
 * @param {number} length
 */
export function cleanText(text, length) {
  if (typeof text !== 'string') return '';
  const line = text.replace(DISTURBING, ' ').replace(PILED_MARKS, '$1').replace(/\s+/gu, ' ').trim();
  const characters = [...line];
  if (characters.length <= length) return line;
  return characters.slice(0, length).join('').trimEnd();
}

/**
 * A player's name as shown; one that is empty or invisible gets a neutral one.
 * @param {unknown} name
 * @param {number} [player]
 */
export function cleanName(name, player) {
  const clean = cleanText(name, NAME_LENGTH);
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(clean)) return clean;
  return player === undefined ? 'Pilot' : `Pilot ${player}`;
}

/**
 * A chat line as shown or sent.
 * @param {unknown} text
 */
export function cleanChat(text) {
  return cleanText(text, CHAT_LENGTH);
}
