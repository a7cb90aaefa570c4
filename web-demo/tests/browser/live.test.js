/** The live page in the browser: health, rooms, what happens in one, and what is missed while the line is away. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { besidesRefusals, launch, open, picture } from './demo-page.js';
import { ServerProcess } from './server-process.js';

/** @type {ServerProcess} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  [server, browser] = await Promise.all([ServerProcess.start({}), launch()]);
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

/** @param {string} path @param {unknown} body @returns {Promise<any>} */
async function post(path, body) {
  const response = await fetch(new URL(path, server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

test('the page shows the server, its rooms, and what happens in one', async () => {
  const { room, host_key: key } = await post('/api/rooms', { game: 'arena', name: '<b>Ada</b>' });
  await post('/api/rooms', { game: 'arena', private: true });
  const { page, complaints } = await open(browser, `${server.url}/live`);
  await page.locator('#line[data-state=open]').waitFor();
  const choose = page.getByRole('button', { name: '<b>Ada</b>' });
  await choose.focus();
  await page.keyboard.press('Enter');
  await page.getByText(/ticks take/).waitFor();
  assert.equal(await page.locator('#room-list li').count(), 1, 'private rooms are in no list');
  assert.equal(await choose.getAttribute('aria-pressed'), 'true');

  const player = await open(browser, `${server.url}/?room=${room}&name=Grace`);
  await page.locator('#log li').filter({ hasText: 'came in' }).first().waitFor();
  await page.getByRole('img', { name: /^Players: \d+ now/ }).waitFor();
  await page.locator('#health polyline[points*=" "]').first().waitFor({ state: 'attached' });
  await picture(page, 'live');
  await page.setViewportSize({ width: 360, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `${width}`);
  await picture(page, 'live-small-phone');

  const authorization = `Bearer ${key}`;
  const closed = await fetch(new URL(`/api/rooms/${room}`, server.url), { method: 'DELETE', headers: { authorization } });
  assert.equal(closed.status, 204);
  await page.getByText('The room has ended.').waitFor();
  await player.page.close();
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('what was missed is said', async () => {
  const { page } = await open(browser, `${server.url}/live`);
  await page.locator('#line[data-state=open]').waitFor();
  await page.route('**/api/events', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: 'retry: 60000\n\nevent: gap\ndata: {"missed":12}\n\n' }),
  );
  await page.reload();
  await page.getByText('Missed 12 events').waitFor();
});
