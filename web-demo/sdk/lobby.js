/**
 * The lobby: what people in different rooms, games and servers say to each other. Asks the server for the room's
 * client, and enters again by itself whenever there is another connection.
 *
 * @module
 */

import { unminded } from './deferred.js';
import { RequestError } from './errors.js';

/** @typedef {import('./requests.js').AnswerValues} AnswerValues */
/** @typedef {import('./requests.js').RequestOptions} RequestOptions */
/** @typedef {import('./uplink.js').Uplink} Uplink */
/** @typedef {import('./wire/messages.js').LobbyNews} LobbyNews */

/**
 * What is heard: a line that somebody said (`room` is undefined where theirs is private), one that was announced by
 * whoever runs the servers, or how many lines this client did not take in time. All of it is plain text.
 *
 * @typedef {{type: 'said', from: string, room: string | undefined, text: string}
 *   | {type: 'announced', text: string} | {type: 'missed', lines: number}} LobbyEvent
 */
/**
 * How many are online, on all servers together; by the names of the games as well.
 *
 * @typedef {object} OnlineCounts
 * @property {number} players
 * @property {number} spectators
 * @property {{[game: string]: {players: number, rooms: number}}} games
 */

/** Lines that a server tells who enters: so many may come twice to who enters again. */
const HISTORY = 20;

/** The lobby, as one room's client has it. */
export class Lobby {
  /**
   * @param {Uplink} uplink
   * @param {(event: LobbyEvent) => void} tell
   */
  constructor(uplink, tell) {
    this._uplink = uplink;
    this._tell = tell;
    this._isWanted = false;
    /** The answer that is waited for. @type {Promise<number> | undefined} */
    this._entering = undefined;
    /** The newest lines that were heard. @type {string[]} */
    this._heard = [];
    /** Those of them that may come once more. @type {string[]} */
    this._again = [];
  }

  /** Whether the client is in the lobby, or wants to be as soon as there is a connection. */
  get isEntered() {
    return this._isWanted;
  }

  /**
   * Enters, now or as soon as there is a connection, and again on later ones. The newest lines follow as events.
   *
   * @param {RequestOptions} [options]
   * @returns {Promise<number>} how many are in it; rejects with a `RequestError`, `not_supported` where the server
   *   knows of no lobby
   */
  enter(options = {}) {
    this._isWanted = true;
    return this._ask(options);
  }

  /**
   * Leaves.
   *
   * @param {RequestOptions} [options]
   * @returns {Promise<void>} rejects with a `RequestError`
   */
  leave(options = {}) {
    this._isWanted = false;
    this._heard = [];
    this._again = [];
    return unminded(this._uplink.askServer({ type: 'leave_lobby' }, options).then(() => {}));
  }

  /**
   * Says a line to everybody in the lobby.
   *
   * @param {string} text
   * @param {RequestOptions} [options]
   * @returns {Promise<void>} rejects with a `RequestError` such as `too_fast`, `too_long` or `not_in_lobby`
   */
  say(text, options = {}) {
    return unminded(this._uplink.askServer({ type: 'say_to_lobby', text: String(text) }, options).then(() => {}));
  }

  /**
   * Asks how many are online. One need not be in the lobby for it.
   *
   * @param {RequestOptions} [options]
   * @returns {Promise<OnlineCounts>} rejects with a `RequestError`
   */
  online(options = {}) {
    return unminded(this._uplink.askServer({ type: 'who_is_online' }, options).then(countsOf));
  }

  /** There is another connection: nobody has entered on it. */
  handleWelcome() {
    if (!this._isWanted) return;
    this._again = [...this._heard];
    // Who has just asked is asked for already. How it goes is told by who is heard.
    if (!this._entering) this._ask({});
  }

  /** @param {LobbyNews} news */
  handleNews(news) {
    if (news.type === 'missed') {
      this._again = [];
      this._tell(news);
    } else if (!this._isKnown(JSON.stringify(news))) {
      this._tell(news.type === 'said' ? { ...news, room: news.room || undefined } : news);
    }
  }

  /** @param {RequestOptions} options */
  _ask(options) {
    const asked = this._uplink.askServer({ type: 'enter_lobby' }, { resend: true, ...options });
    const entering = asked.then(
      ([members]) => Number(members),
      (error) => {
        // Nobody will ever let it in there.
        if (error.code === 'not_supported') this._isWanted = false;
        throw error;
      },
    );
    const over = () => {
      if (this._entering === entering) this._entering = undefined;
    };
    entering.then(over, over);
    this._entering = entering;
    return unminded(entering);
  }

  /**
   * Whether a line was heard on the connection before: the newest ones are told again, in their order, up to the
   * first that is new.
   *
   * @param {string} line
   */
  _isKnown(line) {
    const at = this._again.indexOf(line);
    this._again = at < 0 ? [] : this._again.slice(at + 1);
    if (at >= 0) return true;
    this._heard.push(line);
    if (this._heard.length > HISTORY) this._heard.shift();
    return false;
  }
}

/** @param {AnswerValues} values @returns {OnlineCounts} */
function countsOf([players, spectators, ...rest]) {
  /** @type {OnlineCounts['games']} */
  const games = Object.create(null);
  const isSound = [players, spectators].every(Number.isInteger) && rest.length % 3 === 0;
  for (let at = 0; at + 2 < rest.length; at += 3) {
    games[String(rest[at])] = { players: Number(rest[at + 1]), rooms: Number(rest[at + 2]) };
  }
  if (!isSound) throw new RequestError('bad_answer', 'the server did not answer with counts');
  return { players: Number(players), spectators: Number(spectators), games };
}
