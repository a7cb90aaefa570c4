/**
 * Text that other players wrote, made fit to be shown: names and chat lines. Pure; whoever shows
 * the result still uses text nodes only.
 */
import { plainText } from '../sdk/index.js';
import { CHAT_LENGTH, NAME_LENGTH } from './arena.js';

export { plainText as cleanText };

/**
 * A player's name as shown; one that is empty or invisible gets a neutral one.
 * @param {unknown} name
 * @param {number} [player]
 */
export function cleanName(name, player) {
  const clean = plainText(name, NAME_LENGTH);
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(clean)) return clean;
  return player === undefined ? 'Pilot' : `Pilot ${player}`;
}

/**
 * A chat line as shown or sent.
 * @param {unknown} text
 */
export function cleanChat(text) {
  return plainText(text, CHAT_LENGTH);
}
