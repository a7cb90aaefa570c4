/**
 * Small things that every part of the HUD does with the page: find an element, change text only
 * when it differs. Text goes through `textContent`, so that nothing a player wrote becomes markup.
 */

/**
 * The element that a selector names.
 * @template {Element} Kind
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(within, selector, kind) {
  const element = within.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page lacks ${selector}`);
  return element;
}

/**
 * Sets text if it differs: writing the same text again would still cost a layout.
 * @param {Element} element
 * @param {string | number} text
 */
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * A new element with a class and text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {string | number} [text]
 */
export function make(tag, className = '', text = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== '') element.textContent = String(text);
  return element;
}

/** Inputs that take letters. */
const WRITTEN = ['text', 'search', 'password', 'number'];

/**
 * Whether a key belongs to a field of the page and not to the game. Where text is written, all do, and in a
 * dialog; sliders, check boxes and text to be copied take those that move in them, and no letters.
 * @param {EventTarget | null} target
 * @param {string} key as `KeyboardEvent.key`
 */
export function isForField(target, key) {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof Element && target.closest('dialog')) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  const isWritten = WRITTEN.includes(target.type) && !target.readOnly;
  return isWritten || /^(Arrow.*|Page.*|Home|End| )$/.test(key);
}

/**
 * Calls a handler at every press of a button or check box. Who pressed it with a pointer goes on steering: space
 * must not press it again.
 * @param {HTMLElement} button
 * @param {() => void} handler
 */
export function onPress(button, handler) {
  button.addEventListener('click', (event) => {
    // A click made by a key counts as none.
    if (event.detail > 0) button.blur();
    handler();
  });
}
