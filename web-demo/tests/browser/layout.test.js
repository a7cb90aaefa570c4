import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, picture, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

/** @typedef {{ part: string, left: number, top: number, right: number, bottom: number }} Box */

const PARTS = ['#pill', '#tools', '#board', '#feed', '#chat', '#vitals', '#minimap'];
const THUMB_PARTS = ['#touch-fire', '#touch-dash', '#chat > button'];
const PHONE = { deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const SCREENS = {
  'phone': { viewport: { width: 390, height: 844 }, ...PHONE },
  'small-phone': { viewport: { width: 360, height: 640 }, ...PHONE },
  'phone-sideways': { viewport: { width: 844, height: 390 }, ...PHONE },
  'tablet': { viewport: { width: 820, height: 1180 }, ...PHONE },
  'laptop': { viewport: { width: 1366, height: 768 } },
  'narrow-window': { viewport: { width: 650, height: 760 } },
  'small-window': { viewport: { width: 720, height: 440 } },
  '4k': { viewport: { width: 3840, height: 2160 } },
};

const here = stage();

/**
 * Where the visible parts are.
 * @param {import('playwright-core').Page} page
 * @param {string[]} parts
 * @returns {Promise<Box[]>}
 */
function boxes(page, parts) {
  return page.evaluate((selectors) => {
    return selectors.flatMap((part) => {
      const box = document.querySelector(part)?.getBoundingClientRect();
      if (!box || box.width === 0 || box.height === 0) return [];
      return [{ part, left: box.left, top: box.top, right: box.right, bottom: box.bottom }];
    });
  }, parts);
}

/**
 * @param {Box[]} found
 * @param {{ width: number, height: number }} viewport
 */
function assertApartAndInside(found, { width, height }) {
  for (const [index, one] of found.entries()) {
    const inside = one.left >= 0 && one.top >= 0 && one.right <= width + 1 && one.bottom <= height + 1;
    assert.ok(inside, `${JSON.stringify(one)} leaves the screen`);
    for (const other of found.slice(index + 1)) {
      const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
      assert.ok(apart, `${JSON.stringify(one)} lies over ${JSON.stringify(other)}`);
    }
  }
}

for (const [name, options] of Object.entries(SCREENS)) {
  test(`${name}: nothing overlaps or leaves the screen`, async () => {
    const { page, complaints } = await open(here.browser, here.url, options);
    await until(page, `tickwire.room.connection.state === 'open' && tickwire.game.frames > 3`);
    const start = await boxes(page, ['#pill', '#start h1', '#start .entry']);
    assert.equal(start.length, 3);
    assertApartAndInside(start, options.viewport);
    await picture(page, `${name}-start`);

    await page.fill('#name', 'Layout');
    await page.click('#start button');
    await untilFlying(page);
    // Full lists, whatever the bots do in the meantime.
    await page.evaluate(`(() => {
      const { hud, nameOf } = tickwire.game;
      const now = performance.now();
      for (let line = 0; line < 7; line += 1) {
        hud.chat.add(line, 'A long name, 24 letters', 'a line that is long enough to need a second one on most', -1, now);
        hud.feed.add(line, line + 1, -1, () => 'A long name, 24 letters', now);
      }
    })()`);
    await until(page, `document.querySelectorAll('#board li:not([hidden])').length >= 7`);
    const found = await boxes(page, [...PARTS, ...THUMB_PARTS]);
    const expected = 'hasTouch' in options ? [...PARTS, ...THUMB_PARTS] : PARTS;
    assert.deepEqual(found.map(({ part }) => part), expected);
    assertApartAndInside(found, options.viewport);
    await picture(page, name);
    for (const [tool, panel] of [['#tool-rooms', '#rooms'], ['#tool-net', '#net']]) {
      await page.click(tool);
      const [open] = await boxes(page, [panel]);
      assert.ok(open, `${panel} is not there`);
      assertApartAndInside([open], options.viewport);
      await picture(page, `${name}-${panel.slice(1)}`);
      await page.keyboard.press('Escape');
      assert.equal(await page.locator(panel).isVisible(), false);
    }

    // Both at once may lie over each other, but not over the edge.
    await page.evaluate(`for (const tool of ['rooms', 'net']) document.querySelector('#tool-' + tool).click()`);
    const panels = await boxes(page, ['#rooms', '#net']);
    assert.equal(panels.length, 2);
    for (const panel of panels) assertApartAndInside([panel], options.viewport);
    await picture(page, `${name}-panels`);
    await page.keyboard.press('Escape');

    await page.evaluate(`(() => {
      tickwire.game.nameOf = () => 'A long name, 24 letters';
      document.querySelector('#rooms .turn').click();
    })()`);
    await until(page, `document.body.dataset.screen === 'watch' && tickwire.game.free.followed !== undefined`);
    await page.locator('#watching .name', { hasText: 'A long name' }).waitFor();
    const watched = await boxes(page, ['#pill', '#tools', '#board', '#watching', '#minimap']);
    assert.equal(watched.length, 5);
    assertApartAndInside(watched, options.viewport);
    const bar = await boxes(page, ['.before', 'div > span', '.next', '.play'].map((part) => `#watching ${part}`));
    assert.equal(bar.length, 4);
    assertApartAndInside(bar, options.viewport);
    await picture(page, `${name}-watch`);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });
}
