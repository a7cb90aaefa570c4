/**
 * Who is in the room, for everybody; and for its host the buttons to send them away and to close the room. Rows
 * keep their places while the list is open. It must not kick by itself; see desk.js.
 */
import { find, make, onPress, setText } from '../hud/page.js';

/** @typedef {import('../../sdk/index.js').Room} Room */
/** @typedef {import('../../sdk/index.js').RosterEntry} RosterEntry */
/** @typedef {{ row: HTMLElement, name: Element, role: Element, kick: HTMLButtonElement, player: number }} Row */

/** Most people that are listed. */
const MOST = 100;

/**
 * The people in a room, the host first; who is run by the server is none.
 * @param {Iterable<RosterEntry>} roster
 * @param {number | undefined} host
 * @returns {RosterEntry[]}
 */
export function peopleIn(roster, host) {
  const isHost = (/** @type {RosterEntry} */ { player }) => Number(player === host);
  return [...roster]
    .filter(({ role }) => role !== 'bot')
    .sort((one, other) => isHost(other) - isHost(one) || one.player - other.player)
    .slice(0, MOST);
}

/**
 * What somebody is in the room, in words.
 * @param {RosterEntry} entry
 * @param {number | undefined} host
 * @param {number | undefined} self
 */
export function roleText({ player, role }, host, self) {
  const words = [];
  if (player === self) words.push('you');
  if (player === host) words.push('host');
  if (role === 'spectator') words.push('watching');
  return words.join(', ');
}

export class PlayerList {
  /** Called with whom the host wants to send away. */
  onKick = (/** @type {number} */ _player) => {};
  /** Called when the host wants to close the room. */
  onClose = () => {};

  /** @type {Row[]} */
  #rows = [];

  /** @param {HTMLElement} within */
  constructor(within) {
    this.within = within;
    this.list = find(within, 'ul', HTMLUListElement);
    this.closeButton = find(within, '.close-room', HTMLButtonElement);
    onPress(this.closeButton, () => this.onClose());
  }

  /**
   * @param {Room | undefined} room
   * @param {(player: number) => string} nameOf
   */
  show(room, nameOf) {
    const isHost = room?.host !== undefined && room.host === room.player;
    const people = room ? peopleIn(room.roster.values(), room.host) : [];
    while (this.#rows.length < people.length) this.#addRow();
    for (const [index, row] of this.#rows.entries()) {
      const entry = people[index];
      row.row.hidden = !entry;
      if (!entry || !room) continue;
      row.player = entry.player;
      const name = nameOf(entry.player);
      setText(row.name, name);
      setText(row.role, roleText(entry, room.host, room.player));
      row.kick.hidden = !isHost || entry.player === room.player;
      row.kick.setAttribute('aria-label', `Send ${name} away`);
    }
    this.closeButton.hidden = !isHost;
    this.within.hidden = people.length === 0;
  }

  #addRow() {
    const row = make('li');
    const name = make('bdi', 'name');
    const role = make('span', 'who');
    const kick = make('button', 'kick', 'Send away');
    const made = { row, name, role, kick, player: NaN };
    kick.type = 'button';
    onPress(kick, () => this.onKick(made.player));
    row.append(name, role, kick);
    this.list.append(row);
    this.#rows.push(made);
  }
}
