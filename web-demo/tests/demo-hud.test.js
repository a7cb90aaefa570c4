import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worldOf } from '../demo/arena.js';
import { ranking } from '../demo/hud/ranking.js';
import { statusText, waitingText } from '../demo/hud/status-text.js';
import { cleanChat, cleanName, cleanText } from '../demo/names.js';
import { ALL, colourOf, HULLS, hullOf, OTHERS, SELF } from '../demo/palette.js';
import { rock } from '../demo/render/asteroids.js';

/**
 * @param {number} player
 * @param {number} score
 * @param {number} [kills]
 * @param {number} [deaths]
 */
const pilot = (player, score, kills = 0, deaths = 0) => ({ player, score, kills, deaths });

test('the board goes by score, kills, fewer deaths, then who came first', () => {
  const pilots = [pilot(5, 10), pilot(4, 10), pilot(3, 10, 0, 2), pilot(2, 10, 3), pilot(1, 40)];
  assert.deepEqual(ranking(pilots, undefined, 8).map(({ standing }) => standing.player), [1, 2, 4, 5, 3]);
});

test('the board shows the best, and oneself with the true rank', () => {
  const pilots = Array.from({ length: 20 }, (_, index) => pilot(index, 1000 - index));
  const places = ranking(pilots, 15, 8);
  assert.equal(places.length, 9);
  assert.deepEqual(places.at(-1), { rank: 16, standing: pilots[15] });
  assert.equal(ranking(pilots, 3, 8).length, 8);
  assert.equal(ranking(pilots, undefined, 8).length, 8);
});

test('oneself has an accent that nobody else gets', () => {
  for (let player = 0; player < 100; player += 1) assert.notEqual(colourOf(player, 100), SELF);
  assert.equal(colourOf(100, 100), SELF);
  assert.deepEqual(ALL.map(({ index }) => index), ALL.map((_, at) => at));
});

test('neighbouring players differ in colour, and equal colours differ in hull', () => {
  const seen = new Set();
  for (let player = 0; player < OTHERS.length * HULLS; player += 1) {
    seen.add(`${colourOf(player).hex} ${hullOf(player)}`);
  }
  assert.equal(seen.size, OTHERS.length * HULLS);
  assert.notEqual(colourOf(7), colourOf(8));
});

test('names lose what would disturb the page', () => {
  assert.equal(cleanName('  Ada \n Lovelace '), 'Ada Lovelace');
  assert.equal(cleanName('a\u202eb\u0000c\u2066d\ufeffe'), 'a b c d e');
  assert.equal(cleanName('<b>x</b>'), '<b>x</b>');
  assert.equal(cleanName('z' + '\u0301'.repeat(40)), 'z\u0301\u0301\u0301');
  assert.equal(cleanName('\u200b \u2067', 7), 'Pilot 7');
  assert.equal(cleanName(undefined), 'Pilot');
  assert.equal(cleanName('👩‍🚀'), '👩‍🚀');
});

test('names and chat are cut by characters and not inside one', () => {
  assert.equal([...cleanName('🚀'.repeat(60))].length, 24);
  assert.equal([...cleanChat('x'.repeat(500))].length, 120);
  assert.equal(cleanText('\ud800lone', 9), 'lone');
});

test('the connection is told in words', () => {
  const figures = { rttMs: 11.6, ticksPerSecond: 29.8, bytesPerSecond: 4210 };
  const open = statusText({ state: 'open', attempt: 0 }, figures, 0);
  assert.equal(`${open.title} ${open.detail}`, 'Connected 12 ms · 30 Hz · 4.2 KB/s');
  const waiting = statusText({ state: 'waiting', attempt: 2, retryAtMs: 5200 }, figures, 2000);
  assert.deepEqual(waiting, { title: 'Reconnecting', detail: 'in 4 s', canRetry: true });
  assert.equal(statusText({ state: 'connecting', attempt: 0 }, figures, 0).title, 'Connecting');
  assert.equal(statusText({ state: 'closed', attempt: 0, reason: 'the room has ended' }, figures, 0).detail, 'the room has ended');
});

test('who waits on the start screen is told why', () => {
  const paused = statusText({ state: 'open', attempt: 0, isPaused: true }, { rttMs: 9, ticksPerSecond: 0, bytesPerSecond: 0 }, 0);
  assert.equal(paused.title, 'Paused');
  assert.match(paused.detail, /stands still/);
  assert.equal(waitingText({ state: 'connecting', attempt: 0, isPaused: true }), paused.detail);
  assert.equal(waitingText(undefined), '');
  assert.equal(waitingText({ state: 'joining', attempt: 0 }), '');
  assert.match(waitingText({ state: 'waiting', attempt: 1, code: 409 }), /seat/);
  assert.match(waitingText({ state: 'waiting', attempt: 1, code: 0 }), /server is away/);
});

test('a rock looks the same on every screen and stays within its circle', () => {
  for (let seed = 0; seed < 256; seed += 1) {
    assert.deepEqual(rock(seed), rock(seed));
    for (const [x, y] of rock(seed).outline) {
      const far = Math.hypot(x, y);
      assert.ok(far > 0.85 && far < 1.05, `seed ${seed}: ${far}`);
    }
  }
  assert.notDeepEqual(rock(1), rock(2));
});

test('the world is as large as the schema says', () => {
  assert.deepEqual(worldOf(undefined), { width: 4000, height: 4000 });
  const schema = {
    game: 'arena', inputs: [], events: [], messages: [],
    entities: [{ name: 'ship', fields: [{ name: 'position', constant: false, kind: /** @type {const} */ ({ type: 'position', min: [0, 0], max: [8000, 600], step: 0.125 }) }] }],
  };
  assert.deepEqual(worldOf(/** @type {any} */ (schema)), { width: 8000, height: 600 });
});
