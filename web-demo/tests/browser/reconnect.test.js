import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BreakingLine } from './breaking-line.js';
import { besidesRefusals, launch, open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { ServerProcess } from './server-process.js';

test('play goes on by itself after the server was killed and started again', async () => {
  const browser = await launch();
  let server = await ServerProcess.start();
  try {
    const { page, complaints } = await open(browser, `${server.url}/?name=Phoenix`);
    await untilFlying(page);
    await page.evaluate(`(() => {
      const { sound } = tickwire.game;
      const { thrust } = sound;
      sound.thrust = (hard) => thrust.call(sound, (window.engine = hard));
    })()`);
    await page.keyboard.down('KeyW');
    await until(page, 'engine > 0');
    await server.kill();
    await until(page, 'engine === 0');
    await page.keyboard.up('KeyW');
    await page.locator('#pill[data-state=waiting]').waitFor();
    await page.locator('#pill button', { hasText: 'Retry now' }).waitFor();
    await picture(page, 'reconnecting');

    server = await ServerProcess.start({ port: server.port });
    await until(page, `tickwire.room.connection.state === 'open' && own`);
    await untilFlying(page);
    await page.evaluate('window.before = { ...tickwire.game.scene.own.entity }');
    await page.keyboard.down('KeyA');
    await until(page, 'own && Math.abs(own.angle - before.angle) > 0.3');
    await page.keyboard.up('KeyA');
    await page.locator('#pill b', { hasText: 'Connected' }).waitFor();
    assert.equal(await page.locator('#pill button').isVisible(), false);
    assert.deepEqual(besidesRefusals(complaints), []);
  } finally {
    await browser.close();
    await server.kill();
  }
});

test('a server that restarts says so, and is come back to', async () => {
  const browser = await launch();
  let server = await ServerProcess.start({ flags: ['--drain-notice=1500ms', '--restart-delay=500ms'] });
  try {
    const { page, complaints } = await open(browser, `${server.url}/?name=Ada`);
    await untilFlying(page);
    const stopped = server.stop();
    await page.locator('#notice', { hasText: 'The server restarts in' }).waitFor();
    await picture(page, 'restarting');
    assert.equal(await stopped, 0);
    server = await ServerProcess.start({ port: server.port });
    await until(page, `tickwire.room.connection.state === 'open' && own`);
    assert.deepEqual(besidesRefusals(complaints), []);
  } finally {
    await browser.close();
    await server.kill();
  }
});

/** The own player's standing. */
const PILOT = `[...tickwire.room.entities.values()].find(({ kind, player }) => kind === 'pilot' && player === tickwire.room.player)`;

test('a match that the server writes down goes on after the server was killed', async () => {
  const browser = await launch();
  const journals = await mkdtemp(join(tmpdir(), 'tickwire-'));
  const flags = ['--journal-dir', journals, '--auth-key', '7'.repeat(64), '--game-option', 'arena.pickups=400'];
  let server = await ServerProcess.start({ bots: 3, flags });
  try {
    const { page, complaints } = await open(browser, `${server.url}/?name=Ada`);
    await untilFlying(page);
    await page.keyboard.down('KeyW');
    await until(page, `${PILOT}.score > 0`);
    await page.keyboard.up('KeyW');
    const [player, room] = [await playerOf(page), await page.evaluate('tickwire.room.roomId')];
    const score = await page.evaluate(`${PILOT}.score`);
    const before = await page.evaluate('tickwire.room.welcome.tick');
    await page.evaluate(`tickwire.room.on('interrupted', (told) => (window.interrupted = told))`);
    await sleep(300);
    await server.kill();
    await page.locator('#pill:not([data-state=open])').waitFor();

    server = await ServerProcess.start({ bots: 3, port: server.port, flags });
    await page.locator('#notice', { hasText: 'The match was interrupted' }).waitFor();
    await picture(page, 'interrupted');
    await untilFlying(page);
    const { cause, lostTicks } = await page.evaluate('interrupted');
    assert.equal(cause, 'server');
    assert.ok(lostTicks <= 6, `${lostTicks} ticks: what was not written yet`);
    assert.deepEqual([await playerOf(page), await page.evaluate('tickwire.room.roomId')], [player, room]);
    assert.ok((await page.evaluate(`${PILOT}.score`)) >= score, 'the score is what it was');
    assert.ok((await page.evaluate('tickwire.room.welcome.tick')) > before, 'ticks go on');
    assert.equal(await page.evaluate('tickwire.room.stats.desyncs'), 0);
    await page.evaluate('window.before = { ...tickwire.game.scene.own.entity }');
    await page.keyboard.down('KeyA');
    await until(page, 'own && Math.abs(own.angle - before.angle) > 0.3');
    assert.deepEqual(besidesRefusals(complaints), []);
  } finally {
    await browser.close();
    await server.kill();
    await rm(journals, { recursive: true, force: true });
  }
});

/** How long the line is cut, in milliseconds. */
const CUT_MS = 5000;

test('a line that was cut for 5 s is mended, and the same player flies on with the same score', async () => {
  const browser = await launch();
  // Hardly a way without something to collect: there is a score to keep.
  const server = await ServerProcess.start({ bots: 0, flags: ['--game-option', 'arena.pickups=400'] });
  const line = await BreakingLine.lay(server.port);
  try {
    const { page, complaints } = await open(browser, `${line.url}/?name=Ada`);
    await untilFlying(page);
    await page.keyboard.down('KeyW');
    await until(page, `${PILOT}.score > 0`);
    await page.keyboard.up('KeyW');
    const witness = (await open(browser, `${server.url}/?name=Grace`)).page;
    await untilFlying(witness);
    const [player, entity] = [await playerOf(page), await page.evaluate('tickwire.game.scene.own.entity.id')];
    const ship = `[...tickwire.room.entities.values()].find((one) => one.kind === 'ship' && one.player === ${player})`;

    const score = await page.evaluate(`${PILOT}.score`);
    line.break();
    await page.locator('#pill:not([data-state=open])').waitFor();
    await until(witness, `(${ship}?.flags & 8) !== 0`);
    await picture(witness, 'away');

    await sleep(CUT_MS);
    line.mend();
    await until(page, `tickwire.room.connection.state === 'open' && tickwire.room.connection.resumed`);
    await untilFlying(page);
    assert.equal(await playerOf(page), player);
    assert.equal(await page.evaluate('tickwire.game.scene.own.entity.id'), entity, 'it is the same ship');
    // It has drifted on, maybe over something more.
    assert.ok((await page.evaluate(`${PILOT}.score`)) >= score && score > 0);
    assert.equal(await page.evaluate(`${PILOT}.deaths`), 0);
    await until(witness, `(${ship}?.flags & 8) === 0`);
    await picture(page, 'resumed');
    assert.deepEqual(besidesRefusals(complaints), []);
  } finally {
    line.close();
    await browser.close();
    await server.kill();
  }
});
