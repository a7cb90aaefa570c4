/**
 * A small graph of the last minute: a number a second, the newest on the right. Who does not see it is told the
 * newest number and the largest.
 */
import { make, setText } from '../hud/page.js';

/** Numbers that are shown. */
const SECONDS = 60;
const [WIDTH, HEIGHT] = [120, 32];
const SVG = 'http://www.w3.org/2000/svg';

export class Graph {
  /** @type {number[]} */
  #numbers = [];

  /**
   * @param {string} title
   * @param {(number: number) => string} text how a number is written
   */
  constructor(title, text) {
    this.title = title;
    this.text = text;
    this.element = make('figure');
    this.caption = make('figcaption', '', title);
    this.number = make('strong', '', '–');
    this.picture = document.createElementNS(SVG, 'svg');
    this.picture.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.picture.setAttribute('preserveAspectRatio', 'none');
    this.picture.setAttribute('role', 'img');
    this.line = document.createElementNS(SVG, 'polyline');
    this.picture.append(this.line);
    this.element.append(this.caption, this.number, this.picture);
  }

  /** @param {unknown} number */
  add(number) {
    if (typeof number !== 'number' || !Number.isFinite(number)) return;
    this.#numbers.push(number);
    if (this.#numbers.length > SECONDS) this.#numbers.shift();
    const most = Math.max(...this.#numbers);
    setText(this.number, this.text(number));
    this.line.setAttribute('points', pointsOf(this.#numbers, most));
    const label = `${this.title}: ${this.text(number)} now, ${this.text(most)} at most in the last minute`;
    this.picture.setAttribute('aria-label', label);
  }
}

/** @param {number[]} numbers @param {number} most */
export function pointsOf(numbers, most) {
  const x = (/** @type {number} */ at) => WIDTH - ((numbers.length - 1 - at) * WIDTH) / (SECONDS - 1);
  const y = (/** @type {number} */ number) => HEIGHT - 1 - (most > 0 ? number / most : 0) * (HEIGHT - 2);
  return numbers.map((number, at) => `${x(at).toFixed(1)},${y(number).toFixed(1)}`).join(' ');
}
