import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, picture, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

/** A second's stall holds states up for longer than this; without one they are never as far apart. */
const STANDS_MS = 500;

/** Number that a row of the panel shows. @param {string} meter */
const shown = (meter) => `Number.parseFloat(document.querySelector('#net [data-meter=${meter}] b').textContent)`;

test('the net panel tells what the connection is like, and makes it worse', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Ada`);
  await untilFlying(page);
  await page.keyboard.down('KeyW');
  await page.keyboard.press('n');
  await page.locator('#net').waitFor();
  for (const meter of ['rtt', 'jitter', 'delay', 'slack', 'updates', 'bytes', 'perUpdate', 'tick', 'script']) {
    await until(page, `Number.isFinite(${shown(meter)})`);
  }
  await until(page, `${shown('updates')} > 10 && ${shown('perUpdate')} > 5`);
  await page.keyboard.up('KeyW');

  for (const [name, value] of [['latency', '200'], ['jitter', '60']]) await page.locator(`#net [name=${name}]`).fill(value);
  assert.equal(await page.locator('#net output[for=net-latency]').textContent(), '200 ms');
  await until(page, `${shown('rtt')} >= 140 && ${shown('jitter')} > 5`);
  await page.locator('#net [name=ghosts]').check();
  await until(page, 'tickwire.game.renderer.ghosts?.size > 0');
  // Whoever clicked in the panel flies on by keys.
  await page.keyboard.down('KeyW');
  await until(page, 'tickwire.input.thrust === 1');
  await page.keyboard.up('KeyW');
  // Graphs are drawn: the newest of them has more than its base line.
  await until(page, `(() => {
    const canvas = document.querySelector('#net [data-meter=rtt] canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height - 3);
    return data.some((value) => value > 0);
  })()`);
  await picture(page, 'net-panel');

  // Nothing arrives in a stall; what was late comes after it, and the same player plays on.
  await page.evaluate('window.player = tickwire.room.player');
  await page.click('#net .stall');
  await page.evaluate('window.stalled = { frames: -1, since: 0 }');
  await until(page, `(() => {
    const { frames } = tickwire.room.stats;
    if (frames !== stalled.frames) window.stalled = { frames, since: performance.now() };
    return performance.now() - stalled.since > ${STANDS_MS};
  })()`);
  await until(page, 'tickwire.room.stats.frames > stalled.frames + 25 && tickwire.room.player === player && own');

  // While nobody asks for the tick's time there is none.
  await page.click('#net .close');
  assert.equal(await page.locator('#net').isVisible(), false);
  await until(page, 'Number.isNaN(tickwire.game.meters.by.tick.newest)');
  await page.keyboard.press('n');
  await until(page, `Number.isFinite(${shown('tick')})`);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('an address brings its network with it', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Ada&net=latency:150,jitter:30`);
  await untilFlying(page);
  await until(page, 'tickwire.room.clock.rttMs >= 110');
  await page.click('#tool-net');
  assert.equal(await page.inputValue('#net [name=latency]'), '150');
  await page.evaluate('window.before = { ...tickwire.game.scene.own.entity }');
  await page.keyboard.down('KeyA');
  await until(page, 'own && Math.abs(own.angle - before.angle) > 0.3');
  await page.keyboard.up('KeyA');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
