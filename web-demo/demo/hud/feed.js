/**
 * Who destroyed whom, newest first, each line for a few seconds.
 */
import { colourOf } from '../palette.js';
import { make } from './page.js';

const SHOWN = 5;
const SHOWN_MS = 6000;

export class Feed {
  /** @type {{ line: HTMLElement, until: number }[]} */
  #lines = [];

  /** @param {Element} feed */
  constructor(feed) {
    this.feed = feed;
  }

  /**
   * @param {number} killer
   * @param {number} victim
   * @param {number | undefined} self
   * @param {(player: number) => string} nameOf
   * @param {number} nowMs
   */
  add(killer, victim, self, nameOf, nowMs) {
    const line = make('p', killer === self || victim === self ? 'own' : '');
    line.append(
      who(killer, self, nameOf),
      make('span', 'arrow', killer === victim ? 'crashed' : ''),
      ...(killer === victim ? [] : [who(victim, self, nameOf)]),
    );
    this.feed.prepend(line);
    this.#lines.unshift({ line, until: nowMs + SHOWN_MS });
    while (this.#lines.length > SHOWN) this.#lines.pop()?.line.remove();
  }

  /** @param {number} nowMs */
  update(nowMs) {
    for (let last = this.#lines[this.#lines.length - 1]; last && nowMs > last.until; last = this.#lines[this.#lines.length - 1]) {
      this.#lines.pop();
      last.line.remove();
    }
  }

  clear() {
    for (const { line } of this.#lines) line.remove();
    this.#lines = [];
  }
}

/**
 * @param {number} player
 * @param {number | undefined} self
 * @param {(player: number) => string} nameOf
 */
function who(player, self, nameOf) {
  const name = make('bdi', 'name', nameOf(player));
  name.style.setProperty('--colour', colourOf(player, self).hex);
  return name;
}
