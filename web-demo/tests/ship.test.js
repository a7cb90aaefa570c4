import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import {
  QUARTER_WAVE,
  distanceOf,
  headingOf,
  paceOf,
  readHelm,
  shotOf,
  stepBullet,
  stepShip,
} from '../demo/prediction/ship.js';

/** @typedef {import('../demo/prediction/ship.js').ShipState} ShipState */

const GOLDEN = JSON.parse(
  readFileSync(new URL('../../server/arena/golden/ship.json', import.meta.url), 'utf8'),
);

const bytes = new DataView(new ArrayBuffer(4));

/** @param {number} number */
function bits(number) {
  bytes.setFloat32(0, number);
  return bytes.getUint32(0).toString(16).padStart(8, '0');
}

/** @param {any} golden @returns {ShipState} */
function stateOf(golden) {
  const { position, velocity, angle, energy, protection, shots } = golden;
  const [x, y] = position;
  const [vx, vy] = velocity;
  const waits = { gunWait: golden.gun_wait, dashWait: golden.dash_wait };
  return { x, y, vx, vy, angle, energy, ...waits, protection, shots };
}

test('the table of sines is the same in JavaScript', () => {
  assert.deepEqual(QUARTER_WAVE, GOLDEN.quarter_wave);
});

test('rates and waits are the same in JavaScript', () => {
  for (const pace of GOLDEN.paces) {
    assert.deepEqual(paceOf(Math.fround(1 / pace.hz)), {
      regeneration: pace.regeneration,
      gunCooldown: pace.gun_cooldown,
      dashCooldown: pace.dash_cooldown,
      protection: pace.protection,
    });
  }
});

for (const { name, hz, rock, start, ticks } of GOLDEN.cases) {
  test(`${name}: JavaScript repeats the ship's ticks bit for bit`, () => {
    const rocks = rock ? [{ x: rock.center[0], y: rock.center[1], radius: rock.radius }] : [];
    const field = { dt: 1 / hz, world: GOLDEN.world, rocks };
    let ship = stateOf(start);
    for (const [tick, { thrust, turn, fire, dash, after, bullet }] of ticks.entries()) {
      const before = ship;
      const copy = { ...before };
      ship = stepShip(before, { thrust, turn, fire, dash }, field);
      assert.deepEqual(before, copy, 'what was is left as it was');
      assert.deepEqual(ship, stateOf(after), `tick ${tick}`);
      assert.equal(ship.shots !== before.shots, bullet !== null, `tick ${tick}`);
      if (!bullet) continue;
      const shot = shotOf(ship);
      const next = stepBullet(shot, 1 / 30);
      assert.equal(ship.shots, bullet.shot);
      assert.deepEqual([shot.x, shot.y].map(bits), bullet.position, `tick ${tick}`);
      assert.deepEqual([shot.vx, shot.vy].map(bits), bullet.velocity, `tick ${tick}`);
      assert.deepEqual([next.x, next.y].map(bits), bullet.next, `tick ${tick}`);
    }
  });
}

test('a helm is read to the last bit', () => {
  const { start } = GOLDEN.cases[1];
  const ship = stateOf(start);
  for (let angle = 0; angle < 65_536; angle += 1) {
    // As the SDK makes radians of it.
    const radians = angle * ((2 * Math.PI) / 65_536);
    const helm = {
      x: ship.x,
      y: ship.y,
      velocityX: ship.vx,
      velocityY: ship.vy,
      angle: radians,
      gaugesX: ship.energy,
      gaugesY: ship.gunWait,
      gaugesZ: ship.dashWait,
      protection: ship.protection,
      shots: ship.shots,
    };
    const read = readHelm(helm);
    assert.deepEqual(read, { ...ship, angle });
    assert.ok(Math.abs(headingOf(read) - radians) < 1e-12);
  }
});

test('a controls object may leave fields out, and states are compared as a whole', () => {
  const ship = stateOf(GOLDEN.cases[1].start);
  /** @type {import('../demo/prediction/ship.js').Field} */
  const field = { dt: 1 / 30, world: [4000, 4000], rocks: [] };
  assert.deepEqual(
    stepShip(ship, {}, field),
    stepShip(ship, { thrust: 0, turn: 0, fire: false, dash: false }, field),
  );
  assert.equal(distanceOf(ship, { ...ship }), 0);
  assert.equal(distanceOf(ship, { ...ship, x: ship.x + 3, y: ship.y - 4 }), 5);
  assert.ok(distanceOf(ship, { ...ship, dashWait: 1 }) > 0);
});
