import assert from 'node:assert/strict';
import { test } from 'node:test';

import { STEP_RULES } from './support/predicted-game.js';
import { seededRandom } from './support/random.js';
import { TICK_HZ, TICK_MS, VirtualMatch } from './support/virtual-match.js';
import { match150, pilot } from './support/virtual-pilot.js';

test('at 150 ± 30 ms the prediction is exact whenever inputs are in time, and 99 of 100 are', () => {
  let [applied, late, exact] = [0, 0, 0];
  for (let seed = 1; seed <= 20; seed += 1) {
    const match = match150(seed);
    match.run(60_000);
    const { report, server } = match;
    assert.ok(report.compared > 1700, `seed ${seed}: ${report.compared} states were compared`);
    assert.ok(Math.abs(report.late - server.late) <= 1, 'but for what is late by less than a millisecond');
    if (server.late === 0) assert.equal(report.wrong, 0, `seed ${seed}: ${report.wrong} were wrong`);
    applied += report.applied;
    late += server.late;
    if (server.late === 0) exact += 1;
  }
  assert.ok(exact > 0);
  assert.ok(applied > 7000, `${applied} inputs`);
  assert.ok(late <= applied / 100, `${late} of ${applied} were late`);
});

test('a key shows in the next frame', () => {
  const match = match150(1);
  let ax = 0;
  match.steer = () => match.prediction.control({ ax });
  match.run(3000);
  assert.equal(match.report.state.vx, 0);
  ax = 100;
  match.run(17);
  assert.ok(match.report.state.vx > 0);
});

test('inputs arrive just in time, and are not sent more often than they change', () => {
  const match = match150(2);
  match.steer = () => match.prediction.control({ ax: 10 });
  match.run(60_000);
  const { report, sent } = match;
  assert.equal(report.late, 0);
  assert.ok(Number(report.slackMs) < 75, `slack of ${report.slackMs}`);
  assert.ok(report.leadMs > 75 && report.leadMs < 130, `lead of ${report.leadMs}`);
  assert.ok(sent.length > 100 && sent.length < 140, `${sent.length} inputs`);
  const last = sent.at(-1);
  // As far as others are behind what is shown of the own body.
  const behind = (report.leadMs + 75 + match.interpolation.delayMs) / TICK_MS;
  assert.ok(Math.abs(last.viewAge - behind) < 1, `${last.viewAge} against ${behind}`);
});

test('the lead follows the latency, gently', () => {
  const random = seededRandom(3);
  let base = 30;
  const match = new VirtualMatch({ up: () => base + 10 * random(), down: () => base + 10 * random() });
  match.steer = pilot(random);
  match.run(20_000);
  const near = match.report.leadMs;
  assert.ok(near > 30 && near < 75, `${near}`);
  base = 130;
  let last = 0;
  match.look = (_, now) => {
    const predicted = match.prediction.tickAt(now) ?? 0;
    const rate = ((predicted - last) * TICK_MS * 60) / 1000;
    assert.ok(last === 0 || (rate > 0.965 && rate < 1.035), `predicted time passes at ${rate}`);
    last = predicted;
  };
  match.run(6000);
  const late = match.server.late;
  match.run(20_000);
  assert.ok(match.report.leadMs > 130 && match.report.leadMs < 180, `${match.report.leadMs}`);
  assert.ok(match.server.late - late <= 3, `${match.server.late - late} late after that`);
  base = 30;
  match.run(40_000);
  assert.ok(match.report.leadMs < 80, `${match.report.leadMs}`);
});

test('late inputs are put right without a jump', () => {
  const random = seededRandom(4);
  let stallMs = 0;
  const match = new VirtualMatch({ up: () => 40 + stallMs, down: () => 40 });
  match.steer = pilot(random);
  match.run(5000);
  assert.equal(match.report.wrong, 0);
  let [lastX, lastY, longest, largest] = [0, 0, 0, 0];
  match.look = () => {
    largest = Math.max(largest, match.report.error);
    const { x, y, vx, vy } = match.report.state;
    // Beyond what its speed explains.
    if (lastX) longest = Math.max(longest, Math.hypot(x - lastX, y - lastY) - Math.hypot(vx, vy) / 60);
    [lastX, lastY] = [x, y];
  };
  for (let stall = 0; stall < 20; stall += 1) {
    stallMs = 200;
    const ax = stall % 2 === 0 ? 100 : -100;
    match.steer = () => match.prediction.control({ ax });
    match.run(50);
    stallMs = 0;
    match.run(1500);
  }
  const { report } = match;
  assert.ok(report.wrong > 3, `${report.wrong} were wrong`);
  assert.ok(report.wrong < report.compared / 4);
  assert.ok(largest > 0.5, `${largest}`);
  assert.ok(longest < 6, `a jump of ${longest}`);
  // Everything has been heard of.
  match.steer = () => match.prediction.control({});
  match.run(2000);
  assert.equal(report.error, 0);
});

test('what others do is put right, and a teleport is jumped over', () => {
  const match = match150(5, {
    meddle: (/** @type {number} */ tick, /** @type {any} */ server) => {
      if (tick % 30 === 0) server.body = { ...server.body, vx: server.body.vx + 40, y: server.body.y + 1 };
      if (tick % 300 === 0) server.body = { ...server.body, x: 5000 - server.body.x };
    },
  });
  /** @type {number[]} */
  const jumps = [];
  let [last, lastNow] = [NaN, 0];
  match.look = (_, now) => {
    const state = match.report.state;
    if (!state) return;
    const step = Math.abs(state.x - last);
    if (step > 40) jumps.push(now - lastNow);
    else if (step > Math.abs(state.vx) / 60 + 20) assert.fail(`a step of ${step} at ${now}`);
    [last, lastNow] = [state.x, now];
  };
  match.run(60_000);
  assert.ok(jumps.length >= 5 && jumps.length <= 7, `${jumps.length} jumps`);
  assert.ok(match.report.wrong > 50);
  assert.equal(match.report.late, 0);
});

test('the own body is drawn as predicted, and gone when the others\' time comes to its end', () => {
  const match = match150(10);
  match.run(3000);
  /** @type {any[]} */
  let own = [];
  match.look = (entities) => {
    own = entities.filter(({ id }) => id === 1);
    assert.ok(own.length <= 1);
  };
  match.run(17);
  assert.deepEqual([own[0].x, own[0].kind], [match.report.state?.x, 'body']);
  match.server.isAlive = false;
  match.run(1000);
  assert.equal(own.length, 0);
  assert.equal(match.report.state, undefined);
  match.server.isAlive = true;
  match.run(1000);
  assert.equal(own[0].x, /** @type {any} */ (match.report).state.x);
  assert.equal(match.report.late, 0);
});

test('after a pause nothing of it is made up for', () => {
  const match = match150(11);
  match.run(3000);
  match.steer = () => match.prediction.control({ ax: 100, dash: 0 });
  match.run(100);
  match.isVisible = false;
  const sent = match.sent.length;
  match.prediction.control({ ax: 0, dash: 1 });
  match.run(30_000);
  assert.equal(match.sent.length, sent);
  match.steer = () => match.prediction.control({ ax: 0 });
  match.isVisible = true;
  match.run(1000);
  assert.ok(match.sent.length - sent < 5, 'no input of ticks that have passed');
  assert.ok(match.sent.slice(sent).every(({ at, values }) => values[3] === 0 && at > match.server.tick - 35));
  assert.equal(match.report.error, 0);
  assert.equal(match.effects.filter(({ name }) => name === 'dash').length, match.effects.filter(({ name, tick }) => name === 'dash' && tick < match.server.tick - 900).length);
});

test('a press while the page is held up for less than a quarter second counts', () => {
  for (const rules of [undefined, null]) {
    for (const heldMs of [60, 120, 200]) {
      const match = new VirtualMatch({ up: () => 1, down: () => 1, ...(rules === null && { rules }) });
      let dash = 0;
      match.steer = () => match.prediction.control({ ax: 50, dash });
      match.run(3000);
      for (let press = 0; press < 10; press += 1) {
        match.holdUp(heldMs);
        dash = 1;
        match.run(heldMs + 40);
        dash = 0;
        match.run(700);
      }
      const name = `${heldMs} ms ${rules === null ? 'without' : 'with'} rules`;
      assert.equal(match.sent.filter(({ values }) => values[3] === 1).length, 10, name);
      // No input for a tick that had been computed, and told, before.
      assert.ok(match.sent.every(({ at, now }) => at * TICK_MS > now + match.offsetMs - TICK_MS - 2), name);
      if (rules === null) continue;
      assert.equal(match.effects.filter(({ name: effect }) => effect === 'dash').length, 10, name);
      assert.equal(match.report.error, 0, name);
      assert.ok(match.server.body.x > 500 + 10 * 450, `${name}: ${match.server.body.x}`);
    }
  }
});

test('a new connection starts from the server\'s state', () => {
  const match = match150(12);
  match.run(5000);
  match.prediction.stop();
  match.run(2000);
  assert.equal(match.report.state, undefined);
  match.sent.length = 0;
  match.connect();
  match.run(5000);
  assert.equal(match.sent[0].seq, 1);
  assert.ok(match.report.compared > 200);
  assert.equal(match.report.error, 0);
  assert.equal(match.report.late, 0);
});

for (const [name, ms, isDeaf] of /** @type {[string, number, boolean][]} */ ([
  ['the server stood still for 5 s', 5000, true],
  ['the room\'s ticks stalled for 3 s', 3000, false],
  ['the room\'s ticks stalled for 1.9 s', 1900, false],
])) {
  test(`after ${name} it is steered again at once`, () => {
    const match = match150(16);
    match.run(20_000);
    match.freeze(ms, { isDeaf });
    match.run(ms + 2500);
    const [sent, compared, wrong, late] = [match.sent.length, match.report.compared, match.report.wrong, match.server.late];
    match.run(30_000);
    assert.ok(match.sent.length - sent > 100, `${match.sent.length - sent} inputs in the half minute after`);
    assert.ok(match.report.compared - compared > 850, `${match.report.compared - compared} states were compared`);
    assert.ok(match.server.late - late <= 3 && match.report.wrong - wrong < 30, `${match.server.late - late} late`);
    assert.ok(match.report.leadMs < 150, `a lead of ${match.report.leadMs}`);
  });
}

test('whatever the network does, the own state comes to the server\'s', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = seededRandom(seed);
    const [base, jitter, stalls] = [300 * random(), 150 * random(), random() < 0.5 ? 0.02 * random() : 0];
    const delay = () => base / 2 + jitter * random() ** 2 + (random() < stalls ? 1500 * random() : 0);
    const match = new VirtualMatch({
      up: delay,
      down: delay,
      frameMs: () => 6 + 30 * random() ** 3,
      meddle: (tick, server) => {
        if (random() < 0.01) server.body = { ...server.body, x: 1000 * random(), vx: 0 };
        if (random() < 0.003) server.isAlive = !server.isAlive;
      },
    });
    const steer = pilot(random);
    match.steer = (now) => {
      steer(now, match);
      if (random() < 0.002) match.isVisible = false;
      if (random() < 0.01) match.prediction.send({ ax: 50, dash: 1 }, random() < 0.5 ? 0 : match.server.tick + 90);
    };
    for (let second = 0; second < 20; second += 1) {
      match.run(1000);
      match.isVisible = true;
    }
    const name = `seed ${seed}`;
    match.steer = () => match.prediction.control({});
    match.meddle = undefined;
    match.server.isAlive = true;
    match.up.delay = match.down.delay = () => base / 2;
    match.run(6000);
    const { report, server } = match;
    const { tick, state } = report;
    assert.ok(tick !== undefined && state, name);
    assert.equal(report.error, 0, name);
    assert.ok(tick > server.tick && tick - server.tick < 45, `${name}: ${tick - server.tick} ticks ahead`);
    match.run((tick - server.tick + 2) * TICK_MS);
    const { x, y } = server.states.get(tick) ?? { x: NaN, y: NaN };
    // What is drawn is a part of a tick later.
    const way = Math.hypot(state.vx, state.vy) / TICK_HZ;
    assert.ok(Math.hypot(state.x - x, state.y - y) <= way + 1e-9, `${name}: ${state.x},${state.y} is not ${x},${y}`);
  }
});

test('a client that is told of a state once a second predicts all the same', () => {
  const match = match150(15);
  match.sendEvery = 30;
  match.connect();
  match.run(60_000);
  const { report, server } = match;
  assert.ok(report.compared > 50);
  assert.equal(report.wrong, 0);
  assert.ok(server.late <= match.sent.length / 100, `${server.late} of ${match.sent.length}`);
});

test('without rules inputs are paced all the same', () => {
  const match = match150(13, { rules: null });
  match.run(30_000);
  assert.ok(match.sent.length > 100);
  assert.ok(match.server.late <= match.sent.length / 100, `${match.server.late} of ${match.sent.length}`);
});

test('a game that only sends is predicted too', () => {
  const match = match150(14);
  match.steer = () => {};
  match.run(2000);
  for (let turn = 0; turn < 50; turn += 1) {
    match.prediction.send({ ax: turn % 2 === 0 ? 100 : -100 }, 0);
    match.run(200);
  }
  assert.ok(match.report.compared > 300);
  assert.ok(match.report.wrong <= 5, `${match.report.wrong} of ${match.report.compared}`);
});

test('rules that are none are refused', () => {
  const { step: _, ...stepless } = STEP_RULES;
  assert.throws(() => match150(1, { rules: stepless }), /step\(state, input, context\)/);
});
