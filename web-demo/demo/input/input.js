/**
 * What the player wants the ship to do, from whichever device was used last. Reads keyboard.js,
 * pointer.js, touch.js and gamepad.js, and asks steering.js for rudder. It must not draw or send.
 */
import { FULL_TURN } from '../arena.js';
import { Gamepad } from './gamepad.js';
import { Keyboard } from './keyboard.js';
import { Pointer } from './pointer.js';
import { rudder } from './steering.js';
import { Touch } from './touch.js';

/** @typedef {import('../../sdk/index.js').Entity} Entity */
/** @typedef {{ thrust: number, turn: number, fire: number, dash: number }} Input */
/** @typedef {{ field: HTMLElement, stick: HTMLElement, fire: HTMLElement, dash: HTMLElement }} Controls */

/** A pointer closer to the ship than this, in CSS pixels, gives no direction. */
const TOO_CLOSE_PX = 10;

export class ShipInput {
  /** Which device steers. @type {'keys' | 'pointer' | 'touch' | 'gamepad'} */
  device = 'keys';
  /** Called with the input that lets go of everything; it is to be sent at once. */
  onRelease = (/** @type {Input} */ _input) => {};
  /** The input in force. @type {Input} */
  current = { thrust: 0, turn: 0, fire: 0, dash: 0 };

  /** Whether a dash was asked for since the last frame. */
  #dash = false;

  /** @param {Controls} controls */
  constructor(controls) {
    this.keyboard = new Keyboard(window);
    this.pointer = new Pointer(controls.field);
    this.touch = new Touch(controls.field, controls.stick, controls.fire, controls.dash);
    this.gamepad = new Gamepad(() => navigator.getGamepads(), window);
    this.keyboard.onSteer = () => (this.device = 'keys');
    this.pointer.onSteer = () => (this.device = 'pointer');
    this.touch.onSteer = () => (this.device = 'touch');
    this.gamepad.onSteer = () => (this.device = 'gamepad');
    this.keyboard.onDash = () => (this.#dash = true);
    this.touch.onDash = () => (this.#dash = true);
    this.gamepad.onDash = () => (this.#dash = true);
    window.addEventListener('blur', () => this.release());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.release();
    });
  }

  /** Lets go of all keys, buttons and fingers. */
  release() {
    this.keyboard.release();
    this.pointer.release();
    this.touch.release();
    this.gamepad.release();
    this.#dash = false;
    this.current = { thrust: 0, turn: 0, fire: 0, dash: 0 };
    this.onRelease(this.current);
  }

  /**
   * What the player wants in this frame.
   * @param {Entity | undefined} ship the own ship, as it is shown
   * @param {import('../camera.js').Camera} camera
   */
  read(ship, camera) {
    const { keyboard, pointer, touch, gamepad, current } = this;
    current.thrust = Number(keyboard.thrust || pointer.thrust || touch.thrust || gamepad.thrust);
    current.fire = Number(keyboard.fire || pointer.fire || touch.fire || gamepad.fire);
    current.turn = ship ? this.#turn(ship, camera) : 0;
    current.dash = Number(this.#dash);
    this.#dash = false;
    return current;
  }

  /**
   * @param {Entity} ship
   * @param {import('../camera.js').Camera} camera
   */
  #turn(ship, camera) {
    if (this.device === 'keys') return this.keyboard.turn * FULL_TURN;
    if (this.device === 'gamepad' && this.gamepad.turn !== 0) return this.gamepad.turn * FULL_TURN;
    const heading = this.#heading(ship, camera);
    return heading === undefined ? 0 : rudder(ship.angle, heading);
  }

  /**
   * Where to, in radians, as the device in use says.
   * @param {Entity} ship
   * @param {import('../camera.js').Camera} camera
   */
  #heading(ship, camera) {
    if (this.device === 'touch') return this.touch.heading;
    return this.device === 'gamepad' ? this.gamepad.heading : this.#pointed(ship, camera);
  }

  /**
   * The direction from the ship to the pointer, in radians.
   * @param {Entity} ship
   * @param {import('../camera.js').Camera} camera
   */
  #pointed(ship, camera) {
    const dx = this.pointer.x - camera.screenX(ship.x);
    const dy = this.pointer.y - camera.screenY(ship.y);
    return Math.hypot(dx, dy) < TOO_CLOSE_PX ? undefined : Math.atan2(dy, dx);
  }
}
