/**
 * What the buttons about rooms lead to: opening one, going to one by its id or code and asking for its password,
 * and what a host can do. Where to go is told to main.js; this must not join by itself.
 */
import { hostKeyOf, rememberHostKey } from './host-keys.js';
import { NewRoomDialog } from './new-room.js';
import { Confirmation, PasswordQuestion } from './questions.js';

/** @typedef {import('../../sdk/index.js').ListedRoom} ListedRoom */
/** @typedef {import('../../sdk/index.js').Room} Room */
/**
 * A room, and what opens it.
 * @typedef {{ room?: string, code?: string, password?: string, hostKey?: string }} Door
 */
/** @typedef {Door & { spectate?: boolean, replay?: string }} Place */

/** What a server says of a room whose password it has not been given, or not rightly. */
const ASKS_FOR_PASSWORD = ['password_required', 'wrong_password'];

export class RoomDesk {
  /** Called with where somebody wants to go; to do there what they do here if it does not say. */
  onGo = (/** @type {Place} */ _place) => {};
  /** Called with what somebody should know. */
  onSay = (/** @type {string} */ _text) => {};

  #password = new PasswordQuestion();
  #confirmation = new Confirmation();

  /** @param {string} server its address */
  constructor(server) {
    this.newRoom = new NewRoomDialog(server);
    this.newRoom.onOpened = ({ room, code, hostKey }, password) => {
      rememberHostKey(hostKey, [room, code]);
      this.onGo({ ...(code === undefined ? { room } : { room, code }), hostKey, ...(password ? { password } : {}) });
    };
  }

  /**
   * Goes to a room of the list.
   * @param {ListedRoom} listed
   * @param {boolean} [spectate] as one does here if left out
   */
  async join({ room, name, hasPassword }, spectate) {
    const hostKey = hostKeyOf(room);
    const place = { room, hostKey, ...(spectate === undefined ? {} : { spectate }) };
    if (!hasPassword || hostKey) this.onGo(place);
    else await this.#ask(place, name ?? room, 'Only those who know it come in.');
  }

  /** Goes to a room by its code. @param {string} code */
  byCode(code) {
    this.onGo({ code, hostKey: hostKeyOf(code) });
  }

  /**
   * A place was refused. Whoever can open it with a password is asked for that.
   * @param {Place} place
   * @param {{ code?: string, message: string }} error
   */
  async handleRefusal(place, { code, message }) {
    if (code && ASKS_FOR_PASSWORD.includes(code)) await this.#ask(place, place.code ?? place.room ?? 'this room', message);
  }

  /**
   * Sends somebody away, if the host is sure.
   * @param {Room} room
   * @param {number} player
   * @param {string} name
   */
  async kick(room, player, name) {
    const isSure = await this.#confirmation.ask(`Send ${name} away?`, 'They cannot come back for a minute.', 'Send away');
    if (isSure) await this.#do(room.kick(player));
  }

  /** Closes a room, if the host is sure. @param {Room} room */
  async close(room) {
    const isSure = await this.#confirmation.ask('Close this room?', 'The match ends for everybody in it.', 'Close the room');
    if (isSure) await this.#do(room.closeRoom());
  }

  /** @param {Place} place @param {string} room @param {string} reason */
  async #ask(place, room, reason) {
    const password = await this.#password.ask(room, reason);
    if (password) this.onGo({ ...place, password });
  }

  /** @param {Promise<void>} done */
  async #do(done) {
    await done.catch((/** @type {Error} */ { message }) => this.onSay(message));
  }
}
