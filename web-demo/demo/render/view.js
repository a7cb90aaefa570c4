/**
 * The picture of one frame: a 2D context, the transform from world units to device pixels, and
 * what is visible. Every render module draws through it. It must not know what is drawn.
 */
import { WORLD_SIZE } from '../arena.js';
import { ALL } from '../palette.js';

export class View {
  /** @param {CanvasRenderingContext2D} context */
  constructor(context) {
    this.context = context;
  }

  /** Device pixels per world unit, and per CSS pixel. */
  scale = 1;
  ratio = 1;
  /** Device pixels of the world's origin. */
  originX = 0;
  originY = 0;
  /** Size in device pixels. */
  width = 1;
  height = 1;
  /** The visible part of the world. */
  left = 0;
  top = 0;
  right = 0;
  bottom = 0;
  /** The frame's time and length. */
  nowMs = 0;
  seconds = 0;
  /** The world's size. @type {import('../arena.js').World} */
  field = { width: WORLD_SIZE, height: WORLD_SIZE };

  /**
   * @param {import('../camera.js').Camera} camera
   * @param {number} ratio device pixels per CSS pixel
   * @param {number} nowMs
   * @param {number} seconds
   */
  aim(camera, ratio, nowMs, seconds) {
    this.ratio = ratio;
    this.scale = camera.zoom * ratio;
    this.width = this.context.canvas.width;
    this.height = this.context.canvas.height;
    this.originX = this.width / 2 - camera.x * this.scale + camera.shakeX * ratio;
    this.originY = this.height / 2 - camera.y * this.scale + camera.shakeY * ratio;
    this.left = -this.originX / this.scale;
    this.top = -this.originY / this.scale;
    this.right = (this.width - this.originX) / this.scale;
    this.bottom = (this.height - this.originY) / this.scale;
    this.nowMs = nowMs;
    this.seconds = seconds;
  }

  /**
   * Whether a circle can be seen.
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   */
  sees(x, y, radius) {
    return x + radius > this.left && x - radius < this.right && y + radius > this.top && y - radius < this.bottom;
  }

  /** Draws in world units from here on. */
  world() {
    this.context.setTransform(this.scale, 0, 0, this.scale, this.originX, this.originY);
  }

  /**
   * Draws in units of `size` world units around a point, turned by `angle`, from here on.
   * @param {number} x
   * @param {number} y
   * @param {number} angle
   * @param {number} size
   */
  at(x, y, angle, size) {
    const unit = this.scale * size;
    const cos = Math.cos(angle) * unit;
    const sin = Math.sin(angle) * unit;
    this.context.setTransform(cos, sin, -sin, cos, this.originX + x * this.scale, this.originY + y * this.scale);
  }

  /** Draws in device pixels from here on. */
  pixels() {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Light adds up from here on. */
  additive() {
    this.context.globalCompositeOperation = 'lighter';
  }

  /** Paint covers from here on, at full opacity. */
  opaque() {
    this.context.globalCompositeOperation = 'source-over';
    this.context.globalAlpha = 1;
  }
}

/**
 * A canvas that is never shown.
 * @param {number} width
 * @param {number} height
 * @returns {[HTMLCanvasElement, CanvasRenderingContext2D]}
 */
export function offscreen(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.ceil(width));
  canvas.height = Math.max(1, Math.ceil(height));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no 2D canvas');
  return [canvas, context];
}

const GLOW_SIZE = 96;
const STREAK_LENGTH = 96;
const STREAK_WIDTH = 24;
/** @type {HTMLCanvasElement[]} */
const glows = [];
/** @type {HTMLCanvasElement[]} */
const streaks = [];

/**
 * A round glow of a colour, bright in the middle, as a square picture.
 * @param {import('../palette.js').Colour} colour
 */
export function glow(colour) {
  let sprite = glows[colour.index];
  if (!sprite) {
    const [canvas, context] = offscreen(GLOW_SIZE, GLOW_SIZE);
    const half = GLOW_SIZE / 2;
    const light = context.createRadialGradient(half, half, 0, half, half, half);
    light.addColorStop(0, `rgba(${colour.rgb}, 1)`);
    light.addColorStop(0.18, `rgba(${colour.rgb}, 0.55)`);
    light.addColorStop(0.45, `rgba(${colour.rgb}, 0.16)`);
    light.addColorStop(1, `rgba(${colour.rgb}, 0)`);
    context.fillStyle = light;
    context.fillRect(0, 0, GLOW_SIZE, GLOW_SIZE);
    sprite = glows[colour.index] = canvas;
  }
  return sprite;
}

/**
 * A streak of light along +x with its head at the right end, white-hot there.
 * @param {import('../palette.js').Colour} colour
 */
export function streak(colour) {
  let sprite = streaks[colour.index];
  if (!sprite) {
    const [canvas, context] = offscreen(STREAK_LENGTH, STREAK_WIDTH);
    const middle = STREAK_WIDTH / 2;
    const along = context.createLinearGradient(0, 0, STREAK_LENGTH, 0);
    along.addColorStop(0, `rgba(${colour.rgb}, 0)`);
    along.addColorStop(0.6, `rgba(${colour.rgb}, 0.55)`);
    along.addColorStop(0.92, `rgba(${colour.rgb}, 1)`);
    along.addColorStop(1, `rgba(${colour.rgb}, 0)`);
    context.fillStyle = along;
    for (let width = 1; width <= middle; width += 1) {
      context.globalAlpha = 0.13 * (1 - width / middle) + 0.02;
      context.fillRect(0, middle - width, STREAK_LENGTH, width * 2);
    }
    const core = context.createLinearGradient(STREAK_LENGTH * 0.45, 0, STREAK_LENGTH, 0);
    core.addColorStop(0, 'rgba(255, 255, 255, 0)');
    core.addColorStop(0.75, 'rgba(255, 255, 255, 0.95)');
    core.addColorStop(1, 'rgba(255, 255, 255, 0.2)');
    context.globalAlpha = 1;
    context.fillStyle = core;
    context.beginPath();
    context.roundRect(STREAK_LENGTH * 0.45, middle - 2.5, STREAK_LENGTH * 0.53, 5, 2.5);
    context.fill();
    sprite = streaks[colour.index] = canvas;
  }
  return sprite;
}

/** Draws every sprite once, so that none is made in the middle of a fight. */
export function warmUp() {
  for (const colour of ALL) {
    glow(colour);
    streak(colour);
  }
}
