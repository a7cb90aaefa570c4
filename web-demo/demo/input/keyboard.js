/**
 * Which control keys are held. Reads key positions (`code`), so that WASD is in the same place on
 * every layout. It must not decide what keys lead to; see input.js.
 */
import { isForField } from '../hud/page.js';

const LEFT = new Set(['ArrowLeft', 'KeyA']);
const RIGHT = new Set(['ArrowRight', 'KeyD']);
const THRUST = new Set(['ArrowUp', 'KeyW']);
const FIRE = new Set(['Space']);
const DASH = new Set(['ShiftLeft', 'ShiftRight']);
const CONTROLS = [LEFT, RIGHT, THRUST, FIRE, DASH, new Set(['ArrowDown', 'KeyS'])];

export class Keyboard {
  /** Called when a turning key goes down. */
  onSteer = () => {};
  /** Called when the dash key goes down. */
  onDash = () => {};
  /** Whether there is something to steer; if not, keys are the page's: space presses buttons. */
  isWanted = () => true;

  /** @type {Set<string>} */
  #held = new Set();

  /** @param {Window} page */
  constructor(page) {
    page.addEventListener('keydown', (event) => this.#down(event));
    page.addEventListener('keyup', (event) => this.#held.delete(event.code));
  }

  /** Lets go of everything, as when the page loses focus. */
  release() {
    this.#held.clear();
  }

  get thrust() {
    return this.#any(THRUST);
  }

  get fire() {
    return this.#any(FIRE);
  }

  /** -1 left, 1 right, 0 neither or both. */
  get turn() {
    return Number(this.#any(RIGHT)) - Number(this.#any(LEFT));
  }

  /** @param {KeyboardEvent} event */
  #down(event) {
    if (!this.isWanted() || isForField(event.target, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!CONTROLS.some((codes) => codes.has(event.code))) return;
    // Who came to a button by Tab presses it by space.
    if (event.code === 'Space' && event.target instanceof HTMLButtonElement) return;
    // Arrows and space would scroll.
    event.preventDefault();
    if (event.repeat) return;
    this.#held.add(event.code);
    if (LEFT.has(event.code) || RIGHT.has(event.code)) this.onSteer();
    if (DASH.has(event.code)) this.onDash();
  }

  /** @param {Set<string>} codes */
  #any(codes) {
    for (const code of codes) if (this.#held.has(code)) return true;
    return false;
  }
}
