/**
 * The panel of rooms while one plays or watches: the link to this room, the others, a new one, and
 * changing between playing and watching. It must not join by itself; main.js decides what a press
 * leads to.
 */
import { find, onPress, setText } from '../hud/page.js';
import { copy, roomLink } from './link.js';
import { RoomList } from './room-list.js';

/** How long "Copied" is shown, in milliseconds. */
const COPIED_MS = 2000;

export class RoomPanel {
  /** Called when it is opened or closed, whoever did it, and whether the focus was in it. */
  onToggle = (/** @type {boolean} */ _isOpen, /** @type {boolean} */ _hadFocus) => {};
  /** Called when a new room is wanted. */
  onOpenRoom = () => {};
  /** Called to watch the room that is played, or to play the one that is watched. */
  onTurn = () => {};
  /** Called to go back to the start screen. */
  onLeave = () => {};

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #copied = undefined;
  /** What was told last. @type {import('./listing.js').ListedRoom[] | undefined} */
  #rooms = undefined;

  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    this.list = new RoomList(find(panel, '.rooms', HTMLElement));
    this.link = find(panel, '#room-link', HTMLInputElement);
    this.copyButton = find(panel, '.copy', HTMLButtonElement);
    this.turn = find(panel, '.turn', HTMLButtonElement);
    this.link.addEventListener('focus', () => this.link.select());
    onPress(this.copyButton, () => this.#copy());
    this.openButton = find(panel, '.open', HTMLButtonElement);
    onPress(this.openButton, () => this.onOpenRoom());
    onPress(this.turn, () => this.onTurn());
    onPress(find(panel, '.leave', HTMLButtonElement), () => this.onLeave());
    onPress(find(panel, '.close', HTMLButtonElement), () => this.toggle(false));
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** @param {boolean} [open] the other way round if left out */
  toggle(open = !this.isOpen) {
    if (open === this.isOpen) return;
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.hidden = !open;
    this.onToggle(open, hadFocus);
  }

  /**
   * @param {import('./listing.js').ListedRoom[] | undefined} rooms
   * @param {import('../../sdk/index.js').Room | undefined} room the one that one is in
   */
  show(rooms, room) {
    this.#rooms = rooms;
    if (!rooms) this.list.show(rooms, undefined);
    this.enter(room);
  }

  /**
   * Another room is the one that one is in; the list stays as it was last told.
   * @param {import('../../sdk/index.js').Room | undefined} room
   */
  enter(room) {
    const id = room?.roomId;
    if (this.#rooms) this.list.show(this.#rooms, id);
    const link = id === undefined ? '' : roomLink(window.location.href, id);
    if (this.link.value !== link) this.link.value = link;
    this.copyButton.disabled = link === '';
    setText(this.turn, room?.spectator ? 'Play here' : 'Watch instead');
  }

  async #copy() {
    setText(this.copyButton, (await copy(this.link)) ? 'Copied' : 'Select it');
    clearTimeout(this.#copied);
    this.#copied = setTimeout(() => setText(this.copyButton, 'Copy link'), COPIED_MS);
  }
}
