/**
 * What is around a list of rooms: the filter, the button for more, and the line for the code of a room that is in
 * no list.
 */
import { find, onPress } from '../hud/page.js';

export class RoomSeeker {
  /** Called with what is in the names of rooms that are wanted, and whether they are to have a free seat. */
  onSeek = (/** @type {string} */ _q, /** @type {boolean} */ _free) => {};
  /** Called when more rooms are wanted. */
  onMore = () => {};
  /** Called with the code of a room. */
  onCode = (/** @type {string} */ _code) => {};

  /** @param {HTMLElement} within */
  constructor(within) {
    const seek = find(within, '.seek', HTMLFormElement);
    const q = find(seek, '[name=q]', HTMLInputElement);
    const free = find(seek, '[name=free]', HTMLInputElement);
    const tell = () => this.onSeek(q.value.trim(), free.checked);
    q.addEventListener('input', tell);
    onPress(free, tell);
    seek.addEventListener('submit', (event) => event.preventDefault());
    this.more = find(within, '.more', HTMLButtonElement);
    onPress(this.more, () => this.onMore());
    const byCode = find(within, '.by-code', HTMLFormElement);
    const code = find(byCode, 'input', HTMLInputElement);
    byCode.addEventListener('submit', (event) => {
      event.preventDefault();
      if (code.value.trim() === '') code.focus();
      else this.onCode(code.value.trim());
      code.value = '';
    });
  }

  /** @param {boolean} hasMore whether the server has more rooms than are listed */
  show(hasMore) {
    this.more.hidden = !hasMore;
  }
}
