import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Camera } from '../demo/camera.js';
import { Cast } from '../demo/scene.js';
import { FreeCamera } from '../demo/spectator/free-camera.js';

const WORLD = { width: 4000, height: 4000 };
const STILL = { x: 0, y: 0 };

/** @param {...{ player: number, x: number, y: number }} ships */
function cast(...ships) {
  const made = new Cast();
  for (const ship of ships) made.add(/** @type {any} */ (ship), /** @type {any} */ ({ vx: 0, vy: 0 }));
  return made;
}

function watching() {
  const camera = new Camera();
  camera.resize(1280, 720);
  const free = new FreeCamera();
  free.start(camera);
  return { camera, free };
}

test('who watches sees somebody at once, and follows whom they tap', () => {
  const { camera, free } = watching();
  const ships = cast({ player: 4, x: 2000, y: 2000 }, { player: 7, x: 2300, y: 2000 });
  free.update(camera, ships, WORLD, STILL, 1 / 60);
  assert.equal(free.followed, 4);
  assert.equal(free.tap(camera.screenX(2300) + 20, camera.screenY(2000), camera, ships), true);
  assert.equal(free.followed, 7);
  assert.equal(free.tap(5, 5, camera, ships), false);
  assert.equal(free.followed, 7, 'a tap on nothing changes nothing');
  for (let frame = 0; frame < 300; frame += 1) free.update(camera, ships, WORLD, STILL, 1 / 60);
  assert.ok(Math.abs(camera.x - 2300) < 1);
});

test('whoever follows somebody that leaves follows another one, and who looks around stays', () => {
  const { camera, free } = watching();
  free.follow(7);
  free.lose();
  free.update(camera, cast({ player: 4, x: 2000, y: 2000 }), WORLD, STILL, 1 / 60);
  assert.equal(free.followed, 4);
  free.drag(100, 0, camera, WORLD);
  const { x } = camera;
  free.lose();
  free.update(camera, cast({ player: 4, x: 2000, y: 2000 }), WORLD, STILL, 1 / 60);
  assert.equal(free.followed, undefined);
  assert.equal(camera.x, x);
});

test('the next one and the one before, round and round', () => {
  const { free } = watching();
  const ships = cast({ player: 9, x: 0, y: 0 }, { player: 2, x: 0, y: 0 }, { player: 5, x: 0, y: 0 });
  const seen = [1, 1, 1, 1, -1, -1].map((step) => (free.followNext(ships, /** @type {1 | -1} */ (step)), free.followed));
  assert.deepEqual(seen, [2, 5, 9, 2, 9, 5]);
  free.followNext(cast(), 1);
  assert.equal(free.followed, 5);
  free.followNext(cast({ player: 7, x: 0, y: 0 }, { player: 3, x: 0, y: 0 }), 1);
  assert.equal(free.followed, 7, 'the one that was followed may have gone');
});

test('a drag takes what is under the finger along, and ends the following', () => {
  const { camera, free } = watching();
  free.follow(1);
  const [x, y] = [camera.x, camera.y];
  const before = camera.screenX(1900);
  free.drag(100, -40, camera, WORLD);
  assert.equal(free.followed, undefined);
  assert.ok(Math.abs(camera.screenX(1900) - before - 100) < 1e-6);
  assert.ok(camera.x < x && camera.y > y);
  free.update(camera, cast({ player: 1, x: 100, y: 100 }), WORLD, STILL, 1 / 60);
  assert.ok(Math.abs(camera.screenX(1900) - before - 100) < 1e-6, 'it stays there');
  free.drag(1e9, 1e9, camera, WORLD);
  assert.deepEqual([camera.x, camera.y], [0, 0], 'not out of the world');
});

test('keys and the stick move the picture as fast at any frame rate', () => {
  const ends = [30, 144].map((rate) => {
    const { camera, free } = watching();
    free.keys.x = 1;
    for (let frame = 0; frame < rate; frame += 1) free.update(camera, cast(), WORLD, { x: 0, y: -0.5 }, 1 / rate);
    return [camera.x, camera.y];
  });
  assert.ok(ends[0][0] > 2300 && ends[0][1] < 1900, String(ends[0]));
  assert.ok(Math.abs(ends[0][0] - ends[1][0]) < 1 && Math.abs(ends[0][1] - ends[1][1]) < 1);
});

test('zooming keeps what is under the pointer, from all of the world to a ship', () => {
  const { camera, free } = watching();
  free.drag(1, 0, camera, WORLD);
  const [x, y] = [camera.x + (900 - 640) / camera.zoom, camera.y + (200 - 360) / camera.zoom];
  free.zoom(1.4, 900, 200, camera, WORLD);
  assert.ok(Math.abs(camera.screenX(x) - 900) < 1e-6 && Math.abs(camera.screenY(y) - 200) < 1e-6);
  for (let step = 0; step < 40; step += 1) free.zoom(0.8, 640, 360, camera, WORLD);
  assert.ok(camera.height / camera.zoom >= WORLD.height && camera.height / camera.zoom < 1.2 * WORLD.height);
  for (let step = 0; step < 40; step += 1) free.zoom(1.3, 640, 360, camera, WORLD);
  assert.equal(camera.closer, 3);
  free.start(camera);
  assert.equal(camera.closer, 1, 'who plays sees as much as everybody');
});
