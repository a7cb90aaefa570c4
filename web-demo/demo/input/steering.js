/**
 * Turns "fly that way" into rudder. Pure; it must not know where the wanted heading comes from.
 *
 * What the screen shows is old by the round trip: rudder that was sent within that time is still on
 * its way. The controller adds it to the angle that it sees, which is what lets it turn hard and
 * stop on the mark instead of swinging around it.
 */
import { FULL_TURN, TURN_RATE } from '../arena.js';

/** Wanted turning rate per radian of error, per second. */
const GAIN = 7;
/** Errors below this many radians are left alone: the ship's angle comes in steps of 1.4 degrees. */
const DEAD_ZONE = 0.018;
/** Rudder that is remembered: more than the longest round trip worth compensating, in milliseconds. */
const MEMORY_MS = 400;

/**
 * The short way from one angle to another, in radians, from -π to π.
 * @param {number} from
 * @param {number} to
 */
export function angleBetween(from, to) {
  const turns = (to - from) / (2 * Math.PI);
  return (turns - Math.round(turns)) * 2 * Math.PI;
}

export class Steering {
  /** Rudder given, oldest first: when, and how much. @type {{ at: number, turn: number }[]} */
  #given = [];

  /**
   * Remembers the rudder that is in force from now on, whoever gave it.
   * @param {number} turn -127 to 127
   * @param {number} nowMs
   */
  given(turn, nowMs) {
    const last = this.#given[this.#given.length - 1];
    if (last?.turn === turn) return;
    this.#given.push({ at: nowMs, turn });
    while (this.#given.length > 1 && (this.#given[1]?.at ?? nowMs) < nowMs - MEMORY_MS) this.#given.shift();
  }

  /**
   * How far the rudder of the last `delayMs` will still turn the ship, in radians.
   * @param {number} nowMs
   * @param {number} delayMs
   */
  underway(nowMs, delayMs) {
    const start = nowMs - Math.min(delayMs, MEMORY_MS);
    let until = nowMs;
    let sum = 0;
    for (let index = this.#given.length - 1; index >= 0 && until > start; index -= 1) {
      const step = this.#given[index];
      if (!step) break;
      const from = Math.max(step.at, start);
      if (from < until) {
        sum += step.turn * (until - from);
        until = from;
      }
    }
    return (sum / FULL_TURN) * TURN_RATE / 1000;
  }

  /**
   * The rudder that brings the ship to a heading.
   * @param {number} angle the newest known one, in radians
   * @param {number} heading the wanted one, in radians
   * @param {number} nowMs
   * @param {number} delayMs how long rudder takes to show in `angle`
   * @returns {number} an integer from -127 to 127
   */
  towards(angle, heading, nowMs, delayMs) {
    const error = angleBetween(angle + this.underway(nowMs, delayMs), heading);
    if (Math.abs(error) < DEAD_ZONE) return 0;
    const share = Math.max(-1, Math.min(1, (error * GAIN) / TURN_RATE));
    return Math.round(share * FULL_TURN);
  }
}
