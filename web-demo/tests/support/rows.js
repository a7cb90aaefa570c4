/**
 * Snapshots as plain rows, to make and to compare.
 *
 * @module
 */

import { Snapshot } from '../../sdk/replica/snapshot.js';

/** @typedef {import('../../sdk/wire/layout.js').Layout} Layout */

/**
 * Rows of slot, id, kind, then the columns of that kind.
 *
 * @param {Snapshot} snapshot
 * @param {Layout} layout
 * @returns {number[][]}
 */
export function rowsOf({ ids, kinds, values, slots, stride }, layout) {
  const rows = [];
  for (let slot = 0; slot < slots; slot += 1) {
    if (ids[slot] === 0) continue;
    const { width } = layout.kinds[kinds[slot]];
    const row = values.subarray(slot * stride, slot * stride + width);
    rows.push([slot, ids[slot], kinds[slot], ...row]);
  }
  return rows;
}

/**
 * A snapshot of such rows.
 *
 * @param {number[][]} rows
 * @param {Layout} layout
 * @returns {Snapshot}
 */
export function snapshotOf(rows, layout) {
  const snapshot = new Snapshot(layout.stride);
  for (const [slot, id, kind, ...columns] of rows) {
    const at = snapshot.insert(slot, id, kind);
    snapshot.values.set(columns, at);
  }
  return snapshot;
}
