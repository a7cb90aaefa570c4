import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EntityTable } from '../sdk/replica/entity-table.js';
import { shapesOf } from '../sdk/replica/shapes.js';
import { CELL, NEXT_CELL, ScriptedReplica, schemaOf } from './support/scripted-replica.js';

/** @typedef {import('./support/scripted-replica.js').ScriptedChunk} ScriptedChunk */

const SCHEMA = schemaOf([['place', { type: 'position', min: [0, 0], max: [1000, 1000], step: 1 }]]);

/** A client that watches two cells, and what it is told. */
class Client {
  constructor() {
    this.replica = new ScriptedReplica(SCHEMA);
    /** @type {Map<number, any>} */
    this.entities = new Map();
    this._table = new EntityTable(this.entities);
    this._table.start(shapesOf(SCHEMA, this.replica.layout));
    /** @type {string[]} */
    this.told = [];
  }

  /** @param {number} tick @param {{[part: number]: ScriptedChunk}} chunks @param {boolean} [isKeyframe] */
  frame(tick, chunks, isKeyframe) {
    const { whereabouts } = this.replica;
    const gone = this.replica.frame(tick, chunks, isKeyframe);
    const left = whereabouts.departed.slice(whereabouts.departed.length - gone.length);
    const changes = this._table.apply(whereabouts, left);
    this.told = [
      ...changes.left.map(({ id }) => `leave ${id}`),
      ...changes.entered.map(({ id }) => `enter ${id}`),
      ...changes.updated.map(({ id }) => `update ${id}`),
    ];
    return this.told;
  }

  /** @param {number} id */
  at(id) {
    const { x, y } = this.entities.get(id) ?? {};
    return [x, y];
  }
}

/** A row of entity 7. @param {number} x @param {number} stepX @param {number} [slot] */
const row = (x, stepX, slot = 0) => [slot, 7, 0, x, 10, stepX, 0];

/** A client that knows entity 7 in the first cell, since tick 100. */
function client() {
  const made = new Client();
  const chunks = { [CELL]: { rows: [row(100, 5)] }, [NEXT_CELL]: { rows: [] } };
  assert.deepEqual(made.frame(100, chunks, true), ['enter 7']);
  return made;
}

test('what is not told of goes on as it went', () => {
  const made = client();
  assert.deepEqual(made.at(7), [100, 10]);
  assert.deepEqual(made.frame(103, {}), ['update 7']);
  assert.deepEqual(made.at(7), [115, 10]);
  assert.deepEqual(made.frame(104, { [CELL]: { gap: 1, rows: [row(118, 3)] } }), ['update 7']);
  assert.deepEqual(made.at(7), [118, 10]);
  made.frame(106, {});
  assert.deepEqual(made.at(7), [124, 10]);
});

test('what would leave the world as predicted stops at its end', () => {
  const made = client();
  made.frame(1000, {});
  assert.deepEqual(made.at(7), [1000, 10]);
});

test('what rests is not told of', () => {
  const made = new Client();
  made.frame(1, { [CELL]: { rows: [row(100, 0)] } }, true);
  assert.deepEqual(made.frame(2, {}), []);
});

test('who moves on to a cell that is told of at once stays the same entity', () => {
  for (const [from, to] of [[CELL, NEXT_CELL], [NEXT_CELL, CELL]]) {
    const made = new Client();
    made.frame(1, { [from]: { rows: [row(100, 5)] }, [to]: { rows: [] } }, true);
    const entity = made.entities.get(7);
    const chunks = { [from]: { gap: 1, rows: [], moved: [7] }, [to]: { gap: 1, rows: [row(105, 5)] } };
    assert.deepEqual(made.frame(2, chunks), ['update 7']);
    assert.equal(made.entities.get(7), entity);
    assert.deepEqual(made.at(7), [105, 10]);
  }
});

test('between two cells an entity goes on, for four ticks', () => {
  const made = client();
  const entity = made.entities.get(7);
  assert.deepEqual(made.frame(101, { [CELL]: { gap: 1, rows: [], moved: [7] } }), ['update 7']);
  assert.deepEqual(made.frame(103, {}), ['update 7']);
  assert.deepEqual(made.at(7), [115, 10]);
  assert.deepEqual(made.frame(105, { [NEXT_CELL]: { gap: 4, rows: [row(130, 5, 3)] } }), ['update 7']);
  assert.equal(made.entities.get(7), entity);
  assert.deepEqual(made.at(7), [130, 10]);
});

test('who enters nothing leaves once, and can come back as another', () => {
  const made = client();
  const entity = made.entities.get(7);
  made.frame(101, { [CELL]: { gap: 1, rows: [], moved: [7] } });
  assert.deepEqual(made.frame(104, {}), ['update 7']);
  assert.deepEqual(made.frame(105, {}), ['leave 7']);
  assert.equal(made.entities.size, 0);
  assert.deepEqual(made.frame(106, {}), []);
  assert.deepEqual(made.frame(107, { [NEXT_CELL]: { gap: 1, rows: [row(140, 5)] } }), ['enter 7']);
  assert.notEqual(made.entities.get(7), entity);
});

test('who does not only move on leaves at once', () => {
  const made = client();
  assert.deepEqual(made.frame(101, { [CELL]: { gap: 1, rows: [] } }), ['leave 7']);
});

test('in two cells at once, the one that was entered last counts', () => {
  const made = client();
  made.frame(102, { [NEXT_CELL]: { gap: 1, rows: [row(200, 1)] } });
  assert.deepEqual(made.at(7), [200, 10]);
  made.frame(103, { [CELL]: { gap: 1, rows: [row(117, 7)] } });
  assert.deepEqual(made.at(7), [201, 10], 'the old cell says what nobody asked');
  assert.deepEqual(made.frame(104, { [CELL]: { gap: 1, rows: [], moved: [7] } }), ['update 7']);
  assert.deepEqual(made.at(7), [202, 10]);
  assert.deepEqual(made.frame(105, { [NEXT_CELL]: { gap: 1, rows: [] } }), ['leave 7']);
});

test('who goes back to a cell that has not been sent meanwhile never leaves', () => {
  const made = client();
  const entity = made.entities.get(7);
  made.frame(102, { [NEXT_CELL]: { gap: 1, rows: [row(110, 1)] } });
  assert.deepEqual(made.frame(103, { [NEXT_CELL]: { gap: 1, rows: [], moved: [7] } }), ['update 7']);
  // It comes back to another slot than the one that it left.
  const back = { gap: 6, rows: [row(155, 5, 1)], moved: [7] };
  assert.deepEqual(made.frame(106, { [CELL]: back }), ['update 7']);
  assert.equal(made.entities.get(7), entity);
  assert.deepEqual(made.at(7), [155, 10]);
  assert.deepEqual(made.frame(107, { [CELL]: { gap: 1, rows: [] } }), ['leave 7']);
});

test('a keyframe tells what is there: the same objects stay, the rest leaves at once', () => {
  const made = client();
  made.frame(101, { [NEXT_CELL]: { gap: 1, rows: [[0, 8, 0, 1, 1, 0, 0]] } });
  const entity = made.entities.get(7);
  const chunks = { [CELL]: { rows: [] }, [NEXT_CELL]: { rows: [row(300, 0), [1, 9, 0, 2, 2, 0, 0]] } };
  assert.deepEqual(made.frame(130, chunks, true), ['leave 8', 'enter 9', 'update 7']);
  assert.equal(made.entities.get(7), entity);
  assert.deepEqual(made.at(7), [300, 10]);
});

test('who is in a cell that is no longer watched leaves, unless it has moved on', () => {
  const made = new Client();
  const chunks = { [CELL]: { rows: [] }, [NEXT_CELL]: { rows: [row(600, -5), [1, 8, 0, 900, 1, 0, 0]] } };
  made.frame(1, chunks, true);
  made.replica.watch(1);
  assert.deepEqual(made.frame(2, {}), ['update 7']);
  assert.deepEqual(made.frame(4, { [CELL]: { gap: 1, rows: [row(585, -5)] } }), ['update 7']);
  assert.deepEqual(made.frame(6, {}), ['leave 8', 'update 7']);
});

test('an id whose kind is another one is another entity', () => {
  const made = client();
  const other = [0, 7, 1, 100, 10, 5, 0];
  assert.deepEqual(made.frame(101, { [CELL]: { gap: 1, rows: [other] } }), ['leave 7', 'enter 7']);
  assert.equal(made.entities.get(7).kind, 'other');
});

test('ticks wrap without a trace', () => {
  const made = new Client();
  made.frame(2 ** 32 - 2, { [CELL]: { rows: [row(100, 5)] }, [NEXT_CELL]: { rows: [] } }, true);
  made.frame(2 ** 32 - 1, { [CELL]: { gap: 1, rows: [], moved: [7] } });
  made.frame(1, {});
  assert.deepEqual(made.at(7), [115, 10]);
  assert.deepEqual(made.frame(3, {}), ['leave 7']);
});
