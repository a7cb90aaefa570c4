/**
 * The panel of rooms while one plays or watches: the link to this room and its code, who is in it, the others, a
 * new one, and changing between playing and watching. It must not join by itself; main.js decides what a press
 * leads to.
 */
import { find, onPress, setText } from '../hud/page.js';
import { copy, roomLink } from './link.js';
import { PlayerList } from './players.js';
import { RoomList } from './room-list.js';
import { RoomSeeker } from './seeker.js';

/** How long "Copied" is shown, in milliseconds. */
const COPIED_MS = 2000;

/** @typedef {import('../../sdk/index.js').Room} Room */

export class RoomPanel {
  /** Called when it is opened or closed, whoever did it, and whether the focus was in it. */
  onToggle = (/** @type {boolean} */ _isOpen, /** @type {boolean} */ _hadFocus) => {};
  /** Called when a new room is wanted. */
  onOpenRoom = () => {};
  /** Called to watch the room that is played, or to play the one that is watched. */
  onTurn = () => {};
  /** Called to go back to the start screen. */
  onLeave = () => {};

  /** What was told last. @type {import('./listing.js').Listing | undefined} */
  #listing = undefined;

  /**
   * @param {HTMLElement} panel
   * @param {(player: number) => string} nameOf
   */
  constructor(panel, nameOf) {
    this.panel = panel;
    this.nameOf = nameOf;
    const rooms = find(panel, '.rooms', HTMLElement);
    this.list = new RoomList(rooms);
    this.seeker = new RoomSeeker(rooms);
    this.players = new PlayerList(find(panel, '.players', HTMLElement));
    this.link = new Copied(find(panel, '.link', HTMLElement), 'Copy link');
    this.code = new Copied(find(panel, '.code', HTMLElement), 'Copy code');
    this.turn = find(panel, '.turn', HTMLButtonElement);
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
   * @param {import('./listing.js').Listing | undefined} listing
   * @param {Room | undefined} room the one that one is in
   * @param {string | undefined} code what a private one is joined by
   */
  show(listing, room, code) {
    this.#listing = listing;
    this.seeker.show(listing?.hasMore ?? false);
    if (!listing) this.list.show(undefined, undefined);
    this.enter(room, code);
  }

  /**
   * Another room is the one that one is in; the list stays as it was last told.
   * @param {Room | undefined} room
   * @param {string | undefined} code
   */
  enter(room, code) {
    // Where one was sent away, or which has ended, is nobody's to share, to run or to watch.
    const here = room?.connection.state === 'closed' ? undefined : room;
    const id = here?.roomId;
    if (this.#listing) this.list.show(this.#listing.rooms, id);
    this.link.show(id === undefined ? '' : roomLink(window.location.href, id, code));
    this.code.show(id === undefined ? '' : (code ?? ''));
    this.players.show(here, this.nameOf);
    this.turn.hidden = id === undefined;
    setText(this.turn, here?.spectator ? 'Play here' : 'Watch instead');
  }
}

/** A line of text with a button that copies it; not there while there is nothing to copy. */
class Copied {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /**
   * @param {HTMLElement} within
   * @param {string} title of the button
   */
  constructor(within, title) {
    this.within = within;
    this.title = title;
    this.field = find(within, 'input', HTMLInputElement);
    this.button = find(within, '.copy', HTMLButtonElement);
    this.field.addEventListener('focus', () => this.field.select());
    onPress(this.button, () => this.#copy());
  }

  /** @param {string} text */
  show(text) {
    if (this.field.value !== text) this.field.value = text;
    this.within.hidden = text === '';
  }

  async #copy() {
    setText(this.button, (await copy(this.field)) ? 'Copied' : 'Select it');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(this.button, this.title), COPIED_MS);
  }
}
