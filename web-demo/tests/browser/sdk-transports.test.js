import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { AwkwardProxy } from '../support/awkward-proxy.js';
import { SessionServer } from '../support/session-server.js';
import { launch } from './demo-page.js';

/** What a server is not told in this time it is never told. */
const WITHIN = { timeout: 60_000 };
const SDK = new URL('../../sdk/', import.meta.url);

/**
 * A real browser with the SDK in an empty page, behind a proxy, and a server that knows no WebSockets.
 * @param {import('node:test').TestContext} context
 */
async function pageBehind(context) {
  const server = await SessionServer.start(context);
  const proxy = await AwkwardProxy.lay(Number(new URL(server.url).port));
  context.after(() => proxy.close());
  proxy.upgrades = 'refuse';
  const browser = await launch();
  context.after(() => browser.close());
  const page = await browser.newPage();
  await page.route(/\/(sdk\/.*|page)$/, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/page') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
    return route.fulfill({ contentType: 'text/javascript', body: await readFile(new URL(pathname.slice(5), SDK), 'utf8') });
  });
  await page.goto(`${proxy.url}/page`);
  return { server, proxy, page };
}

/** Joins in the page, and tells what carries the room. @param {import('playwright-core').Page} page */
async function join(page) {
  const joined = await page.evaluate(`import('/sdk/index.js').then(async ({ join }) => {
    window.room = join({ url: location.origin, name: 'Ada' });
    await room.ready;
    return [room.connection.transport, room.entities.size];
  })`);
  // Everything is loaded. A farewell that is held back to be routed may die with the page that said it.
  await page.unrouteAll();
  return joined;
}

/** Waits for what the server is told. @param {SessionServer} server @param {() => boolean} holds @returns {Promise<void>} */
function told(server, holds) {
  return new Promise((resolve) => {
    server.onBatch = () => holds() && resolve();
    server.onBatch();
  });
}

test('a browser streams, sends, and says farewell as its page is left', WITHIN, async (context) => {
  const { server, page } = await pageBehind(context);
  assert.deepEqual(await join(page), ['stream', 320]);
  await page.evaluate('room.send({ thrust: 1 })');
  await told(server, () => server.sessions.taken.includes('0001000003020000'));
  await page.goto('about:blank');
  await told(server, () => server.sessions.farewell === 1001);
});

test('a browser polls where streams are held back, and leaves for good', WITHIN, async (context) => {
  const { server, proxy, page } = await pageBehind(context);
  proxy.holdsBodies = true;
  assert.deepEqual(await join(page), ['poll', 320]);
  await page.evaluate('room.send({ thrust: 1 })');
  await told(server, () => server.sessions.taken.includes('0001000003020000'));
  await page.evaluate('room.leave()');
  await told(server, () => server.sessions.farewell === 1000);
});
