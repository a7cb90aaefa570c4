/**
 * Numbers out of decisions. Mirrors `protocol/src/chunk/numbers.rs`.
 *
 * @module
 */

import { EXPONENTS, GAP } from './contexts.js';

/** @typedef {import('./chunk-coder.js').ChunkReader} ChunkReader */

/** Largest exponent of a 32-bit number. */
const LAST_EXPONENT = 31;
/** Bits of a gap that is none of the usual ones. */
const GAP_BITS = 8;

/**
 * Reads a number from 1 on: its exponent, the two bits below the leading one, then the rest.
 *
 * @param {ChunkReader} input
 * @param {number} contexts where its contexts begin
 * @returns {number} of 32 bits, as a signed integer
 */
export function readMagnitude(input, contexts) {
  let exponent = 0;
  while (
    exponent < LAST_EXPONENT &&
    input.decideIn(contexts + (exponent < EXPONENTS ? exponent : EXPONENTS - 1))
  ) {
    exponent += 1;
  }
  if (exponent === 0) return 1;
  const place = exponent < EXPONENTS ? exponent : EXPONENTS - 1;
  const second = input.decideIn(contexts + EXPONENTS + place) ? 1 : 0;
  if (exponent === 1) return 2 | second;
  const third = input.decideIn(contexts + 2 * EXPONENTS + 2 * place + second) ? 1 : 0;
  const rest = exponent - 2;
  const number = ((4 | (second << 1) | third) << rest) | 0;
  return rest === 0 ? number : number | input.direct(rest);
}

/**
 * Reads a number from 0 on: whether it is 0, and if not, its magnitude.
 *
 * @param {ChunkReader} input
 * @param {number} zero
 * @param {number} size
 * @returns {number} unsigned
 */
export function readCount(input, zero, size) {
  return input.decideIn(zero) ? 0 : readMagnitude(input, size) >>> 0;
}

/**
 * Reads a signed number other than 0: whether it is negative, then its magnitude.
 *
 * @param {ChunkReader} input
 * @param {number} sign
 * @param {number} size
 * @returns {number} a signed 32-bit integer
 */
export function readNonzero(input, sign, size) {
  const isNegative = input.decideIn(sign);
  const magnitude = readMagnitude(input, size);
  return isNegative ? -magnitude | 0 : magnitude;
}

/**
 * Reads one of `limit` equally likely numbers from 0 on, in whole bits: it can be `limit` or more.
 *
 * @param {ChunkReader} input
 * @param {number} limit
 */
export function readUniform(input, limit) {
  return limit > 1 ? input.direct(32 - Math.clz32(limit - 1)) : 0;
}

/**
 * Reads over how many ticks a chunk leads.
 *
 * @param {ChunkReader} input
 */
export function readGap(input) {
  if (!input.decideIn(GAP)) return 1;
  if (input.decideIn(GAP + 1)) return 2;
  return input.decideIn(GAP + 2) ? 4 : input.direct(GAP_BITS);
}
