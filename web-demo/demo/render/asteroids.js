/**
 * Rocks: faceted, lit from the top left, drawn once per shape and size and kept as pictures. The
 * outline follows from the server's seed alone, so that everybody sees the same rock.
 */
import { offscreen } from './offscreen.js';

/** Largest picture of a rock, in pixels; a larger rock is scaled up from it. */
const LARGEST_PX = 640;
/** Sizes of pictures, as powers of this: those in between are scaled down, so that zooming makes few. */
const SIZE_STEP = Math.SQRT2;
/** Most pictures kept. */
const KEPT = 96;
const LIGHT_X = -0.62;
const LIGHT_Y = -0.78;

/** @typedef {{ outline: [number, number][], inner: [number, number][] }} Rock corners around a unit circle */

/** By shape and size. @type {Map<number, HTMLCanvasElement>} */
const pictures = new Map();

/**
 * The corners of a rock of radius 1.
 * @param {number} seed 0 to 255
 * @returns {Rock}
 */
export function rock(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const random = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x3c6ef35f) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
  const corners = 10 + Math.floor(random() * 4);
  const turned = random() * 2 * Math.PI;
  /** @type {[number, number][]} */
  const outline = [];
  /** @type {[number, number][]} */
  const inner = [];
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = turned + ((corner + (random() - 0.5) * 0.5) / corners) * 2 * Math.PI;
    const far = 0.9 + random() * 0.13;
    outline.push([Math.cos(angle) * far, Math.sin(angle) * far]);
    const near = 0.42 + random() * 0.24;
    const within = angle + (random() - 0.5) * 0.5;
    inner.push([Math.cos(within) * near, Math.sin(within) * near]);
  }
  return { outline, inner };
}

/**
 * @param {import('./view.js').View} view
 * @param {import('../scene.js').Cast} asteroids
 */
export function drawAsteroids(view, asteroids) {
  view.opaque();
  view.world();
  for (let index = 0; index < asteroids.length; index += 1) {
    const { x, y, radius, shape } = asteroids.at(index).entity;
    if (!view.sees(x, y, radius * 1.1)) continue;
    const side = radius * 2.2;
    const picture = pictureOf(shape, pixelsFor(side * view.scale));
    view.context.drawImage(picture, x - side / 2, y - side / 2, side, side);
  }
}

/**
 * The side of the picture for a rock that takes so many pixels.
 * @param {number} shown
 */
function pixelsFor(shown) {
  const step = Math.ceil(Math.log(Math.max(16, shown)) / Math.log(SIZE_STEP) - 1e-9);
  return Math.min(LARGEST_PX, Math.ceil(SIZE_STEP ** step));
}

/**
 * @param {number} shape
 * @param {number} pixels
 */
function pictureOf(shape, pixels) {
  const key = shape * (LARGEST_PX + 1) + pixels;
  let picture = pictures.get(key);
  if (!picture) {
    // After a change of zoom the old sizes are of no use: start afresh and not one by one.
    if (pictures.size >= KEPT) pictures.clear();
    picture = drawRock(rock(shape), pixels);
    pictures.set(key, picture);
  }
  return picture;
}

/**
 * @param {Rock} shape
 * @param {number} pixels side of the square picture
 */
function drawRock({ outline, inner }, pixels) {
  const [canvas, context] = offscreen(pixels, pixels);
  context.setTransform(pixels / 2.2, 0, 0, pixels / 2.2, pixels / 2, pixels / 2);
  context.lineJoin = 'round';
  const count = outline.length;
  for (let corner = 0; corner < count; corner += 1) {
    const next = (corner + 1) % count;
    facet(context, [outline[corner], outline[next], inner[corner]], 0.4);
    facet(context, [outline[next], inner[next], inner[corner]], 0.62);
    facet(context, [inner[corner], inner[next], [0, 0]], 1);
  }
  context.beginPath();
  for (const [x, y] of outline) context.lineTo(x, y);
  context.closePath();
  context.lineWidth = Math.max(0.016, 2.2 / pixels);
  const rim = context.createLinearGradient(LIGHT_X, LIGHT_Y, -LIGHT_X, -LIGHT_Y);
  rim.addColorStop(0, 'rgba(178, 202, 255, 0.95)');
  rim.addColorStop(0.5, 'rgba(104, 128, 186, 0.55)');
  rim.addColorStop(1, 'rgba(58, 74, 120, 0.5)');
  context.strokeStyle = rim;
  context.stroke();
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number][]} corners
 * @param {number} height how flat the facet lies, 0 to 1: flat ones catch less of the side light
 */
function facet(context, corners, height) {
  let middleX = 0;
  let middleY = 0;
  for (const [x, y] of corners) {
    middleX += x / corners.length;
    middleY += y / corners.length;
  }
  // A grain from the facet's own place keeps neighbours apart.
  const grain = Math.sin(middleX * 91.7 + middleY * 47.3) * 0.09;
  const light = Math.max(0, Math.min(1, 0.36 + (middleX * LIGHT_X + middleY * LIGHT_Y) * 0.62 * (1.15 - height * 0.3) + grain));
  const shade = `rgb(${Math.round(17 + light * 62)}, ${Math.round(22 + light * 72)}, ${Math.round(40 + light * 98)})`;
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(x, y);
  context.closePath();
  context.fillStyle = shade;
  context.fill();
  // Closes the hairline between neighbours.
  context.strokeStyle = shade;
  context.lineWidth = 0.006;
  context.stroke();
}
