import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DASHING, PROTECTED, THRUSTING } from '../demo/arena.js';
import { arenaRules, fly } from '../demo/prediction/rules.js';
import { completeRules } from '../sdk/prediction/prediction-rules.js';

const DT = 1 / 30;
const WORLD = { width: 4000, height: 4000 };
const SHIP = {
  x: 1000, y: 1000, vx: 0, vy: 0, angle: 0, energy: 100, gunWait: 0, dashWait: 0, protection: 40, shots: 255,
};
const rules = completeRules(arenaRules(() => ({ world: WORLD, player: 7 })));

/** A context that keeps what a step brings about. @param {any} [more] */
function contextOf(more) {
  /** @type {any[]} */
  const happened = [];
  const context = {
    dt: DT, tickDt: DT, tick: 1, entities: new Map(), isReplay: false,
    spawn: (/** @type {any} */ ...spawned) => happened.push(['spawn', ...spawned]),
    effect: (/** @type {any} */ ...effect) => happened.push(['effect', ...effect]),
    ...more,
  };
  return { context, happened };
}

test('a ship that fires makes its bullet and a flash, under the number of the shot', () => {
  const { context, happened } = contextOf();
  const next = rules.step(SHIP, { thrust: 0, turn: 0, fire: 1, dash: 0 }, context);
  assert.equal(next.shots, 0);
  assert.deepEqual(happened.map(([what, name, key]) => [what, name, key]).at(0), ['spawn', 'bullet', 0]);
  const [, , , shot] = happened[0];
  assert.deepEqual([shot.player, shot.bullet.x, shot.bullet.y, shot.bullet.vx], [7, 1020, 1000, 900]);
  assert.deepEqual(happened[1], ['effect', 'muzzle', { x: 1020, y: 1000 }]);
  assert.equal(rules.spawns.bullet.key(/** @type {any} */ ({ player: 7, shot: 0 }), 7), 0);
  assert.equal(rules.spawns.bullet.key(/** @type {any} */ ({ player: 8, shot: 0 }), 7), undefined);
});

test('a dash is one effect, and is seen on the ship', () => {
  const { context, happened } = contextOf();
  const next = rules.step(SHIP, { thrust: 1, turn: 0, fire: 0, dash: 1 }, context);
  assert.deepEqual(happened.map(([what, name]) => [what, name]), [['effect', 'dash']]);
  const drawn = /** @type {any} */ ({ id: 3, kind: 'ship', player: 7, flags: 8, energy: 100 });
  rules.show(next, drawn);
  assert.equal(drawn.flags, 8 | THRUSTING | PROTECTED | DASHING);
  assert.equal(drawn.energy, 85);
  assert.ok(drawn.x > 1000);
});

test('between two ticks the ship is on its way', () => {
  const input = { thrust: 1, turn: 127, fire: 0, dash: 0 };
  const whole = rules.step(SHIP, input, contextOf().context);
  const half = rules.step(SHIP, input, contextOf({ dt: DT / 2 }).context);
  assert.ok(Math.abs(half.angle - whole.angle / 2) < 1e-9);
  assert.ok(Math.abs(half.x - (SHIP.x + whole.x) / 2) < 1e-9);
});

test('a bullet flies until its time, a rock or the edge ends it', () => {
  const shot = { bullet: { x: 1000, y: 1000, vx: 900, vy: 0 }, life: 1.2, player: 7 };
  const next = fly(shot, DT, WORLD, []);
  assert.ok(next && Math.abs(next.bullet.x - 1030) < 1e-3 && Math.abs(next.life - 1.2 + DT) < 1e-9);
  assert.equal(fly({ ...shot, life: DT / 2 }, DT, WORLD, []), undefined);
  assert.equal(fly(shot, DT, { width: 1020, height: 4000 }, []), undefined);
  // Thinner than its way in a tick.
  assert.equal(fly(shot, DT, WORLD, [{ x: 1015, y: 1003, radius: 5 }]), undefined);
  assert.ok(fly(shot, DT, WORLD, [{ x: 1015, y: 1007, radius: 5 }]));
});

test('asteroids that are known stop the ship', () => {
  const rock = { id: 9, kind: 'asteroid', x: 1040, y: 1000, radius: 30, shape: 1 };
  const { context } = contextOf({ tick: 5, entities: new Map([[9, rock]]) });
  const next = rules.step({ ...SHIP, vx: 300 }, { thrust: 0, turn: 0, fire: 0, dash: 0 }, context);
  assert.ok(next.vx < 0, `${next.vx}`);
});

test('an asteroid counts as soon as it is known, for ship and bullets, and no longer', () => {
  const rock = { id: 9, kind: 'asteroid', x: 1040, y: 1000, radius: 30, shape: 1 };
  const input = { thrust: 0, turn: 0, fire: 0, dash: 0 };
  const shot = { bullet: { x: 1000, y: 1000, vx: 900, vy: 0 }, life: 1.2, player: 7 };
  const known = new Map();
  const meets = () => {
    // All within one tick, as when a frame comes between two drawn frames.
    const { context } = contextOf({ tick: 6, entities: known });
    const flies = rules.spawns.bullet.step(shot, DT, context) !== undefined;
    return [rules.step({ ...SHIP, vx: 300 }, input, context).vx < 0, !flies];
  };
  assert.deepEqual(meets(), [false, false]);
  known.set(9, rock);
  assert.deepEqual(meets(), [true, true]);
  // In the place of another thing: the ship looks, and its bullets go by what it saw.
  known.delete(9);
  known.set(10, { id: 10, kind: 'ship' });
  assert.equal(meets()[0], false);
  assert.deepEqual(meets(), [false, false]);
});
