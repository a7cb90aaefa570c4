/**
 * The whole field, small: ships, rocks, pickups and what the camera sees. Of a large field only the
 * part around the camera is known; rocks do not move, so those seen once stay on the map and are
 * drawn once. The rest is drawn 20 times a second.
 */
import { colourOf, ENERGY, SELF } from '../palette.js';
import { offscreen } from '../render/offscreen.js';

/** Time between two drawings, in milliseconds. */
const EVERY_MS = 50;

export class Minimap {
  #drawnAt = 0;
  /** The rocks seen so far, by entity id: x, y, radius. @type {Map<number, [number, number, number]>} */
  #rocks = new Map();
  #picture = offscreen(1, 1);
  #side = 0;
  /** Its side on the page, in CSS pixels; told when it changes, because asking makes the browser lay the
   * page out. */
  #shownSide = 0;
  /** The longer side of the world, in world units. */
  #span = 1;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no 2D canvas');
    this.canvas = canvas;
    this.context = context;
    new ResizeObserver(([entry]) => (this.#shownSide = entry?.contentRect.width ?? 0)).observe(canvas);
  }

  /** Forgets the rocks: there is another field. */
  clear() {
    this.#rocks.clear();
    this.#side = 0;
  }

  /**
   * @param {import('../../sdk/index.js').Room} room
   * @param {import('../scene.js').Scene} scene
   * @param {import('../camera.js').Camera} camera
   * @param {import('../arena.js').World} world
   * @param {number} nowMs
   */
  update(room, scene, camera, world, nowMs) {
    if (nowMs - this.#drawnAt < EVERY_MS) return;
    this.#drawnAt = nowMs;
    this.#fit(world);
    if (this.#side === 0) return;
    this.#chart(scene.asteroids);
    const { context } = this;
    const side = this.#side;
    const unit = side / this.#span;
    context.clearRect(0, 0, side, side);
    context.drawImage(this.#picture[0], 0, 0);
    context.fillStyle = ENERGY.hex;
    context.globalAlpha = 0.55;
    const dot = Math.max(1, side / 130);
    for (let index = 0; index < scene.pickups.length; index += 1) {
      const { x, y } = scene.pickups.at(index).entity;
      context.fillRect(x * unit - dot / 2, y * unit - dot / 2, dot, dot);
    }
    context.globalAlpha = 1;
    this.#drawView(camera, unit);
    this.#drawShips(scene.ships, room.player, unit);
  }

  /** @param {import('../arena.js').World} world */
  #fit(world) {
    const side = Math.round(this.#shownSide * Math.min(3, window.devicePixelRatio || 1));
    const span = Math.max(world.width, world.height);
    if (side === this.#side && span === this.#span) return;
    this.#side = side;
    this.#span = span;
    this.canvas.width = side;
    this.canvas.height = side;
    this.#picture = offscreen(side, side);
    for (const rock of this.#rocks.values()) this.#drawRock(rock);
  }

  /** Puts rocks on the map that have not been seen before. @param {import('../scene.js').Cast} asteroids */
  #chart(asteroids) {
    for (let index = 0; index < asteroids.length; index += 1) {
      const { id, x, y, radius } = asteroids.at(index).entity;
      if (this.#rocks.has(id)) continue;
      this.#rocks.set(id, [x, y, radius]);
      this.#drawRock([x, y, radius]);
    }
  }

  /** @param {[number, number, number]} rock */
  #drawRock([x, y, radius]) {
    const [, context] = this.#picture;
    const unit = this.#side / this.#span;
    context.fillStyle = 'rgba(128, 150, 205, 0.34)';
    context.beginPath();
    context.arc(x * unit, y * unit, Math.max(1, radius * unit), 0, 2 * Math.PI);
    context.fill();
  }

  /**
   * @param {import('../camera.js').Camera} camera
   * @param {number} unit
   */
  #drawView(camera, unit) {
    const width = (camera.width / camera.zoom) * unit;
    const height = (camera.height / camera.zoom) * unit;
    const { context } = this;
    context.fillStyle = 'rgba(160, 200, 255, 0.06)';
    context.strokeStyle = 'rgba(190, 215, 255, 0.5)';
    context.lineWidth = Math.max(1, this.#side / 180);
    context.fillRect(camera.x * unit - width / 2, camera.y * unit - height / 2, width, height);
    context.strokeRect(camera.x * unit - width / 2, camera.y * unit - height / 2, width, height);
  }

  /**
   * @param {import('../scene.js').Cast} ships
   * @param {number | undefined} self
   * @param {number} unit
   */
  #drawShips(ships, self, unit) {
    const { context } = this;
    const size = Math.max(2.4, this.#side / 62);
    for (let index = 0; index < ships.length; index += 1) {
      const { x, y, angle, player } = ships.at(index).entity;
      const colour = colourOf(player, self);
      const reach = colour === SELF ? size * 1.5 : size;
      const cos = Math.cos(angle) * reach;
      const sin = Math.sin(angle) * reach;
      context.setTransform(cos, sin, -sin, cos, x * unit, y * unit);
      context.fillStyle = colour.hex;
      context.beginPath();
      context.moveTo(1.1, 0);
      context.lineTo(-0.8, 0.8);
      context.lineTo(-0.8, -0.8);
      context.fill();
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
}
