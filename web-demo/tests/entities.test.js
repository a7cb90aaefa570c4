import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readEntity, shapesOf } from '../sdk/entities.js';
import { layoutOf } from '../sdk/layout.js';

/** @typedef {import('../sdk/schema.js').FieldKind} FieldKind */

/**
 * The properties of an entity with these fields, all of its lanes 1.
 *
 * @param {[string, FieldKind][]} fields
 */
function entityOf(fields) {
  const schema = {
    game: 'test',
    inputs: [],
    entities: [
      { name: 'thing', fields: fields.map(([name, kind]) => ({ name, kind, constant: false })) },
    ],
    events: [],
    messages: [],
  };
  const [shape] = shapesOf(schema, layoutOf(schema));
  /** @type {any} */
  const entity = { id: 1, kind: 'thing' };
  readEntity(shape, new Uint32Array(32).fill(1), 0, entity);
  return entity;
}

/** @type {FieldKind} */
const POSITION = { type: 'position', min: [0, 10], max: [100, 20], step: 0.5 };

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
