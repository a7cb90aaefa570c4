/**
 * Keys, mouse and fingers of somebody who watches: they move the picture and choose whom it follows.
 * It must not decide where the camera may go; see free-camera.js.
 */
import { isForField } from '../hud/page.js';

/** A finger or mouse that moved less than this, in CSS pixels, tapped. */
const TAP_PX = 6;
/** Change of size per pixel of the wheel. */
const WHEEL = 0.0016;

/** @type {Record<string, [number, number, number]>} what a key adds to x, y and zoom */
const KEYS = {
  ArrowLeft: [-1, 0, 0], KeyA: [-1, 0, 0],
  ArrowRight: [1, 0, 0], KeyD: [1, 0, 0],
  ArrowUp: [0, -1, 0], KeyW: [0, -1, 0],
  ArrowDown: [0, 1, 0], KeyS: [0, 1, 0],
  Equal: [0, 0, 1], NumpadAdd: [0, 0, 1],
  Minus: [0, 0, -1], NumpadSubtract: [0, 0, -1],
};
/** Signs lie elsewhere on every layout, and come before what else lies there. @type {Record<string, [number, number, number]>} */
const SIGNS = { '+': [0, 0, 1], '-': [0, 0, -1] };
/** Keys that choose the next, or the one before. @type {Record<string, 1 | -1>} */
const CHOOSE = { KeyE: 1, Space: 1, BracketRight: 1, KeyQ: -1, BracketLeft: -1 };

/**
 * What it moves.
 * @typedef {object} Watching
 * @property {import('./free-camera.js').FreeCamera} free
 * @property {import('../camera.js').Camera} camera
 * @property {import('../scene.js').Scene} scene
 * @property {import('../arena.js').World} world
 */

export class SpectatorInput {
  /** Whether somebody watches. */
  isWanted = () => false;

  /** Whether a key is somebody else's, as those that run a recording are. */
  isTaken = (/** @type {KeyboardEvent} */ _event) => false;

  /** What the held keys add, by code. @type {Map<string, [number, number, number]>} */
  #held = new Map();
  /** Fingers and buttons that are down, by pointer. @type {Map<number, { x: number, y: number }>} */
  #down = new Map();
  #moved = 0;

  /**
   * @param {HTMLElement} field
   * @param {Watching} watching
   */
  constructor(field, watching) {
    this.watching = watching;
    window.addEventListener('keydown', (event) => this.#press(event));
    window.addEventListener('keyup', (event) => this.#release(event.code));
    window.addEventListener('blur', () => this.release());
    field.addEventListener('pointerdown', (event) => {
      if (!this.isWanted()) return;
      if (this.#down.size === 0) this.#moved = 0;
      field.setPointerCapture(event.pointerId);
      this.#down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    field.addEventListener('pointermove', (event) => this.#move(event));
    field.addEventListener('pointerup', (event) => this.#up(event));
    field.addEventListener('pointercancel', (event) => this.#down.delete(event.pointerId));
    field.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  /** Lets go of everything. */
  release() {
    this.#held.clear();
    this.#down.clear();
    this.#tell();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { code, key, target } = event;
    if (!this.isWanted() || event.ctrlKey || event.metaKey || event.altKey || isForField(target, key)) return;
    if (this.isTaken(event)) return;
    const moves = SIGNS[key] ?? KEYS[code];
    const step = SIGNS[key] ? undefined : CHOOSE[code];
    if (step) {
      if (code === 'Space' && target instanceof HTMLButtonElement) return;
      event.preventDefault();
      this.watching.free.followNext(this.watching.scene.ships, step);
    } else if (moves) {
      event.preventDefault();
      this.#held.set(code, moves);
      this.#tell();
    }
  }

  /** @param {string} code */
  #release(code) {
    if (this.#held.delete(code)) this.#tell();
  }

  #tell() {
    const sums = { x: 0, y: 0, zoom: 0 };
    for (const [x, y, zoom] of this.#held.values()) {
      sums.x += x;
      sums.y += y;
      sums.zoom += zoom;
    }
    const { keys } = this.watching.free;
    keys.x = Math.sign(sums.x);
    keys.y = Math.sign(sums.y);
    keys.zoom = Math.sign(sums.zoom);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const from = this.#down.get(event.pointerId);
    if (!from || !this.isWanted()) return;
    const { free, camera, world } = this.watching;
    const dx = event.clientX - from.x;
    const dy = event.clientY - from.y;
    this.#moved += Math.hypot(dx, dy);
    const other = [...this.#down].find(([pointer]) => pointer !== event.pointerId)?.[1];
    if (other) {
      // Two fingers: the picture grows with the way between them, and moves with their middle.
      const before = Math.hypot(from.x - other.x, from.y - other.y);
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      const [x, y] = [(event.clientX + other.x) / 2, (event.clientY + other.y) / 2];
      if (before > 0 && after > 0) free.zoom(after / before, x, y, camera, world);
      free.drag(dx / 2, dy / 2, camera, world);
    } else if (this.#moved > TAP_PX) {
      free.drag(dx, dy, camera, world);
    }
    from.x = event.clientX;
    from.y = event.clientY;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#down.delete(event.pointerId) || !this.isWanted() || this.#moved > TAP_PX) return;
    const { free, camera, scene } = this.watching;
    free.tap(event.clientX, event.clientY, camera, scene.ships);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!this.isWanted()) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 18 : event.deltaY;
    const { free, camera, world } = this.watching;
    free.zoom(Math.exp(-pixels * WHEEL), event.clientX, event.clientY, camera, world);
  }
}
