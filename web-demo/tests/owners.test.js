import assert from 'node:assert/strict';
import { test } from 'node:test';

import { join } from '../sdk/index.js';
import { FRAMES, FakeWorld, RESUMABLE_WELCOME, TOKEN, heard, ok, refusal, resumableWelcome, resumedWelcome } from './support/fake-world.js';

const OWN = 'http://server:8080';
const [ONE, OTHER] = ['http://one:1', 'http://other:2'];

/** @param {string} text */
function string(text) {
  return [text.length, ...Buffer.from(text)];
}

/** @param {number} fence up to 250 @param {...string} nodes */
function owner(fence, ...nodes) {
  return Uint8Array.of(7, fence, nodes.length, ...nodes.flatMap(string));
}

/** @param {number} fence up to 250 @param {string} wsUrl */
function moved(fence, wsUrl) {
  return Uint8Array.of(8, fence, ...string(wsUrl));
}

/** @param {boolean} isPaused */
function paused(isPaused) {
  return Uint8Array.of(9, Number(isPaused));
}

/** The first frame, of an owner. @param {number} fence up to 250 */
function keyframe(fence) {
  const tick = FRAMES[0][1] < 251 ? 1 : FRAMES[0][1] === 251 ? 3 : 5;
  const [head, rest] = [FRAMES[0].slice(1, 1 + tick), FRAMES[0].slice(1 + tick)];
  return Uint8Array.of(FRAMES[0][0] | 1, ...head, fence, ...rest);
}

/** A world whose servers answer as they are told who are asked where a room is. */
class Cluster extends FakeWorld {
  /** Who was asked. @type {string[]} */
  asked = [];
  /** @type {{[server: string]: () => any}} */
  places = {};

  /** @param {any} [options] */
  join(options) {
    const { sessions } = this;
    const others = sessions.fetch.bind(sessions);
    sessions.fetch = async (/** @type {URL} */ url, /** @type {any} */ request) => {
      if (url.pathname !== '/api/resume') return others(url, request);
      assert.equal(JSON.parse(request.body).token, TOKEN);
      this.asked.push(url.origin);
      const place = this.places[url.origin];
      if (!place) throw new TypeError('nobody is there');
      return place();
    };
    return super.join(options);
  }

  /** A room whose connection has lasted. @param {any} [options] @param {...Uint8Array} told after the welcome */
  async lasting(options, ...told) {
    const room = this.join(options);
    await this.run(0);
    this.socket.open();
    this.socket.receive(RESUMABLE_WELCOME, ...told, FRAMES[0]);
    await this.run(1000);
    assert.equal(room.connection.state, 'open');
    return room;
  }
}

/** @param {string} server @param {number} fence */
function at(server, fence) {
  return () => ok({ room: 'abc', player: 300, ws_url: `${server.replace('http', 'ws')}/ws`, fence });
}

/** @param {number} status @param {string} error */
function refused(status, error) {
  return () => {
    const answer = refusal(status, error, '1');
    return { ...answer, json: async () => ({ error, message: 'in words', retry_after_ms: 200 }) };
  };
}

test('a room that has moved is followed at once, as the same player', async () => {
  const world = new Cluster();
  const room = await world.lasting({}, owner(3, OWN, OTHER));
  world.socket.receive(moved(4, 'ws://other:2/ws'));
  world.socket.drop(1012);
  assert.equal(room.connection.state, 'connecting');
  assert.equal(world.socket.url, `ws://other:2/ws?resume=${TOKEN}&event=0`);
  world.socket.begin(resumedWelcome('next'));
  assert.deepEqual([room.connection.state, room.player], ['open', 300]);
  assert.deepEqual([world.asked, world.joins.length], [[], 1]);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('the servers that an owner knows are asked in turn until one has the room', async () => {
  const world = new Cluster();
  const room = await world.lasting({}, owner(3, OWN, ONE, OTHER));
  let isTaken = false;
  world.places[OTHER] = () => (isTaken ? at(OTHER, 4)() : refused(503, 'room_moving')());
  world.socket.drop(1006);
  await world.run(50);
  assert.deepEqual(world.asked, [OWN, ONE, OTHER]);
  isTaken = true;
  await world.run(199);
  assert.equal(world.asked.length, 3, 'the delay that was told is kept');
  await world.run(1);
  assert.deepEqual(world.asked.slice(3), [OWN, ONE, OTHER]);
  assert.equal(world.socket.url, `ws://other:2/ws?resume=${TOKEN}&event=0`);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'), owner(4, OTHER), keyframe(4));
  assert.equal(room.connection.state, 'open');
  assert.equal(world.joins.length, 1);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('a server that does not answer is not waited for', async () => {
  const world = new Cluster();
  world.places = { [OWN]: () => new Promise(() => {}), [OTHER]: at(OTHER, 0) };
  const room = await world.lasting({ url: [OWN, OTHER] });
  world.socket.drop(1006);
  await world.run(50 + 999);
  assert.deepEqual(world.asked, [OWN]);
  await world.run(1);
  assert.deepEqual(world.asked, [OWN, OTHER]);
  assert.match(world.socket.url, /^ws:\/\/other:2\/ws\?resume=/);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('where nobody answers the backoff is waited for, and then all are asked again', async () => {
  const world = new Cluster();
  const room = await world.lasting({ url: [OWN, OTHER] });
  world.socket.drop(1006);
  await world.run(50);
  assert.deepEqual([room.connection.state, room.connection.error?.code], ['waiting', 'unreachable']);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 1000);
  world.places[OTHER] = at(OTHER, 1);
  await world.run(1000);
  assert.deepEqual(world.asked, [OWN, OTHER, OWN, OTHER]);
  assert.equal(room.connection.state, 'connecting');
  room.leave();
});

test('an owner that is not there is asked for again soon', async () => {
  const world = new Cluster();
  const room = await world.lasting({}, owner(3, OWN));
  world.places[OWN] = at(ONE, 3);
  world.socket.drop(1006);
  await world.run(50);
  assert.match(world.socket.url, /^ws:\/\/one:1/);
  world.places[OWN] = at(OTHER, 4);
  world.socket.drop(1006);
  assert.equal((room.connection.retryAtMs ?? 0) - world.now, 250);
  await world.run(250);
  assert.match(world.socket.url, /^ws:\/\/other:2/);
  room.leave();
});

test('who asks for a room that has ended joins anew, wherever somebody is', async () => {
  const world = new Cluster();
  const room = await world.lasting({ url: [OWN, OTHER] });
  world.places[OWN] = refused(404, 'no_such_room');
  world.socket.drop(1006);
  await world.run(50);
  assert.equal(world.joins.length, 2);
  world.socket.begin(resumableWelcome('new'));
  assert.deepEqual([room.connection.state, room.connection.resumed], ['open', undefined]);
  room.leave();
});

test('an owner that was replaced is refused, and nothing of its frames is taken in', async () => {
  const world = new Cluster();
  const room = await world.lasting({}, owner(5, OWN));
  world.places[OWN] = at(OTHER, 5);
  world.socket.drop(1006);
  await world.run(50);
  const states = heard(room, 'state');
  world.socket.open();
  world.socket.receive(resumedWelcome(TOKEN), keyframe(4));
  assert.equal(states.length, 0);
  assert.deepEqual([room.connection.state, room.connection.error?.code], ['waiting', 'stale_owner']);
  assert.equal(world.socket.closedWith, 4408, 'not as somebody who leaves');
  const before = world.sockets.length;
  world.places = { [OTHER]: at(OTHER, 4), [OWN]: at(ONE, 6) };
  await world.run(2000);
  assert.deepEqual(world.asked.slice(1, 3), [OTHER, OWN]);
  assert.equal(world.sockets.length, before + 1);
  assert.match(world.socket.url, /^ws:\/\/one:1/);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'), owner(6, ONE), keyframe(6));
  assert.deepEqual([room.connection.state, states.length], ['open', 1]);
  world.socket.receive(owner(5, OTHER));
  assert.equal(room.connection.error?.code, 'stale_owner');
  room.leave();
});

test('a room that stands still says so, and nobody gives it up', async () => {
  const world = new Cluster();
  const room = await world.lasting();
  const statuses = heard(room, 'connection');
  world.socket.receive(paused(true));
  assert.deepEqual(room.connection, { state: 'open', attempt: 0, transport: 'websocket', isPaused: true });
  world.socket.receive(paused(false));
  assert.deepEqual(statuses.map(({ isPaused }) => isPaused), [true, undefined]);
  world.socket.receive(paused(true));
  world.socket.drop(1006);
  assert.equal(room.connection.isPaused, undefined);
  await world.run(50);
  world.socket.open();
  world.socket.receive(resumedWelcome('next'), paused(true));
  for (let second = 0; second < 20; second += 1) {
    await world.run(1000);
    world.socket.receive(paused(true));
  }
  assert.deepEqual([room.connection.state, room.connection.isPaused], ['connecting', true]);
  world.socket.receive(paused(false), FRAMES[0]);
  assert.equal(room.connection.state, 'open');
  room.leave();
});

test('a seat is asked for at the next address where one cannot be reached', async () => {
  const world = new Cluster();
  let questions = 0;
  world.answer = () => {
    questions += 1;
    if (questions === 1) return Promise.reject(new TypeError('nobody is there'));
    return ok({ token: 't', room: 'abc', player: 1, ws_url: '/ws?token=t' });
  };
  const room = world.join({ url: [OWN, OTHER] });
  await world.run(0);
  assert.equal(world.socket.url, 'ws://other:2/ws?token=t');
  room.leave();
});

test('a list of addresses has one at least, and no other things', () => {
  for (const url of [[], ['http://a:1', 'nowhere'], ['ws://a:1']]) {
    assert.throws(() => join({ url, name: 'Ada' }), TypeError);
  }
});
