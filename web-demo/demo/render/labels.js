/**
 * Names over ships as pictures: text is laid out once per name, colour and size, because doing so
 * in every frame is slow. It must not decide which name a ship has.
 */
import { offscreen } from './offscreen.js';

/** Most pictures kept; the longest unused goes first. */
const KEPT = 160;
const FONT = '"DIN Alternate", Bahnschrift, "Roboto Condensed", "Liberation Sans Narrow", "Arial Narrow", "Segoe UI", system-ui, sans-serif';
/** Widest label in multiples of its height of type. */
const WIDEST = 15;

/** @type {Map<string, HTMLCanvasElement>} */
const pictures = new Map();

/**
 * @param {string} text
 * @param {string} colour
 * @param {number} size height of type in device pixels
 */
export function label(text, colour, size) {
  const key = `${size}|${colour}|${text}`;
  let picture = pictures.get(key);
  if (picture) {
    // The map keeps the order of insertion: what is used moves to its end.
    pictures.delete(key);
  } else {
    picture = drawLabel(text, colour, size);
    if (pictures.size >= KEPT) {
      const [oldest] = pictures.keys();
      if (oldest !== undefined) pictures.delete(oldest);
    }
  }
  pictures.set(key, picture);
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
