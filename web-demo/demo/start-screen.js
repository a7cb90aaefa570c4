/**
 * The screen before the game: who is it, where to, and go. Remembers the name. It must not join by
 * itself; main.js decides what its buttons lead to.
 */
import { find, onPress, setText } from './hud/page.js';
import { cleanName, cleanText } from './names.js';
import { NAME_LENGTH } from './arena.js';
import { RoomList } from './rooms/room-list.js';
import { RoomSeeker } from './rooms/seeker.js';

const REMEMBERED_AS = 'tickwire.name';

export class StartScreen {
  /** Called with the name when the player wants to play. */
  onPlay = (/** @type {string} */ _name) => {};
  /** Called when they want a room of their own. */
  onOpenRoom = () => {};

  constructor() {
    this.root = find(document, '#start', HTMLElement);
    this.form = find(this.root, 'form', HTMLFormElement);
    this.input = find(this.root, '#name', HTMLInputElement);
    this.button = find(this.root, 'button', HTMLButtonElement);
    this.status = find(this.root, '#start-status', HTMLElement);
    this.input.value = rememberedName();
    const rooms = find(this.root, '#start-rooms', HTMLElement);
    this.rooms = new RoomList(rooms);
    this.seeker = new RoomSeeker(rooms);
    this.openButton = find(rooms, '.actions .open', HTMLButtonElement);
    this.replays = find(rooms, '.actions a', HTMLAnchorElement);
    onPress(this.openButton, () => this.onOpenRoom());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.onPlay(this.takeName());
    });
  }

  /** The name in the field, as others will see it. */
  get name() {
    return cleanName(this.input.value);
  }

  /** The same, and it is remembered. */
  takeName() {
    remember(cleanText(this.input.value, NAME_LENGTH));
    return this.name;
  }

  /** Whether joining is under way. */
  get isBusy() {
    return this.button.disabled;
  }

  show() {
    document.body.dataset.screen = 'start';
    this.busy(false);
    // On a phone the keyboard would cover the screen before anybody has seen it.
    if (!window.matchMedia('(pointer: coarse)').matches) this.input.focus();
  }

  /** @param {'play' | 'watch'} screen what comes instead */
  hide(screen) {
    document.body.dataset.screen = screen;
    this.input.blur();
  }

  /** @param {import('./rooms/listing.js').Listing | undefined} listing `undefined` if the server does not say */
  showRooms(listing) {
    this.rooms.show(listing?.rooms, undefined);
    this.seeker.show(listing?.hasMore ?? false);
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
