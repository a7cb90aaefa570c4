import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roomLink } from '../demo/rooms/link.js';
import { roomsIn } from '../demo/rooms/listing.js';
import { inPlace } from '../demo/rooms/room-list.js';

const room = {
  room: 'r1', game: 'arena', capacity: 50, tick_rate_hz: 30, players: 3, spectators: 1, bots: 6, free_seats: 47,
  tick: 9, send_every: 1, tick_ms: { p50: 0.1, p99: 0.4, max: 1 }, lateness_ms: { p50: 0, p99: 0, max: 0 },
};

test('rooms of this game are listed, those with a seat first, then the fullest', () => {
  const rooms = [
    room,
    { ...room, room: 'full', players: 50, free_seats: 0 },
    { ...room, room: 'other', game: 'drift' },
    { ...room, room: 'busy', players: 9 },
  ];
  assert.deepEqual(roomsIn({ rooms }).map(({ id }) => id), ['busy', 'r1', 'full']);
  assert.deepEqual(roomsIn({ rooms: [room] }), [
    { id: 'r1', players: 3, spectators: 1, bots: 6, freeSeats: 47, capacity: 50, tickMs: 0.4 },
  ]);
});

test('an answer that is none lists nothing', () => {
  for (const answer of [undefined, null, 7, 'rooms', [], {}, { rooms: 7 }, { rooms: [null, 3, {}, { room: 5, game: 'arena' }] }]) {
    assert.deepEqual(roomsIn(answer), [], JSON.stringify(answer));
  }
  const [odd] = roomsIn({ rooms: [{ room: 'odd', game: 'arena', players: -4, bots: 'many', capacity: Infinity }] });
  assert.deepEqual(odd, { id: 'odd', players: 0, spectators: 0, bots: 0, freeSeats: 0, capacity: 0, tickMs: NaN });
  assert.equal(roomsIn({ rooms: Array(5000).fill(room) }).length, 100);
  const many = [...Array(500).fill({ ...room, game: 'drift' }), ...Array(200).fill(room), { ...room, room: 'busy', players: 9 }];
  assert.deepEqual(roomsIn({ rooms: many }).slice(0, 2).map(({ id }) => id), ['busy', 'r1'], 'those that matter are kept');
});

test('rooms keep their places while they are listed, new ones come after them', () => {
  const rooms = roomsIn({ rooms: ['a', 'b', 'c', 'd'].map((id) => ({ ...room, room: id })) });
  const order = (/** @type {string[]} */ shown) => inPlace(rooms, shown).map(({ id }) => id).join('');
  assert.equal(order([]), 'abcd');
  assert.equal(order(['c', 'gone', 'a']), 'cabd');
  assert.equal(order(['', '']), 'abcd');
});

test('the link to a room has nothing else of the address', () => {
  assert.equal(roomLink('http://here:8080/?name=Ada&net=latency:9#x', 'a b&c'), 'http://here:8080/?room=a+b%26c');
});
