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
 * Writes an entity's properties from its lanes.
 *
 * @param {Shape} shape
 * @param {Uint32Array} lanes
 * @param {number} row where the entity's lanes begin
 * @param {Entity} entity
 * @returns {boolean} whether any has changed
 */
export function readEntity({ properties }, lanes, row, entity) {
  let hasChanged = false;
  for (let at = 0; at < properties.length; at += 1) {
    const { name, min, step } = properties[at];
    const value = min + lanes[row + at] * step;
    if (entity[name] === value) continue;
    entity[name] = value;
    hasChanged = true;
  }
  return hasChanged;
}

/**
 * Writes an entity's properties from its lanes at two states: a share of the way from one to the
 * other.
 *
 * @param {Shape} shape
 * @param {Uint32Array} from
 * @param {Uint32Array} to
 * @param {number} row where the entity's lanes begin in both
 * @param {number} share 0 to 1
 * @param {Entity} entity
 */
export function blendEntity({ properties }, from, to, row, share, entity) {
  for (let at = 0; at < properties.length; at += 1) {
    const { name, min, step, motion, range } = properties[at];
    const before = from[row + at];
    let lane = before;
    if (motion === 'blend') lane += (to[row + at] - before) * share;
    else if (motion === 'turn') lane = turn(before, to[row + at], share, range);
    entity[name] = min + lane * step;
  }
}

/**
 * A share of the short way round from one angle to another.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} share
 * @param {number} range of a full turn
 */
function turn(from, to, share, range) {
  const ahead = (to - from + range) % range;
  const angle = from + (2 * ahead > range ? ahead - range : ahead) * share;
  return (angle + range) % range;
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
