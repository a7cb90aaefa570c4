/**
 * Sparks, exhaust and debris: a fixed pool of points of light, moved and drawn in one pass. It must
 * not decide what throws them; see effects.js.
 */
import { glow } from './sprites.js';

/** Most particles at once; the oldest give way. */
const CAPACITY = 900;
/** Of those, with reduced motion. */
const CALM_CAPACITY = 160;

class Particle {
  x = 0;
  y = 0;
  vx = 0;
  vy = 0;
  /** Seconds left and in all. */
  left = 0;
  life = 1;
  /** Diameter in world units. */
  size = 1;
  /** Share of speed lost per second. */
  drag = 1;
  light = 1;
  colour = /** @type {import('../palette.js').Colour | undefined} */ (undefined);
}

export class Particles {
  #pool = Array.from({ length: CAPACITY }, () => new Particle());
  #next = 0;

  /** @param {boolean} calm whether few are wanted */
  constructor(calm) {
    this.calm = calm;
  }

  /**
   * @param {import('../palette.js').Colour} colour
   * @param {number} x
   * @param {number} y
   * @param {number} vx units per second
   * @param {number} vy
   * @param {number} life seconds
   * @param {number} size world units
   * @param {number} [drag] share of speed lost per second
   * @param {number} [light] 0 to 1
   */
  add(colour, x, y, vx, vy, life, size, drag = 1.5, light = 1) {
    const particle = this.#pool[this.#next];
    this.#next = (this.#next + 1) % (this.calm ? CALM_CAPACITY : CAPACITY);
    particle.colour = colour;
    particle.x = x;
    particle.y = y;
    particle.vx = vx;
    particle.vy = vy;
    particle.left = life;
    particle.life = life;
    particle.size = size;
    particle.drag = drag;
    particle.light = light;
  }

  /**
   * Throws sparks to all sides.
   * @param {import('../palette.js').Colour} colour
   * @param {number} x
   * @param {number} y
   * @param {number} count
   * @param {number} speed of the fastest, units per second
   * @param {number} life of the longest, seconds
   * @param {number} size of the largest, world units
   */
  burst(colour, x, y, count, speed, life, size) {
    const wanted = this.calm ? Math.ceil(count / 4) : count;
    for (let index = 0; index < wanted; index += 1) {
      const angle = Math.random() * 2 * Math.PI;
      const fast = speed * (0.15 + 0.85 * Math.random() ** 1.6);
      this.add(
        colour, x, y, Math.cos(angle) * fast, Math.sin(angle) * fast,
        life * (0.4 + 0.6 * Math.random()), size * (0.4 + 0.6 * Math.random()), 2.2,
      );
    }
  }

  /** @param {import('./view.js').View} view */
  draw(view) {
    const { context, seconds } = view;
    view.additive();
    view.world();
    for (let index = 0; index < CAPACITY; index += 1) {
      const particle = this.#pool[index];
      if (particle.left <= 0 || !particle.colour) continue;
      particle.left -= seconds;
      if (particle.left <= 0) continue;
      const slower = Math.max(0, 1 - particle.drag * seconds);
      particle.vx *= slower;
      particle.vy *= slower;
      particle.x += particle.vx * seconds;
      particle.y += particle.vy * seconds;
      const { x, y } = particle;
      const share = particle.left / particle.life;
      const size = particle.size * (0.35 + 0.65 * share);
      if (!view.sees(x, y, size)) continue;
      context.globalAlpha = particle.light * Math.min(1, share * 1.6);
      context.drawImage(glow(particle.colour), x - size / 2, y - size / 2, size, size);
    }
    view.opaque();
  }
}
