/**
 * Text that strangers wrote, made fit to stand among other text: names, chat lines. Whoever shows the
 * result still shows it as text, never as markup.
 *
 * @module
 */

/**
 * Control characters, line and paragraph separators, direction marks and overrides, zero-width
 * characters other than the joiners that scripts and emoji need, tags, and lone surrogates.
 */
const DISTURBING =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** More marks on one letter than any language puts there; they would run over neighbouring lines. */
const PILED_MARKS = /(\p{M}{3})\p{M}+/gu;
/** Characters that are looked at for each that is kept: the work is bounded, however long the text. */
const LOOKED_AT = 8;

/**
 * One line of at most `maxChars` characters without anything that disturbs the text around it.
 *
 * @param {unknown} text what is no text is an empty one
 * @param {number} maxChars
 * @returns {string}
 */
export function plainText(text, maxChars) {
  if (typeof text !== 'string') return '';
  const looked = text.slice(0, LOOKED_AT * maxChars);
  const line = looked.replace(DISTURBING, ' ').replace(PILED_MARKS, '$1').replace(/\s+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= maxChars ? line : characters.slice(0, maxChars).join('').trimEnd();
}
