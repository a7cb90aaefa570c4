/**
 * The screen before the game: who is it, and go. Remembers the name. It must not join by itself;
 * main.js decides what Play leads to.
 */
import { find, setText } from './hud/page.js';
import { cleanName, cleanText } from './names.js';
import { NAME_LENGTH } from './arena.js';

const REMEMBERED_AS = 'tickwire.name';

export class StartScreen {
  /** Called with the name when the player wants to play. */
  onPlay = (/** @type {string} */ _name) => {};

  constructor() {
    this.root = find(document, '#start', HTMLElement);
    this.form = find(this.root, 'form', HTMLFormElement);
    this.input = find(this.root, '#name', HTMLInputElement);
    this.button = find(this.root, 'button', HTMLButtonElement);
    this.status = find(this.root, '#start-status', HTMLElement);
    this.input.value = rememberedName();
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = cleanText(this.input.value, NAME_LENGTH);
      remember(name);
      this.onPlay(cleanName(name));
    });
  }

  show() {
    document.body.dataset.screen = 'start';
    this.busy(false);
    // On a phone the keyboard would cover the screen before anybody has seen it.
    if (!window.matchMedia('(pointer: coarse)').matches) this.input.focus();
  }

  hide() {
    document.body.dataset.screen = 'play';
    this.input.blur();
  }

  /**
   * Whether joining is under way.
   * @param {boolean} busy
   */
  busy(busy) {
    this.button.disabled = busy;
    setText(this.button, busy ? 'Joining' : 'Play');
  }

  /**
   * @param {string} text
   * @param {'info' | 'error'} [kind]
   */
  say(text, kind = 'info') {
    this.status.dataset.kind = kind;
    setText(this.status, text);
  }
}

/** The name of last time; storage can be switched off. */
function rememberedName() {
  try {
    return cleanText(window.localStorage.getItem(REMEMBERED_AS) ?? '', NAME_LENGTH);
  } catch {
    return '';
  }
}

/** @param {string} name */
function remember(name) {
  try {
    window.localStorage.setItem(REMEMBERED_AS, name);
  } catch {
    // Not remembered, then.
  }
}
