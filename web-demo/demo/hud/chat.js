/**
 * What players say: lines that fade, and the line in which to say something. Text nodes only.
 */
import { cleanChat } from '../names.js';
import { colourOf } from '../palette.js';
import { find, make } from './page.js';

const SHOWN = 7;
const SHOWN_MS = 12_000;
/** The fading at the end of a line's time; matches the style sheet. */
const FADING_MS = 700;

export class Chat {
  /** Called with a line to say. */
  onSay = (/** @type {string} */ _line) => {};
  /** Called when the line opens: the ship lets go of its keys. */
  onOpen = () => {};

  /** @type {{ line: HTMLElement, until: number }[]} */
  #lines = [];

  /** @param {HTMLElement} chat */
  constructor(chat) {
    this.chat = chat;
    this.list = find(chat, 'ul', HTMLUListElement);
    this.form = find(chat, 'form', HTMLFormElement);
    this.input = find(chat, 'input', HTMLInputElement);
    // Shown where there are no keys; see small.css.
    find(chat, 'button', HTMLButtonElement).addEventListener('click', () => this.open());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#say();
    });
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    this.input.addEventListener('blur', () => this.close());
  }

  open() {
    this.form.hidden = false;
    this.chat.classList.add('open');
    this.input.focus();
    this.onOpen();
  }

  close() {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.chat.classList.remove('open');
    this.input.value = '';
    this.input.blur();
  }

  /**
   * @param {number} player
   * @param {string} name
   * @param {unknown} text
   * @param {number | undefined} self
   * @param {number} nowMs
   */
  add(player, name, text, self, nowMs) {
    const said = cleanChat(text);
    if (said === '') return;
    const line = make('li');
    const speaker = make('bdi', 'name', name);
    speaker.style.setProperty('--colour', colourOf(player, self).hex);
    line.append(speaker, make('bdi', 'said', said));
    this.list.append(line);
    this.#lines.push({ line, until: nowMs + SHOWN_MS });
    while (this.#lines.length > SHOWN) this.#lines.shift()?.line.remove();
  }

  /** @param {number} nowMs */
  update(nowMs) {
    for (const { line, until } of this.#lines) {
      if (nowMs > until - FADING_MS && !line.classList.contains('old')) line.classList.add('old');
    }
    // Lines that have faded come back while somebody writes; they go when new ones push them out.
  }

  clear() {
    for (const { line } of this.#lines) line.remove();
    this.#lines = [];
    this.close();
  }

  #say() {
    const line = cleanChat(this.input.value);
    if (line !== '') this.onSay(line);
    this.close();
  }
}
