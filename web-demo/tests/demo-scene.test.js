import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scene } from '../demo/scene.js';

const ship = { kind: 'ship', id: 10, player: 1, x: 0, y: 0, angle: 0, flags: 0 };
const bullet = { kind: 'bullet', id: 20, player: 1, x: 5, y: 5 };

/** A scene, and what it tells; `frame` shows it entities. */
function staged() {
  const scene = new Scene();
  /** @type {string[]} */
  const told = [];
  scene.onShot = ({ entity }) => told.push(`shot ${entity.id}`);
  scene.onSpent = (x, y, shooter) => told.push(`spent by ${shooter} at ${x}, ${y}`);
  let nowMs = 0;
  /** @param {...object} entities */
  const frame = (...entities) => {
    nowMs += 16;
    const room = { player: 1, view: () => entities, prediction: { state: {} } };
    scene.gather(/** @type {any} */ (room), nowMs, 0.016);
  };
  return { scene, told, frame };
}

test("others' bullets are told of once, and where they end", () => {
  const { told, frame } = staged();
  const other = { ...bullet, player: 2 };
  for (let count = 0; count < 4; count += 1) frame(other);
  frame();
  assert.deepEqual(told, ['shot 20', 'spent by 2 at 5, 5']);
});

test('an own bullet flashes when it is predicted, and not again when the server has it', () => {
  for (const framesBefore of [0, 1, 2, 5]) {
    const { scene, told, frame } = staged();
    for (let count = 0; count < framesBefore; count += 1) frame({ ...bullet, id: -3 });
    scene.hand(-3, 20);
    for (let count = 0; count < 4; count += 1) frame(bullet);
    assert.deepEqual(told, [], `handed over after ${framesBefore} frames`);
  }
});

test('a ship that is out of view is at no place, unless its pilot has another', () => {
  const { scene, frame } = staged();
  frame(ship, { ...ship, id: 11, player: 2 });
  assert.deepEqual([...scene.byPlayer.keys()], [1, 2]);
  frame(ship);
  assert.deepEqual([...scene.byPlayer.keys()], [1]);
  frame({ ...ship, id: 12, x: 700 });
  assert.equal(scene.byPlayer.get(1)?.x, 700);
});
