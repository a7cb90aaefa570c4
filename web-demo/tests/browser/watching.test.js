import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const WATCHING = `document.body.dataset.screen === 'watch' && ships.length >= 6 && tickwire.game.scene.ships.length >= 6`;

test('who watches follows a player, looks around freely, and plays from there', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?watch`);
  await until(page, WATCHING);
  assert.equal(await page.locator('#vitals').isVisible(), false);
  assert.equal(await page.locator('#board').isVisible(), true);
  await until(page, 'tickwire.game.free.followed !== undefined');
  const first = await page.evaluate('tickwire.game.free.followed');
  await page.keyboard.press('e');
  await until(page, `tickwire.game.free.followed !== ${first}`);
  await until(page, `document.querySelector('#watching .name').textContent === tickwire.game.nameOf(tickwire.game.free.followed)`);
  // The picture goes where that player goes.
  await until(page, `(() => {
    const { free, scene, camera } = tickwire.game;
    const track = scene.byPlayer.get(free.followed);
    return track && Math.hypot(track.x - camera.x, track.y - camera.y) < 400;
  })()`);
  await picture(page, 'watch-follow');

  await page.evaluate('window.before = { x: tickwire.game.camera.x, y: tickwire.game.camera.y }');
  await page.keyboard.down('KeyD');
  await until(page, 'tickwire.game.free.followed === undefined');
  await page.keyboard.up('KeyD');
  await page.locator('#watching .title', { hasText: 'Free camera' }).waitFor();
  // Where + is another key, on other layouts, it comes closer all the same, and chooses nobody.
  const sign = (/** @type {string} */ type) =>
    page.evaluate(`window.dispatchEvent(new KeyboardEvent('${type}', { key: '+', code: 'BracketRight' }))`);
  await page.evaluate('window.closer = tickwire.game.camera.closer');
  await sign('keydown');
  await until(page, 'tickwire.game.camera.closer > closer');
  await sign('keyup');
  assert.deepEqual(await page.evaluate('[tickwire.game.free.keys.zoom, tickwire.game.free.followed]'), [0, undefined]);
  await page.mouse.move(640, 360);
  await page.mouse.wheel(0, 4000);
  await until(page, 'tickwire.game.camera.height / tickwire.game.camera.zoom >= 4000');
  await picture(page, 'watch-all');
  await page.evaluate('window.closer = tickwire.game.camera.closer');
  await page.mouse.wheel(0, -1500);
  await until(page, 'tickwire.game.camera.closer > closer');
  await page.evaluate('window.before = { x: tickwire.game.camera.x, y: tickwire.game.camera.y }');
  await page.mouse.down();
  await page.mouse.move(500, 300, { steps: 4 });
  await page.mouse.up();
  await until(page, `Math.abs((tickwire.game.camera.x - before.x) * tickwire.game.camera.zoom - 140) < 1`);
  // A click on a ship follows it.
  await page.mouse.wheel(0, 4000);
  await until(page, 'tickwire.game.camera.height / tickwire.game.camera.zoom >= 4000');
  // One that is clear of the panels.
  const places = `Array.from({ length: tickwire.game.scene.ships.length }, (_, index) => {
    const { camera, scene } = tickwire.game;
    const { entity } = scene.ships.at(index);
    return [camera.screenX(entity.x), camera.screenY(entity.y)];
  }).filter(([x, y]) => x > 150 && x < 1000 && y > 150 && y < 550)`;
  await until(page, `${places}.length > 0`);
  const [[x, y]] = /** @type {[number, number][]} */ (await page.evaluate(places));
  await page.mouse.click(x, y);
  await until(page, 'tickwire.game.free.followed !== undefined');

  await page.click('#watching .play');
  await untilFlying(page);
  assert.equal(await page.evaluate('tickwire.game.camera.closer'), 1);
  assert.equal(await page.locator('#watching').isVisible(), false);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('when whoever is followed leaves, somebody else is followed', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?watch`);
  await until(page, WATCHING);
  const pilot = await open(here.browser, `${here.url}/?name=Ada`);
  await untilFlying(pilot.page);
  const player = await playerOf(pilot.page);
  await until(page, `tickwire.room.roster.has(${player})`);
  await page.evaluate(`tickwire.game.free.follow(${player})`);
  await page.locator('#watching .name', { hasText: 'Ada' }).waitFor();
  await pilot.page.evaluate('tickwire.room.leave()');
  await until(page, `!tickwire.room.roster.has(${player})
    && tickwire.room.roster.has(tickwire.game.free.followed)`);
  assert.deepEqual(complaints, []);
  await Promise.all([page, pilot.page].map((one) => one.context().close()));
});

test('two fingers come closer, one moves the picture', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?watch`, PHONE);
  await until(page, WATCHING);
  const devices = await page.context().newCDPSession(page);
  /** @param {'touchStart'|'touchMove'|'touchEnd'} type @param {[number, number][]} places */
  const touch = (type, places) =>
    devices.send('Input.dispatchTouchEvent', { type, touchPoints: places.map(([x, y], id) => ({ x, y, id })) });
  await touch('touchStart', [[150, 420]]);
  await touch('touchStart', [[150, 420], [240, 420]]);
  await touch('touchMove', [[105, 420], [285, 420]]);
  await touch('touchEnd', []);
  await until(page, 'Math.abs(tickwire.game.camera.closer - 2) < 0.1');
  await page.evaluate('window.before = tickwire.game.camera.y');
  await touch('touchStart', [[200, 500]]);
  await touch('touchMove', [[200, 450]]);
  await touch('touchMove', [[200, 400]]);
  await touch('touchEnd', []);
  await until(page, 'tickwire.game.free.followed === undefined && tickwire.game.camera.y !== before');
  await picture(page, 'watch-phone');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
