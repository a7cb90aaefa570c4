/**
 * What happens at a moment: shots, hits, explosions, pickups, dashes, respawns. Throws particles,
 * draws rings and flashes. It is told what happened; it must not read the room.
 */
import { ENERGY, FLAME, WHITE } from '../palette.js';
import { glow } from './sprites.js';

/** @typedef {import('../palette.js').Colour} Colour */
/**
 * A ring that grows, or a flash that fades.
 * @typedef {{ ring: boolean, colour: Colour, x: number, y: number, from: number, to: number, age: number, life: number, width: number }} Wave
 */

const MOST_WAVES = 60;

export class Effects {
  /** @type {Wave[]} */
  #waves = [];

  /** @param {import('./particles.js').Particles} particles */
  constructor(particles) {
    this.particles = particles;
  }

  /**
   * A bullet leaves the muzzle.
   * @param {number} x
   * @param {number} y
   * @param {Colour} colour
   */
  muzzle(x, y, colour) {
    this.#flash(colour, x, y, 34, 0.09);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {Colour} colour of the ship that was hit
   */
  hit(x, y, colour) {
    this.#flash(WHITE, x, y, 60, 0.12);
    this.#ring(colour, x, y, 6, 42, 0.28, 2.5);
    this.particles.burst(colour, x, y, 14, 300, 0.45, 9);
    this.particles.burst(WHITE, x, y, 6, 380, 0.25, 6);
  }

  /**
   * A bullet ends without having hit a ship.
   * @param {number} x
   * @param {number} y
   * @param {Colour} colour
   */
  fizzle(x, y, colour) {
    this.#flash(colour, x, y, 26, 0.1);
    this.particles.burst(colour, x, y, 5, 150, 0.3, 6);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {Colour} colour of the ship that is gone
   */
  explosion(x, y, colour) {
    if (this.particles.calm) {
      this.#flash(colour, x, y, 130, 0.65);
    } else {
      this.#flash(WHITE, x, y, 260, 0.22);
      this.#flash(FLAME, x, y, 190, 0.5);
      this.#flash(colour, x, y, 330, 0.65);
    }
    this.#ring(WHITE, x, y, 10, 190, 0.55, 5);
    this.#ring(colour, x, y, 4, 120, 0.8, 9);
    this.particles.burst(colour, x, y, 46, 420, 1.15, 14);
    this.particles.burst(FLAME, x, y, 30, 260, 0.8, 18);
    this.particles.burst(WHITE, x, y, 16, 560, 0.5, 7);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  collect(x, y) {
    this.#flash(ENERGY, x, y, 90, 0.25);
    this.#ring(ENERGY, x, y, 8, 52, 0.4, 3);
    this.particles.burst(ENERGY, x, y, 16, 170, 0.6, 9);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {Colour} colour
   */
  respawn(x, y, colour) {
    this.#flash(colour, x, y, 190, 0.45);
    this.#ring(colour, x, y, 110, 16, 0.5, 3);
    this.#ring(WHITE, x, y, 14, 70, 0.5, 2);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} angle of flight
   * @param {Colour} colour
   */
  dash(x, y, angle, colour) {
    this.#ring(colour, x, y, 10, 74, 0.35, 3.5);
    this.#flash(colour, x, y, 130, 0.22);
    const count = this.particles.calm ? 5 : 20;
    for (let index = 0; index < count; index += 1) {
      const spread = angle + Math.PI + (Math.random() - 0.5) * 0.9;
      const speed = 120 + Math.random() * 380;
      this.particles.add(
        index % 3 === 0 ? WHITE : colour, x, y, Math.cos(spread) * speed, Math.sin(spread) * speed,
        0.3 + Math.random() * 0.35, 10, 2.6,
      );
    }
  }

  /**
   * A puff of exhaust.
   * @param {number} x
   * @param {number} y
   * @param {number} angle of the ship
   * @param {Colour} colour
   */
  exhaust(x, y, angle, colour) {
    if (this.particles.calm) return;
    const back = angle + Math.PI + (Math.random() - 0.5) * 0.5;
    const speed = 90 + Math.random() * 120;
    const vx = Math.cos(back) * speed;
    const vy = Math.sin(back) * speed;
    this.particles.add(colour, x, y, vx, vy, 0.22 + Math.random() * 0.2, 9, 2, 0.5);
  }

  /** @param {import('./view.js').View} view */
  draw(view) {
    const { context } = view;
    view.additive();
    view.world();
    for (let index = this.#waves.length - 1; index >= 0; index -= 1) {
      const wave = this.#waves[index];
      wave.age += view.seconds;
      const share = wave.age / wave.life;
      if (share >= 1) {
        this.#waves[index] = this.#waves[this.#waves.length - 1];
        this.#waves.pop();
        continue;
      }
      if (view.sees(wave.x, wave.y, Math.max(wave.from, wave.to))) drawWave(context, wave, share);
    }
    view.opaque();
  }

  /**
   * @param {Colour} colour
   * @param {number} x
   * @param {number} y
   * @param {number} from first radius, world units
   * @param {number} to last radius
   * @param {number} life seconds
   * @param {number} width of the line at first
   */
  #ring(colour, x, y, from, to, life, width) {
    if (this.#waves.length >= MOST_WAVES) return;
    this.#waves.push({ ring: true, colour, x, y, from, to, age: 0, life, width });
  }

  /**
   * @param {Colour} colour
   * @param {number} x
   * @param {number} y
   * @param {number} radius world units
   * @param {number} life seconds
   */
  #flash(colour, x, y, radius, life) {
    if (this.#waves.length >= MOST_WAVES) return;
    this.#waves.push({ ring: false, colour, x, y, from: radius, to: radius, age: 0, life, width: 0 });
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Wave} wave
 * @param {number} share of its life, 0 to 1
 */
function drawWave(context, wave, share) {
  const eased = 1 - (1 - share) ** 3;
  if (wave.ring) {
    context.globalAlpha = (1 - share) ** 1.5;
    context.strokeStyle = wave.colour.hex;
    context.lineWidth = Math.max(0.6, wave.width * (1 - eased));
    context.beginPath();
    context.arc(wave.x, wave.y, wave.from + (wave.to - wave.from) * eased, 0, 2 * Math.PI);
    context.stroke();
    return;
  }
  const radius = wave.from * (1 - 0.35 * share);
  context.globalAlpha = (1 - share) ** 2;
  context.drawImage(glow(wave.colour), wave.x - radius, wave.y - radius, radius * 2, radius * 2);
}
