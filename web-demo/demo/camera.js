/**
 * Where the player looks: position, zoom and shake. Pure arithmetic on world units and CSS pixels;
 * it must not touch the page or know what is drawn.
 */
import { WORLD_SIZE } from './arena.js';

/** The part of the world that a window of ordinary shape shows, in world units. */
const SEEN_WIDTH = 1700;
const SEEN_HEIGHT = 960;
/** The most that a very wide or very tall window shows of an axis, so that shape gives no advantage. */
const MOST_WIDTH = 1920;
const MOST_HEIGHT = 1200;
/** Look-ahead in seconds of flight, its limit as a share of what is seen, and how fast it settles. */
const AHEAD_S = 0.28;
const AHEAD_SHARE = 0.13;
const AHEAD_RATE = 2.4;
/** A jump of the followed point by more than this (a respawn) is flown over, at this rate, and of a
 * longer one only the last part: the new ship must be in sight before its protection ends. */
const JUMP = 220;
const GLIDE_RATE = 4.2;
const LONGEST_GLIDE = 1300;
/** Shake at full strength, in CSS pixels, and how fast it calms down. */
const SHAKE_PX = 9;
const SHAKE_DECAY = 2.6;

/**
 * CSS pixels per world unit for a window: the same area of the world for everybody.
 * @param {number} width
 * @param {number} height
 */
export function zoomFor(width, height) {
  const sameArea = Math.sqrt((width * height) / (SEEN_WIDTH * SEEN_HEIGHT));
  return Math.max(sameArea, width / MOST_WIDTH, height / MOST_HEIGHT);
}

/**
 * The share of a distance covered in `seconds` by something that settles at `rate` per second,
 * whatever the frame rate.
 * @param {number} rate
 * @param {number} seconds
 */
export function settled(rate, seconds) {
  return 1 - Math.exp(-rate * seconds);
}

export class Camera {
  x = WORLD_SIZE / 2;
  y = WORLD_SIZE / 2;
  zoom = 1;
  /** How much closer than a player sees the world. */
  closer = 1;
  /** Window size in CSS pixels. */
  width = 1;
  height = 1;
  /** Offset of the picture by shaking, in CSS pixels. */
  shakeX = 0;
  shakeY = 0;
  /** Whether shaking is allowed. */
  shaking = true;

  #targetX = this.x;
  #targetY = this.y;
  #glideX = 0;
  #glideY = 0;
  #aheadX = 0;
  #aheadY = 0;
  #shock = 0;

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.zoom = zoomFor(this.width, this.height) * this.closer;
  }

  /**
   * Comes closer than a player sees the world, or goes farther away.
   * @param {number} closer 1 is a player's view
   */
  magnify(closer) {
    this.closer = closer;
    this.zoom = zoomFor(this.width, this.height) * closer;
  }

  /**
   * Looks at a place at once, without gliding there.
   * @param {number} x world units
   * @param {number} y
   */
  place(x, y) {
    this.#targetX = x;
    this.#targetY = y;
    this.#glideX = 0;
    this.#glideY = 0;
    this.#aheadX = 0;
    this.#aheadY = 0;
    this.x = x;
    this.y = y;
  }

  /**
   * Keeps a moving point in view, a little ahead of it.
   * @param {number} x
   * @param {number} y
   * @param {number} vx units per second
   * @param {number} vy
   * @param {number} seconds since the last call
   */
  follow(x, y, vx, vy, seconds) {
    if (Math.hypot(x - this.#targetX, y - this.#targetY) > JUMP) {
      this.#glideX += this.#targetX - x;
      this.#glideY += this.#targetY - y;
      const shorter = Math.min(1, LONGEST_GLIDE / Math.hypot(this.#glideX, this.#glideY));
      this.#glideX *= shorter;
      this.#glideY *= shorter;
    }
    this.#targetX = x;
    this.#targetY = y;
    const most = (Math.min(this.width, this.height) / this.zoom) * AHEAD_SHARE * 2;
    let aheadX = vx * AHEAD_S;
    let aheadY = vy * AHEAD_S;
    const length = Math.hypot(aheadX, aheadY);
    if (length > most) {
      aheadX *= most / length;
      aheadY *= most / length;
    }
    const toAhead = settled(AHEAD_RATE, seconds);
    this.#aheadX += (aheadX - this.#aheadX) * toAhead;
    this.#aheadY += (aheadY - this.#aheadY) * toAhead;
    const glideLeft = 1 - settled(GLIDE_RATE, seconds);
    this.#glideX *= glideLeft;
    this.#glideY *= glideLeft;
    this.x = x + this.#aheadX + this.#glideX;
    this.y = y + this.#aheadY + this.#glideY;
    this.#calm(seconds);
  }

  /**
   * Stays where it is while there is nothing to follow.
   * @param {number} seconds
   */
  rest(seconds) {
    this.follow(this.#targetX, this.#targetY, 0, 0, seconds);
  }

  /**
   * A shock to the picture; shocks add up to 1 at most.
   * @param {number} strength 0 to 1
   */
  shake(strength) {
    if (this.shaking) this.#shock = Math.min(1, this.#shock + strength);
  }

  /** @param {number} seconds */
  #calm(seconds) {
    this.#shock *= 1 - settled(SHAKE_DECAY, seconds);
    if (this.#shock < 0.01) this.#shock = 0;
    const reach = this.#shock * this.#shock * SHAKE_PX;
    this.shakeX = (Math.random() * 2 - 1) * reach;
    this.shakeY = (Math.random() * 2 - 1) * reach;
  }

  /** @param {number} x world units */
  screenX(x) {
    return (x - this.x) * this.zoom + this.width / 2;
  }

  /** @param {number} y world units */
  screenY(y) {
    return (y - this.y) * this.zoom + this.height / 2;
  }
}
