import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeWorld, GRID_FRAMES, GRID_WELCOME, heard } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

test('a desync is counted, told and reported, and the room goes on', async () => {
  const world = new FakeWorld();
  const room = world.join();
  const errors = heard(room, 'error');
  await world.run(0);
  world.socket.open();
  world.socket.receive(GRID_WELCOME);
  let reportedAt = -Infinity;
  let wrong = 0;
  for (const { hex, frame } of GRID_FRAMES) {
    const before = world.sent('05').length;
    world.socket.receive(bytesOf(hex));
    wrong += Number(frame.agreement === 'different');
    const due = world.now - reportedAt >= 11_000 ? frame.differing.slice(0, 1) : [];
    if (due.length > 0) reportedAt = world.now;
    const reports = world.sent('05').slice(before);
    assert.deepEqual(reports.map((hex) => parseInt(hex.slice(2, 4), 16)), due);
    if (due.length > 0) {
      const recent = world.sent('09').at(-1) ?? '';
      assert.ok(recent.endsWith(hex), 'the frame that differs is the last of those that led there');
      assert.ok(recent.length / 2 <= 4096);
    }
    world.now += 2000;
  }
  assert.ok(wrong > 0 && reportedAt > 0);
  assert.equal(room.stats.desyncs, wrong);
  assert.equal(errors.length, wrong);
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('what goes on differing is reported no more often than the server listens', async () => {
  const { hex } = GRID_FRAMES.find(({ frame }) => frame.differing.length > 0);
  const upTo = GRID_FRAMES.findIndex((vector) => vector.hex === hex);
  for (const [seconds, expected] of [[0, 1], [10, 1], [11, 2]]) {
    const world = new FakeWorld();
    const room = world.join();
    await world.run(0);
    world.socket.open();
    world.socket.receive(GRID_WELCOME, ...GRID_FRAMES.slice(0, upTo + 1).map((vector) => bytesOf(vector.hex)));
    assert.equal(world.sent('05').length, 1);
    world.now += 1000 * seconds;
    // @ts-expect-error: as if the next frame had the same to say
    room._reception._handleDesync(room._reception.link, world.now);
    assert.equal(world.sent('05').length, expected);
    room.leave();
  }
});
