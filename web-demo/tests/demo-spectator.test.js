import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Camera } from '../demo/camera.js';
import { Lookout } from '../demo/spectator/lookout.js';
import { Cast } from '../demo/scene.js';
import { DriftingEye } from '../demo/spectator/drifting-eye.js';

const WORLD = { width: 16_000, height: 8000 };

/** @param {...{ id: number, x: number, y: number }} ships */
function cast(...ships) {
  const made = new Cast();
  for (const ship of ships) made.add(/** @type {any} */ (ship), /** @type {any} */ (undefined));
  return made;
}

/** @param {DriftingEye} eye @param {Cast} ships @param {number} seconds */
function watch(eye, ships, seconds) {
  for (let frame = 0; frame < 60 * seconds; frame += 1) eye.move(ships, 1 / 60);
}

test('a spectator drifts to a ship and stays with it', () => {
  const eye = new DriftingEye();
  eye.start(WORLD);
  assert.deepEqual([eye.x, eye.y], [8000, 4000]);
  watch(eye, cast({ id: 3, x: 8500, y: 4200 }), 8);
  assert.ok(Math.hypot(eye.x - 8500, eye.y - 4200) < 5);
});

test('where nobody is, a spectator looks elsewhere, within the world', () => {
  const eye = new DriftingEye();
  eye.start(WORLD);
  watch(eye, cast(), 2);
  assert.deepEqual([eye.x, eye.y], [8000, 4000], 'those who are here may not have been told of yet');
  const seen = [];
  for (let place = 0; place < 20; place += 1) {
    watch(eye, cast(), 3);
    assert.ok(eye.x >= 0 && eye.x <= WORLD.width && eye.y >= 0 && eye.y <= WORLD.height);
    seen.push(eye.x);
  }
  assert.ok(Math.max(...seen) - Math.min(...seen) > 1000);
  watch(eye, cast({ id: 3, x: 100, y: 100 }), 8);
  assert.ok(Math.hypot(eye.x - 100, eye.y - 100) < 60, 'the first ship in view is what was looked for');
});

/** A room that counts what is looked at. @param {number} columns */
function room(columns) {
  /** @type {any[]} */
  const looks = [];
  const look = (/** @type {any} */ area) => looks.push(area) > 0;
  return { looks, spectator: true, welcome: { grid: { columns, rows: columns / 2 } }, look };
}

/** @param {number} x */
function camera(x) {
  return Object.assign(new Camera(), { x, y: 4000, width: 1000, height: 500, zoom: 0.5 });
}

test('the server is told where a spectator looks, when that has changed, and not too often', () => {
  const lookout = new Lookout();
  const watched = room(32);
  const update = (/** @type {number} */ x, /** @type {number} */ nowMs) =>
    lookout.update(/** @type {any} */ (watched), camera(x), WORLD, nowMs);
  update(8000, 0);
  assert.deepEqual(watched.looks, [{ x: 8000, y: 4000, width: 2000, height: 1000 }]);
  update(9000, 100);
  assert.equal(watched.looks.length, 1, 'too soon');
  update(8100, 300);
  assert.equal(watched.looks.length, 1, 'a cell is 500 wide');
  update(8130, 400);
  assert.equal(watched.looks.length, 2);
  lookout.clear();
  update(8130, 401);
  assert.equal(watched.looks.length, 3);
});

test('nobody is told anything in a small room, by a player, or while there is no connection', () => {
  for (const part of [
    { welcome: { grid: { columns: 1, rows: 1 } } },
    { spectator: false },
    { welcome: undefined },
  ]) {
    const watched = { ...room(32), ...part };
    new Lookout().update(/** @type {any} */ (watched), camera(0), WORLD, 0);
    assert.equal(watched.looks.length, 0);
  }
  const lookout = new Lookout();
  const away = { ...room(32), look: () => false };
  lookout.update(/** @type {any} */ (away), camera(0), WORLD, 0);
  const back = room(32);
  lookout.update(/** @type {any} */ (back), camera(0), WORLD, 1);
  assert.equal(back.looks.length, 1, 'what was not sent is sent later');
});
