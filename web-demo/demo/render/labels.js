/**
 * Names over ships as pictures: text is laid out once per name, colour and size, because doing so
 * in every frame is slow. It must not decide which name a ship has.
 */
import { ALL } from '../palette.js';
import { offscreen } from './offscreen.js';

/** Most pictures kept; then they are made afresh, as after a change of zoom. */
const KEPT = 160;
const FONT = '"DIN Alternate", Bahnschrift, "Roboto Condensed", "Liberation Sans Narrow", "Arial Narrow", "Segoe UI", system-ui, sans-serif';
/** Widest label in multiples of its height of type. */
const WIDEST = 15;

/** By colour and size in one number, and by text: a key of all three would be a new string per frame. @type {Map<number, Map<string, HTMLCanvasElement>>} */
const pictures = new Map();
let kept = 0;

/**
 * @param {string} text
 * @param {import('../palette.js').Colour} colour
 * @param {number} size height of type in whole device pixels
 */
export function label(text, colour, size) {
  const key = size * ALL.length + colour.index;
  let byText = pictures.get(key);
  let picture = byText?.get(text);
  if (picture) return picture;
  if (kept >= KEPT) {
    pictures.clear();
    kept = 0;
    byText = undefined;
  }
  if (!byText) pictures.set(key, (byText = new Map()));
  byText.set(text, (picture = drawLabel(text, colour.hex, size)));
  kept += 1;
  return picture;
}

/**
 * @param {string} text
 * @param {string} colour
 * @param {number} size
 */
function drawLabel(text, colour, size) {
  const font = `600 ${size}px ${FONT}`;
  const [, ruler] = offscreen(1, 1);
  ruler.font = font;
  const width = Math.min(ruler.measureText(text).width, WIDEST * size);
  const margin = size * 0.3;
  const [canvas, context] = offscreen(width + 2 * margin, size * 1.6);
  context.font = font;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = Math.max(2, size * 0.24);
  context.strokeStyle = 'rgba(4, 7, 16, 0.75)';
  context.strokeText(text, canvas.width / 2, canvas.height / 2, width);
  context.fillStyle = colour;
  context.fillText(text, canvas.width / 2, canvas.height / 2, width);
  return canvas;
}
