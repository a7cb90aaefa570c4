/**
 * What a game tells the SDK so that it can predict the player's own entity, and what it gets where it
 * says nothing.
 *
 * @module
 */

/** @typedef {import('./controls.js').InputFields} InputFields */
/** @typedef {import('../replica/entities.js').Entity} Entity */
/**
 * What a step may look at, and what it may bring about.
 *
 * @typedef {object} StepContext
 * @property {number} dt seconds to step by: a tick, or the part of one that has passed
 * @property {number} tickDt seconds of a whole tick
 * @property {number} tick the tick that the step leads to
 * @property {ReadonlyMap<number, Entity>} entities the newest state that has arrived
 * @property {boolean} isReplay whether the tick is played again
 * @property {(kind: string, key: number | string, state: any) => void} spawn makes an entity, of a
 *   kind that has rules, which is shown until the server's of the same key is
 * @property {(name: string, detail?: any) => void} effect something that happens once: an `effect`
 *   event
 */
/**
 * How one kind of predicted spawns goes.
 *
 * @template State
 * @typedef {object} SpawnRules
 * @property {(entity: Entity, player: number) => number | string | undefined} key of an entity of the
 *   server's, read when it enters; undefined when it cannot be a predicted one
 * @property {(state: State, dt: number, context: StepContext) => State | undefined} step undefined when
 *   it has come to its end; pure
 * @property {(state: State, entity: Entity) => void} [show] writes the state into what is drawn; every
 *   property of the state as it is if left out
 */
/**
 * How the own entity goes. Its state is any plain object; a step makes a new one.
 *
 * @template State
 * @typedef {object} PredictionRules
 * @property {(entity: Entity, player: number) => boolean} own whether an entity, when it enters, is the
 *   one that tells the own state
 * @property {(entity: Entity) => State} [read] the state that it tells; a copy of it if left out
 * @property {(state: State, input: InputFields, context: StepContext) => State} step the state a tick
 *   later: what the server does; pure. `input` is used again by the caller
 * @property {(entity: Entity, player: number) => boolean} [shows] whether an entity, when it enters, is
 *   the one to draw from the state; the one that tells it if left out
 * @property {(state: State, entity: Entity) => void} [show] writes the state into what is drawn; every
 *   property of the state as it is if left out
 * @property {(predicted: State, told: State) => number} [error] how much a prediction was off, in
 *   units: 0 only if it counts as equal. The largest difference of any property if left out
 * @property {(from: State, to: State, share: number) => State} [blend] a state between two, to smooth
 *   errors away; `to`, but for `x` and `y`, if left out
 * @property {number} [snapDistance] errors above this are not smoothed, in units; 100 if left out
 * @property {{[kind: string]: SpawnRules<any>}} [spawns] by entity kind
 */
/** @typedef {Required<PredictionRules<any>>} CompleteRules */

const SNAP_DISTANCE = 100;

/**
 * Rules with what they leave out.
 *
 * @param {PredictionRules<any>} rules
 * @returns {CompleteRules}
 * @throws {TypeError} when there is no `own` or no `step`
 */
export function completeRules(rules) {
  if (typeof rules.own !== 'function' || typeof rules.step !== 'function') {
    throw new TypeError('prediction needs the functions own(entity, player) and step(state, input, context)');
  }
  return {
    read: (entity) => ({ ...entity }),
    shows: rules.own,
    show: assign,
    error: largestDifference,
    blend: blendPlace,
    snapDistance: SNAP_DISTANCE,
    spawns: {},
    ...rules,
  };
}

/** @param {any} state @param {Entity} entity */
export function assign(state, entity) {
  const { id, kind } = entity;
  Object.assign(entity, state);
  entity.id = id;
  entity.kind = kind;
}

/** @param {any} one @param {any} other */
function largestDifference(one, other) {
  let largest = 0;
  for (const name in other) {
    if (one[name] === other[name]) continue;
    const difference = Math.abs(one[name] - other[name]);
    // What is no number differs, by how much nobody knows.
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}

/** @param {any} from @param {any} to @param {number} share */
function blendPlace(from, to, share) {
  const blended = { ...to };
  for (const axis of ['x', 'y', 'z']) {
    if (axis in to) blended[axis] = from[axis] + (to[axis] - from[axis]) * share;
  }
  return blended;
}
