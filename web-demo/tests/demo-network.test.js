import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditionsOf, Network, Way } from '../demo/net/network.js';
import { socketBehind } from '../demo/net/simulated-socket.js';
import { seededRandom } from './support/random.js';

test('conditions are read as addresses and bots write them', () => {
  assert.deepEqual(conditionsOf('latency:150,jitter:30,stall:2'), { latency: 150, jitter: 30, stall: 2 });
  assert.deepEqual(conditionsOf('stall=0.5%, latency=80ms'), { latency: 80, jitter: 0, stall: 0.5 });
  const none = { latency: 0, jitter: 0, stall: 0 };
  for (const text of [null, undefined, '', 'latency', 'latency:-3', 'latency:1e9x', 'speed:4', '__proto__:1', ',,']) {
    assert.deepEqual(conditionsOf(text), none, String(text));
  }
  assert.deepEqual(conditionsOf('latency:99999999,stall:100'), { latency: 2000, jitter: 0, stall: 50 });
});

test('messages take half the round trip, within the jitter, and keep their order', () => {
  const network = new Network(seededRandom(5));
  network.conditions = { latency: 150, jitter: 30, stall: 0 };
  const way = new Way();
  let last = 0;
  let [least, most] = [Infinity, 0];
  for (let sent = 0; sent < 20_000; sent += 33) {
    const took = network.arrival(way, sent) - sent;
    least = Math.min(least, took);
    most = Math.max(most, took);
    assert.ok(sent + took >= last);
    last = sent + took;
  }
  assert.ok(least >= 60 && least < 62 && most <= 90 && most > 88, `${least} to ${most}`);
});

test('what is sent close together does not overtake', () => {
  const network = new Network(seededRandom(5));
  network.conditions = { latency: 100, jitter: 100, stall: 0 };
  const way = new Way();
  const arrivals = Array.from({ length: 500 }, (_, sent) => network.arrival(way, sent));
  assert.deepEqual(arrivals, [...arrivals].sort((one, other) => one - other));
});

test('stalls last 200 to 500 ms and take their share of the time', () => {
  const network = new Network(seededRandom(9));
  network.conditions = { latency: 0, jitter: 0, stall: 10 };
  const way = new Way();
  let stalled = 0;
  const steps = 2_000_000;
  for (let sent = 0; sent < steps; sent += 10) {
    const took = network.arrival(way, sent) - sent;
    assert.ok(took <= 500);
    if (took > 0) stalled += 10;
  }
  assert.ok(Math.abs(stalled / steps - 0.1) < 0.015, String(stalled / steps));
});

test('conditions that change hold from then on', () => {
  const network = new Network(seededRandom(9));
  network.conditions = { latency: 0, jitter: 0, stall: 1 };
  network.arrival(new Way(), 0);
  network.conditions = { latency: 0, jitter: 0, stall: 0 };
  assert.equal(network.isPlain(0), true);
  for (let sent = 0; sent < 100_000; sent += 50) assert.equal(network.arrival(new Way(), sent), sent);
});

test('a stall on demand holds up everything until it ends', () => {
  const network = new Network();
  network.stall(1000, 50);
  assert.equal(network.isPlain(49), true);
  assert.equal(network.isPlain(50), false);
  assert.equal(network.arrival(new Way(), 60), 1050);
  assert.equal(network.isPlain(1050), true);
});

test('a stall on demand is no longer than it was asked for, whatever stalls are to come', () => {
  const network = new Network(seededRandom(9));
  network.conditions = { latency: 0, jitter: 0, stall: 1 };
  // The next one is drawn: at one per cent it comes after half a minute, on average.
  assert.equal(network.arrival(new Way(), 0), 0);
  network.stall(1000, 50);
  assert.equal(network.arrival(new Way(), 60), 1050);
  network.stall(300, 900);
  assert.equal(network.arrival(new Way(), 910), 1200, 'one that is on becomes longer, and no shorter');
  network.stall(100, 1000);
  assert.equal(network.arrival(new Way(), 1010), 1200);
  assert.ok(network.arrival(new Way(), 1200) <= 1700, 'then stalls come as before');
});

/** A socket and timers of which the test decides what happens and when. */
function outside() {
  /** @type {{ due: number, callback: () => void }[]} */
  let timers = [];
  let now = 0;
  /** @type {any[]} */
  const sent = [];
  const socket = {
    readyState: 1,
    binaryType: '',
    protocol: 'tickwire',
    onopen: /** @type {any} */ (null),
    onmessage: /** @type {any} */ (null),
    onclose: /** @type {any} */ (null),
    send: (/** @type {Uint8Array} */ data) => sent.push(`${now}: ${data}`),
    close: (/** @type {number} */ code) => sent.push(`${now}: closed ${code}`),
  };
  return {
    socket,
    sent,
    WebSocket: /** @type {any} */ (function open() {
      return socket;
    }),
    now: () => now,
    setTimeout: (/** @type {() => void} */ callback, /** @type {number} */ delayMs) => timers.push({ due: now + delayMs, callback }),
    waiting: () => timers.length,
    /** @param {number} until */
    pass(until) {
      for (;;) {
        const next = [...timers].sort((one, other) => one.due - other.due)[0];
        if (!next || next.due > until) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.due;
        next.callback();
      }
      now = until;
    },
  };
}

test('a socket behind a plain network is the socket', () => {
  const world = outside();
  const socket = new (socketBehind(new Network(), world))('ws://here', []);
  /** @type {unknown[]} */
  const heard = [];
  socket.onmessage = ({ data }) => heard.push(data);
  socket.binaryType = 'arraybuffer';
  assert.equal(world.socket.binaryType, 'arraybuffer');
  socket.send(Uint8Array.of(1));
  world.socket.onmessage({ data: 'a' });
  assert.deepEqual([world.sent, heard, world.waiting()], [['0: 1'], ['a'], 0]);
});

test('a socket behind a slow network delays both ways, in order, the end too', () => {
  const network = new Network(() => 0.5);
  network.conditions = { latency: 100, jitter: 0, stall: 0 };
  const world = outside();
  const socket = new (socketBehind(network, world))('ws://here', []);
  /** @type {unknown[]} */
  const heard = [];
  socket.onopen = () => heard.push(`${world.now()}: open, ${socket.protocol}`);
  socket.onmessage = ({ data }) => heard.push(`${world.now()}: ${data}`);
  socket.onclose = ({ code }) => heard.push(`${world.now()}: ${code}`);
  world.socket.onopen({});
  socket.send(Uint8Array.of(7));
  world.socket.onmessage({ data: 'a' });
  world.pass(20);
  world.socket.onmessage({ data: 'b' });
  network.conditions = { latency: 0, jitter: 0, stall: 0 };
  world.socket.onclose({ code: 1006 });
  socket.close(4001);
  assert.ok(socket.readyState >= 2, 'it says that it closes');
  world.pass(200);
  assert.deepEqual(world.sent, ['50: 7', '50: closed 4001']);
  assert.deepEqual(heard, ['50: open, tickwire', '50: a', '70: b', '70: 1006']);
  assert.equal(world.waiting(), 0, 'no timer is left');
});

test('a handler that throws holds nothing up that comes after it', () => {
  const network = new Network(() => 0.5);
  network.conditions = { latency: 100, jitter: 0, stall: 0 };
  const world = outside();
  const socket = new (socketBehind(network, world))('ws://here', []);
  /** @type {unknown[]} */
  const heard = [];
  socket.onmessage = ({ data }) => {
    heard.push(data);
    if (data === 'bad') throw new Error('as a handler may');
  };
  world.socket.onmessage({ data: 'bad' });
  world.socket.onmessage({ data: 'good' });
  assert.throws(() => world.pass(200), /as a handler may/);
  world.pass(200);
  assert.deepEqual(heard, ['bad', 'good']);
});
