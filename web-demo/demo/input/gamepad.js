/**
 * A gamepad of the standard layout: the left stick points where to fly and thrusts when pushed out,
 * as the stick on glass does; triggers and buttons thrust, fire and dash; the cross steers like
 * keys. Pads tell nothing by themselves: they are asked in every frame. It must not decide what
 * buttons lead to; see input.js.
 */

/** Buttons of the standard layout (W3C Gamepad, section 6). */
const A = 0;
const B = 1;
const X = 2;
const LEFT_BUMPER = 4;
const RIGHT_BUMPER = 5;
const LEFT_TRIGGER = 6;
const RIGHT_TRIGGER = 7;
const START = 9;
const UP = 12;
const LEFT = 14;
const RIGHT = 15;
/** The stick rests within this, and thrusts beyond that, as shares of its way. */
const REST = 0.25;
const PUSHED = 0.75;
/** A stick that moved less than this was not moved by a hand: worn ones rest anywhere, and tremble. */
const NUDGE = 0.15;
/** A trigger counts as pulled from here on. */
const PULLED = 0.35;

export class Gamepad {
  /** Where the stick points, in radians; `undefined` while it rests. @type {number | undefined} */
  heading = undefined;
  thrust = false;
  fire = false;
  /** -1 left, 1 right, by the cross. */
  turn = 0;
  /** The stick as it is, for whoever watches: -1 to 1, 0 while it rests. */
  x = 0;
  y = 0;
  /** Called when stick or cross steer somewhere else: not while they only stay where they are. */
  onSteer = () => {};
  /** Called when any button goes down. */
  onPress = () => {};
  /** Called when a dash button goes down. */
  onDash = () => {};
  /** Called when A or the start button goes down. */
  onStart = () => {};

  #isThere = false;
  #dashed = false;
  #started = false;
  #pressed = false;
  /** Where the stick was when it was last moved. */
  #anchorX = 0;
  #anchorY = 0;

  /**
   * @param {() => (globalThis.Gamepad | null)[]} pads as `navigator.getGamepads`
   * @param {EventTarget} page where pads announce themselves
   */
  constructor(pads, page) {
    this.pads = pads;
    // Asked only from here on: asking costs, and most have none.
    page.addEventListener('gamepadconnected', () => (this.#isThere = true));
  }

  /** Lets go of everything until it is read again. */
  release() {
    this.heading = undefined;
    this.thrust = false;
    this.fire = false;
    this.turn = 0;
    this.x = 0;
    this.y = 0;
  }

  /** Reads the pad. */
  read() {
    if (!this.#isThere) return;
    const pad = this.pads().find((one) => one?.connected && one.mapping === 'standard');
    if (!pad) {
      this.release();
      return;
    }
    const { axes, buttons } = pad;
    const down = (/** @type {number} */ index) => (buttons[index]?.value ?? 0) > PULLED;
    const [x = 0, y = 0] = axes;
    const out = Math.hypot(x, y);
    this.x = out > REST ? x : 0;
    this.y = out > REST ? y : 0;
    // Let go, the stick leaves the ship as it flies and does not turn it back.
    this.heading = out > REST ? Math.atan2(y, x) : undefined;
    const turned = this.turn;
    this.turn = Number(down(RIGHT)) - Number(down(LEFT));
    this.thrust = out > PUSHED || down(LEFT_TRIGGER) || down(UP);
    this.fire = down(RIGHT_TRIGGER) || down(A);
    const isMoved = this.#isMoved(x, y);
    if ((isMoved && this.heading !== undefined) || (this.turn !== 0 && this.turn !== turned)) this.onSteer();
    this.#pressed = once(buttons.some(({ value }) => value > PULLED), this.#pressed, this.onPress);
    this.#dashed = once(down(B) || down(X) || down(LEFT_BUMPER) || down(RIGHT_BUMPER), this.#dashed, this.onDash);
    this.#started = once(down(A) || down(START), this.#started, this.onStart);
  }

  /**
   * Whether a hand has moved the stick, be it back to its rest.
   * @param {number} x
   * @param {number} y
   */
  #isMoved(x, y) {
    if (Math.hypot(x - this.#anchorX, y - this.#anchorY) < NUDGE) return false;
    this.#anchorX = x;
    this.#anchorY = y;
    return true;
  }
}

/**
 * Calls at the moment when something goes down; returns whether it is.
 * @param {boolean} isDown
 * @param {boolean} wasDown
 * @param {() => void} handler
 */
function once(isDown, wasDown, handler) {
  if (isDown && !wasDown) handler();
  return isDown;
}
