/**
 * The own ship's figures: energy, dash, score, kills and deaths; and the red rim when it hurts.
 */
import { DASH_COOLDOWN_MS, DASH_ENERGY, FULL_ENERGY } from '../arena.js';
import { find, setText } from './page.js';

/** Below this the bar and the rim warn. */
const LOW_ENERGY = 30;
/** Light of the rim after a hit, and how much goes per second. */
const HURT = 0.85;
const HURT_FADES = 1.9;
/** How fast lost energy leaves the bar, per second. */
const GHOST_FADES = 45;
/** Light of the rim near the end, and how much of it comes and goes. */
const DANGER = 0.35;
const PULSE = 0.12;

export class Vitals {
  /** Whether nothing is to pulse. */
  calm = false;

  #energy = -1;
  /** What the bar still shows of energy that was just lost. */
  #ghost = 0;
  #hurt = 0;
  #rim = -1;
  #dashReadyAt = 0;
  #dashShown = -1;

  /**
   * @param {HTMLElement} vitals
   * @param {HTMLElement} vignette
   */
  constructor(vitals, vignette) {
    this.vitals = vitals;
    this.vignette = vignette;
    this.meter = find(vitals, '.energy', HTMLElement);
    this.left = find(vitals, '.left', HTMLElement);
    this.lost = find(vitals, '.lost', HTMLElement);
    this.dash = find(vitals, '.dash', HTMLElement);
    this.dashBar = find(vitals, '.dash i', HTMLElement);
    this.energy = find(vitals, '[data-figure=energy]', HTMLElement);
    this.score = find(vitals, '[data-figure=score]', HTMLElement);
    this.kills = find(vitals, '[data-figure=kills]', HTMLElement);
    this.deaths = find(vitals, '[data-figure=deaths]', HTMLElement);
  }

  /** Nothing hurts any more: there is another room, or none. */
  clear() {
    this.#hurt = 0;
    this.#rim = 0;
    this.#ghost = 0;
    this.#dashReadyAt = 0;
    this.vignette.style.opacity = '0';
  }

  /** The own ship was hit. */
  hit() {
    this.#hurt = HURT;
  }

  /**
   * The own ship dashes.
   * @param {number} nowMs
   */
  dashed(nowMs) {
    this.#dashReadyAt = nowMs + DASH_COOLDOWN_MS;
  }

  /**
   * @param {number} energy of the own ship; 0 without one
   * @param {boolean} flying whether there is an own ship
   * @param {number} nowMs
   * @param {number} seconds since the last call
   */
  update(energy, flying, nowMs, seconds) {
    if (energy !== this.#energy) this.#showEnergy(energy);
    if (this.#ghost !== energy) {
      this.#ghost = Math.max(energy, this.#ghost - GHOST_FADES * seconds);
      this.lost.style.transform = `scaleX(${Math.min(1, this.#ghost / FULL_ENERGY)})`;
    }
    this.#showDash(energy, flying, nowMs);
    this.#hurt = Math.max(0, this.#hurt - HURT_FADES * this.#hurt * seconds - 0.05 * seconds);
    const pulse = this.calm ? 0 : PULSE * Math.sin(nowMs / 240);
    const danger = flying && energy < LOW_ENERGY ? (1 - energy / LOW_ENERGY) * (DANGER + pulse) : 0;
    const rim = Math.round(Math.max(this.#hurt, danger) * 50) / 50;
    if (rim !== this.#rim) {
      this.#rim = rim;
      this.vignette.style.opacity = String(rim);
    }
  }

  /** @param {{ score: number, kills: number, deaths: number }} standing */
  standing({ score, kills, deaths }) {
    setText(this.score, score);
    setText(this.kills, kills);
    setText(this.deaths, deaths);
  }

  /** @param {number} energy */
  #showEnergy(energy) {
    this.#energy = energy;
    const share = Math.max(0, Math.min(1, energy / FULL_ENERGY));
    this.left.style.transform = `scaleX(${share})`;
    this.meter.setAttribute('aria-valuenow', String(Math.round(energy)));
    this.vitals.classList.toggle('low', energy < LOW_ENERGY);
    setText(this.energy, Math.round(energy));
  }

  /**
   * @param {number} energy
   * @param {boolean} flying
   * @param {number} nowMs
   */
  #showDash(energy, flying, nowMs) {
    const waited = 1 - Math.max(0, this.#dashReadyAt - nowMs) / DASH_COOLDOWN_MS;
    const ready = flying && waited >= 1 && energy >= DASH_ENERGY;
    const shown = ready ? 2 : Math.round(waited * 60) / 60;
    if (shown === this.#dashShown) return;
    this.#dashShown = shown;
    this.dash.classList.toggle('ready', ready);
    this.dashBar.style.transform = `scaleX(${waited})`;
  }
}
