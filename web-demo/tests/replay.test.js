/**
 * Recordings in the SDK: what is asked for with them. Without `TICKWIRE_SERVER` and `TICKWIRE_RECORD_MATCH`, which
 * name the server and the program that writes a recording, the one on a real server is skipped.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';

import { join } from '../sdk/index.js';
import { ServerProcess } from './browser/server-process.js';
import { FakeWorld } from './support/fake-world.js';

const { TICKWIRE_SERVER, TICKWIRE_RECORD_MATCH } = process.env;
const skip = TICKWIRE_SERVER && TICKWIRE_RECORD_MATCH ? false : 'TICKWIRE_SERVER and TICKWIRE_RECORD_MATCH are not set';

test('a recording is asked for by name, also when it is joined again, and not elsewhere', async () => {
  const world = new FakeWorld();
  const room = await world.joined({ replay: 'match' });
  assert.deepEqual(world.joins, [{ name: 'Ada', replay: 'match' }]);
  world.socket.drop(1006);
  await world.run(60_000);
  assert.deepEqual(world.joins.at(-1), { name: 'Ada', room: 'abc', replay: 'match' }, 'the same room, if it is there still');
  void room.change({ game: 'arena', spectate: false });
  await world.run(0);
  assert.deepEqual(world.joins.at(-1), { name: 'Ada', game: 'arena', spectate: false });
  room.leave();
});

test('whoever watches a recording runs it', { skip }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tickwire-sdk-replay-'));
  const file = path.join(folder, 'match.journal');
  const { stdout } = await promisify(execFile)(String(TICKWIRE_RECORD_MATCH), [file, '--seconds', '20', '--ticks', '450'], { maxBuffer: 1 << 26 });
  /** @type {any[]} */
  const rows = JSON.parse(stdout).ticks[450];
  const flags = ['--journal-dir', folder, '--serve-replays'];
  const server = await ServerProcess.start({ bots: 0, program: TICKWIRE_SERVER, flags });
  const room = join({ url: server.url, name: 'Ada', replay: 'match', WebSocket });
  try {
    await room.ready;
    assert.equal(room.spectator, true);
    const at = (/** @type {number} */ tick) => new Promise((resolve) => {
      const stop = room.on('state', () => {
        const state = [...room.entities.values()].find(({ kind }) => kind === 'replay');
        if (state?.tick !== tick || state.flags !== 1) return;
        stop();
        resolve(undefined);
      });
    });
    const there = at(450);
    await room.request('replay_pause');
    await room.request('replay_seek', { tick: 450 });
    await there;
    for (const row of rows) {
      const entity = room.entities.get(row.id);
      assert.equal(entity?.kind, row.kind);
      if (row['position.0'] !== undefined) assert.deepEqual([entity?.x, entity?.y], [row['position.0'], row['position.1']]);
    }
    assert.deepEqual([...room.roster.values()].filter(({ name }) => name === 'Bo').map(({ role }) => role), ['bot']);
    const next = at(451);
    assert.equal(room.message('replay_step', { ticks: 1 }), true);
    await next;
    await assert.rejects(room.request('replay_play', { speed: 3 }), { code: 'bad_speed' });
    assert.equal(room.stats.desyncs, 0);
    const other = join({ url: server.url, name: 'Bo', replay: 'nothing', WebSocket });
    await assert.rejects(other.ready, { code: 'no_such_replay', status: 404 });
    assert.equal(other.connection.state, 'closed');
  } finally {
    room.leave();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
