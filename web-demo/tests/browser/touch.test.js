import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finger, open, picture, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

/**
 * The middle of an element.
 * @param {import('playwright-core').Page} page
 * @param {string} selector
 */
async function middleOf(page, selector) {
  const box = await page.locator(selector).boundingBox();
  assert.ok(box, `${selector} is not there`);
  return /** @type {const} */ ([box.x + box.width / 2, box.y + box.height / 2]);
}

test('thumbs steer, thrust, fire and dash', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Thumbs`, PHONE);
  await untilFlying(page);
  const thumb = await finger(page);
  await thumb.down(100, 500);
  await thumb.move(100, 430);
  await until(page, `tickwire.input.thrust === 1 && own && Math.abs(Math.sin((own.angle + Math.PI / 2) / 2)) < 0.06`);
  await thumb.lift();
  await until(page, 'tickwire.input.thrust === 0 && tickwire.input.turn === 0');
  await thumb.down(...(await middleOf(page, '#touch-fire')));
  await until(page, 'tickwire.input.fire === 1');
  await thumb.lift();
  await until(page, 'tickwire.input.fire === 0');
  // A dash is over in a moment: it is caught where the ship makes it.
  await page.evaluate(`tickwire.room.on('effect', ({ name }) => (window.dashed ||= name === 'dash')) && undefined`);
  await thumb.down(...(await middleOf(page, '#touch-dash')));
  await until(page, 'window.dashed');
  await thumb.lift();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a line of chat is written without a keyboard of keys', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Thumbs`, PHONE);
  await untilFlying(page);
  await page.locator('#chat > button').tap();
  const line = page.locator('#chat-line');
  assert.equal(await line.evaluate((element) => element === document.activeElement), true);
  assert.equal(await page.locator('#chat > button').isVisible(), false);
  const [, y] = await middleOf(page, '#chat form');
  assert.ok(y < PHONE.viewport.height / 3, `a screen keyboard would cover the line at ${y}`);
  await line.fill('hello from a phone');
  await picture(page, 'phone-chat');
  await line.press('Enter');
  await page.locator('#chat li .said', { hasText: 'hello from a phone' }).waitFor();
  assert.equal(await page.locator('#chat > button').isVisible(), true);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
