/**
 * Two servers that share their rooms by a Redis, and a page of each: what players see of the death of one of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besidesRefusals, launch, open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { RedisProcess, whyNoRedis } from './redis-process.js';
import { ServerProcess, freePort } from './server-process.js';

/** @typedef {import('playwright-core').Page} Page */

/** The own player's standing, and whether a player is among the ships that are shown. */
const PILOT = `[...tickwire.room.entities.values()].find(({ kind, player }) => kind === 'pilot' && player === tickwire.room.player)`;
const sees = (/** @type {number} */ player) => `ships.some(({ player }) => player === ${player})`;

/**
 * Flags of two servers of one cluster.
 * @param {string} redis
 */
async function plansOf(redis) {
  const ports = [await freePort(), await freePort()];
  const shared = ['--cluster', redis, '--auth-key', '7'.repeat(64), '--durability', 'tick'];
  // Hardly a way without something to collect: there is a score to keep.
  const flags = [...shared, '--game-option', 'arena.pickups=400'];
  return ports.map((port, index) => ({ port, bots: 0, flags: [...flags, '--node-name', `node-${index + 1}`] }));
}

/**
 * A page of a server, whose newest WebSocket is noted.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 */
async function openAt(browser, url) {
  const { page, complaints } = await open(browser, url, undefined, NOTE_SOCKET);
  // Of the page itself nothing goes elsewhere; its room does.
  const own = () => besidesRefusals(complaints).filter((text) => !text.startsWith('asked elsewhere: '));
  return { page, complaints: own };
}

/** The server that a page's room is at. @param {Page} page */
function serverOf(page) {
  return page.evaluate('new URL(window.socket.url).host');
}

/** Remembers the newest socket: what a room's owner is known by. */
const NOTE_SOCKET = `(() => {
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      window.socket = this;
    }
  };
})()`;

/** Turns, and flies on: the ship obeys. @param {Page} page */
async function fly(page) {
  await page.bringToFront();
  await page.evaluate('window.before = { ...tickwire.game.scene.own.entity }');
  await page.keyboard.down('KeyA');
  await page.keyboard.down('KeyW');
  await until(page, 'own && Math.abs(own.angle - before.angle) > 0.3 && Math.hypot(own.x - before.x, own.y - before.y) > 20');
  await page.keyboard.up('KeyA');
  await page.keyboard.up('KeyW');
}

test('the server of a room is killed, and both of its players play on at the other one', { skip: whyNoRedis() }, async () => {
  const browser = await launch();
  const redis = await RedisProcess.start();
  /** @type {ServerProcess[]} */
  const servers = [];
  try {
    for (const plan of await plansOf(redis.url)) servers.push(await ServerProcess.start(plan));
    const ada = await openAt(browser, `${servers[0].url}/?name=Ada`);
    await untilFlying(ada.page);
    const room = /** @type {string} */ (await ada.page.evaluate('tickwire.room.roomId'));
    const grace = await openAt(browser, `${servers[1].url}/?name=Grace&room=${room}`);
    await untilFlying(grace.page);
    const pages = [ada.page, grace.page];

    for (const page of pages) {
      await page.bringToFront();
      await page.keyboard.down('KeyW');
      await until(page, `${PILOT}.score > 0`);
      await page.keyboard.up('KeyW');
    }
    const players = await Promise.all(pages.map(playerOf));
    await until(ada.page, sees(players[1]));
    await until(grace.page, sees(players[0]));
    const scores = await Promise.all(pages.map((page) => page.evaluate(`${PILOT}.score`)));
    const owner = await serverOf(ada.page);
    assert.equal(await serverOf(grace.page), owner, 'a room has one owner');
    for (const page of pages) await page.evaluate(`window.isSamePage = true`);

    const index = servers.findIndex(({ url }) => new URL(url).host === owner);
    const [dead] = servers.splice(index, 1);
    await dead.kill();
    await Promise.all(pages.map((page) => page.locator('#pill:not([data-state=open])').waitFor()));
    await picture(ada.page, 'cluster-owner-dead');

    const heir = new URL(servers[0].url).host;
    for (const page of pages) {
      await until(page, `tickwire.room.connection.state === 'open' && new URL(socket.url).host === ${JSON.stringify(heir)} && own`);
    }
    for (const page of pages) await untilFlying(page);
    assert.deepEqual(await Promise.all(pages.map(playerOf)), players, 'they are who they were');
    const kept = await Promise.all(pages.map((page) => page.evaluate(`${PILOT}.score`)));
    assert.ok(kept.every((score, at) => Number(score) >= Number(scores[at])), `${scores} → ${kept}: the scores are theirs`);
    for (const page of pages) {
      await fly(page);
      assert.equal(await page.evaluate('tickwire.room.roomId'), room);
      assert.equal(await page.evaluate('window.isSamePage'), true, 'nothing was loaded again');
      assert.equal(await page.evaluate('tickwire.room.stats.desyncs'), 0);
    }
    await until(ada.page, sees(players[1]));
    await until(grace.page, sees(players[0]));
    await Promise.all(['ada', 'grace'].map((name, at) => picture(pages[at], `cluster-goes-on-${name}`)));
    assert.deepEqual([...ada.complaints(), ...grace.complaints()], []);
  } finally {
    await browser.close();
    await Promise.all(servers.map((server) => server.kill()));
    await redis.kill();
  }
});
