/**
 * A tab that nobody looks at for half a minute: hidden, and asleep.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

/** @typedef {import('playwright-core').Page} Page */

const here = stage();
/** How long nobody looks, and how long the picture may be wrong afterwards, in milliseconds. */
const AWAY_MS = 30_000;
const WRONG_MS = 1000;
/** Two pages are not asked at the same moment: ships move on by this much between, in world units. */
const MEANWHILE = 250;

/**
 * Hides a page: its window is minimised. Headless Chromium does not tell the page, and some versions go on giving
 * it frames, so both is done here as well.
 * @param {Page} page
 * @param {boolean} hidden
 */
async function setHidden(page, hidden) {
  const tools = await page.context().newCDPSession(page);
  const { windowId } = await tools.send('Browser.getWindowForTarget');
  await tools.send('Browser.setWindowBounds', { windowId, bounds: { windowState: hidden ? 'minimized' : 'normal' } });
  await page.evaluate(`(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${hidden ? 'hidden' : 'visible'}' });
    if (${hidden}) {
      window.heldFrames = [];
      window.givenFrames ??= window.requestAnimationFrame;
      window.requestAnimationFrame = (callback) => window.heldFrames.push(callback);
    } else {
      window.requestAnimationFrame = window.givenFrames;
      for (const callback of window.heldFrames.splice(0)) requestAnimationFrame(callback);
    }
    document.dispatchEvent(new Event('visibilitychange'));
  })()`);
  await tools.detach();
}

/**
 * Shows a hidden page again, and measures how long its picture is wrong: until it is at a tick, and
 * the own ship is drawn where it is.
 * @param {Page} page
 * @param {number} tick
 * @returns {Promise<number>} milliseconds from its first frame on
 */
async function returnTo(page, tick) {
  const right = page.evaluate(`new Promise((resolve) => {
    let shownAt;
    const look = (now) => {
      // Frames are rare while it is hidden, but there are some.
      if (!document.hidden) shownAt ??= now;
      const { room, game } = tickwire;
      const own = [...room.entities.values()].find(({ kind, player }) => kind === 'ship' && player === room.player);
      const drawn = game.scene.own?.entity;
      const isRight = room.tick >= ${tick} && own && drawn && Math.hypot(own.x - drawn.x, own.y - drawn.y) < 100;
      if (shownAt !== undefined && isRight) resolve(now - shownAt);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })`);
  await setHidden(page, false);
  return /** @type {Promise<number>} */ (right);
}

/**
 * Where the ships are, by id, as a page has and shows them.
 * @param {Page} page
 * @returns {Promise<{ tick: number, known: [number, number, number][], shown: [number, number, number][] }>}
 */
function shipsOf(page) {
  return page.evaluate(`(() => {
    const { room, game } = tickwire;
    const place = ({ id, x, y }) => [id, x, y];
    const known = [...room.entities.values()].filter(({ kind }) => kind === 'ship').map(place);
    const shown = Array.from({ length: game.scene.ships.length }, (_, index) => place(game.scene.ships.at(index).entity));
    return { tick: room.tick, known, shown };
  })()`);
}

/**
 * @param {Page} page
 * @param {Page} witness who looked on all the time
 */
async function assertSame(page, witness) {
  const [own, theirs] = await Promise.all([shipsOf(page), shipsOf(witness)]);
  assert.ok(Math.abs(own.tick - theirs.tick) < 15, `ticks ${own.tick} and ${theirs.tick}`);
  const places = new Map(theirs.known.map(([id, x, y]) => [id, { x, y }]));
  let compared = 0;
  for (const [id, x, y] of [...own.known, ...own.shown]) {
    const place = places.get(id);
    if (!place) continue; // destroyed or born in the moment between
    compared += 1;
    assert.ok(Math.hypot(x - place.x, y - place.y) < MEANWHILE, `ship ${id} is at ${x},${y}, not ${place.x},${place.y}`);
  }
  assert.ok(compared >= 10, `${compared} places compared`);
}

test('hidden for half a minute, a tab shows the right state within a second', async () => {
  const [hidden, asleep, witness] = await Promise.all(
    ['Hidden', 'Asleep', 'Witness'].map((name) => open(here.browser, `${here.url}/?name=${name}`)),
  );
  await Promise.all([hidden, asleep, witness].map(({ page }) => untilFlying(page)));
  const [player, sleeper] = [await playerOf(hidden.page), await playerOf(asleep.page)];

  await hidden.page.keyboard.down('KeyA');
  await setHidden(hidden.page, true);
  assert.equal(await hidden.page.evaluate('tickwire.input.turn'), 0, 'keys are let go');
  const frames = await hidden.page.evaluate('tickwire.game.frames');
  // The other one is stopped altogether, as browsers do with tabs in the end.
  const debug = await asleep.page.context().newCDPSession(asleep.page);
  await debug.send('Debugger.enable');
  await debug.send('Debugger.pause');
  await sleep(AWAY_MS);

  assert.ok((await hidden.page.evaluate('tickwire.game.frames')) < frames + AWAY_MS / 100, 'it drew nothing meanwhile');
  const tick = /** @type {number} */ (await witness.page.evaluate('tickwire.room.tick'));
  const took = await returnTo(hidden.page, tick);
  assert.ok(took < WRONG_MS, `right after ${took} ms`);
  assert.equal(await playerOf(hidden.page), player);
  await assertSame(hidden.page, witness.page);
  await picture(hidden.page, 'hidden-and-back');

  await debug.send('Debugger.resume');
  await debug.detach();
  await until(asleep.page, `tickwire.room.connection.state === 'open' && tickwire.room.tick >= ${tick} && own && tickwire.game.scene.own`);
  assert.equal(await playerOf(asleep.page), sleeper);
  await assertSame(asleep.page, witness.page);
  for (const { page, complaints } of [hidden, asleep, witness]) {
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});
