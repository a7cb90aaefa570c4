/**
 * The row of buttons for what is not steering: rooms, sound, chat and the net panel. It must not know what
 * they open.
 */
import { find, onPress } from './page.js';

export class Tools {
  onRooms = () => {};
  onSound = () => {};
  onChat = () => {};
  onNet = () => {};

  /** @param {HTMLElement} tools */
  constructor(tools) {
    this.rooms = find(tools, '#tool-rooms', HTMLButtonElement);
    this.sound = find(tools, '#tool-sound', HTMLButtonElement);
    this.chat = find(tools, '#tool-chat', HTMLButtonElement);
    this.net = find(tools, '#tool-net', HTMLButtonElement);
    onPress(this.rooms, () => this.onRooms());
    onPress(this.sound, () => this.onSound());
    onPress(this.chat, () => this.onChat());
    onPress(this.net, () => this.onNet());
  }

  /** @param {boolean} muted */
  showSound(muted) {
    this.sound.setAttribute('aria-pressed', String(!muted));
  }

  /**
   * @param {'rooms' | 'net'} panel
   * @param {boolean} isOpen
   */
  showPanel(panel, isOpen) {
    this[panel].setAttribute('aria-expanded', String(isOpen));
  }

  /**
   * Gives the focus back that was in a panel which closes.
   * @param {'rooms' | 'net'} panel
   */
  focus(panel) {
    this[panel].focus();
  }
}
