/**
 * The demo's colours: one accent for yourself, a fixed list for everybody else. Pure; it must not
 * touch the page.
 *
 * It grew out of Okabe and Ito's set, lifted for a dark field and pulled apart until any two of all
 * these colours differ clearly for normal sight and with protanopia, deuteranopia and tritanopia
 * alike; demo-palette.test.js holds it to that, and to a contrast of 4.5 against space. A player's
 * colour follows from the id alone, so every screen agrees on it; ids that follow each other get
 * different colours, and once the list is used up the hull's shape tells players apart.
 */

/** @typedef {{ index: number, hex: string, rgb: string }} Colour `rgb` is "r, g, b" for rgba() */

/**
 * @param {number} index
 * @param {string} hex
 * @returns {Colour}
 */
function colour(index, hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return { index, hex, rgb: `${value >> 16}, ${(value >> 8) & 255}, ${value & 255}` };
}

/** The accent of the player at this screen, and of nobody else. */
export const SELF = colour(0, '#4df3ff');
/** Everybody else, by id. */
export const OTHERS = [
  '#e78801', // orange
  '#d390fd', // lilac
  '#b1e223', // lime
  '#db404f', // red
  '#fcffb3', // cream
  '#ae40f9', // violet
  '#1888a7', // teal
].map((hex, at) => colour(at + 1, hex));
/** Energy to pick up. */
export const ENERGY = colour(OTHERS.length + 1, '#3ac19a');
/** Sparks and flashes without an owner. */
export const WHITE = colour(OTHERS.length + 2, '#ffffff');
/** The hot core of flames and explosions. */
export const FLAME = colour(OTHERS.length + 3, '#ffd9a0');
/** Every colour, at its `index`. */
export const ALL = [SELF, ...OTHERS, ENERGY, WHITE, FLAME];

/** Number of hull shapes. */
export const HULLS = 3;

/**
 * @param {number} player
 * @param {number} [self] the player at this screen
 * @returns {Colour}
 */
export function colourOf(player, self) {
  if (player === self) return SELF;
  return OTHERS[(player >>> 0) % OTHERS.length] ?? WHITE;
}

/**
 * Which hull a player flies, from 0 to `HULLS` - 1.
 * @param {number} player
 */
export function hullOf(player) {
  return Math.floor((player >>> 0) / OTHERS.length) % HULLS;
}
