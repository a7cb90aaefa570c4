/**
 * Decides when an input goes out: at once when it changed (30 times a second at most), twice a
 * second when it did not, and a dash exactly once. Pure; time is passed in.
 */

/** @typedef {{ thrust: number, turn: number, fire: number, dash: number }} Input */

/** Shortest time between inputs, in milliseconds: 30 a second. */
const SHORTEST_MS = 1000 / 30;
/** Longest time between inputs, in milliseconds. */
const LONGEST_MS = 450;

export class Sender {
  #sentAt = -Infinity;
  /** The last input sent. @type {Input} */
  #sent = { thrust: 0, turn: 0, fire: 0, dash: 0 };
  #dash = false;

  /** Asks for a dash with the next input. */
  dash() {
    this.#dash = true;
  }

  /**
   * The input that lets go of everything, to be sent at once: a hidden page gets no later moment.
   * @param {number} nowMs
   * @returns {Input}
   */
  stop(nowMs) {
    this.#dash = false;
    this.#sentAt = nowMs;
    this.#sent = { thrust: 0, turn: 0, fire: 0, dash: 0 };
    return { ...this.#sent };
  }

  /**
   * What to send now, or `undefined`.
   * @param {number} nowMs
   * @param {number} thrust
   * @param {number} turn
   * @param {number} fire
   * @returns {Input | undefined}
   */
  due(nowMs, thrust, turn, fire) {
    const sent = this.#sent;
    const since = nowMs - this.#sentAt;
    const changed =
      this.#dash || thrust !== sent.thrust || turn !== sent.turn || fire !== sent.fire || sent.dash === 1;
    // Slightly early counts: the screen's frames would otherwise stretch 33 ms to 50.
    if (since < (changed ? SHORTEST_MS - 8 : LONGEST_MS)) return undefined;
    sent.thrust = thrust;
    sent.turn = turn;
    sent.fire = fire;
    sent.dash = this.#dash ? 1 : 0;
    this.#dash = false;
    this.#sentAt = nowMs;
    return { ...sent };
  }
}
