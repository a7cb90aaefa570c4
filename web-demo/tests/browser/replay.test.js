/**
 * Recordings in the browser: what is shown at a tick is what the journal has there. `TICKWIRE_RECORD_MATCH` names
 * the program that writes the recording and says what is to be seen; without it the debug build is used.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { besidesRefusals, launch, open, picture, until } from './demo-page.js';
import { ServerProcess } from './server-process.js';

const PROGRAM =
  process.env.TICKWIRE_RECORD_MATCH ??
  fileURLToPath(new URL('../../../target/debug/examples/record-match', import.meta.url));
const SCREENS = { 'small-phone': { width: 360, height: 640 }, 'phone-sideways': { width: 844, height: 390 } };
const PHONE = { deviceScaleFactor: 2, hasTouch: true, isMobile: true };
/** Ticks at which the picture is held against the journal. */
const TICKS = [4567, 17001, 90];
/** Furthest from the journal's numbers that a picture may be, in world units: less than a step of a position. */
const EXACT = 1e-3;

/** @typedef {Record<string, any> & { id: number, kind: string }} Row */

/** @type {string} */
let folder;
/** @type {ServerProcess} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;
/** What is to be seen, by tick. @type {{ length: number, ticks: Record<string, Row[]> }} */
let expected;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwire-replay-'));
  const file = join(folder, 'match.journal');
  const options = ['--seconds', '600', '--ticks', TICKS.join(',')];
  const { stdout } = await promisify(execFile)(PROGRAM, [file, ...options], { maxBuffer: 1 << 26 });
  expected = JSON.parse(stdout);
  await copyFile(file, join(folder, '20261129T084109Z-arena-copy.journal'));
  await writeFile(join(folder, 'noise.journal'), 'not a journal at all');
  [server, browser] = await Promise.all([
    ServerProcess.start({ flags: ['--journal-dir', folder, '--serve-replays'] }),
    launch(),
  ]);
});

after(async () => {
  await browser?.close();
  await server?.kill();
  await rm(folder, { recursive: true, force: true });
});

const SHOWN = `document.body.dataset.screen === 'watch' && !document.querySelector('#replay').hidden`;
/** How the recording runs, as the picture has it. */
const STATE = `[...tickwire.room.view()].find(({ kind }) => kind === 'replay')`;

test('a recording is played, scrubbed, and shows what was recorded', async () => {
  const { page, complaints } = await open(browser, `${server.url}/?replay=match`);
  await until(page, `${SHOWN} && ${STATE}?.tick > 15 && tickwire.game.scene.ships.length >= 4`);
  assert.equal(await page.locator('#replay .length').textContent(), '10:00');
  await page.locator('#replay .marks .join').first().waitFor({ state: 'attached' });
  const titles = await page.evaluate(`[...document.querySelectorAll('#replay .marks i')].map(({ title }) => title)`);
  assert.ok(/** @type {string[]} */ (titles).some((title) => title.includes('Ada came in')), String(titles));
  await picture(page, 'replay-playing');

  await page.keyboard.press('Space');
  await until(page, `(${STATE}?.flags & 1) === 1`);
  assert.equal(await page.locator('#replay .toggle').getAttribute('aria-label'), 'Play');
  const slider = page.locator('#replay input');
  const box = await slider.boundingBox();
  assert.ok(box);
  // With the mouse, about half way.
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await until(page, `Math.abs(${STATE}?.tick - 9000) < 200`);

  for (const tick of TICKS) {
    await slider.evaluate((range, to) => {
      const input = /** @type {HTMLInputElement} */ (range);
      input.value = String(to);
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }, tick);
    await until(page, `${STATE}?.tick === ${tick}`);
    const shown = /** @type {Row[]} */ (await page.evaluate('tickwire.room.view().map((entity) => ({ ...entity }))'));
    assert.equal(await page.evaluate('tickwire.game.scene.replayTick'), tick, 'what is drawn');
    const rows = /** @type {Row[]} */ (expected.ticks[tick]);
    assert.ok(rows.filter(({ kind }) => kind === 'ship').length > 1);
    assert.equal(shown.length, rows.length + 1, `tick ${tick}`);
    for (const row of rows) {
      const entity = shown.find(({ id }) => id === row.id);
      assert.equal(entity?.kind, row.kind, `entity ${row.id} at tick ${tick}`);
      const place = [entity?.x, entity?.y];
      const known = [row['position.0'], row['position.1']];
      for (const axis of [0, 1]) {
        if (known[axis] === undefined) continue;
        assert.ok(Math.abs(place[axis] - known[axis]) < EXACT, `tick ${tick}: ${JSON.stringify(row)} is at ${place}`);
      }
    }
  }
  await page.keyboard.press('.');
  await until(page, `${STATE}?.tick === 91`);
  await page.keyboard.press(',');
  await until(page, `${STATE}?.tick === 90`);
  await page.keyboard.press('ArrowRight');
  await until(page, `${STATE}?.tick === 240`);
  await page.selectOption('#replay select', '8');
  await page.locator('#replay .toggle').click();
  await until(page, `${STATE}?.speed === 8 && ${STATE}?.tick > 600`);
  await page.keyboard.press('ArrowDown');
  await until(page, `${STATE}?.speed === 4`);
  // Letters are the camera's.
  await page.keyboard.press('e');
  await until(page, 'tickwire.game.free.followed !== undefined');
  await page.locator('#board li .name', { hasText: 'Ada' }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('how long it takes from a press to the picture, anywhere in ten minutes', async () => {
  const { page } = await open(browser, `${server.url}/?replay=match`);
  await until(page, `${SHOWN} && ${STATE}?.tick > 5`);
  await page.keyboard.press('Space');
  await until(page, `(${STATE}?.flags & 1) === 1`);
  const [arrived, shown] = /** @type {[number[], number[]]} */ (await page.evaluate(`(async () => {
    const [arrived, shown] = [[], []];
    for (let at = 0; at < 24; at += 1) {
      const tick = (at * 7919 + 149) % ${expected.length};
      const begin = performance.now();
      const stop = tickwire.room.on('update', ({ kind, tick: at }) => {
        if (kind !== 'replay' || at !== tick) return;
        arrived.push(performance.now() - begin);
        stop();
      });
      tickwire.replay.seek(tick);
      await new Promise((resolve) => {
        const look = () => (tickwire.game.scene.replayTick === tick ? resolve() : requestAnimationFrame(look));
        look();
      });
      shown.push(performance.now() - begin);
    }
    return [arrived, shown];
  })()`));
  for (const [what, times] of /** @type {[string, number[]][]} */ ([['state', arrived], ['picture', shown]])) {
    times.sort((one, other) => one - other);
    const [half, most] = [times[times.length >> 1] ?? NaN, times.at(-1) ?? NaN];
    console.log(`seek in a match of 10 min, to its ${what}: median ${half.toFixed(0)} ms, most ${most.toFixed(0)} ms`);
  }
  assert.equal(shown.length, 24);
  await page.context().close();
});

test('recordings are listed, and watched from the list', async () => {
  const { page, complaints } = await open(browser, `${server.url}/`);
  await page.locator('#start-rooms a', { hasText: 'Recordings' }).waitFor();
  await picture(page, 'replays-start');
  await page.locator('#start-rooms a', { hasText: 'Recordings' }).click();
  await page.locator('#recordings li').first().waitFor();
  assert.equal(await page.locator('#recordings li').count(), 2);
  const line = (await page.locator('#recordings li').first().innerText()).replaceAll(/\s+/g, ' ');
  assert.match(line, /2026.*arena · 10:00 · 3 players won by /);
  assert.match(await page.locator('#unreadable').innerText(), /noise: .*not a journal/);
  await picture(page, 'replays-list');
  await page.locator('#recordings a').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/replay=/);
  await until(page, `${SHOWN} && ${STATE}?.tick > 0`);
  // And back, by keys as well.
  await page.locator('#replay a').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/replays$/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

for (const [name, viewport] of Object.entries(SCREENS)) {
  test(`${name}: names from a recording are text, and nothing overlaps or leaves the screen`, async () => {
    const { page, complaints } = await open(browser, `${server.url}/?replay=match`, { ...PHONE, viewport });
    await until(page, `${SHOWN} && ${STATE}?.tick > 0`);
    await page.evaluate('tickwire.replay.seek(200)');
    await page.locator('#board .name', { hasText: '<b>Cy</b>' }).waitFor({ state: 'attached' });
    assert.equal(await page.locator('#hud b b, .marks b').count(), 0);
    await page.locator('#replay .marks .event').first().waitFor({ state: 'attached' });
    const boxes = /** @type {DOMRect[]} */ (await page.evaluate(`['#replay', '#watching > div', '#board', '#minimap', '#pill', '#tools']
      .map((part) => document.querySelector(part).getBoundingClientRect().toJSON())`));
    for (const [index, one] of boxes.entries()) {
      const isInside = one.left >= 0 && one.top >= 0 && one.right <= viewport.width + 1 && one.bottom <= viewport.height + 1;
      assert.ok(isInside, JSON.stringify(one));
      for (const other of boxes.slice(index + 1)) {
        const apart = one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
        assert.ok(apart, `${JSON.stringify(one)} lies over ${JSON.stringify(other)}`);
      }
    }
    await picture(page, `replay-${name}`);
    assert.deepEqual(complaints, []);
    await page.goto(`${server.url}/replays`);
    await page.locator('#recordings li').first().waitFor();
    assert.ok(await page.evaluate('document.querySelector("#shelf").scrollWidth <= window.innerWidth'));
    await picture(page, `replays-list-${name}`);
    await page.context().close();
  });
}

test('a recording goes on where it was when the server comes back', async () => {
  // Of its own: a folder is one server's.
  const own = await mkdtemp(join(tmpdir(), 'tickwire-replay-'));
  await copyFile(join(folder, 'match.journal'), join(own, 'match.journal'));
  const flags = ['--journal-dir', own, '--serve-replays'];
  const first = await ServerProcess.start({ flags });
  const { page, complaints } = await open(browser, `${first.url}/?replay=match`);
  await until(page, `${SHOWN} && ${STATE}?.tick > 0`);
  await page.evaluate('tickwire.replay.seek(9000)');
  await until(page, `${STATE}?.tick > 9000`);
  await page.evaluate('window.before = tickwire.room.roomId');
  await first.kill();
  const second = await ServerProcess.start({ flags, port: first.port });
  await until(page, `tickwire.room.roomId !== before && ${STATE}?.tick > 9000`);
  assert.deepEqual(besidesRefusals(complaints), []);
  await page.context().close();
  await second.kill();
  await rm(own, { recursive: true, force: true });
});

test('a recording that cannot be shown says why, and the start screen is there', async () => {
  for (const [name, reason] of [
    ['noise', /cannot be read: not a journal/],
    ['nothing', /there is no recording nothing/],
    ['../secrets', /not a recording's name/],
  ]) {
    const { page, complaints } = await open(browser, `${server.url}/?replay=${encodeURIComponent(String(name))}`);
    await page.locator('#start-status[data-kind="error"]').waitFor();
    assert.match((await page.locator('#start-status').textContent()) ?? '', /** @type {RegExp} */ (reason));
    assert.equal(await page.locator('#replay').isVisible(), false);
    assert.deepEqual(besidesRefusals(complaints), []);
    await page.context().close();
  }
});
