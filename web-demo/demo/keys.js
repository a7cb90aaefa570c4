/**
 * Keys that belong to the page and not to the ship: chat, and the panels. It must not decide what
 * they open.
 */
import { isForField } from './hud/page.js';

/** @typedef {'chat' | 'rooms' | 'sound' | 'net' | 'close'} PageKey */

/** By the letter, as it is printed on the key: these are not about where fingers lie. @type {Record<string, PageKey>} */
const KEYS = { enter: 'chat', r: 'rooms', m: 'sound', n: 'net', escape: 'close' };
/** By where it lies, for those who write in another script. @type {Record<string, PageKey>} */
const CODES = { KeyR: 'rooms', KeyM: 'sound', KeyN: 'net' };

/**
 * What a key means to the page.
 * @param {{ key: string, code: string }} event
 * @returns {PageKey | undefined}
 */
export function pageKey({ key, code }) {
  const isForeign = /^(?!\p{Script=Latin})\p{L}\p{M}*$/u.test(key);
  return isForeign ? CODES[code] : KEYS[key.toLowerCase()];
}

/** @param {Record<PageKey, () => void>} handlers called while one plays or watches */
export function wireKeys(handlers) {
  window.addEventListener('keydown', (event) => {
    const key = pageKey(event);
    if (!key || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.body.dataset.screen === 'start') return;
    // A panel is closed from within its fields, too.
    const closesPanel = key === 'close' && event.target instanceof Element && event.target.closest('.panel') !== null;
    if (!closesPanel && isForField(event.target, event.key)) return;
    // On a button or a link, Enter presses it.
    const isPressed = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement;
    if (key === 'chat' && isPressed) return;
    event.preventDefault();
    handlers[key]();
  });
}
