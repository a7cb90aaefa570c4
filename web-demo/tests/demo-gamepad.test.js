import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gamepad } from '../demo/input/gamepad.js';

/** A page with one pad, whose sticks and buttons the test sets. */
function plugged() {
  const pad = {
    connected: true,
    mapping: 'standard',
    axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })),
  };
  const page = new EventTarget();
  const pads = /** @type {any} */ ([null, pad]);
  const gamepad = new Gamepad(() => pads, page);
  return { pad, pads, page, gamepad, press: (/** @type {number} */ button, value = 1) => (pad.buttons[button].value = value) };
}

test('pads are not asked before one is there', () => {
  let asked = 0;
  const page = new EventTarget();
  const gamepad = new Gamepad(() => ((asked += 1), []), page);
  gamepad.read();
  assert.equal(asked, 0);
  page.dispatchEvent(new Event('gamepadconnected'));
  gamepad.read();
  assert.equal(asked, 1);
});

test('the stick points, and thrusts when it is pushed out', () => {
  const { pad, page, gamepad } = plugged();
  let steered = 0;
  gamepad.onSteer = () => (steered += 1);
  page.dispatchEvent(new Event('gamepadconnected'));
  pad.axes = [0.1, -0.2, 0, 0];
  gamepad.read();
  assert.equal(gamepad.heading, undefined, 'no stick rests exactly in the middle');
  assert.equal(steered, 0);
  pad.axes = [0, -0.5, 0, 0];
  gamepad.read();
  assert.equal(gamepad.heading, -Math.PI / 2);
  assert.equal(gamepad.thrust, false);
  pad.axes = [1, 0, 0, 0];
  gamepad.read();
  assert.deepEqual([gamepad.heading, gamepad.thrust, steered], [0, true, 2]);
});

test('a worn stick that never rests, or a stick held still, does not take the steering back', () => {
  const { pad, page, gamepad, press } = plugged();
  let steered = 0;
  gamepad.onSteer = () => (steered += 1);
  page.dispatchEvent(new Event('gamepadconnected'));
  for (let frame = 0; frame < 100; frame += 1) {
    pad.axes = [0.25 + 0.06 * Math.sin(frame), 0.05 * Math.cos(frame), 0, 0];
    gamepad.read();
  }
  assert.ok(steered <= 1, `it has steered ${steered} times`);
  steered = 0;
  for (const x of [1, 1, 0.98, 0, 1]) {
    pad.axes = [x, 0, 0, 0];
    gamepad.read();
  }
  assert.equal(steered, 2, 'pushed, let go and pushed again');
  press(14);
  for (let frame = 0; frame < 3; frame += 1) gamepad.read();
  assert.equal(steered, 3, 'the cross steers when it is pressed');
});

test('any button that goes down is a press', () => {
  const { page, gamepad, press } = plugged();
  let presses = 0;
  gamepad.onPress = () => (presses += 1);
  page.dispatchEvent(new Event('gamepadconnected'));
  gamepad.read();
  assert.equal(presses, 0);
  press(3);
  for (let frame = 0; frame < 3; frame += 1) gamepad.read();
  assert.equal(presses, 1);
});

test('triggers and buttons fire, thrust and dash; a dash is one press', () => {
  const { page, gamepad, press } = plugged();
  page.dispatchEvent(new Event('gamepadconnected'));
  let [dashes, starts] = [0, 0];
  gamepad.onDash = () => (dashes += 1);
  gamepad.onStart = () => (starts += 1);
  press(7, 0.2);
  gamepad.read();
  assert.equal(gamepad.fire, false, 'a trigger that is only touched');
  press(7, 0.9);
  press(6, 0.9);
  press(1);
  press(15);
  for (let frame = 0; frame < 3; frame += 1) gamepad.read();
  assert.deepEqual([gamepad.fire, gamepad.thrust, gamepad.turn, dashes, starts], [true, true, 1, 1, 0]);
  press(0);
  press(1, 0);
  gamepad.read();
  press(1);
  gamepad.read();
  assert.deepEqual([dashes, starts], [2, 1]);
});

test('a pad that is unplugged lets go; one of another layout is left alone', () => {
  const { pad, page, gamepad, press } = plugged();
  page.dispatchEvent(new Event('gamepadconnected'));
  press(0);
  gamepad.read();
  assert.equal(gamepad.fire, true);
  pad.connected = false;
  gamepad.read();
  assert.equal(gamepad.fire, false);
  Object.assign(pad, { connected: true, mapping: '' });
  gamepad.read();
  assert.equal(gamepad.fire, false);
});
