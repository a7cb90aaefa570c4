import assert from 'node:assert/strict';
import { test } from 'node:test';

import { seededRandom } from './support/random.js';
import { TICK_MS, VirtualMatch } from './support/virtual-match.js';
import { match150, way } from './support/virtual-pilot.js';

test('effects happen once, however often ticks are played again', () => {
  const random = seededRandom(6);
  let stallMs = 0;
  const match = new VirtualMatch({
    up: () => 60 + stallMs + 10 * random(),
    down: way(random),
    meddle: (tick, server) => {
      if (tick % 5 === 0) server.body = { ...server.body, vx: server.body.vx + 3 };
    },
  });
  let presses = 0;
  match.run(2000);
  for (let press = 0; press < 40; press += 1) {
    stallMs = press % 4 === 0 ? 120 : 0;
    presses += 1;
    match.steer = () => match.prediction.control({ dash: 1 });
    match.run(100);
    match.steer = () => match.prediction.control({ dash: 0 });
    match.run(400);
  }
  match.run(2000);
  assert.ok(match.report.wrong > 100);
  assert.ok(match.server.late > 0, `${match.server.late} were late`);
  assert.equal(match.effects.filter(({ name }) => name === 'dash').length, presses);
});

test('own bullets stay while the page is held up for less than a quarter second', () => {
  for (const heldMs of [60, 120, 200]) {
    const match = new VirtualMatch({ up: () => 1, down: () => 1 });
    let fire = 0;
    match.steer = () => match.prediction.control({ fire });
    match.run(3000);
    for (let shot = 1; shot <= 10; shot += 1) {
      fire = 1;
      match.run(2 * TICK_MS);
      fire = 0;
      match.run(TICK_MS);
      /** @type {number[]} */
      const counts = [];
      match.look = (entities) => counts.push(entities.filter(({ kind }) => kind === 'bullet').length);
      match.holdUp(heldMs);
      match.run(heldMs + 500);
      match.look = () => {};
      assert.ok(counts.length > 20 && counts.every((count) => count === 1), `${heldMs} ms: ${counts}`);
      assert.equal(match.handovers.length, shot);
      match.run(1000);
    }
    assert.equal(match.withdrawn.length, 0);
  }
});

test('own bullets are there at once and go on as the server\'s', () => {
  const match = match150(7);
  let fire = 0;
  match.steer = () => match.prediction.control({ fire });
  match.run(20_000);
  fire = 1;
  match.run(2 * TICK_MS);
  fire = 0;
  /** @type {{id: number, x: number}[]} */
  const shown = [];
  match.look = (entities) => {
    const bullets = entities.filter(({ kind }) => kind === 'bullet');
    assert.ok(bullets.length <= 1, 'never both');
    if (bullets.length === 1) shown.push({ id: bullets[0].id, x: bullets[0].x });
  };
  match.run(40);
  assert.ok(shown[0].id < 0);
  assert.equal(match.effects.filter(({ name }) => name === 'muzzle').length, 1);
  match.run(3000);
  assert.equal(match.handovers.length, 1);
  assert.equal(match.withdrawn.length, 0);
  const [{ id, from, kind, key }] = match.handovers;
  assert.deepEqual([kind, key, from], ['bullet', 1, shown[0].id]);
  assert.ok(id > 0 && shown.at(-1)?.id === id);
  // In its last tick there is nothing to go to.
  const steps = shown.slice(1, -3).map(({ x }, index) => x - shown[index].x);
  for (const step of steps) assert.ok(step > 11 && step < 19, `a step of ${step}`);
  assert.equal(match.entities.size, 1);
});

test('what the server does not make is taken back', () => {
  const match = match150(8);
  let fire = 0;
  match.steer = () => match.prediction.control({ fire });
  match.server.isJammed = true;
  match.run(3000);
  fire = 1;
  match.run(2 * TICK_MS);
  fire = 0;
  match.run(150);
  let shown = 0;
  match.look = (entities) => (shown = entities.filter(({ kind }) => kind === 'bullet').length);
  match.run(17);
  assert.equal(shown, 1);
  match.run(500);
  assert.equal(shown, 0);
  assert.deepEqual(match.withdrawn.map(({ kind, key }) => [kind, key]), [['bullet', 1]]);
  assert.equal(match.handovers.length, 0);
});

test('a shot whose input came too late is not shown twice', () => {
  const random = seededRandom(9);
  let stallMs = 0;
  const match = new VirtualMatch({ up: () => 60 + stallMs, down: way(random) });
  let fire = 0;
  match.steer = () => match.prediction.control({ fire });
  match.run(3000);
  stallMs = 200;
  fire = 1;
  match.run(2 * TICK_MS);
  fire = 0;
  match.look = (entities) => {
    assert.ok(entities.filter(({ kind }) => kind === 'bullet').length <= 1);
  };
  match.run(3000);
  assert.ok(match.server.late > 0);
  assert.equal(match.effects.filter(({ name }) => name === 'muzzle').length, 1);
  assert.equal(match.handovers.length + match.withdrawn.length, 1);
});
