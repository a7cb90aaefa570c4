import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwkwardProxy } from '../support/awkward-proxy.js';
import { besidesRefusals, launch, open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { ServerProcess } from './server-process.js';

/**
 * A browser, a server, and a proxy between them.
 * @param {import('node:test').TestContext} context
 */
async function network(context) {
  const server = await ServerProcess.start({ bots: 3 });
  context.after(() => server.kill());
  const proxy = await AwkwardProxy.lay(server.port);
  context.after(() => proxy.close());
  const browser = await launch();
  context.after(() => browser.close());
  return { server, proxy, browser };
}

const TRANSPORT = 'tickwire.room.connection.transport';

/** Steers, and the ship turns: what is sent arrives, and what comes of it. @param {import('playwright-core').Page} page */
async function turn(page) {
  await page.evaluate('window.before = { ...tickwire.game.scene.own.entity }');
  await page.keyboard.down('KeyA');
  await until(page, 'own && Math.abs(own.angle - before.angle) > 0.3');
  await page.keyboard.up('KeyA');
}

test('where WebSockets are blocked it is played by a stream, and the net panel says so', async (context) => {
  const { proxy, browser } = await network(context);
  proxy.upgrades = 'refuse';
  const { page, complaints } = await open(browser, `${proxy.url}/?name=Ada`);
  await untilFlying(page);
  assert.equal(await page.evaluate(TRANSPORT), 'stream');
  await turn(page);
  await page.keyboard.press('n');
  await page.locator('#net .transport', { hasText: 'HTTP stream' }).waitFor();
  await picture(page, 'stream');
  assert.equal(await page.evaluate('tickwire.room.stats.desyncs'), 0);
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('a WebSocket that a proxy cuts off in mid-game goes on as a stream, as the same player', async (context) => {
  const { proxy, browser } = await network(context);
  const { page, complaints } = await open(browser, `${proxy.url}/?name=Ada`);
  await untilFlying(page);
  assert.equal(await page.evaluate(TRANSPORT), 'websocket');
  const [player, ship] = [await playerOf(page), await page.evaluate('tickwire.game.scene.own.entity.id')];
  await page.evaluate(`tickwire.room.on('connection', ({ state }) => {
    if (state === 'waiting') window.cutAt ??= performance.now();
    if (state === 'open') window.openAt = performance.now();
  })`);
  proxy.cutUpgrades();
  await until(page, `${TRANSPORT} === 'stream' && tickwire.room.connection.resumed`);
  context.diagnostic(`${Math.round(await page.evaluate('openAt - cutAt'))} ms from the cut to the state of the stream`);
  await untilFlying(page);
  assert.equal(await playerOf(page), player);
  assert.equal(await page.evaluate('tickwire.game.scene.own.entity.id'), ship, 'it is the same ship');
  await turn(page);
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('where streams are held back it is played by polls', async (context) => {
  const { proxy, browser } = await network(context);
  proxy.upgrades = 'refuse';
  proxy.holdsBodies = true;
  const { page, complaints } = await open(browser, `${proxy.url}/?name=Ada`);
  await untilFlying(page);
  assert.equal(await page.evaluate(TRANSPORT), 'poll');
  await turn(page);
  assert.deepEqual(besidesRefusals(complaints), []);
});

test('the address chooses what carries the game, and who leaves the page is gone at once', async (context) => {
  const { server, browser } = await network(context);
  const witness = (await open(browser, `${server.url}/?name=Grace`)).page;
  await untilFlying(witness);
  for (const transport of ['stream', 'poll']) {
    const { page, complaints } = await open(browser, `${server.url}/?name=Ada&transport=${transport}`);
    await untilFlying(page);
    assert.equal(await page.evaluate(TRANSPORT), transport);
    await turn(page);
    const player = await playerOf(page);
    await until(witness, `tickwire.room.roster.has(${player})`);
    await page.evaluate('tickwire.room.leave()');
    await until(witness, `!tickwire.room.roster.has(${player})`);
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});
