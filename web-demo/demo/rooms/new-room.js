/**
 * The dialog in which somebody says what room they want, and opens it. It must not join; see desk.js.
 */
import { createRoom, JoinError } from '../../sdk/index.js';
import { find, setText } from '../hud/page.js';

/** The game's options that the form has, by their names there; see ArenaOptions of the server. */
const OPTIONS = ['world', 'asteroids', 'pickups', 'rewind'];

/** @typedef {import('../../sdk/index.js').CreatedRoom} CreatedRoom */

/**
 * What a form asks for: what was left as it was is the server's to choose.
 * @param {{ get: (name: string) => unknown }} fields
 */
export function roomWish(fields) {
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? '').trim();
  /** @type {{ [option: string]: string }} */
  const options = {};
  for (const name of OPTIONS) if (text(name) !== '') options[name] = text(name);
  return {
    game: 'arena',
    name: text('name') || undefined,
    private: text('door') === 'private',
    // As it was typed: blanks count.
    password: String(fields.get('password') ?? '') || undefined,
    options,
  };
}

export class NewRoomDialog {
  /** Called with the room, and its password, unless somebody has closed the dialog meanwhile. */
  onOpened = (/** @type {CreatedRoom} */ _room, /** @type {string | undefined} */ _password) => {};

  /** What is asked of the server now. @type {AbortController | undefined} */
  #asking = undefined;

  /** @param {string} server its address */
  constructor(server) {
    this.server = server;
    this.dialog = find(document, '#new-room', HTMLDialogElement);
    this.form = find(this.dialog, 'form', HTMLFormElement);
    this.status = find(this.dialog, '[role=alert]', HTMLElement);
    this.submit = find(this.dialog, '[type=submit]', HTMLButtonElement);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#open();
    });
    find(this.dialog, '.cancel', HTMLButtonElement).addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('close', () => this.#stop());
  }

  show() {
    if (this.dialog.open) return;
    setText(this.status, '');
    this.dialog.showModal();
  }

  async #open() {
    if (this.#asking) return;
    const asking = new AbortController();
    this.#asking = asking;
    this.submit.disabled = true;
    setText(this.status, '');
    const wish = roomWish(new FormData(this.form));
    try {
      const room = await createRoom({ url: this.server, signal: asking.signal, ...wish });
      if (this.#asking !== asking) return;
      this.dialog.close();
      this.form.reset();
      this.onOpened(room, wish.password);
    } catch (error) {
      if (this.#asking !== asking) return;
      this.#stop();
      setText(this.status, error instanceof JoinError && error.status > 0 ? error.message : 'The server is away.');
      this.#point(error instanceof JoinError ? error.field : undefined);
    }
  }

  /** Goes to the field that was wrong. @param {string | undefined} field as the server calls it */
  #point(field) {
    const control = field && this.form.elements.namedItem(field.replace('options.', ''));
    if (control instanceof HTMLElement) control.focus();
  }

  #stop() {
    this.#asking?.abort();
    this.#asking = undefined;
    this.submit.disabled = false;
  }
}
