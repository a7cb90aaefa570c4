/**
 * Writes a chunk decision by decision, as `protocol/src/range.rs` and `chunk/coder.rs` do: for
 * chunks that no server sends.
 *
 * @module
 */

import { ChunkReader } from '../../sdk/wire/chunk-coder.js';

const FIRST_SET = 26_000;
const CERTAIN = 1 << 15;
const LEAST = 32;

/** One chunk, which begins with the first prior. */
export class ChunkWriter {
  constructor() {
    /** @type {number[]} */
    this._out = [];
    this._low = 0;
    this._range = 0xffff_ffff;
    const reader = new ChunkReader();
    reader.load(new Uint8Array(), 0);
    /** As the reader has them: a likelihood, and in the low 8 bits what it rests on. */
    this._likelihoods = reader._likelihoods;
    this._encode(FIRST_SET, true);
  }

  /**
   * Writes decisions of one context.
   *
   * @param {number} context
   * @param {...boolean} decisions
   */
  decide(context, ...decisions) {
    for (const yes of decisions) {
      const p = this._likelihoods[context] >> 8;
      const count = this._likelihoods[context] & 255;
      this._encode(p, yes);
      const rate = Math.floor((2 << 16) / (2 * count + 3));
      const moved = yes ? p + (((CERTAIN - p) * rate) >> 16) : p - ((p * rate) >> 16);
      const kept = Math.min(CERTAIN - LEAST, Math.max(LEAST, moved));
      this._likelihoods[context] = (kept << 8) | Math.min(255, count + 1);
    }
  }

  /**
   * Writes zeros that are told as they are.
   *
   * @param {number} bits
   */
  zeros(bits) {
    for (let left = bits; left > 0; left -= 8) {
      this._range = this._range >>> Math.min(8, left);
      this._shift();
    }
  }

  /** The chunk's bytes. */
  finish() {
    const bytes = this._range >= 1 << 25 ? 1 : 2;
    this._add(2 ** (32 - 8 * bytes) - 1);
    for (let byte = 0; byte < bytes; byte += 1) this._out.push((this._low >>> (24 - 8 * byte)) & 255);
    return Uint8Array.from(this._out);
  }

  /** @param {number} p @param {boolean} yes */
  _encode(p, yes) {
    const bound = (this._range >>> 15) * p;
    if (!yes) this._add(bound);
    this._range = yes ? bound : this._range - bound;
    this._shift();
  }

  /** @param {number} amount */
  _add(amount) {
    const sum = this._low + amount;
    this._low = sum >>> 0;
    if (sum < 2 ** 32) return;
    for (let at = this._out.length - 1; at >= 0; at -= 1) {
      this._out[at] = (this._out[at] + 1) & 255;
      if (this._out[at] !== 0) break;
    }
  }

  _shift() {
    while (this._range < 1 << 24) {
      this._out.push(this._low >>> 24);
      this._low = (this._low << 8) >>> 0;
      this._range = (this._range * 256) >>> 0;
    }
  }
}
