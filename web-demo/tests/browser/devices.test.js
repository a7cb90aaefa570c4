/**
 * Playing by keyboard alone and by gamepad alone; sound; and with little motion.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, picture, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

/** What runs before the page: a pad that `window.pad` moves. */
const PAD = `(() => {
  window.pad = {
    connected: true, mapping: 'standard', axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })),
  };
  navigator.getGamepads = () => [null, window.pad];
  window.plug = () => window.dispatchEvent(new Event('gamepadconnected'));
})()`;

test('by keyboard alone: start, fly, chat, panels, another room, and back to the start', async () => {
  const { page, complaints } = await open(here.browser, here.url);
  await until(page, `tickwire.room.connection.state === 'open'`);
  await page.keyboard.type('Keys');
  await page.keyboard.press('Enter');
  await untilFlying(page);
  await page.keyboard.down('KeyW');
  await until(page, 'tickwire.input.thrust === 1');
  await page.keyboard.up('KeyW');
  await page.keyboard.press('Enter');
  await page.keyboard.type('all keys');
  await page.keyboard.press('Enter');
  await page.locator('#chat li .said', { hasText: 'all keys' }).waitFor();
  await page.keyboard.press('n');
  await page.locator('#net').waitFor();
  await page.keyboard.press('Escape');

  // To the tools by Tab, and their buttons by space, which does not fire.
  const focused = () => page.evaluate('document.activeElement?.id ?? ""');
  for (let press = 0; press < 12 && (await focused()) !== 'tool-rooms'; press += 1) await page.keyboard.press('Tab');
  assert.equal(await focused(), 'tool-rooms');
  await page.keyboard.down('Space');
  assert.equal(await page.evaluate('tickwire.game.input.keyboard.fire'), false);
  await page.keyboard.up('Space');
  await page.locator('#rooms').waitFor();
  await picture(page, 'keyboard');
  const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  assert.notEqual(outline, 'none', 'what is chosen by keys is seen');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#rooms').isVisible(), false);

  // A panel that is closed by keys gives them back to where they were.
  await page.keyboard.press('Enter');
  const tabTo = async (/** @type {string} */ selector) => {
    const isThere = () => page.evaluate(`document.activeElement?.matches('${selector}')`);
    for (let press = 0; press < 40 && !(await isThere()); press += 1) await page.keyboard.press('Tab');
    assert.ok(await isThere(), `${selector} is not to be reached`);
  };
  await tabTo('#rooms .turn');
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'tool-rooms');
  await page.keyboard.press('Enter');
  await tabTo('#rooms .close');
  await page.keyboard.press('Space');
  assert.equal(await page.locator('#rooms').isVisible(), false);
  assert.equal(await focused(), 'tool-rooms');

  await page.keyboard.press('Enter');
  const room = await page.evaluate('tickwire.room.roomId');
  await tabTo('#rooms .open');
  await page.keyboard.press('Enter');
  await tabTo('#new-room [type=submit]');
  await page.keyboard.press('Enter');
  await until(page, `tickwire.room.roomId !== ${JSON.stringify(room)} && own`);
  await tabTo('#rooms .leave');
  await page.keyboard.press('Enter');
  await page.locator('#start').waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('by gamepad alone: start, steer, thrust, fire and dash', async () => {
  const { page, complaints } = await open(here.browser, here.url, undefined, PAD);
  await until(page, `tickwire.room.connection.state === 'open'`);
  await page.evaluate('plug(); pad.buttons[0].value = 1');
  await untilFlying(page);
  await page.evaluate('pad.buttons[0].value = 0; pad.axes = [0, 1, 0, 0]');
  await until(page, `tickwire.input.thrust === 1 && own && Math.abs(Math.sin((own.angle - Math.PI / 2) / 2)) < 0.06`);
  await page.evaluate('pad.axes = [0, 0, 0, 0]; pad.buttons[7].value = 1');
  await until(page, 'tickwire.input.fire === 1 && tickwire.input.thrust === 0 && tickwire.input.turn === 0');
  await page.evaluate('pad.buttons[7].value = 0; pad.buttons[14].value = 1');
  await until(page, 'tickwire.input.turn === -127 && tickwire.input.fire === 0');
  await page.evaluate('pad.buttons[14].value = 0; pad.buttons[1].value = 1');
  await until(page, 'own && (own.flags & 4) !== 0');
  await picture(page, 'gamepad');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('sound begins with the first key, is muted, and stays muted', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Loud`);
  await untilFlying(page);
  assert.equal(await page.evaluate('tickwire.game.sound.state'), 'none');
  await page.keyboard.down('Space');
  await until(page, `tickwire.game.sound.state === 'running' && tickwire.game.sound.played > 2`);
  await page.keyboard.press('m');
  await until(page, `tickwire.game.sound.state === 'suspended'`);
  const played = await page.evaluate('tickwire.game.sound.played');
  await page.evaluate(`(() => {
    window.shots = 0;
    tickwire.room.on('effect', ({ name }) => (shots += name === 'muzzle'));
  })()`);
  assert.equal(await page.locator('#tool-sound').getAttribute('aria-pressed'), 'false');
  await until(page, 'shots > 2');
  assert.equal(await page.evaluate('tickwire.game.sound.played'), played);
  await page.keyboard.up('Space');
  await page.reload();
  await untilFlying(page);
  await page.keyboard.press('Space');
  assert.equal(await page.evaluate('tickwire.game.sound.muted && tickwire.game.sound.state'), 'none');
  await page.click('#tool-sound');
  await until(page, `tickwire.game.sound.state === 'running'`);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('who wants little motion gets little', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Calm`, { reducedMotion: 'reduce' });
  await untilFlying(page);
  // How far the picture shakes in the frames after a shock.
  const shaken = () => page.evaluate(`new Promise((resolve) => {
    const { camera } = tickwire.game;
    let [most, left] = [0, 12];
    const look = () => {
      most = Math.max(most, Math.abs(camera.shakeX), Math.abs(camera.shakeY));
      left -= 1;
      if (left === 0) resolve(most);
      else requestAnimationFrame(look);
    };
    camera.shake(1);
    requestAnimationFrame(look);
  })`);
  assert.equal(await shaken(), 0);
  await page.evaluate('tickwire.game.camera.shaking = true');
  assert.ok((await shaken()) > 0, 'others see it shake');
  assert.equal(await page.evaluate('tickwire.game.particles.calm'), true);
  await page.evaluate(`tickwire.game.hud.notices.welcomeBack(performance.now())`);
  const moving = await page.evaluate(`document.getAnimations().filter(({ playState }) => playState === 'running').length`);
  assert.equal(moving, 0, 'nothing slides or pulses');
  const rims = () => page.evaluate(`(() => {
    const { vitals } = tickwire.game.hud;
    return [0, 300, 600, 900].map((nowMs) => {
      vitals.update(5, true, nowMs, 0);
      return vitals.vignette.style.opacity;
    });
  })()`);
  assert.equal(new Set(/** @type {string[]} */ (await rims())).size, 1, 'the rim is steady');
  // How much of the picture an explosion lights up.
  const light = () => page.evaluate(`(() => {
    const { game } = tickwire;
    const Effects = game.effects.constructor;
    const effects = new Effects({ calm: game.particles.calm, burst() {} });
    effects.explosion(0, 0, { index: 0, hex: '#ffeedd', rgb: '255, 238, 221' });
    let area = 0;
    const context = { globalAlpha: 1, beginPath() {}, arc() {}, stroke() {}, drawImage: (_image, _x, _y, side) => (area += side * side) };
    effects.draw({ context, seconds: 0, additive() {}, world() {}, opaque() {}, sees: () => true });
    return area;
  })()`);
  const little = /** @type {number} */ (await light());
  await page.evaluate('tickwire.game.particles.calm = false; tickwire.game.hud.vitals.calm = false');
  assert.ok(little > 0 && little < /** @type {number} */ (await light()) / 8);
  assert.ok(new Set(/** @type {string[]} */ (await rims())).size > 1, 'others see it pulse');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
