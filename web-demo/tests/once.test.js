import assert from 'node:assert/strict';
import { test } from 'node:test';

import { STEP_RULES } from './support/predicted-game.js';
import { match150 } from './support/virtual-pilot.js';

test('an effect that only a replay brings happens, though another was before and nothing is ever exact', () => {
  /** @type {any} */
  const rules = {
    ...STEP_RULES,
    step: (/** @type {any} */ body, /** @type {any} */ input, /** @type {any} */ context) => {
      // Only the server can set it so high, and says so ticks before.
      if (body.wait === 50) context.effect('dash');
      return STEP_RULES.step(body, input, context);
    },
  };
  const match = match150(18, {
    rules,
    meddle: (/** @type {number} */ tick, /** @type {any} */ server) => {
      server.body = { ...server.body, y: server.body.y + 1 };
      if (tick === begin + 60) server.body.wait = 53;
    },
  });
  const begin = match.server.tick + 90;
  match.steer = () => match.prediction.control({});
  match.run(3000);
  match.steer = () => match.prediction.control({ dash: 1 });
  match.run(4000);
  const ticks = match.effects.filter(({ name }) => name === 'dash').map(({ tick }) => tick - begin);
  assert.equal(ticks.length, 2, `${ticks}`);
  assert.ok(ticks[0] < 30 && ticks[1] > 60, `${ticks}`);
  assert.equal(match.report.wrong, match.report.compared, 'no state was as predicted');
});
