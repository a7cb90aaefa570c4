/**
 * The row of buttons for what is not steering: rooms, sound and the net panel. It must not know what
 * they open.
 */
import { find, onPress, setText } from './page.js';

export class Tools {
  onRooms = () => {};
  onSound = () => {};
  onNet = () => {};

  /** @param {HTMLElement} tools */
  constructor(tools) {
    this.rooms = find(tools, '#tool-rooms', HTMLButtonElement);
    this.sound = find(tools, '#tool-sound', HTMLButtonElement);
    this.net = find(tools, '#tool-net', HTMLButtonElement);
    onPress(this.rooms, () => this.onRooms());
    onPress(this.sound, () => this.onSound());
    onPress(this.net, () => this.onNet());
  }

  /** @param {boolean} muted */
  showSound(muted) {
    setText(this.sound, muted ? 'Sound off' : 'Sound');
    this.sound.setAttribute('aria-pressed', String(!muted));
  }

  /**
   * @param {'rooms' | 'net'} panel
   * @param {boolean} isOpen
   */
  showPanel(panel, isOpen) {
    this[panel].setAttribute('aria-expanded', String(isOpen));
  }
}
