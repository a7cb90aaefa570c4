/**
 * The golden vectors of `protocol/golden`, which Rust writes, as the SDK names things.
 *
 * @module
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { decodeServerMessage } from '../../sdk/wire/server-messages.js';
import { rowsOf } from './rows.js';

/** @typedef {import('../../sdk/wire/messages.js').Welcome} Welcome */
/** @typedef {import('../../sdk/replica/replica.js').Replica} Replica */

/**
 * The vectors of a file.
 *
 * @param {string} file
 * @returns {any[]}
 */
export function golden(file) {
  const url = new URL(`../../../protocol/golden/${file}`, import.meta.url);
  return vectorOf(readFileSync(url, 'utf8'));
}

/**
 * One vector, or whatever else is written with their names.
 *
 * @param {string} json
 * @returns {any}
 */
export function vectorOf(json) {
  return rename(JSON.parse(json));
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
 * A welcome written as hexadecimal digits.
 *
 * @param {string} hex
 * @returns {Welcome}
 */
export function welcomeOf(hex) {
  const message = decodeServerMessage(bytesOf(hex));
  assert.ok(message.type === 'welcome');
  return message.welcome;
}

/**
 * Everything that a replica holds, as the vectors have it.
 *
 * @param {Replica} replica
 */
export function stateOf({ parts, layout, number }) {
  const rows = parts.all().map(({ number: part, tick, snapshot }) => {
    return { part, tick, rows: rowsOf(snapshot, layout) };
  });
  return { number, watch: { ...parts.watch }, parts: rows };
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
