/**
 * The SDK on real servers: games of every kind, and what is asked of them. `TICKWIRE_SERVER` and
 * `TICKWIRE_TAG_SERVER` name the programs, as `scripts/test.sh` does: the server, and that of
 * `server/examples/tag.rs`.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';

import { JoinError, RequestError, join } from '../sdk/index.js';
import { ServerProcess } from './browser/server-process.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').RoomEvents} RoomEvents */

const { TICKWIRE_SERVER, TICKWIRE_TAG_SERVER } = process.env;
const skip = TICKWIRE_SERVER && TICKWIRE_TAG_SERVER ? false : 'TICKWIRE_SERVER and TICKWIRE_TAG_SERVER are not set';
const PATIENCE_MS = 20_000;

/** @type {{server: ServerProcess, tag: ServerProcess}} */
let servers;
/** @type {Room[]} */
const rooms = [];

before(async () => {
  if (skip) return;
  const flags = ['--room-capacity', '2'];
  const [server, tag] = await Promise.all([
    ServerProcess.start({ bots: 0, program: TICKWIRE_SERVER, flags }),
    ServerProcess.start({ bots: 0, program: TICKWIRE_TAG_SERVER }),
  ]);
  servers = { server, tag };
});

after(async () => {
  for (const room of rooms) room.leave();
  if (!skip) await Promise.all([servers.server.kill(), servers.tag.kill()]);
});

/** @param {'arena' | 'drift' | 'tag'} game @param {string} name @param {string} [room] */
async function enter(game, name, room) {
  const { url } = game === 'tag' ? servers.tag : servers.server;
  const joined = join({ url, game, name, room, WebSocket });
  rooms.push(joined);
  await joined.ready;
  return joined;
}

/**
 * The next event that is wanted.
 *
 * @template {keyof RoomEvents} Name
 * @param {Room} room
 * @param {Name} event
 * @param {(payload: RoomEvents[Name]) => boolean} isWanted
 * @returns {Promise<RoomEvents[Name]>}
 */
function next(room, event, isWanted) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no such '${event}'`)), PATIENCE_MS);
    const remove = room.on(event, (payload) => {
      if (!isWanted(payload)) return;
      remove();
      clearTimeout(timer);
      resolve(payload);
    });
  });
}

/** What is a player's own, of a kind. @param {Room} room @param {string} kind */
function own(room, kind) {
  return [...room.entities.values()].find((entity) => entity.kind === kind && entity.player === room.player);
}

/** @type {[game: 'arena' | 'drift' | 'tag', kind: string, input: object, fields: string[]][]} */
const GAMES = [
  ['arena', 'ship', { thrust: 1 }, ['player', 'x', 'y', 'angle', 'energy', 'flags']],
  ['drift', 'body', { vx: 127 }, ['player', 'x', 'y']],
  [
    'tag',
    'runner',
    { x: 100, y: -100, z: 100 },
    ['player', 'x', 'y', 'z', 'facingX', 'facingY', 'facingZ', 'facingW', 'pause', 'tags', 'flags'],
  ],
];

for (const [game, kind, input, fields] of GAMES) {
  test(`${game} is joined, seen and played`, { skip }, async () => {
    const room = await enter(game, 'Ada');
    assert.equal(room.schema?.game, game);
    const body = own(room, kind);
    assert.ok(body, `a ${kind}`);
    assert.deepEqual(Object.keys(body).sort(), ['id', 'kind', ...fields].sort());
    for (const field of fields) assert.ok(Number.isFinite(body[field]), `${field} is ${body[field]}`);
    const from = { ...body };
    const seq = room.send(/** @type {any} */ (input));
    assert.equal(seq, 1);
    const echo = await next(room, 'state', (state) => state.input?.seq === seq);
    assert.ok(echo.input);
    if (body.x === from.x && body.y === from.y) {
      await next(room, 'update', (entity) => entity === body && (body.x !== from.x || body.y !== from.y));
    }
    assert.ok(room.view().some(({ id }) => id === body.id));
    assert.equal(room.stats.desyncs, 0);
    room.leave();
  });
}

test('a game answers with values, refuses with its own codes, and events have every type', { skip }, async () => {
  const [ada, bo] = [await enter('tag', 'Ada'), await enter('tag', 'Bo')];
  await next(ada, 'state', () => own(ada, 'runner') !== undefined && ada.roster.size === 2);
  const [distance] = await ada.request('far', { player: Number(bo.player) });
  assert.equal(typeof distance, 'number');
  assert.ok(Number(distance) <= 100 * Math.sqrt(3));
  await assert.rejects(ada.request('far', { player: 4_000_000_000 }), (error) => {
    assert.ok(error instanceof RequestError);
    assert.deepEqual([error.code, error.message], ['nobody', 'there is no such player']);
    return true;
  });
  const heard = next(bo, 'event', ({ name }) => name === 'shouted');
  const answer = ada.request('shout', { text: '<b>hey</b> 🚀', pitch: 1.5, times: 7 });
  assert.deepEqual(await answer, ['<b>hey</b> 🚀', 1.5, 3]);
  const { tick: _, ...event } = await heard;
  assert.deepEqual(event, { name: 'shouted', text: '<b>hey</b> 🚀', pitch: 1.5, times: 3, player: ada.player });
  await assert.rejects(ada.rename('It'), { code: 'reserved' });
  const seen = next(bo, 'renamed', () => true);
  assert.equal(await ada.rename(`  Countess\u202e   Lovelace ${'x'.repeat(10_000)}`), 'Countess Lovelace xxxxxx');
  assert.deepEqual(await seen, { player: ada.player, name: 'Countess Lovelace xxxxxx', role: 'player', before: 'Ada' });
  ada.leave();
  bo.leave();
});

test('rotations turn to where a runner runs', { skip }, async () => {
  const room = await enter('tag', 'Ada');
  room.send({ y: 100 });
  const half = Math.SQRT1_2;
  const isTurned = () => Math.abs((own(room, 'runner')?.facingZ ?? 0) - half) < 0.01;
  if (!isTurned()) await next(room, 'update', isTurned);
  assert.ok(Math.abs((own(room, 'runner')?.facingW ?? 0) - half) < 0.01);
  room.leave();
});

test('the arena says why a line is not said', { skip }, async () => {
  const room = await enter('arena', 'Ada');
  await assert.rejects(room.say(' \u202e\n '), { name: 'RequestError', code: 'empty' });
  const said = next(room, 'event', ({ name }) => name === 'said');
  const line = `<img src=x onerror=alert(1)>\u202e\u0007 ${'y'.repeat(10_000)}`;
  await room.say(line);
  const { text } = await said;
  assert.equal(text, '<img src=x onerror=alert(1)> '.padEnd(118, 'y'));
  const rest = await Promise.allSettled([1, 2, 3, 4].map(() => room.say('gg')));
  assert.deepEqual(rest.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  const [last] = rest.slice(-1);
  assert.equal(last.status === 'rejected' && last.reason.code, 'too_fast');
  room.leave();
});

test('one room object goes from game to game, watches, and plays again', { skip }, async () => {
  const room = await enter('arena', 'Ada');
  const first = room.roomId;
  const gone = new Set();
  room.on('leave', ({ id, kind }) => gone.add(`${kind} ${id}`));
  const before = [...room.entities.values()].map(({ id, kind }) => `${kind} ${id}`);
  await room.change({ game: 'drift' });
  assert.equal(room.schema?.game, 'drift');
  assert.ok(before.every((entity) => gone.has(entity)));
  assert.deepEqual([...room.roster.values()].map(({ name, role }) => [name, role]), [['Ada', 'player']]);
  await room.spectate();
  assert.deepEqual([room.spectator, room.schema?.game], [true, 'drift']);
  await room.play();
  assert.equal(room.send({ vx: 1 }), 1);
  // Its last seat is taken meanwhile.
  await room.change({ room: first });
  const drift = await enter('drift', 'Bo');
  const other = await enter('drift', 'Cy', drift.roomId);
  await assert.rejects(room.change({ room: drift.roomId }), (error) => {
    assert.ok(error instanceof JoinError);
    assert.deepEqual([error.status, error.code], [0, 'room_full']);
    return true;
  });
  assert.equal(room.roomId, first);
  assert.equal(room.connection.state, 'open');
  for (const each of [room, drift, other]) each.leave();
});
