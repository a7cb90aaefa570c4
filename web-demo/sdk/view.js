/**
 * The interpolated view: stub of the final API.
 *
 * @module
 */

/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {import('./snapshot.js').Snapshot} Snapshot */

/** The view. */
export class View {
  /** @param {Schema} schema @param {Layout} layout @param {number} msPerTick */
  start(schema, layout, msPerTick) {
    void schema;
    void layout;
    void msPerTick;
  }

  /** @param {number} tick @param {Snapshot} snapshot */
  push(tick, snapshot) {
    void tick;
    void snapshot;
  }

  /** @param {number} renderTimeMs @returns {readonly Entity[]} */
  at(renderTimeMs) {
    void renderTimeMs;
    return [];
  }
}
