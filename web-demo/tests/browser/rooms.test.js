import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besidesRefusals, open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

/** Whether a player is among the ships that are shown. @param {number} player */
const sees = (player) => `ships.some(({ player }) => player === ${player})`;

test("a room of one's own, shared by its link: both see each other and talk", async () => {
  const one = await open(here.browser, here.url);
  await one.page.fill('#name', 'Ada');
  await one.page.locator('#start-rooms li').first().waitFor();
  await one.page.click('#start-rooms .actions .open');
  await one.page.click('#new-room [type=submit]');
  await untilFlying(one.page);
  const room = await one.page.evaluate('tickwire.room.roomId');

  await one.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await one.page.keyboard.press('r');
  await one.page.locator('#rooms .rooms li.current .room', { hasText: room }).waitFor();
  assert.ok((await one.page.locator('#rooms .rooms li').count()) >= 2, 'the other room is listed too');
  await one.page.click('#rooms .copy');
  await one.page.locator('#rooms .copy', { hasText: 'Copied' }).waitFor();
  const link = await one.page.evaluate('navigator.clipboard.readText()');
  assert.equal(link, `${here.url}/?room=${room}`);
  await picture(one.page, 'rooms');
  await one.page.keyboard.press('Escape');
  assert.equal(await one.page.locator('#rooms').isVisible(), false);

  const two = await open(here.browser, /** @type {string} */ (link));
  await two.page.fill('#name', 'Grace');
  await two.page.keyboard.press('Enter');
  await untilFlying(two.page);
  assert.equal(await two.page.evaluate('tickwire.room.roomId'), room);
  await until(one.page, sees(await playerOf(two.page)));
  await until(two.page, sees(await playerOf(one.page)));
  await one.page.keyboard.press('Enter');
  await one.page.keyboard.type('hello Grace, r and m and n are only letters here');
  await one.page.keyboard.press('Enter');
  await two.page.locator('#chat li .said', { hasText: 'hello Grace, r and m and n' }).waitFor();
  assert.equal(await one.page.locator('.panel:visible').count(), 0);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await Promise.all([one.page.context().close(), two.page.context().close()]);
});

test('another room is gone to while playing, and the link of one that has ended says so', async () => {
  // Somebody stays, or the room may end.
  const stays = await open(here.browser, `${here.url}/?name=Stays`);
  await untilFlying(stays.page);
  const first = await stays.page.evaluate('tickwire.room.roomId');
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Ada&room=${first}`);
  await untilFlying(page);
  await page.click('#tool-rooms');
  await page.click('#rooms .actions .open');
  await page.click('#new-room [type=submit]');
  await until(page, `tickwire.room.roomId && tickwire.room.roomId !== ${JSON.stringify(first)} && own`);
  await page.locator('#rooms li', { hasText: /** @type {string} */ (first) }).locator('.join').click();
  await until(page, `tickwire.room.roomId === ${JSON.stringify(first)} && own`);
  await page.click('#rooms .leave');
  await page.locator('#start').waitFor();
  assert.equal(await page.inputValue('#name'), 'Ada');
  assert.deepEqual(complaints, []);
  await page.goto(`${here.url}/?name=Late&room=gone`);
  await page.locator('#start-status[data-kind=error]').waitFor();
  await Promise.all([page, stays.page].map((one) => one.context().close()));
});

/** Answers the list of rooms with one that is not there any more. @param {import('playwright-core').Page} page */
async function listGone(page) {
  const gone = { room: 'gone', game: 'arena', players: 3, spectators: 0, bots: 0, free_seats: 7, capacity: 10 };
  await page.route('**/api/rooms*', (route) => route.fulfill({ json: { rooms: [gone] } }));
}

test('whoever wants to go to a room that has ended stays, and is told', async () => {
  for (const [address, screen] of [['?name=Ada', 'play'], ['?watch', 'watch']]) {
    const { page, complaints } = await open(here.browser, `${here.url}/${address}`);
    await until(page, `document.body.dataset.screen === '${screen}' && ships.length > 0`);
    const place = 'JSON.stringify([tickwire.room.roomId, tickwire.room.player, document.body.dataset.screen])';
    const before = await page.evaluate(place);
    await listGone(page);
    await page.keyboard.press('r');
    const row = page.locator('#rooms li', { hasText: 'gone' });
    for (const button of ['.join', '.watch']) {
      await page.evaluate('tickwire.game.hud.notices.clear()');
      await row.locator(button).click();
      await page.locator('#notice', { hasText: /room/i }).waitFor();
      assert.equal(await page.evaluate(place), before);
      assert.equal(await page.evaluate('tickwire.room.connection.state'), 'open');
    }
    assert.deepEqual(besidesRefusals(complaints), []);
    await page.context().close();
  }
});

test('the name in the field is that of whoever watches first and plays then', async () => {
  const { page, complaints } = await open(here.browser, here.url);
  await page.fill('#name', 'Grace');
  await page.locator('#start-rooms li').first().locator('.watch').click();
  await until(page, `document.body.dataset.screen === 'watch' && tickwire.room.spectator`);
  const player = await playerOf(page);
  await page.click('#watching .play');
  await untilFlying(page);
  assert.notEqual(await playerOf(page), player);
  assert.equal(await page.evaluate('tickwire.room.roster.get(tickwire.room.player).name'), 'Grace');
  // What hurts does so no more on the start screen.
  await page.evaluate('tickwire.game.hud.vitals.hit()');
  await until(page, `Number(document.querySelector('#vignette').style.opacity) > 0.2`);
  await page.evaluate(`document.querySelector('#rooms .leave').click()`);
  assert.equal(await page.evaluate(`document.querySelector('#vignette').style.opacity`), '0');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a room that opens late takes nobody away from where they have gone, and only one is opened', async () => {
  const { page, complaints } = await open(here.browser, here.url);
  await until(page, `tickwire.room.connection.state === 'open'`);
  let opened = 0;
  let answer = () => {};
  const asked = new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    const held = new Promise((/** @type {(value?: unknown) => void} */ release) => (answer = () => release()));
    void page.route('**/api/rooms*', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      opened += 1;
      resolve();
      await held;
      // Nobody waits for it any more.
      return route.continue().catch(() => {});
    });
  });
  await page.click('#start-rooms .actions .open');
  await page.locator('#new-room [type=submit]').dblclick({ force: true });
  await asked;
  assert.equal(await page.locator('#new-room [type=submit]').isDisabled(), true);
  await page.keyboard.press('Escape');
  await page.fill('#name', 'Ada');
  await page.keyboard.press('Enter');
  await untilFlying(page);
  const room = await page.evaluate('tickwire.room.roomId');
  answer();
  const frames = await page.evaluate('tickwire.game.frames');
  await until(page, `tickwire.game.frames > ${frames} + 20`);
  assert.equal(await page.evaluate('tickwire.room.roomId'), room);
  assert.equal(opened, 1);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a server that lists nonsense, or nothing, disturbs nobody', async () => {
  const { page, complaints } = await open(here.browser, here.url);
  await page.locator('#start-rooms li').first().waitFor();
  const markup = '<img src=x onerror=a()>\u202egnp';
  const room = { room: markup, game: 'arena', players: 1e300, bots: null, free_seats: 1, capacity: 50 };
  await page.route('**/api/rooms*', (route) => route.fulfill({ json: { rooms: [room, 7, null] } }));
  await page.locator('#start-rooms .room', { hasText: '<img' }).waitFor();
  assert.equal(await page.locator('#start-rooms img').count(), 0);
  await page.unroute('**/api/rooms*');
  await page.route('**/api/rooms*', (route) => route.fulfill({ status: 200, body: '<html>' }));
  await page.locator('#start-rooms p', { hasText: 'away' }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});
