/**
 * What a replica tells the server about a part that differs, so that the fault can be found. Mirrors
 * `protocol/src/replica/difference.rs`.
 *
 * @module
 */

import { varintLength } from '../wire/bincode.js';

/** @typedef {import('../wire/messages.js').Difference} Difference */
/** @typedef {import('../wire/messages.js').DifferenceRow} DifferenceRow */
/** @typedef {import('./replica.js').Replica} Replica */

/** Most bytes of the entities in a report. */
const MAX_ROWS_BYTES = 4000;

/**
 * The report of a part: as many of its entities as fit.
 *
 * @param {Replica} replica
 * @param {number} number of the part
 * @returns {Difference | undefined} undefined when the part is not there, or has no state yet
 */
export function differenceOf({ parts, layout }, number) {
  const part = parts.get(number);
  if (part?.tick === undefined) return undefined;
  const { snapshot, tick } = part;
  /** @type {DifferenceRow[]} */
  const rows = [];
  let bytes = 0;
  for (let slot = 0; slot < snapshot.slots; slot += 1) {
    const id = snapshot.ids[slot];
    if (id === 0) continue;
    const kind = snapshot.kinds[slot];
    const first = slot * snapshot.stride;
    const columns = [...snapshot.values.subarray(first, first + layout.kinds[kind].width)];
    bytes += varintLength(slot) + varintLength(id) + 1 + varintLength(columns.length);
    for (const column of columns) bytes += varintLength(column);
    if (bytes > MAX_ROWS_BYTES) break;
    rows.push({ slot, id, kind, columns });
  }
  return { part: number, tick, entities: snapshot.entities, rows };
}
