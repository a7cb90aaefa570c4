/**
 * Keys that belong to the page and not to the ship: chat, and the panels. It must not decide what
 * they open.
 */

/** @typedef {'chat' | 'rooms' | 'sound' | 'net' | 'close'} PageKey */

/** By the letter, as it is printed on the key: these are not about where fingers lie. @type {Record<string, PageKey>} */
const KEYS = { enter: 'chat', r: 'rooms', m: 'sound', n: 'net', escape: 'close' };

/** @param {Record<PageKey, () => void>} handlers called while one plays or watches */
export function wireKeys(handlers) {
  window.addEventListener('keydown', (event) => {
    const key = KEYS[event.key.toLowerCase()];
    if (!key || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.body.dataset.screen === 'start' || isTyping(event.target)) return;
    // On a button, Enter presses it.
    if (key === 'chat' && event.target instanceof HTMLButtonElement) return;
    event.preventDefault();
    handlers[key]();
  });
}

/** Sliders and check boxes take no letters. @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLInputElement && target.type === 'text' && !target.readOnly;
}
