/**
 * Light as pictures: a glow and a streak of every colour, drawn once. What is bright on the field is
 * put together from these, because a blur in every frame would be slow.
 */
import { ALL } from '../palette.js';
import { offscreen } from './offscreen.js';

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
