/**
 * The golden vectors of `protocol/golden`, which Rust writes, as the SDK names things.
 *
 * @module
 */

import { readFileSync } from 'node:fs';

/**
 * The vectors of a file.
 *
 * @param {string} file
 * @returns {any[]}
 */
export function golden(file) {
  const url = new URL(`../../../protocol/golden/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).map(rename);
}

/**
 * Bytes written as hexadecimal digits.
 *
 * @param {string} hex
 */
export function bytesOf(hex) {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/**
 * From the names of PROTOCOL.md to those of the SDK: camel case, clocks in milliseconds, nothing is
 * undefined.
 *
 * @param {any} value
 * @returns {any}
 */
function rename(value) {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(rename);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === 'room_time_us') return ['roomTimeMs', item / 1000];
      return [key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), rename(item)];
    }),
  );
}
