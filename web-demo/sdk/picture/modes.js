/**
 * How the entities of a kind are shown, where that is not between two states.
 *
 * | mode | at which time | where |
 * |---|---|---|
 * | `interpolate` | render time, a little behind | between the states around it |
 * | `extrapolate` | the time that the own entity is at | its newest state, moved on as it went |
 * | `{ step(entity, dt) }` | the same | its newest state, moved on by the game's function |
 * | `raw` | when it comes | its newest state, as it is |
 *
 * @module
 */

/** @typedef {import('../replica/entities.js').Entity} Entity */
/**
 * Moves an entity on by some seconds, at most a tick: what the server does with it. It changes the
 * entity that it is given.
 *
 * @typedef {{step: (entity: Entity, dt: number) => void}} Reckoning
 */
/** @typedef {'interpolate' | 'extrapolate' | 'raw' | Reckoning} Mode */
/** @typedef {{[kind: string]: Mode}} Modes by entity kind */

const NAMES = ['interpolate', 'extrapolate', 'raw'];

/**
 * Modes as they were given.
 *
 * @param {Modes | undefined} modes
 * @returns {Map<string, Mode>}
 * @throws {TypeError} when one is none
 */
export function checkedModes(modes = {}) {
  for (const [kind, mode] of Object.entries(modes)) {
    const isMode = typeof mode === 'string' ? NAMES.includes(mode) : typeof mode?.step === 'function';
    if (!isMode) throw new TypeError(`${kind}: a mode is one of ${NAMES.join(', ')}, or { step(entity, dt) }`);
  }
  return new Map(Object.entries(modes));
}
