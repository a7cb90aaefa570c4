/**
 * Rooms in a world that a test controls, on the transports that are no WebSocket.
 *
 * @module
 */

import assert from 'node:assert/strict';

import { message, opened } from './fake-sessions.js';
import { FRAMES, FakeWorld, RESUMABLE_WELCOME } from './fake-world.js';

export const AUTO = { transport: /** @type {const} */ ('auto') };

/** A room that chooses by itself. @param {Partial<import('../../sdk/index.js').JoinOptions>} [options] */
export async function begun(options = AUTO) {
  const world = new FakeWorld();
  const room = world.join(options);
  await world.run(0);
  return { world, room, sessions: world.sessions };
}

/** A room on a stream. */
export async function streaming() {
  const all = await begun({ transport: 'stream' });
  all.sessions.stream.begin(RESUMABLE_WELCOME, FRAMES[0]);
  await all.world.run(1000);
  assert.equal(all.room.connection.state, 'open');
  return all;
}

/** A room that polls. */
export async function polling() {
  const all = await begun({ transport: 'poll' });
  all.sessions.answer(opened(), message(RESUMABLE_WELCOME), message(FRAMES[0]));
  await all.world.run(1000);
  assert.equal(all.room.connection.state, 'open');
  return all;
}

/** Leaves, and nothing is left. @param {Awaited<ReturnType<typeof begun>>} all */
export async function leave({ world, room, sessions }) {
  room.leave();
  assert.equal(world.timers.size, 0);
  assert.equal(world.host.listeners.length, 0);
  await world.run(0);
  assert.equal(sessions.pending, 0, 'no request is left');
  assert.ok(world.sockets.every(({ readyState }) => readyState === 3));
}
