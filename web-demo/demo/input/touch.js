/**
 * Thumbs on glass: a stick that appears under the left thumb (direction steers, pushing out
 * thrusts) and two buttons under the right one. It must not decide what they lead to; see input.js.
 */

/** The stick's reach, and how far out it thrusts, in CSS pixels. */
const REACH_PX = 56;
const THRUST_PX = 26;
/** Closer to the middle than this, the stick gives no direction. */
const IDLE_PX = 9;

export class Touch {
  /** Where the stick points, in radians; `undefined` while it is let go or in the middle. */
  heading = /** @type {number | undefined} */ (undefined);
  thrust = false;
  fire = false;
  /** Called when the stick starts to steer. */
  onSteer = () => {};
  /** Called when the dash button is pressed. */
  onDash = () => {};

  #stick = -1;
  #fingers = new Set();
  #originX = 0;
  #originY = 0;

  /**
   * @param {HTMLElement} field where the stick may appear
   * @param {HTMLElement} ring the stick's picture
   * @param {HTMLElement} fire
   * @param {HTMLElement} dash
   */
  constructor(field, ring, fire, dash) {
    this.ring = ring;
    this.knob = ring.firstElementChild instanceof HTMLElement ? ring.firstElementChild : ring;
    field.addEventListener('pointerdown', (event) => this.#down(event));
    field.addEventListener('pointermove', (event) => this.#move(event));
    field.addEventListener('pointerup', (event) => this.#up(event));
    field.addEventListener('pointercancel', (event) => this.#up(event));
    fire.addEventListener('pointerdown', (event) => {
      fire.setPointerCapture(event.pointerId);
      this.#fingers.add(event.pointerId);
      this.fire = true;
    });
    for (const kind of /** @type {const} */ (['pointerup', 'pointercancel'])) {
      fire.addEventListener(kind, (event) => {
        this.#fingers.delete(event.pointerId);
        this.fire = this.#fingers.size > 0;
      });
    }
    dash.addEventListener('pointerdown', () => this.onDash());
  }

  /** Lets go of everything, as when the page loses focus. */
  release() {
    this.#stick = -1;
    this.#fingers.clear();
    this.fire = false;
    this.#centre();
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.pointerType !== 'touch' || this.#stick !== -1) return;
    this.#stick = event.pointerId;
    this.#originX = event.clientX;
    this.#originY = event.clientY;
    this.ring.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    this.ring.classList.add('held');
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerId !== this.#stick) return;
    const dx = event.clientX - this.#originX;
    const dy = event.clientY - this.#originY;
    const distance = Math.hypot(dx, dy);
    const shown = Math.min(distance, REACH_PX) / Math.max(distance, 1);
    this.knob.style.transform = `translate(${dx * shown}px, ${dy * shown}px)`;
    this.thrust = distance > THRUST_PX;
    if (distance < IDLE_PX) return;
    this.heading = Math.atan2(dy, dx);
    this.onSteer();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerId !== this.#stick) return;
    this.#stick = -1;
    this.#centre();
  }

  #centre() {
    this.thrust = false;
    this.heading = undefined;
    this.knob.style.transform = '';
    this.ring.classList.remove('held');
  }
}
