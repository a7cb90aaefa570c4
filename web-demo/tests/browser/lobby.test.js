import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, picture, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

/**
 * A page whose player is in a room of their own.
 * @param {string} name
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function play(name, options) {
  const opened = await open(here.browser, here.url, options);
  await opened.page.fill('#name', name);
  await opened.page.click('#start-rooms .open');
  await opened.page.fill('#new-room [name=name]', `${name}'s`);
  await opened.page.click('#new-room [type=submit]');
  await untilFlying(opened.page);
  await until(opened.page, 'tickwire.room.lobby.isEntered');
  return opened;
}

/** @param {import('playwright-core').Page} page @param {string} line */
async function say(page, line) {
  await page.fill('#chat-line', line);
  await page.keyboard.press('Enter');
}

test('two players in two rooms talk in the lobby, and each in their room', async () => {
  const one = await play('Ada');
  const two = await play('Grace', { viewport: { width: 360, height: 640 } });
  const [room, other] = await Promise.all([one, two].map(({ page }) => page.evaluate('tickwire.room.roomId')));
  assert.notEqual(room, other);

  await one.page.keyboard.press('Enter');
  await say(one.page, 'only here');
  await one.page.locator('#chat li:not(.lobby)', { hasText: 'only here' }).waitFor();

  await one.page.keyboard.press('Enter');
  await one.page.click('#chat-where');
  assert.equal(await one.page.textContent('#chat-where'), 'Lobby');
  assert.equal(await one.page.getAttribute('#chat-where', 'aria-pressed'), 'true');
  await say(one.page, 'anybody <b>there</b>?');
  const line = two.page.locator('#chat li.lobby', { hasText: 'anybody <b>there</b>?' });
  await line.waitFor();
  assert.equal(await line.locator('.name').textContent(), 'Ada');
  assert.equal(await line.locator('.origin').textContent(), `Lobby · ${room}`);
  assert.equal(await line.locator('b').count(), 0, 'it is text');
  await one.page.locator('#chat li.lobby .origin', { hasText: /^Lobby$/ }).waitFor();

  await two.page.keyboard.press('Enter');
  // By keys as well, and the line stays open.
  await two.page.keyboard.press('Shift+Tab');
  await two.page.keyboard.press('Space');
  assert.equal(await two.page.textContent('#chat-where'), 'Lobby');
  await two.page.fill('#chat-line', 'yes, here, in a room far away with a rather long line to break');
  await picture(two.page, 'lobby-360');
  const box = await two.page.locator('#chat form').boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
  await two.page.keyboard.press('Enter');
  await one.page.locator('#chat li.lobby', { hasText: 'yes, here' }).waitFor();
  await one.page.keyboard.press('Enter');
  await picture(one.page, 'lobby');
  assert.equal(await two.page.locator('#chat li', { hasText: 'only here' }).count(), 0);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await Promise.all([one.page.context().close(), two.page.context().close()]);
});
