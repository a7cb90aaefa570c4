/**
 * What players say, in this room and in the lobby of all rooms: lines that fade, and the line in which to say
 * something, with a switch for where it goes. Text nodes only.
 */
import { cleanChat, cleanName, cleanText } from '../names.js';
import { ENERGY, FLAME, colourOf } from '../palette.js';
import { find, make } from './page.js';

const SHOWN = 7;
const SHOWN_MS = 12_000;
/** The fading at the end of a line's time; matches the style sheet. */
const FADING_MS = 700;
/** Longest announcement, in characters: as long as a server makes one. */
const ANNOUNCEMENT_LENGTH = 400;

/** @typedef {'room' | 'lobby'} Where whom a line is for */
/** @type {{ [where in Where]: string }} */
const CAPTIONS = { room: 'Room', lobby: 'Lobby' };

export class Chat {
  /** Called with a line to say. */
  onSay = (/** @type {string} */ _line, /** @type {Where} */ _where) => {};
  /** Called when the line opens: the ship lets go of its keys. */
  onOpen = () => {};

  /** @type {{ line: HTMLElement, until: number }[]} */
  #lines = [];
  /** @type {Where} */
  #where = 'room';

  /** @param {HTMLElement} chat */
  constructor(chat) {
    this.chat = chat;
    this.list = find(chat, 'ul', HTMLUListElement);
    this.form = find(chat, 'form', HTMLFormElement);
    this.input = find(chat, 'input', HTMLInputElement);
    // Shown where there are no keys; see small.css.
    find(chat, ':scope > button', HTMLButtonElement).addEventListener('click', () => this.open());
    this.switch = find(this.form, 'button', HTMLButtonElement);
    // Who writes goes on writing.
    this.switch.addEventListener('pointerdown', (event) => event.preventDefault());
    this.switch.addEventListener('click', () => this.#turn());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#say();
    });
    this.form.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
    this.form.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.form.contains(relatedTarget))) this.close();
    });
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
    this.#show(line, nowMs);
  }

  /**
   * A line of the lobby, with where it comes from.
   * @param {import('../../sdk/index.js').LobbyEvent} event
   * @param {string | undefined} here the room that one is in
   * @param {number} nowMs
   */
  addFromLobby(event, here, nowMs) {
    const line = make('li', 'lobby');
    switch (event.type) {
      case 'said': {
        const isElsewhere = event.room !== undefined && event.room !== here;
        const origin = make('span', 'origin', isElsewhere ? `Lobby · ${event.room}` : 'Lobby');
        line.append(origin, make('bdi', 'name', cleanName(event.from)), make('bdi', 'said', cleanChat(event.text)));
        break;
      }
      case 'announced':
        line.classList.add('announced');
        line.append(make('span', 'origin', 'Announcement'), make('bdi', 'said', cleanText(event.text, ANNOUNCEMENT_LENGTH)));
        break;
      default:
        line.append(make('span', 'origin', 'Lobby'), make('span', 'said', `${event.lines} lines were missed`));
    }
    line.style.setProperty('--colour', (event.type === 'announced' ? FLAME : ENERGY).hex);
    this.#show(line, nowMs);
  }

  /** @param {HTMLElement} line @param {number} nowMs */
  #show(line, nowMs) {
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
    if (line !== '') this.onSay(line, this.#where);
    this.close();
  }

  /** What is written goes to the room, or to the lobby, from now on. */
  #turn() {
    this.#where = this.#where === 'room' ? 'lobby' : 'room';
    this.switch.textContent = CAPTIONS[this.#where];
    this.switch.setAttribute('aria-pressed', String(this.#where === 'lobby'));
    this.form.classList.toggle('lobby', this.#where === 'lobby');
    this.input.focus();
  }
}
