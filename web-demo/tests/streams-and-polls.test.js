import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JoinError, WireError } from '../sdk/index.js';
import { KEY, PING, closed, message, numbered, opened, record } from './support/fake-sessions.js';
import { FRAMES, QUIET, RESUMABLE_WELCOME, TOKEN, heard, resumedWelcome } from './support/fake-world.js';
import { begun, leave, polling, streaming } from './support/session-rooms.js';

test('a session that is refused is tried again as the server says, or not at all', async () => {
  for (const [status, error, headers, delay] of /** @type {[number, string, Record<string, string>, number][]} */ ([
    [429, 'too_many_connections', {}, 6000],
    [503, 'server_full', { 'retry-after': '4' }, 4500],
    [403, 'origin_not_allowed', {}, 0],
    [400, 'version', {}, 0],
  ])) {
    const { world, room, sessions } = await begun({ transport: 'poll' });
    const told = Buffer.from(JSON.stringify({ error, message: 'because' }));
    sessions.poll.answer(status, told, headers);
    await world.run(0);
    assert.ok(room.connection.error instanceof JoinError);
    assert.equal(room.connection.error.code, error);
    assert.equal(room.connection.state, delay > 0 ? 'waiting' : 'closed');
    if (delay > 0) assert.equal((room.connection.retryAtMs ?? 0) - world.now, delay);
    await leave({ world, room, sessions });
  }
});

test('a stream that ends without a word is lost; with one, that counts', async () => {
  for (const [code, state] of /** @type {const} */ ([[1006, 'waiting'], [1012, 'waiting'], [4411, 'closed'], [4403, 'closed'], [4410, 'waiting']])) {
    const { world, room, sessions } = await streaming();
    if (code === 1006) sessions.stream.end();
    else sessions.stream.write(closed(code, 'why'));
    await world.run(0);
    assert.deepEqual([room.connection.state, room.connection.code], [state, code]);
    if (code === 4403) assert.equal(room.connection.error?.code, 'kicked');
    assert.equal(sessions.farewell, undefined, 'nobody is left to say farewell to');
    await leave({ world, room, sessions });
  }
});

test('records that are none are errors as messages that are none, and nothing of them is resumed', async () => {
  for (const garbage of [record(9), opened(), Uint8Array.of(0), message(Uint8Array.of(0x80, 1)), Uint8Array.of(253)]) {
    const { world, room, sessions } = await streaming();
    const errors = heard(room, 'error');
    sessions.stream.write(garbage);
    await world.run(0);
    assert.equal(errors.length, 1);
    assert.ok(errors[0] instanceof WireError);
    assert.equal(room.connection.code, 4400);
    assert.equal(sessions.farewell, 1001);
    await world.run(1500);
    assert.equal(world.joins.length, 2);
    await leave({ world, room, sessions });
  }
  const { world, room, sessions } = await begun({ transport: 'stream' });
  sessions.stream.write(message(RESUMABLE_WELCOME));
  await world.run(0);
  assert.ok(room.connection.error instanceof WireError, 'a message before the session is open');
  await leave({ world, room, sessions });
});

test('polls go one after the other, and each says what has come', async () => {
  const { world, room, sessions } = await polling();
  const { url, body } = sessions.poll;
  assert.deepEqual([url.href, [...body]], ['http://server:8080/poll', [...KEY, 1, 0, 0, 0]]);
  sessions.answer(message(QUIET), message(QUIET));
  await world.run(0);
  assert.deepEqual([...sessions.poll.body], [...KEY, 2, 0, 0, 0]);
  const { frames } = room.stats;
  // The same answer once more, as a lost one comes: it says nothing new.
  sessions.poll.answer(200, numbered(2, message(QUIET), message(QUIET)));
  await world.run(500);
  assert.equal(room.stats.frames, frames);
  assert.deepEqual([...sessions.poll.body], [...KEY, 2, 0, 0, 0]);
  sessions.answer(closed(4411, 'the room has ended'));
  await world.run(0);
  assert.deepEqual([room.connection.state, room.connection.code], ['closed', 4411]);
  await leave({ world, room, sessions });
});

test('a poll that hangs, fails or is superseded is asked again; too many of them, and of a session that is no more, mean a resume', async () => {
  const { world, room, sessions } = await polling();
  const hung = sessions.poll;
  await world.run(8500);
  assert.notEqual(sessions.poll, hung);
  assert.deepEqual(sessions.poll.body, hung.body);
  sessions.answer(message(QUIET));
  await world.run(0);
  for (const status of [409, 502, 503]) {
    sessions.poll.answer(status);
    await world.run(500);
  }
  assert.deepEqual([...sessions.poll.body], [...KEY, 2, 0, 0, 0]);
  assert.equal(room.connection.state, 'open');
  sessions.answer(message(QUIET));
  await world.run(0);
  sessions.poll.answer(404, Buffer.from('{"error":"no_such_session","message":"no"}'));
  await world.run(100);
  assert.equal(sessions.poll.url.searchParams.get('resume'), TOKEN);
  sessions.answer(opened(), message(resumedWelcome('next')), message(FRAMES[0]));
  await world.run(0);
  assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'poll', resumed: { lostEvents: 0 } });
  for (let failure = 1; failure <= 4; failure += 1) {
    sessions.poll.answer(500);
    await world.run(failure < 4 ? 500 : 0);
  }
  assert.equal(room.connection.state, 'waiting');
  await leave({ world, room, sessions });
});

test('answers that are none are errors', async () => {
  for (const body of [Uint8Array.of(2, 0, 0), numbered(7, PING), numbered(2, Uint8Array.of(9, 0)), numbered(2, record(7))]) {
    const { world, room, sessions } = await polling();
    sessions.poll.answer(200, body);
    await world.run(0);
    assert.equal(room.connection.code, 4400);
    assert.ok(room.connection.error instanceof WireError);
    await leave({ world, room, sessions });
  }
  const { world, room, sessions } = await begun({ transport: 'poll' });
  sessions.poll.answer(200, numbered(1));
  await world.run(0);
  assert.equal(room.connection.reason, 'no session was opened');
  await leave({ world, room, sessions });
});
