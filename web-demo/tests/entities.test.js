import assert from 'node:assert/strict';
import { test } from 'node:test';

import { blendEntity, newEntity, readEntity } from '../sdk/replica/entities.js';
import { layoutOf } from '../sdk/wire/layout.js';
import { shapesOf } from '../sdk/replica/shapes.js';
import { ROW } from '../sdk/replica/trajectory.js';
import { schemaOf } from './support/scripted-replica.js';

/** @typedef {import('../sdk/wire/schema.js').FieldKind} FieldKind */

/** @param {[string, FieldKind][]} fields */
function shapeOf(fields) {
  const schema = schemaOf(fields);
  return shapesOf(schema, layoutOf(schema))[0];
}

/** States, one behind the other. @param {...number[]} rows */
function statesOf(...rows) {
  return Float64Array.from(rows.flatMap((row) => [0, 0, ...row]));
}

/**
 * The properties of an entity with these fields.
 *
 * @param {[string, FieldKind][]} fields
 * @param {number[]} [lanes] all 1 if left out
 */
function entityOf(fields, lanes = Array(32).fill(1)) {
  const shape = shapeOf(fields);
  const entity = newEntity(1, shape);
  assert.equal(readEntity(shape, statesOf(lanes), 0, 0, entity), true);
  assert.equal(readEntity(shape, statesOf(lanes), 0, 0, entity), false);
  return entity;
}

/** @type {FieldKind} */
const POSITION = { type: 'position', min: [0, 10], max: [100, 20], step: 0.5 };
/** @type {FieldKind} */
const POINT = { type: 'position3', min: [0, 10, -5], max: [100, 20, 5], step: 0.5 };
/** @type {FieldKind} */
const ROTATION = { type: 'rotation', bits: 8 };
/** The lane of no component at all. */
const ZERO = 127;
/** A component of 1/√2. */
const MOST = 254;

test('the first position is x and y, others carry their name', () => {
  assert.deepEqual(entityOf([['place', POSITION], ['target', POSITION]]), {
    id: 1,
    kind: 'thing',
    x: 0.5,
    y: 10.5,
    targetX: 0.5,
    targetY: 10.5,
  });
});

test('points in space have three axes', () => {
  assert.deepEqual(entityOf([['place', POINT], ['target', POINT], ['flat', POSITION]]), {
    id: 1,
    kind: 'thing',
    x: 0.5,
    y: 10.5,
    z: -4.5,
    targetX: 0.5,
    targetY: 10.5,
    targetZ: -4.5,
    flatX: 0.5,
    flatY: 10.5,
  });
});

test('a rotation is a unit quaternion', () => {
  const read = (/** @type {number[]} */ lanes) => {
    const { attitudeX, attitudeY, attitudeZ, attitudeW } = entityOf([['attitude', ROTATION]], lanes);
    return [attitudeX, attitudeY, attitudeZ, attitudeW];
  };
  assert.deepEqual(read([3, ZERO, ZERO, ZERO]), [0, 0, 0, 1]);
  assert.deepEqual(read([0, ZERO, ZERO, ZERO]), [1, 0, 0, 0]);
  const [x, y, z, w] = read([1, 200, 30, 90]);
  assert.ok(Math.abs(Math.hypot(x, y, z, w) - 1) < 1e-12);
  assert.ok(x > 0 && z < 0 && w < 0 && y > 0);
  const unsound = read([2, MOST, MOST, MOST]);
  assert.ok(Math.abs(Math.hypot(...unsound) - 1) < 1e-12);
});

test('every kind of field has its unit', () => {
  const entity = entityOf([
    ['angle', { type: 'angle', bits: 2 }],
    ['level', { type: 'integer', min: -5, max: 5 }],
    ['heat', { type: 'number', min: -1, max: 1, step: 0.25 }],
    ['flags', { type: 'flags', bits: 32 }],
    ['owner', { type: 'player' }],
  ]);
  const expected = { angle: Math.PI / 2, level: -4, heat: -0.75, flags: 1, owner: 1 };
  assert.deepEqual(entity, { id: 1, kind: 'thing', ...expected });
});

test('a name that is taken gets another', () => {
  const flag = /** @type {FieldKind} */ ({ type: 'flags', bits: 1 });
  const names = ['id', 'kind', 'x', '__proto__', 'x_'];
  const entity = entityOf([
    ['place', POSITION],
    ...names.map((name) => /** @type {[string, FieldKind]} */ ([name, flag])),
  ]);
  assert.deepEqual(Object.keys(entity), [
    'id', 'kind', 'x', 'y', 'id_', 'kind_', 'x_', '__proto___', 'x__',
  ]);
});

test('a position goes on by its last steps, on each axis, and within its range', () => {
  const shape = shapeOf([['place', POINT], ['angle', { type: 'angle', bits: 8 }]]);
  const entity = newEntity(1, shape);
  const states = statesOf([100, 10, 10, 7, 4, -2, 1]);
  readEntity(shape, states, 0, 2.5, entity);
  assert.deepEqual([entity.x, entity.y, entity.z], [55, 12.5, 1.25]);
  readEntity(shape, states, 0, 30, entity);
  assert.deepEqual([entity.x, entity.y, entity.z], [100, 10, 5]);
});

test('rotations turn the short way', () => {
  const shape = shapeOf([['attitude', ROTATION]]);
  const entity = newEntity(1, shape);
  // A quarter turn about z, there and back. The one back has a negative w, and is told by z.
  for (const [largest, lanes] of /** @type {[number, number[]][]} */ ([
    [3, [ZERO, ZERO, MOST]],
    [2, [ZERO, ZERO, 0]],
  ])) {
    const states = statesOf([3, ZERO, ZERO, ZERO], [largest, ...lanes]);
    blendEntity(shape, states, 0, 0, ROW + 4, 0.5, entity);
    const turned = 2 * Math.atan2(entity.attitudeZ, entity.attitudeW);
    const expected = largest === 3 ? Math.PI / 4 : -Math.PI / 4;
    assert.ok(Math.abs(turned - expected) < 1e-6, `${turned}`);
    const length = Math.hypot(entity.attitudeX, entity.attitudeY, entity.attitudeZ, entity.attitudeW);
    assert.ok(Math.abs(length - 1) < 1e-12);
  }
});

test('half way between opposite rotations is one of them, and never nothing', () => {
  const shape = shapeOf([['attitude', ROTATION]]);
  const entity = newEntity(1, shape);
  const states = statesOf([0, ZERO, ZERO, ZERO], [1, ZERO, ZERO, ZERO]);
  for (const share of [0, 0.25, 0.5, 1]) {
    blendEntity(shape, states, 0, 0, ROW + 4, share, entity);
    assert.ok(Math.abs(Math.hypot(entity.attitudeX, entity.attitudeY) - 1) < 1e-12);
  }
});
