/**
 * Keys that run a recording, as video players have them. They come before the free camera's: while a recording
 * is shown, it is moved by letters and the mouse. Pure.
 */

/** @typedef {'toggle' | 'back' | 'ahead' | 'tickBack' | 'tickAhead' | 'markBefore' | 'markAfter' | 'slower' | 'faster' | 'begin' | 'end'} ReplayKey */

/** @type {Record<string, ReplayKey>} */
const KEYS = {
  ' ': 'toggle', ArrowLeft: 'back', ArrowRight: 'ahead', ArrowUp: 'faster', ArrowDown: 'slower',
  ',': 'tickBack', '.': 'tickAhead', Home: 'begin', End: 'end',
};
/** With Shift. @type {Record<string, ReplayKey>} */
const SHIFTED = { ArrowLeft: 'markBefore', ArrowRight: 'markAfter' };

/**
 * What a key does to the recording, if anything.
 * @param {{ key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean }} event
 * @returns {ReplayKey | undefined}
 */
export function replayKey({ key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return undefined;
  return (shiftKey ? SHIFTED[key] : undefined) ?? KEYS[key];
}
