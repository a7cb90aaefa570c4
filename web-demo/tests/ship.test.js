import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { QUARTER_WAVE, bounceOffRock, bounceOffWalls, stepShip } from './support/ship-twin.js';

const GOLDEN = JSON.parse(
  readFileSync(new URL('../../server/arena/golden/ship.json', import.meta.url), 'utf8'),
);

const bytes = new DataView(new ArrayBuffer(4));

/** @param {number} number */
function bits(number) {
  bytes.setFloat32(0, number);
  return bytes.getUint32(0).toString(16).padStart(8, '0');
}

/** @param {string} hex */
function number(hex) {
  bytes.setUint32(0, Number.parseInt(hex, 16));
  return bytes.getFloat32(0);
}

test('the table of sines is the same in JavaScript', () => {
  assert.deepEqual(QUARTER_WAVE, GOLDEN.quarter_wave);
});

for (const { name, dt, rock, start, ticks } of GOLDEN.cases) {
  test(`${name}: JavaScript repeats the ship's motion bit for bit`, () => {
    const [x, y, vx, vy] = [...start.position, ...start.velocity].map(number);
    const ship = { x, y, vx, vy, angle: start.angle };
    for (const [tick, { thrust, turn, dash, impact, after }] of ticks.entries()) {
      stepShip(ship, { thrust: thrust === 1, turn, dash: dash === 1 }, number(dt));
      bounceOffWalls(ship, GOLDEN.world);
      const felt = rock && bits(bounceOffRock(ship, rock.center, rock.radius));
      assert.equal(felt, impact, `tick ${tick}`);
      assert.deepEqual(
        { position: [bits(ship.x), bits(ship.y)], velocity: [bits(ship.vx), bits(ship.vy)], angle: ship.angle },
        after,
        `tick ${tick}`,
      );
    }
  });
}
