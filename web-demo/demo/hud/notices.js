/**
 * What the player must know now, in the middle of the screen: destroyed and by whom, the seconds to
 * the next ship, an own kill, being back after the connection was lost, that the server restarts or the
 * room has failed, and that it is gone for good. One notice at a time.
 */
import { RESPAWN_MS } from '../arena.js';
import { colourOf } from '../palette.js';
import { make, setText } from './page.js';

/** How long what passes is shown: an own kill, being back. */
const PASSING_MS = 1800;
/** The same for what takes reading. */
const READING_MS = 5000;
/** What has ended, by its short name. */
const OVER = new Map([['kicked', 'The host has sent you away'], ['room_ended', 'This room has ended']]);

export class Notices {
  /** Called when the player wants to join again after the end. */
  onRejoin = () => {};

  #respawnAt = 0;
  #hideAt = 0;
  /** The seconds that are shown. */
  #counted = -1;
  /** @type {HTMLElement | undefined} */
  #count = undefined;
  /** @type {'none' | 'passing' | 'destroyed' | 'ended'} */
  #shown = 'none';

  /** @param {HTMLElement} notice */
  constructor(notice) {
    this.notice = notice;
  }

  /**
   * @param {number} killer
   * @param {number | undefined} self
   * @param {string} name of the killer
   * @param {number} nowMs
   */
  destroyed(killer, self, name, nowMs) {
    this.#respawnAt = nowMs + RESPAWN_MS;
    this.#counted = -1;
    this.#count = make('p', 'count');
    const by = make('p', 'title', killer === self ? 'You crashed' : 'Destroyed by ');
    if (killer !== self) by.append(coloured(name, killer, self));
    this.#show('destroyed', by, this.#count);
    this.update(nowMs);
  }

  /**
   * @param {number} victim
   * @param {number | undefined} self
   * @param {string} name of the victim
   * @param {number} nowMs
   */
  killed(victim, self, name, nowMs) {
    const what = make('p', 'title small', 'Destroyed ');
    what.append(coloured(name, victim, self));
    this.#pass(nowMs, what);
  }

  /**
   * The connection is there again, and the player still the same.
   * @param {number} nowMs
   */
  welcomeBack(nowMs) {
    this.#pass(nowMs, make('p', 'title small', 'Welcome back'));
  }

  /**
   * The server is about to restart.
   * @param {number} closesInMs
   * @param {number} nowMs
   */
  restarting(closesInMs, nowMs) {
    const when = closesInMs >= 1000 ? `in ${Math.round(closesInMs / 1000)} s` : 'now';
    const what = make('p', 'title small', `The server restarts ${when}`);
    this.#pass(nowMs, what, make('p', 'reason', 'You will be back in a moment.'), READING_MS);
  }

  /**
   * Something that was asked for could not be had: the answer to a press comes before all but the end.
   * @param {string} reason
   * @param {number} nowMs
   */
  say(reason, nowMs) {
    if (this.#shown === 'destroyed') this.clear();
    this.#pass(nowMs, make('p', 'title small', reason), '', READING_MS);
  }

  /**
   * The room has failed; another one is joined.
   * @param {number} nowMs
   */
  failed(nowMs) {
    const what = make('p', 'title small', 'This match broke');
    this.#pass(nowMs, what, make('p', 'reason', 'Joining another one …'), READING_MS);
  }

  /**
   * The match stood still, and goes on.
   * @param {'rules' | 'server'} cause
   * @param {number} nowMs
   */
  interrupted(cause, nowMs) {
    const what = make('p', 'title small', 'The match was interrupted');
    const why = cause === 'rules' ? 'A mistake in the game. It goes on where it was.' : 'The server is back. It goes on where it was.';
    this.#pass(nowMs, what, make('p', 'reason', why), READING_MS);
  }

  /** The own ship is there again. */
  alive() {
    if (this.#shown === 'destroyed') this.clear();
  }

  /**
   * The room is gone for good.
   * @param {string} reason
   * @param {string} [cause] the short name of what has ended it, where there is nothing to come back to
   */
  ended(reason, cause) {
    if (this.#shown === 'ended') return;
    const over = cause === undefined ? undefined : OVER.get(cause);
    const again = make('button', '', cause === undefined ? 'Join again' : 'Join another room');
    again.type = 'button';
    again.addEventListener('click', () => this.onRejoin());
    // Where the title says it all, the reason would say it once more.
    const what = over === undefined ? [make('p', 'title', 'Disconnected'), make('p', 'reason', reason)] : [make('p', 'title', over)];
    this.#show('ended', ...what, again);
  }

  clear() {
    this.#shown = 'none';
    this.#count = undefined;
    this.notice.dataset.kind = 'none';
    this.notice.replaceChildren();
  }

  /** @param {number} nowMs */
  update(nowMs) {
    if (this.#shown === 'passing' && nowMs > this.#hideAt) this.clear();
    if (this.#shown === 'destroyed' && this.#count) {
      const seconds = Math.max(0, Math.ceil((this.#respawnAt - nowMs) / 1000));
      if (seconds === this.#counted) return;
      this.#counted = seconds;
      setText(this.#count, seconds > 0 ? `New ship in ${seconds}` : 'New ship …');
    }
  }

  /**
   * Shows what passes, unless something more lasting is shown.
   * @param {number} nowMs
   * @param {Node} what
   * @param {Node | string} more
   * @param {number} forMs
   */
  #pass(nowMs, what, more = '', forMs = PASSING_MS) {
    if (this.#shown === 'destroyed' || this.#shown === 'ended') return;
    this.#hideAt = nowMs + forMs;
    this.#show('passing', what, more);
  }

  /**
   * @param {'passing' | 'destroyed' | 'ended'} kind
   * @param {...(Node | string)} content
   */
  #show(kind, ...content) {
    this.#shown = kind;
    // Taken off and put on again, the entrance plays for every notice.
    this.notice.dataset.kind = 'none';
    this.notice.replaceChildren(...content);
    void this.notice.offsetWidth;
    this.notice.dataset.kind = kind;
  }
}

/**
 * @param {string} name
 * @param {number} player
 * @param {number | undefined} self
 */
function coloured(name, player, self) {
  const element = make('bdi', 'name', name);
  element.style.setProperty('--colour', colourOf(player, self).hex);
  return element;
}
