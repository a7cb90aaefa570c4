/**
 * The picture of one frame: a 2D context, the transform from world units to device pixels, and
 * what is visible. Every render module draws through it. It must not know what is drawn.
 */
import { WORLD_SIZE } from '../arena.js';

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
