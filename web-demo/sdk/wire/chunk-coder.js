/**
 * Reads a chunk's decisions: a range decoder, and likelihoods that begin with a trained prior and
 * follow what was decided. Mirrors the `Reader` of `protocol/src/chunk/coder.rs`, and `prior.rs`.
 *
 * @module
 */

import { CONTEXTS } from './contexts.js';
import { COUNTS, PROBABILITIES } from './generated/prior-table.js';
import { PROBABILITY_BITS, RangeDecoder } from './range.js';

/** Least and greatest likelihood. */
const CERTAIN = 1 << PROBABILITY_BITS;
const LEAST = 32;
const MOST = CERTAIN - LEAST;
/** Seen decisions after which a likelihood adapts no slower. */
const COUNT_LIMIT = 255;
const COUNT_BITS = 8;
/** 2^16 / (n + 1.5): how far a likelihood moves at its n-th decision. */
const RATES = Uint16Array.from({ length: COUNT_LIMIT + 1 }, (_, n) => (2 << 16) / (2 * n + 3));

/** Likelihood that a chunk begins with set 0, of 2^15. */
const FIRST_SET = 26_000;
/** Likelihood of set 1 among the others, then of set 2 among the rest. */
const NEXT_SETS = [10_923, 16_384];

/** By set and context: a likelihood of "yes", of 2^15, and in the low bits the decisions that it
 * rests on. */
const PRIOR = PROBABILITIES.map((set, number) =>
  Int32Array.from(set, (p, context) => (p << COUNT_BITS) | COUNTS[number][context]),
);

/** Reads the decisions of one chunk after the other. */
export class ChunkReader extends RangeDecoder {
  constructor() {
    super();
    /** By context, as in a set of the prior. */
    this._likelihoods = new Int32Array(CONTEXTS);
  }

  /**
   * Begins the chunk at a byte: reads which prior it begins with.
   *
   * @override
   * @param {Uint8Array} bytes
   * @param {number} start
   */
  load(bytes, start) {
    super.load(bytes, start);
    let set = 0;
    if (!this.decide(FIRST_SET)) {
      set = 1;
      while (set <= NEXT_SETS.length && !this.decide(NEXT_SETS[set - 1])) set += 1;
    }
    this._likelihoods.set(PRIOR[set]);
  }

  /**
   * Reads a decision whose likelihood adapts.
   *
   * @param {number} context
   * @returns {boolean}
   */
  decideIn(context) {
    const likelihood = this._likelihoods[context];
    const p = likelihood >> COUNT_BITS;
    const count = likelihood & COUNT_LIMIT;
    // `decide` in line: here the time goes, and what engines inline is limited.
    let { _code: code, _range: range } = this;
    const bound = Math.imul(range >>> PROBABILITY_BITS, p);
    const yes = code >>> 0 < bound >>> 0;
    let moved = p;
    if (yes) {
      range = bound;
      moved += ((CERTAIN - p) * RATES[count]) >> 16;
      if (moved > MOST) moved = MOST;
    } else {
      code = (code - bound) | 0;
      range = (range - bound) | 0;
      moved -= (p * RATES[count]) >> 16;
      if (moved < LEAST) moved = LEAST;
    }
    this._likelihoods[context] = (moved << COUNT_BITS) | Math.min(count + 1, COUNT_LIMIT);
    this._shift(code, range);
    return yes;
  }
}
