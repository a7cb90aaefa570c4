import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Search, Whereabouts } from '../sdk/connection/whereabouts.js';

/** @typedef {import('../sdk/connection/whereabouts.js').Answer} Answer */

const WELCOME = { room: 'r', player: 1 };

/** @param {string[]} given */
function connected(...given) {
  const whereabouts = new Whereabouts(given);
  whereabouts.handleConnect('ws://a:1/ws?token=t');
  whereabouts.handleWelcome(WELCOME);
  return whereabouts;
}

test('a single address without an owner is searched nowhere, and joined as it is written', () => {
  const whereabouts = connected('http://proxy/path/');
  assert.equal(whereabouts.search(), undefined);
  assert.deepEqual(whereabouts.servers, ['http://proxy/path']);
});

test("servers are the connection's, then the owner's, then the user's", () => {
  const whereabouts = connected('http://b:1', 'http://c:1/');
  assert.deepEqual(whereabouts.servers, ['http://a:1', 'http://b:1', 'http://c:1']);
  assert.ok(whereabouts.handleOwner({ fence: 3, nodes: ['http://d:1', 'none', 'ftp://e:1', 'http://c:1'] }));
  assert.deepEqual(whereabouts.servers, ['http://d:1', 'http://c:1', 'http://b:1']);
  const secure = new Whereabouts(['https://x', 'https://y']);
  secure.handleConnect('wss://a.example/ws');
  assert.equal(secure.servers[0], 'https://a.example');
});

test('an owner that was replaced is refused, and no fence says nothing', () => {
  const whereabouts = connected('http://a:1');
  assert.ok(whereabouts.handleOwner({ fence: 5, nodes: ['http://a:1'] }));
  assert.ok(whereabouts.handleFence(7));
  assert.ok(!whereabouts.handleOwner({ fence: 6, nodes: ['http://b:1'] }));
  assert.ok(!whereabouts.handleMoved({ fence: 6, wsUrl: 'ws://b:1/ws' }));
  assert.ok(!whereabouts.handleFence(6));
  assert.ok(whereabouts.handleFence(0));
  assert.ok(whereabouts.handleFence(7));
  assert.deepEqual([whereabouts.servers, whereabouts.hasMoved], [['http://a:1'], false]);
});

test('another player or room begins without a fence, and the same one goes on', () => {
  const whereabouts = connected('http://a:1');
  whereabouts.handleFence(9);
  whereabouts.handleWelcome(WELCOME);
  assert.ok(!whereabouts.handleFence(8));
  for (const welcome of [{ room: 'r', player: 2 }, { room: 's', player: 2 }]) {
    whereabouts.handleWelcome(welcome);
    assert.ok(whereabouts.handleFence(1));
  }
});

test('a move is followed once, and only to an address of WebSockets', () => {
  const whereabouts = connected('http://a:1');
  assert.ok(whereabouts.handleMoved({ fence: 2, wsUrl: 'javascript:alert(1)' }));
  assert.ok(!whereabouts.hasMoved);
  whereabouts.handleMoved({ fence: 2, wsUrl: 'ws://b:1/ws' });
  assert.deepEqual([whereabouts.takeMoved(), whereabouts.takeMoved()], ['ws://b:1/ws', undefined]);
  whereabouts.handleMoved({ fence: 3, wsUrl: 'ws://b:1/ws' });
  whereabouts.handleWelcome(WELCOME);
  assert.ok(!whereabouts.hasMoved);
});

/** @param {...Answer['type']} types */
function steps(...types) {
  const search = new Search(['http://a:1', 'http://b:1', 'http://c:1']);
  return types.map((type) => {
    const { server } = search;
    const step = search.handle(/** @type {any} */ ({ type }), connected('http://a:1'));
    return `${server.slice(7, 8)} ${step.type} ${'afterMs' in step ? step.afterMs : ''}`.trim();
  });
}

test('servers are asked in turn, and after a round without an answer comes the backoff', () => {
  const round = ['a ask 0', 'b ask 0', 'c backoff'];
  assert.deepEqual(steps('nothing', 'nothing', 'nothing', 'nothing', 'nothing', 'nothing'), [...round, ...round]);
});

test('one joins anew where the room has ended, or nobody knows the token', () => {
  assert.deepEqual(steps('gone'), ['a join']);
  assert.deepEqual(steps('unknown', 'unknown', 'unknown'), ['a ask 0', 'b ask 0', 'c join']);
  assert.deepEqual(steps('nothing', 'unknown', 'unknown'), ['a ask 0', 'b ask 0', 'c backoff']);
});

test('who says that the room moves is believed within reason', () => {
  const search = new Search(['http://a:1']);
  for (const [told, kept] of [[300, 300], [undefined, 250], [0, 50], [900_000, 5000]]) {
    const step = search.handle({ type: 'moving', afterMs: told }, connected('http://a:1'));
    assert.deepEqual(step, { type: 'ask', afterMs: kept });
  }
});

test('where the room is one connects, unless its owner was replaced', () => {
  const whereabouts = connected('http://a:1');
  whereabouts.handleFence(7);
  const search = new Search(['http://a:1']);
  /** @param {number} fence */
  const step = (fence) => search.handle({ type: 'there', wsUrl: 'ws://b:1/ws', fence }, whereabouts);
  assert.deepEqual(step(8), { type: 'connect', wsUrl: 'ws://b:1/ws' });
  assert.deepEqual(step(7), { type: 'ask', afterMs: 250 });
  assert.deepEqual(step(0), { type: 'connect', wsUrl: 'ws://b:1/ws' });
});
