/**
 * The connection's state, always on the screen, with a way to come back at once.
 */
import { find, setText } from './page.js';
import { statusText } from './status-text.js';

export class ConnectionPill {
  /** Called when the player wants to come back at once. */
  onRetry = () => {};

  /** @param {HTMLElement} pill */
  constructor(pill) {
    this.pill = pill;
    this.title = find(pill, 'b', HTMLElement);
    this.detail = find(pill, 'span', HTMLElement);
    this.button = find(pill, 'button', HTMLButtonElement);
    this.button.addEventListener('click', () => {
      this.button.blur();
      this.onRetry();
    });
  }

  /**
   * @param {import('../../sdk/index.js').Room} room
   * @param {number} nowMs
   */
  show(room, nowMs) {
    const { ticksPerSecond, bytesPerSecond } = room.stats;
    const figures = { rttMs: room.clock.rttMs, ticksPerSecond, bytesPerSecond };
    const { title, detail, canRetry } = statusText(room.connection, figures, nowMs);
    if (this.pill.dataset.state !== room.connection.state) this.pill.dataset.state = room.connection.state;
    setText(this.title, title);
    setText(this.detail, detail);
    if (this.button.hidden === canRetry) this.button.hidden = !canRetry;
  }
}
