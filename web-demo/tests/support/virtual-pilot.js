/**
 * Matches as tests play them: a network of 150 ± 30 ms there and back, and somebody who flies about.
 *
 * @module
 */

import { seededRandom } from './random.js';
import { VirtualMatch } from './virtual-match.js';

/** A way there or back of a round trip of 150 ± 30 ms. @param {() => number} random */
export function way(random) {
  return () => 75 + 15 * (2 * random() - 1);
}

/** A player who flies about. @param {() => number} random */
export function pilot(random) {
  let [ax, ay, fire] = [0, 0, 0];
  return (/** @type {number} */ _now, /** @type {VirtualMatch} */ match) => {
    if (random() < 0.08) [ax, ay] = [Math.round(200 * random()) - 100, Math.round(200 * random()) - 100];
    if (random() < 0.03) fire = 1 - fire;
    match.prediction.control({ ax, ay, fire, dash: random() < 0.01 });
  };
}

/** @param {number} seed @param {any} [more] */
export function match150(seed, more = {}) {
  const random = seededRandom(seed);
  const match = new VirtualMatch({ up: way(random), down: way(random), ...more });
  match.steer = pilot(random);
  return match;
}
