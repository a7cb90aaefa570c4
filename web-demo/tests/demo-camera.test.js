import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Camera, settled, zoomFor } from '../demo/camera.js';
import { Resolution } from '../demo/render/resolution.js';

const WINDOWS = [[1920, 1080], [1280, 720], [3840, 2160], [390, 844], [844, 390], [1024, 768], [3440, 1440]];

test('every window sees about the same area of the world, and none much more of an axis', () => {
  for (const [width, height] of WINDOWS) {
    const zoom = zoomFor(width, height);
    const seenWidth = width / zoom;
    const seenHeight = height / zoom;
    assert.ok(seenWidth <= 1921 && seenHeight <= 1201, `${width}x${height} sees ${seenWidth} x ${seenHeight}`);
    assert.ok(seenWidth * seenHeight <= 1700 * 960 * 1.001);
  }
  assert.ok(Math.abs(1920 / zoomFor(1920, 1080) - 1700) < 20);
});

test('what the camera looks at is in the middle, and zoom is pixels per unit', () => {
  const camera = new Camera();
  camera.resize(1280, 720);
  assert.deepEqual([camera.screenX(camera.x), camera.screenY(camera.y)], [640, 360]);
  assert.ok(Math.abs(camera.screenX(camera.x + 10) - 640 - 10 * camera.zoom) < 1e-9);
  assert.ok(Math.abs(camera.screenY(camera.y - 10) - 360 + 10 * camera.zoom) < 1e-9);
});

test('a moving ship is led by the camera, within limits', () => {
  const camera = new Camera();
  camera.resize(1920, 1080);
  let x = 2000;
  for (let frame = 0; frame < 300; frame += 1) {
    x += 400 / 60;
    camera.follow(x, 2000, 400, 0, 1 / 60);
  }
  const ahead = camera.x - x;
  assert.ok(ahead > 60 && ahead < 260, `${ahead} ahead`);
});

test('a jump is flown over and not cut to', () => {
  const camera = new Camera();
  camera.resize(1920, 1080);
  camera.follow(2000, 2000, 0, 0, 1 / 60);
  camera.follow(3200, 2000, 0, 0, 1 / 60);
  assert.ok(camera.x < 2200, `at ${camera.x} one frame later`);
  for (let frame = 0; frame < 180; frame += 1) camera.follow(3200, 2000, 0, 0, 1 / 60);
  assert.ok(Math.abs(camera.x - 3200) < 1);
});

test('settling does not depend on the frame rate', () => {
  const once = 1 - settled(3, 0.5);
  let left = 1;
  for (let frame = 0; frame < 60; frame += 1) left *= 1 - settled(3, 0.5 / 60);
  assert.ok(Math.abs(once - left) < 1e-9);
});

test('a calm camera never shakes, another one shakes within reason and stops', () => {
  const camera = new Camera();
  camera.shaking = false;
  camera.shake(1);
  camera.rest(1 / 60);
  assert.equal(Math.abs(camera.shakeX), 0);
  camera.shaking = true;
  for (let shock = 0; shock < 20; shock += 1) camera.shake(1);
  camera.rest(1 / 60);
  assert.ok(Math.hypot(camera.shakeX, camera.shakeY) < 13);
  for (let frame = 0; frame < 180; frame += 1) camera.rest(1 / 60);
  assert.equal(Math.abs(camera.shakeX), 0);
});

test('resolution follows the screen, within what can be drawn, and gives way on slow machines', () => {
  const resolution = new Resolution();
  assert.equal(resolution.ratio(1280, 720, 2), 2);
  assert.equal(resolution.ratio(400, 800, 4), 3);
  assert.ok(resolution.ratio(3840, 2160, 2) <= 1);
  for (let frame = 0; frame < 89; frame += 1) assert.equal(resolution.frame(0.05), false);
  assert.equal(resolution.frame(0.05), true);
  assert.ok(resolution.ratio(1280, 720, 2) < 2);
  for (let frame = 0; frame < 2000; frame += 1) resolution.frame(0.05);
  assert.ok(resolution.ratio(1280, 720, 2) >= 1);
});
