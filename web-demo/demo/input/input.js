/**
 * What the player wants the ship to do, from whichever device was used last, and the sending of it.
 * Reads keyboard.js, pointer.js, touch.js and gamepad.js, asks steering.js for rudder and sender.js for the
 * moment. It must not draw.
 */
import { FULL_TURN } from '../arena.js';
import { Gamepad } from './gamepad.js';
import { Keyboard } from './keyboard.js';
import { Pointer } from './pointer.js';
import { Sender } from './sender.js';
import { Steering } from './steering.js';
import { Touch } from './touch.js';

/** @typedef {import('../../sdk/index.js').Entity} Entity */
/** @typedef {{ field: HTMLElement, stick: HTMLElement, fire: HTMLElement, dash: HTMLElement }} Controls */

/** Time from sending to seeing beyond the round trip: about a tick and a half, in milliseconds. */
const TICKS_MS = 50;
/** A pointer closer to the ship than this, in CSS pixels, gives no direction. */
const TOO_CLOSE_PX = 10;

export class ShipInput {
  /** Which device steers. @type {'keys' | 'pointer' | 'touch' | 'gamepad'} */
  device = 'keys';
  /** Called with the input that lets go of everything; it is to be sent at once. */
  onRelease = (/** @type {import('./sender.js').Input} */ _input) => {};
  /** The input in force. @type {import('./sender.js').Input} */
  current = { thrust: 0, turn: 0, fire: 0, dash: 0 };

  #steering = new Steering();
  #sender = new Sender();

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
    this.keyboard.onDash = () => this.#sender.dash();
    this.touch.onDash = () => this.#sender.dash();
    this.gamepad.onDash = () => this.#sender.dash();
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
    const nowMs = performance.now();
    this.current = this.#sender.stop(nowMs);
    this.#steering.given(0, nowMs);
    this.onRelease(this.current);
  }

  /**
   * What to send now, or `undefined` when nothing is due.
   * @param {number} nowMs
   * @param {Entity | undefined} ship the own ship in the newest state
   * @param {import('../camera.js').Camera} camera
   * @param {number} rttMs
   */
  due(nowMs, ship, camera, rttMs) {
    const { keyboard, pointer, touch, gamepad } = this;
    const thrust = Number(keyboard.thrust || pointer.thrust || touch.thrust || gamepad.thrust);
    const fire = Number(keyboard.fire || pointer.fire || touch.fire || gamepad.fire);
    const turn = ship ? this.#turn(nowMs, ship, camera, rttMs + TICKS_MS) : 0;
    const input = this.#sender.due(nowMs, thrust, turn, fire);
    if (input) {
      this.#steering.given(turn, nowMs);
      this.current = input;
    }
    return input;
  }

  /**
   * @param {number} nowMs
   * @param {Entity} ship
   * @param {import('../camera.js').Camera} camera
   * @param {number} delayMs
   */
  #turn(nowMs, ship, camera, delayMs) {
    if (this.device === 'keys') return this.keyboard.turn * FULL_TURN;
    if (this.device === 'gamepad' && this.gamepad.turn !== 0) return this.gamepad.turn * FULL_TURN;
    const heading = this.#heading(ship, camera);
    if (heading === undefined) return 0;
    return this.#steering.towards(ship.angle, heading, nowMs, delayMs);
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
