import assert from 'node:assert/strict';
import { test } from 'node:test';

import { JoinError, RequestError, TickwireError } from '../sdk/index.js';
import { FakeWorld, GRID_FRAMES, GRID_WELCOME, RESUMABLE_WELCOME, WELCOME, heard, ok, refusal } from './support/fake-world.js';
import { bytesOf } from './support/golden.js';

const ELSEWHERE = { token: 'u', room: 'def', player: 7, ws_url: '/ws?token=u' };

/** @param {string} text */
function hexOf(text) {
  return Buffer.from(text).toString('hex');
}

/** A room in a world that has a seat elsewhere, too. @param {Uint8Array} [welcome] */
async function joined(welcome) {
  const world = new FakeWorld();
  const room = await world.joined({ sendHz: 15 }, welcome);
  world.answer = () => ok(ELSEWHERE);
  return { world, room };
}

/** The new room's welcome and state. @param {FakeWorld} world */
function arrive({ socket }) {
  socket.open();
  socket.receive(GRID_WELCOME, bytesOf(GRID_FRAMES[0].hex));
}

test('a room is changed for another one: seat first, then farewell; handlers stay', async () => {
  const { world, room } = await joined();
  const [old] = world.sockets;
  const before = [...room.entities.values()];
  const [leaves, enters, rosters, statuses] = /** @type {const} */ (['leave', 'enter', 'roster', 'connection']).map(
    (event) => heard(room, event),
  );
  const changed = room.change({ room: 'def' });
  assert.equal(old.closedWith, undefined, 'not before there is a seat');
  await world.run(0);
  assert.deepEqual(world.joins[1], { name: 'Ada', room: 'def', send_hz: 15 });
  assert.equal(old.closedWith, 1000, 'left for good');
  assert.equal(world.socket.url, 'ws://server:8080/ws?token=u');
  assert.equal(room.entities.size, before.length, 'what was seen stays until there is something else');
  arrive(world);
  await changed;
  assert.deepEqual(leaves, before);
  assert.ok(enters.length > 0 && enters.every((entity) => room.entities.get(entity.id) === entity));
  assert.equal(rosters.length, 1);
  assert.deepEqual(statuses.map(({ state }) => state), ['connecting', 'open']);
  // And there it comes back to, as the player there, and if that is not possible as another one.
  world.socket.drop(1012);
  await world.run(1000);
  assert.match(world.socket.url, /[?]resume=/);
  world.socket.drop(4404);
  await world.run(0);
  assert.deepEqual(world.joins[2], { name: 'Ada', room: 'def', send_hz: 15 });
  room.leave();
  assert.equal(world.timers.size, 0);
  assert.equal(world.host.listeners.length, 0);
});

test('who gets no seat stays where they are', async () => {
  const { world, room } = await joined();
  const statuses = heard(room, 'connection');
  for (const [answer, code] of /** @type {[() => any, string][]} */ ([
    [() => refusal(409, 'room_full'), 'room_full'],
    [() => refusal(404, 'no_such_room'), 'no_such_room'],
    [() => Promise.reject(new TypeError('network')), 'unreachable'],
    [() => ok({}), 'bad_answer'],
  ])) {
    world.answer = answer;
    await assert.rejects(room.change({ room: 'def' }), (error) => error instanceof JoinError && error.code === code);
  }
  world.answer = () => new Promise(() => {});
  const unanswered = assert.rejects(room.change({ room: 'def' }), { code: 'timeout' });
  await world.run(10_000);
  await unanswered;
  assert.deepEqual(statuses, []);
  assert.equal(room.send({}), 1);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('what is not named stays, but for the room where a game is', async () => {
  /** @type {[import('../sdk/index.js').Place, object][]} */
  const places = [
    [{}, { room: 'abc' }],
    [{ room: 'def' }, { room: 'def' }],
    [{ game: 'drift' }, { game: 'drift' }],
    [{ spectate: true }, { room: 'abc', spectate: true }],
    [{ room: 'def', spectate: true }, { room: 'def', spectate: true }],
  ];
  for (const [place, asked] of places) {
    const { world, room } = await joined();
    room.change(place);
    await world.run(0);
    assert.deepEqual(world.joins[1], { name: 'Ada', send_hz: 15, ...asked });
    room.leave();
    assert.equal(world.timers.size, 0);
  }
});

test('watching and playing are changed in place', async () => {
  const { world, room } = await joined();
  const spectating = bytesOf(Buffer.from(WELCOME).toString('hex').replace('fb2c0100', 'fb2c0101'));
  world.answer = () => ok({ ...ELSEWHERE, room: 'abc' });
  const watching = room.spectate();
  await world.run(0);
  world.socket.begin(spectating);
  await watching;
  assert.equal(room.spectator, true);
  const playing = room.play();
  await world.run(0);
  world.socket.begin(WELCOME);
  await playing;
  assert.equal(room.spectator, false);
  assert.deepEqual(world.joins.slice(1).map(({ room: id, spectate }) => [id, spectate]), [['abc', true], ['abc', false]]);
  room.leave();
});

test('nothing of the old room is resumed, asked again or looked at in the new one', async () => {
  const { world, room } = await joined(RESUMABLE_WELCOME);
  await world.run(1000);
  const asked = room.request('say', { text: 'a' }, { resend: true });
  room.change({ room: 'def' });
  await world.run(0);
  await assert.rejects(asked, (error) => error instanceof RequestError && error.code === 'moved');
  world.socket.drop(1006);
  await world.run(1000);
  assert.equal(world.joins.length, 3, 'a join, and no resume');
  world.socket.begin();
  assert.deepEqual(world.sent('08'), []);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('a move can begin while waiting, and after the end', async () => {
  for (const code of [4423, 4411]) {
    const { world, room } = await joined();
    world.socket.drop(code);
    const changed = room.change({ room: 'def' });
    await world.run(0);
    arrive(world);
    await changed;
    assert.equal(room.connection.state, 'open', `after ${code}`);
    assert.ok(world.host.listeners.length > 0, 'it listens again');
    await world.run(20);
    assert.equal(world.joins.length, 2);
    room.leave();
    assert.equal(world.timers.size, 0);
    assert.equal(world.host.listeners.length, 0);
  }
});

test('the newest move counts, and leaving ends it', async () => {
  const { world, room } = await joined();
  const first = assert.rejects(room.change({ room: 'one' }), { code: 'superseded' });
  const second = room.change({ room: 'two' });
  await first;
  await world.run(0);
  arrive(world);
  await second;
  assert.equal(world.sockets.length, 2);
  const third = assert.rejects(room.change({ room: 'three' }), { code: 'left' });
  room.leave();
  await third;
  await world.run(0);
  assert.equal(world.sockets.length, 2);
  const fourth = assert.rejects(joinedAndLeft(), { code: 'left' });
  await fourth;
  assert.equal(world.timers.size, 0);
});

/** Rules and modes that count how often they are asked. */
function counted() {
  const asked = { own: 0, mode: 0 };
  /** @type {any} */
  const prediction = { own: () => (asked.own += 1) < 0, step: (/** @type {any} */ state) => state };
  const step = () => void (asked.mode += 1);
  return { asked, prediction, modes: { ship: { step }, rock: { step } } };
}

test('rules and modes stay in another room, and are given anew for another game', async () => {
  const world = new FakeWorld();
  const first = counted();
  const room = await world.joined(first);
  world.answer = () => ok(ELSEWHERE);
  const go = async (/** @type {any} */ place, /** @type {string} */ game) => {
    const changed = room.change(place);
    await world.run(0);
    const welcome = Buffer.from(GRID_WELCOME).toString('hex').replace(hexOf('golden'), hexOf(game));
    world.socket.open();
    world.socket.receive(bytesOf(welcome), bytesOf(GRID_FRAMES[0].hex));
    await changed;
    assert.equal(room.welcome?.schema.game, game);
    world.now += 100;
    room.view(world.now);
  };
  const report = room.prediction;
  let before = { ...first.asked };
  await go({ room: 'def' }, 'golden');
  assert.equal(room.prediction, report);
  assert.ok(first.asked.own > before.own && first.asked.mode > before.mode);

  before = { ...first.asked };
  await go({ game: 'silver' }, 'silver');
  assert.equal(room.prediction, undefined);
  assert.deepEqual(first.asked, before, 'they are of another game');

  const second = counted();
  await go({ game: 'golden', prediction: second.prediction, modes: second.modes }, 'golden');
  assert.ok(room.prediction && room.prediction !== report);
  assert.ok(second.asked.own > 0 && second.asked.mode > 0);
  assert.deepEqual(first.asked, before);

  // Of which game a room is, its welcome says.
  before = { ...second.asked };
  await go({ room: 'def' }, 'silver');
  assert.equal(room.prediction, undefined);
  assert.deepEqual(second.asked, before);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('rules and modes that are none are refused before anything is asked', async () => {
  const { world, room } = await joined();
  await assert.rejects(room.change({ game: 'drift', prediction: /** @type {any} */ ({}) }), TypeError);
  await assert.rejects(room.change({ game: 'drift', modes: { ship: /** @type {any} */ ('fast') } }), TypeError);
  assert.equal(world.joins.length, 1);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('who has left for good goes nowhere', async () => {
  const { world, room } = await joined();
  room.leave();
  await assert.rejects(room.change({ room: 'def' }), (error) => error instanceof TickwireError && error.code === 'left');
  await assert.rejects(room.play(), { code: 'left' });
  await world.run(0);
  assert.equal(world.joins.length, 1, 'nobody asks for a seat');
  assert.equal(room.connection.state, 'closed');
  assert.equal(world.timers.size, 0);
  assert.equal(world.host.listeners.length, 0);
});

/** Leaves between seat and state. */
async function joinedAndLeft() {
  const { world, room } = await joined();
  const changed = room.change({ room: 'def' });
  await world.run(0);
  room.leave();
  assert.equal(world.timers.size, 0);
  return changed;
}

test('a new room that closes for good is the end, with its reason', async () => {
  const { world, room } = await joined();
  const changed = room.change({ room: 'def' });
  await world.run(0);
  world.socket.drop(4411, 'the room has ended');
  await assert.rejects(changed, (error) => error instanceof TickwireError && error.code === 'room_ended');
  assert.equal(room.connection.state, 'closed');
  assert.equal(world.timers.size, 0);
});

/** @param {string} text */
function stringHex(text) {
  return Buffer.of(text.length).toString('hex') + hexOf(text);
}

/** A room whose server knows the request to change it. */
async function asking() {
  const world = new FakeWorld();
  const room = world.join();
  await world.run(0);
  world.socket.protocol = 'tickwire.v1.1';
  world.socket.begin(RESUMABLE_WELCOME);
  return { world, room };
}

const SEAT = bytesOf(`05010002` + `02${stringHex('tok')}` + `02${stringHex('def')}`);

test('a room is changed by a request, where the server knows that', async () => {
  const { world, room } = await asking();
  const changed = room.change({ code: 'AB', password: 'pw' });
  assert.deepEqual(world.sent('08'), [`080104` + '00' + '00' + `01${stringHex('AB')}` + `01${stringHex('pw')}`]);
  const [old] = world.sockets;
  assert.equal(old.closedWith, undefined);
  world.socket.receive(SEAT);
  await world.run(0);
  assert.equal(old.closedWith, 1000);
  assert.equal(world.socket.url, 'ws://server:8080/ws?token=tok');
  world.socket.begin(RESUMABLE_WELCOME);
  await changed;
  assert.equal(world.joins.length, 1, 'nobody was asked over HTTP');
  // It comes back there by the same code.
  world.socket.drop(4429);
  await world.run(6000);
  world.socket.drop(4404);
  await world.run(0);
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('a request for another room has one outcome, whatever comes of it', async () => {
  const { world, room } = await asking();
  const refused = room.change({ room: 'def' });
  world.socket.receive(bytesOf('050101' + stringHex('room_full') + stringHex('full')));
  await assert.rejects(refused, (error) => error instanceof JoinError && error.code === 'room_full' && error.message === 'full');
  assert.equal(room.connection.state, 'open');

  const unanswered = room.change({ game: 'drift' });
  const timeout = assert.rejects(unanswered, (error) => error instanceof JoinError && error.code === 'timeout');
  await world.run(10_000);
  await timeout;
  assert.equal(world.joins.length, 1);
  // Its answer is too late: nobody goes anywhere.
  world.socket.receive(bytesOf(Buffer.from(SEAT).toString('hex').replace('0501', '0502')));
  await world.run(0);
  assert.equal(world.sockets.length, 1);

  const nonsense = room.change({ room: 'def' });
  world.socket.receive(bytesOf('05030001' + '0007'));
  await assert.rejects(nonsense, { code: 'bad_answer' });

  // An older request stands in its way there, or the connection is lost before the answer: joining does as well.
  world.answer = () => ok(ELSEWHERE);
  room.change({ room: 'def' });
  world.socket.receive(bytesOf('050401' + stringHex('busy') + stringHex('wait')));
  await world.run(0);
  assert.deepEqual(world.joins.at(-1), { name: 'Ada', room: 'def' });
  world.socket.protocol = 'tickwire.v1.1';
  world.socket.begin(RESUMABLE_WELCOME);
  const lost = room.change({ room: 'def' });
  world.socket.drop(1006);
  await world.run(0);
  assert.deepEqual(world.joins.at(-1), { name: 'Ada', room: 'def' });
  arrive(world);
  await lost;
  room.leave();
  assert.equal(world.timers.size, 0);
});

test('what the request cannot say is asked over HTTP', async () => {
  for (const place of [{}, { spectate: true }, { room: 'def', spectate: true }, { room: 'def', hostKey: 'k' }]) {
    const { world, room } = await asking();
    world.answer = () => ok(ELSEWHERE);
    room.change(place);
    await world.run(0);
    assert.deepEqual(world.sockets[0].sent.filter((hex) => hex.startsWith('08')), [], JSON.stringify(place));
    assert.equal(world.joins.length, 2);
    room.leave();
  }
});

test('a newer move, and leaving, make the answer to an older one mean nothing', async () => {
  const { world, room } = await asking();
  const first = assert.rejects(room.change({ room: 'one' }), { code: 'superseded' });
  const second = room.change({ room: 'def' });
  await first;
  world.socket.receive(SEAT);
  await world.run(0);
  assert.equal(world.sockets.length, 1, 'that was the first one’s');
  world.socket.receive(bytesOf(Buffer.from(SEAT).toString('hex').replace('0501', '0502')));
  await world.run(0);
  assert.equal(world.sockets.length, 2);
  const left = assert.rejects(second, { code: 'left' });
  room.leave();
  await left;
  assert.equal(world.timers.size, 0);
});
