import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TRANSPORTS, TransportChoice, availableTransports } from '../sdk/connection/transport-choice.js';

const LOST = { livedMs: 2000, isLoss: true };

/** What would be used now. @param {TransportChoice} choice @param {number} now @param {boolean} [isResume] */
function next(choice, now, isResume = false) {
  choice.begin();
  return choice.next(now, isResume)?.transport;
}

test('a WebSocket comes first, with less and less patience', () => {
  const choice = new TransportChoice(TRANSPORTS);
  choice.begin();
  assert.deepEqual(choice.next(0, false), { transport: 'websocket', patienceMs: 2500 });
  assert.deepEqual(choice.next(0, true), { transport: 'websocket', patienceMs: 1500 });
  choice.handleUnopened('websocket');
  assert.equal(choice.next(0, false)?.transport, 'stream');
  choice.handleReached(0);
  choice.begin();
  assert.deepEqual(choice.next(0, true), { transport: 'websocket', patienceMs: 1000 }, 'it was just found blocked');
});

test('without a network nothing is found blocked', () => {
  const choice = new TransportChoice(TRANSPORTS);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    choice.begin();
    for (const transport of TRANSPORTS) {
      assert.equal(choice.next(0, false)?.transport, transport);
      choice.handleUnopened(transport);
    }
    assert.equal(choice.next(0, false), undefined);
  }
  assert.equal(next(choice, 0), 'websocket');
});

test('a WebSocket that is blocked twice in a row is asked after a minute again', () => {
  const choice = new TransportChoice(TRANSPORTS);
  for (const now of [0, 5000]) {
    assert.equal(next(choice, now), 'websocket');
    choice.handleUnopened('websocket');
    choice.handleReached(now);
  }
  assert.equal(next(choice, 5001), 'stream');
  assert.equal(next(choice, 64_999), 'stream');
  assert.equal(next(choice, 65_000), 'websocket');
  choice.handleUnopened('websocket');
  choice.handleReached(65_000);
  assert.equal(next(choice, 70_000), 'stream', 'one more failure is enough');
  assert.equal(next(choice, 130_000), 'websocket');
  choice.handleEnd('websocket', { livedMs: 10_000, isLoss: true }, 140_000);
  assert.deepEqual(choice.next(140_000, false), { transport: 'websocket', patienceMs: 2500 }, 'it works again');
});

test('one that dies young twice in a row gives way, and so does a stream', () => {
  const choice = new TransportChoice(TRANSPORTS);
  choice.handleEnd('websocket', LOST, 0);
  assert.equal(next(choice, 0), 'websocket');
  choice.handleEnd('websocket', { livedMs: 20_000, isLoss: true }, 0);
  choice.handleEnd('websocket', LOST, 0);
  assert.equal(next(choice, 0), 'websocket', 'not in a row');
  choice.handleEnd('websocket', { livedMs: 0, isLoss: false }, 0);
  assert.equal(next(choice, 0), 'websocket', 'the server has ended it');
  choice.handleEnd('websocket', LOST, 0);
  assert.equal(next(choice, 0), 'stream');
  choice.handleEnd('stream', LOST, 0);
  choice.handleEnd('stream', LOST, 0);
  assert.equal(next(choice, 0), 'poll');
  choice.handleEnd('poll', LOST, 0);
  choice.handleEnd('poll', LOST, 0);
  assert.equal(next(choice, 0), 'poll', 'there is nothing else');
  assert.equal(next(choice, 60_000), 'websocket');
});

test('a stream that is held back gives way at once, also later', () => {
  const choice = new TransportChoice(TRANSPORTS);
  choice.begin();
  choice.handleUnopened('websocket');
  choice.handleHeldBack('stream', 0);
  assert.equal(choice.next(0, false)?.transport, 'poll');
  choice.begin();
  choice.handleUnopened('websocket');
  assert.equal(choice.next(1000, true)?.transport, 'poll');
});

test('what is asked for is used alone, and what the host has not is left out', () => {
  const host = { WebSocket: class {}, fetch };
  assert.deepEqual(availableTransports('auto', host), ['websocket', 'stream', 'poll']);
  assert.deepEqual(availableTransports(undefined, { fetch }), ['stream', 'poll']);
  assert.deepEqual(availableTransports(undefined, { WebSocket: class {} }), ['websocket']);
  assert.deepEqual(availableTransports('poll', host), ['poll']);
  assert.deepEqual(availableTransports('websocket', { fetch }), []);
  assert.throws(() => availableTransports(/** @type {any} */ ('carrier pigeon'), host), TypeError);
  const choice = new TransportChoice(['stream']);
  choice.begin();
  assert.deepEqual(choice.next(0, false), { transport: 'stream', patienceMs: Infinity });
  choice.handleHeldBack('stream', 0);
  assert.equal(choice.next(0, false), undefined);
  choice.begin();
  assert.equal(choice.next(1, false)?.transport, 'stream');
});
