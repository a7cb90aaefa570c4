/**
 * Entities as a game sees them: plain objects with the field names of the schema, made from lanes.
 *
 * One rule names the properties. The first Position field of a kind is `x` and `y`; any further
 * Position field `foo` is `fooX` and `fooY`; every other field keeps its name. An Angle is in
 * radians, from 0 up to a full turn; Flags are an unsigned integer; a Player is a player id. A name
 * that is taken (`id`, `kind`, or one that is there already) gets a `_` at its end.
 *
 * @module
 */

/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {import('./schema.js').EntityKind} EntityKind */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./layout.js').Lane} Lane */

/**
 * An entity: its id, the name of its kind, and its fields.
 *
 * @typedef {{id: number, kind: string} & {[field: string]: number}} Entity
 */

/**
 * How one lane becomes a property.
 *
 * @typedef {object} Property
 * @property {string} name
 * @property {number} min value of lane 0
 * @property {number} step value per lane step
 * @property {'blend'|'turn'|'hold'} motion between two states: in a straight line, the short way
 *   round, or not at all
 * @property {number} range lane values of a full turn, for `turn`
 */
/** @typedef {{name: string, properties: Property[]}} Shape */

/**
 * The properties of every entity kind, a lane each.
 *
 * @param {Schema} schema
 * @param {Layout} layout
 * @returns {Shape[]}
 */
export function shapesOf(schema, layout) {
  return schema.entities.map((kind, index) => ({
    name: kind.name,
    properties: propertiesOf(kind, layout.kinds[index].lanes),
  }));
}

/**
 * @param {EntityKind} kind
 * @param {Lane[]} lanes
 * @returns {Property[]}
 */
function propertiesOf(kind, lanes) {
  const names = propertyNames(kind);
  const types = kind.fields.flatMap(({ kind: { type } }) =>
    type === 'position' ? [type, type] : [type],
  );
  return lanes.map((lane, index) => {
    const isAngle = types[index] === 'angle';
    const range = lane.max + 1;
    const step = isAngle ? (2 * Math.PI) / range : lane.step;
    return { name: names[index], min: lane.min, step, motion: motionOf(types[index]), range };
  });
}

/** @param {string} type @returns {Property['motion']} */
function motionOf(type) {
  if (type === 'angle') return 'turn';
  return type === 'position' ? 'blend' : 'hold';
}

/**
 * @param {EntityKind} kind
 * @returns {string[]} one per lane
 */
function propertyNames(kind) {
  const taken = new Set(['id', 'kind', '__proto__']);
  let positions = 0;
  return kind.fields.flatMap((field) => {
    let names = [field.name];
    if (field.kind.type === 'position') {
      names = positions === 0 ? ['x', 'y'] : [`${field.name}X`, `${field.name}Y`];
      positions += 1;
    }
    return names.map((name) => reserve(name, taken));
  });
}

/**
 * @param {string} name
 * @param {Set<string>} taken
 */
function reserve(name, taken) {
  let free = name;
  while (taken.has(free)) free += '_';
  taken.add(free);
  return free;
}
