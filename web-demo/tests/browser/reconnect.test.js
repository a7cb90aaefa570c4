import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch, open, picture, until, untilFlying } from './demo-page.js';
import { ServerProcess } from './server-process.js';

test('play goes on by itself after the server was killed and started again', async () => {
  const browser = await launch();
  let server = await ServerProcess.start();
  try {
    const { page } = await open(browser, `${server.url}/?name=Phoenix`);
    await untilFlying(page);
    await server.kill();
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
  } finally {
    await browser.close();
    await server.kill();
  }
});
