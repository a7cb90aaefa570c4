import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wishesIn } from '../demo/address.js';
import { roomLink } from '../demo/rooms/link.js';
import { arranged } from '../demo/rooms/listing.js';
import { roomWish } from '../demo/rooms/new-room.js';
import { peopleIn, roleText } from '../demo/rooms/players.js';
import { inPlace } from '../demo/rooms/room-list.js';

/** @type {import('../sdk/index.js').ListedRoom} */
const room = { room: 'r1', game: 'arena', capacity: 50, players: 3, spectators: 1, bots: 6, freeSeats: 47, hasPassword: false };

test('rooms of this game are listed, those with a seat first, then the fullest', () => {
  const rooms = [
    room,
    { ...room, room: 'full', players: 50, freeSeats: 0 },
    { ...room, room: 'other', game: 'drift' },
    { ...room, room: 'shown', replay: 'match' },
    { ...room, room: 'busy', players: 9 },
  ];
  assert.deepEqual(arranged(rooms).map((one) => one.room), ['busy', 'r1', 'full']);
});

test('rooms keep their places while they are listed, new ones come after them', () => {
  const rooms = arranged(['a', 'b', 'c', 'd'].map((id) => ({ ...room, room: id })));
  const order = (/** @type {string[]} */ shown) => inPlace(rooms, shown).map((one) => one.room).join('');
  assert.equal(order([]), 'abcd');
  assert.equal(order(['c', 'gone', 'a']), 'cabd');
  assert.equal(order(['', '']), 'abcd');
});

test('the link to a room has nothing else of the address', () => {
  const page = 'http://here:8080/?name=Ada&net=latency:9&transport=poll#x';
  assert.equal(roomLink(page, 'a b&c'), 'http://here:8080/?room=a+b%26c');
  assert.equal(roomLink(page, 'r1', 'ABCD-EFGH'), 'http://here:8080/?code=ABCD-EFGH');
});

test('an address says where to go and how', () => {
  const nothing = { room: undefined, code: undefined, replay: undefined, name: undefined, watches: false, transport: 'auto' };
  const { conditions, ...wishes } = wishesIn('http://here/?room=&code=&transport=pigeon');
  assert.deepEqual(wishes, nothing);
  assert.deepEqual(conditions, { latency: 0, jitter: 0, stall: 0 });
  const wanted = wishesIn('http://here/?code=ABCD-EFGH&name=Ada&watch&transport=stream&net=latency:9');
  assert.deepEqual(wanted, { ...nothing, code: 'ABCD-EFGH', name: 'Ada', watches: true, transport: 'stream', conditions: { latency: 9, jitter: 0, stall: 0 } });
});

test('a form asks for what was filled in, and leaves the rest to the server', () => {
  const untouched = new Map([['name', '  '], ['door', 'public'], ['password', ''], ['world', ''], ['asteroids', ''], ['pickups', ''], ['rewind', '']]);
  const wish = { game: 'arena', name: undefined, private: false, password: undefined, options: {} };
  assert.deepEqual(roomWish(untouched), wish);
  const filled = new Map([...untouched, ['name', ' Ours '], ['door', 'private'], ['password', ' pw '], ['world', '2000x2000'], ['asteroids', '0']]);
  assert.deepEqual(roomWish(filled), {
    ...wish, name: 'Ours', private: true, password: ' pw ', options: { world: '2000x2000', asteroids: '0' },
  });
});

test('people are listed without those whom the server runs, the host first', () => {
  const roster = /** @type {import('../sdk/index.js').RosterEntry[]} */ ([
    { player: 9, name: 'bot', role: 'bot' },
    { player: 7, name: 'Grace', role: 'player' },
    { player: 3, name: 'Ada', role: 'spectator' },
    { player: 8, name: 'Host', role: 'player' },
  ]);
  assert.deepEqual(peopleIn(roster, 8).map(({ name }) => name), ['Host', 'Ada', 'Grace']);
  assert.deepEqual(peopleIn(roster, undefined).map(({ name }) => name), ['Ada', 'Grace', 'Host']);
  assert.equal(roleText(roster[3], 8, 8), 'you, host');
  assert.equal(roleText(roster[2], 8, 7), 'watching');
  assert.equal(roleText(roster[1], undefined, 8), '');
  assert.equal(peopleIn(Array(500).fill(roster[1]), 8).length, 100);
});
