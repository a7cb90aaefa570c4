/**
 * One frame on the canvas, from the back to the front. Owns the canvas and its resolution; takes
 * the scene as it is. It must not read the room or the player's input.
 */
import { DASHING, SHIP_RADIUS, THRUSTING } from '../arena.js';
import { colourOf } from '../palette.js';
import { drawAsteroids } from './asteroids.js';
import { Background } from './background.js';
import { drawBullets } from './bullets.js';
import { drawGhosts } from './ghosts.js';
import { drawPickups } from './pickups.js';
import { Resolution } from './resolution.js';
import { drawShips, drawTags } from './ships.js';
import { warmUp } from './sprites.js';
import { drawTrails } from './trails.js';
import { View } from './view.js';

export class Renderer {
  /** The server's newest state, where it is to be seen beside what is shown. @type {ReadonlyMap<number, import('../scene.js').Entity> | undefined} */
  ghosts = undefined;

  #background = new Background();
  #resolution = new Resolution();

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('../camera.js').Camera} camera
   * @param {import('./particles.js').Particles} particles
   * @param {import('./effects.js').Effects} effects
   */
  constructor(canvas, camera, particles, effects) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser has no 2D canvas');
    this.canvas = canvas;
    this.camera = camera;
    this.particles = particles;
    this.effects = effects;
    this.view = new View(context);
    warmUp();
  }

  /** Fits the canvas to the window. */
  resize() {
    const width = window.innerWidth;
    const height = window.innerHeight;
    const ratio = this.#resolution.ratio(width, height, window.devicePixelRatio);
    const deviceWidth = Math.round(width * ratio);
    const deviceHeight = Math.round(height * ratio);
    this.camera.resize(width, height);
    if (this.canvas.width === deviceWidth && this.canvas.height === deviceHeight) return;
    this.canvas.width = deviceWidth;
    this.canvas.height = deviceHeight;
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number | undefined} self
   * @param {(player: number) => string} nameOf
   * @param {number} nowMs
   * @param {number} seconds since the last frame
   */
  draw(scene, self, nameOf, nowMs, seconds) {
    const { view, camera } = this;
    if (this.#resolution.frame(seconds)) this.resize();
    view.aim(camera, this.canvas.width / camera.width, nowMs, seconds);
    this.#background.draw(view, camera);
    drawPickups(view, scene.pickups);
    drawAsteroids(view, scene.asteroids);
    drawTrails(view, scene.ships, self);
    this.#exhaust(scene, self);
    this.particles.draw(view);
    drawBullets(view, scene.bullets, self);
    drawShips(view, scene.ships, self);
    if (this.ghosts) drawGhosts(view, this.ghosts);
    this.effects.draw(view);
    drawTags(view, scene.ships, self, nameOf);
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number | undefined} self
   */
  #exhaust(scene, self) {
    for (let index = 0; index < scene.ships.length; index += 1) {
      const { entity } = scene.ships.at(index);
      if ((entity.flags & (THRUSTING | DASHING)) === 0 || !this.view.sees(entity.x, entity.y, 60)) continue;
      // About 40 puffs a second, whatever the frame rate.
      if (Math.random() > this.view.seconds * 40) continue;
      const tailX = entity.x - Math.cos(entity.angle) * SHIP_RADIUS * 0.7;
      const tailY = entity.y - Math.sin(entity.angle) * SHIP_RADIUS * 0.7;
      this.effects.exhaust(tailX, tailY, entity.angle, colourOf(entity.player, self));
    }
  }
}
