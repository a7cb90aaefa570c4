/**
 * Snapshots as plain rows, to compare.
 *
 * @module
 */

/** @typedef {import('../../sdk/layout.js').Layout} Layout */
/** @typedef {import('../../sdk/snapshot.js').Snapshot} Snapshot */

/**
 * Rows of slot, id, kind, then the lanes of that kind.
 *
 * @param {Snapshot} snapshot
 * @param {Layout} layout
 * @returns {number[][]}
 */
export function rowsOf({ ids, kinds, lanes, slots, stride }, layout) {
  const rows = [];
  for (let slot = 0; slot < slots; slot += 1) {
    if (ids[slot] === 0) continue;
    const width = layout.kinds[kinds[slot]].lanes.length;
    const row = lanes.subarray(slot * stride, slot * stride + width);
    rows.push([slot, ids[slot], kinds[slot], ...row]);
  }
  return rows;
}
