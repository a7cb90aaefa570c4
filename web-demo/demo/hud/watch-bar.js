/**
 * Who is followed by somebody who watches, and buttons to follow another or to play. It must not
 * move the camera.
 */
import { colourOf } from '../palette.js';
import { find, onPress, setText } from './page.js';

export class WatchBar {
  /** Called to follow the next, or the one before. */
  onStep = (/** @type {1 | -1} */ _step) => {};
  onPlay = () => {};

  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.title = find(bar, '.title', HTMLElement);
    this.name = find(bar, '.name', HTMLElement);
    onPress(find(bar, '.before', HTMLButtonElement), () => this.onStep(-1));
    onPress(find(bar, '.next', HTMLButtonElement), () => this.onStep(1));
    onPress(find(bar, '.play', HTMLButtonElement), () => this.onPlay());
  }

  /**
   * @param {number | undefined} followed the player
   * @param {(player: number) => string} nameOf
   */
  show(followed, nameOf) {
    setText(this.title, followed === undefined ? 'Free camera' : 'Following');
    setText(this.name, followed === undefined ? '' : nameOf(followed));
    if (followed === undefined) return;
    const colour = colourOf(followed).hex;
    if (this.name.style.getPropertyValue('--colour') !== colour) this.name.style.setProperty('--colour', colour);
  }
}
