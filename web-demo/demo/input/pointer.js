/**
 * The mouse over the field: where it points and which buttons are held. Touch has its own module.
 * It must not decide what a button leads to; see input.js.
 */

/** A mouse that moved less than this, in CSS pixels, was only nudged. */
const NUDGE_PX = 6;

export class Pointer {
  /** CSS pixels from the window's top left corner. */
  x = 0;
  y = 0;
  fire = false;
  thrust = false;
  /** Called when the mouse starts to steer. */
  onSteer = () => {};

  #anchorX = 0;
  #anchorY = 0;

  /** @param {HTMLElement} field */
  constructor(field) {
    field.addEventListener('pointermove', (event) => this.#move(event));
    field.addEventListener('pointerdown', (event) => this.#button(event, true));
    field.addEventListener('pointerup', (event) => this.#button(event, false));
    field.addEventListener('pointercancel', () => this.release());
    field.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  /** Lets go of the buttons, as when the page loses focus. */
  release() {
    this.fire = false;
    this.thrust = false;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === 'touch') return;
    this.x = event.clientX;
    this.y = event.clientY;
    // With a button already held, a second one arrives as a move.
    this.#held(event.buttons);
    if (Math.hypot(this.x - this.#anchorX, this.y - this.#anchorY) < NUDGE_PX) return;
    this.#anchorX = this.x;
    this.#anchorY = this.y;
    this.onSteer();
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} down
   */
  #button(event, down) {
    if (event.pointerType === 'touch') return;
    this.x = event.clientX;
    this.y = event.clientY;
    this.#held(event.buttons);
    if (!down) return;
    // Keeps the release even when it happens outside the window.
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
    this.onSteer();
  }

  /** @param {number} buttons */
  #held(buttons) {
    this.fire = (buttons & 1) !== 0;
    this.thrust = (buttons & 2) !== 0;
  }
}
