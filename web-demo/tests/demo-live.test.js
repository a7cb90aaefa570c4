import assert from 'node:assert/strict';
import { test } from 'node:test';

import { linesOf } from '../demo/live/room-list.js';
import { Names, missedWords, wordsFor } from '../demo/live/wording.js';

test('what happens is told by the names that people have', () => {
  const names = new Names();
  const tell = (/** @type {string} */ event, /** @type {any} */ data) => {
    const words = wordsFor(event, data, names);
    names.follow(event, data);
    return words;
  };
  assert.equal(tell('joined', { player: 3, name: 'Ada', role: 'player' }), 'Ada came in');
  assert.equal(tell('joined', { player: 4, name: 'Vega', role: 'bot' }), 'Vega came in (bot)');
  assert.equal(tell('joined', { player: 5, name: 'Ida', role: 'spectator' }), 'Ida came in to watch');
  assert.equal(tell('renamed', { player: 3, name: 'Zoë' }), 'Ada is Zoë now');
  assert.equal(tell('renamed', { player: 7, name: 'Grace' }), 'Pilot 7 is Grace now', 'whose coming was not heard');
  assert.equal(tell('host', { player: 3 }), 'Zoë is the host');
  assert.equal(tell('host', { player: null }), 'There is no host any more');
  assert.equal(tell('game', { event: 'kill', values: { shooter: 3, points: 2 } }), 'kill: shooter Zoë, points 2');
  assert.equal(tell('game', { event: 'hit', values: { victim: 3, x: 2853.0283203125, y: -4.25, points: 2 } }), 'hit: victim Zoë, x 2853, y -4.2, points 2');
  assert.equal(tell('left', { player: 3 }), 'Zoë left');
  assert.equal(tell('left', { player: 3 }), 'Pilot 3 left', 'the number is free for another name');
  assert.equal(tell('left', { player: 9 }), 'Pilot 9 left', 'whose coming was not heard');
});

test('what others wrote cannot disturb the text around it', () => {
  const names = new Names();
  const said = wordsFor('game', { event: 'said', values: { text: '\u202e<b>x\n' } }, names);
  assert.equal(said, 'said: text <b>x');
  assert.equal(typeof wordsFor('game', {}, names), 'string');
});

test('what was missed is said with its number, where that is known', () => {
  assert.deepEqual([1, 12, undefined].map(missedWords), [
    'Missed 1 event', 'Missed 12 events', 'Missed what happened meanwhile',
  ]);
});

test('rooms are listed by what is sound of an answer', () => {
  const room = { room: '0123456789', game: 'arena', name: null, players: 2, capacity: 50, spectators: 0, bots: 4, has_password: true };
  assert.deepEqual(linesOf({ rooms: [room, 7, null, {}] }), [
    { room: '0123456789', label: '0123456789', facts: 'arena · 2/50 playing · 4 bots · password' },
  ]);
  for (const none of [undefined, null, { error: 'too_many_requests', message: '' }]) assert.equal(linesOf(none), undefined);
  assert.equal(linesOf({ rooms: [{ ...room, name: 'Ada\u202e' }] })?.[0].label, 'Ada');
  assert.equal(linesOf({ rooms: [{ ...room, name: '\u202e' }] })?.[0].label, '0123456789', 'what cannot be seen cannot be pressed');
});
