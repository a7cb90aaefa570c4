/**
 * How far apart two colours look, also to those who see fewer of them: colours are changed as a
 * deficiency changes them (Machado, Oliveira and Fernandes, 2009, severity 1) and compared in OKLab
 * (Ottosson, 2020). Contrast is that of WCAG 2.
 */

/** @typedef {[number, number, number]} Triple */
/** @typedef {{ name: string, matrix: [Triple, Triple, Triple] }} Sight on linear red, green, blue */

/** @type {[Sight, Sight, Sight, Sight]} */
export const SIGHTS = [
  { name: 'normal', matrix: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] },
  {
    name: 'protanopia',
    matrix: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  },
  {
    name: 'deuteranopia',
    matrix: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  },
  {
    name: 'tritanopia',
    matrix: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
  },
];

/** Linear light to cone answers, and their cube roots to OKLab. @type {[Triple, Triple, Triple]} */
const TO_CONES = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
/** @type {[Triple, Triple, Triple]} */
const TO_LAB = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

/**
 * @param {[Triple, Triple, Triple]} matrix
 * @param {Triple} vector
 * @returns {Triple}
 */
function times([first, second, third], vector) {
  const row = (/** @type {Triple} */ [a, b, c]) => a * vector[0] + b * vector[1] + c * vector[2];
  return [row(first), row(second), row(third)];
}

/** @param {string} hex @returns {Triple} red, green, blue as light, 0 to 1 */
function light(hex) {
  const channel = (/** @type {number} */ at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** @param {string} hex @param {Sight} sight */
function lab(hex, { matrix }) {
  const [red, green, blue] = times(matrix, light(hex)).map((value) => Math.min(1, Math.max(0, value)));
  const [long, middle, short] = times(TO_CONES, [red, green, blue]);
  return times(TO_LAB, [Math.cbrt(long), Math.cbrt(middle), Math.cbrt(short)]);
}

/**
 * The distance in OKLab: 1 from black to white.
 * @param {string} one
 * @param {string} other
 * @param {Sight} sight
 */
export function difference(one, other, sight) {
  const [a, b] = [lab(one, sight), lab(other, sight)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/**
 * 1 for the same lightness, 21 for black and white.
 * @param {string} one
 * @param {string} other
 */
export function contrast(one, other) {
  const luminance = (/** @type {string} */ hex) => {
    const [red, green, blue] = light(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}
