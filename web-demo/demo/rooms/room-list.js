/**
 * Rooms as a list with a button to join each. Rows are made once and filled again, and rooms keep their
 * places while they are listed: a button must not go away under the pointer. It must not ask the
 * server; see rooms.js.
 */
import { find, make, onPress, setText } from '../hud/page.js';
import { cleanText } from '../names.js';

/** @typedef {import('../../sdk/index.js').ListedRoom} ListedRoom */
/**
 * @typedef {object} Row
 * @property {HTMLElement} row
 * @property {Element} name
 * @property {Element} who
 * @property {HTMLButtonElement} join
 * @property {HTMLButtonElement} watch
 * @property {ListedRoom | undefined} room
 */

/** Most characters of a room's title. */
const TITLE_LENGTH = 40;

export class RoomList {
  /** Called with a room to join, or to watch. */
  onJoin = (/** @type {ListedRoom} */ _room) => {};
  onWatch = (/** @type {ListedRoom} */ _room) => {};

  /** @type {Row[]} */
  #rows = [];

  /** @param {HTMLElement} within holds a `ul` and a line for when there is nothing to list */
  constructor(within) {
    this.list = find(within, 'ul', HTMLUListElement);
    this.line = find(within, 'p', HTMLElement);
  }

  /**
   * @param {ListedRoom[] | undefined} rooms `undefined` if the server does not say
   * @param {string | undefined} current the room that one is in
   */
  show(rooms, current) {
    const listed = inPlace(rooms ?? [], this.#rows.map(({ room }) => room?.room ?? ''));
    while (this.#rows.length < listed.length) this.#addRow();
    for (const [index, row] of this.#rows.entries()) {
      const room = listed[index];
      row.row.hidden = !room;
      if (room) fill(row, room, room.room === current);
      else row.room = undefined;
    }
    setText(this.line, rooms ? (listed.length === 0 ? 'No such room is open. Play opens one.' : '') : 'The server is away.');
  }

  #addRow() {
    const row = make('li');
    const name = make('bdi', 'room');
    const who = make('span', 'who');
    const join = make('button', 'join', 'Join');
    const watch = make('button', 'watch', 'Watch');
    /** @type {Row} */
    const made = { row, name, who, join, watch, room: undefined };
    for (const button of [join, watch]) button.type = 'button';
    onPress(join, () => made.room && this.onJoin(made.room));
    onPress(watch, () => made.room && this.onWatch(made.room));
    row.append(name, who, join, watch);
    this.list.append(row);
    this.#rows.push(made);
  }
}

/**
 * Rooms in the order in which they were shown, new ones after those.
 * @param {ListedRoom[]} rooms
 * @param {string[]} shown their ids
 */
export function inPlace(rooms, shown) {
  const place = (/** @type {ListedRoom} */ { room }) => (shown.includes(room) ? shown.indexOf(room) : shown.length);
  return [...rooms].sort((one, other) => place(one) - place(other));
}

/**
 * @param {Row} row
 * @param {ListedRoom} room
 * @param {boolean} isCurrent
 */
function fill(row, room, isCurrent) {
  const title = cleanText(room.name, TITLE_LENGTH) || cleanText(room.room, TITLE_LENGTH);
  row.room = room;
  setText(row.name, title);
  setText(row.who, who(room));
  row.row.classList.toggle('current', isCurrent);
  row.join.hidden = isCurrent;
  row.watch.hidden = isCurrent;
  row.join.disabled = room.freeSeats === 0;
  row.join.setAttribute('aria-label', `Join ${title}`);
  row.watch.setAttribute('aria-label', `Watch ${title}`);
}

/** @param {ListedRoom} room */
function who({ players, spectators, bots, freeSeats, capacity, hasPassword }) {
  const parts = [freeSeats === 0 ? `${players} of ${capacity}, full` : `${players} of ${capacity}`];
  if (bots > 0) parts.push(bots === 1 ? '1 bot' : `${bots} bots`);
  if (spectators > 0) parts.push(`${spectators} watching`);
  if (hasPassword) parts.push('password');
  return parts.join(' · ');
}
