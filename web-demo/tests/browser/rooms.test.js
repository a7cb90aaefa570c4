import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

/** Whether a player is among the ships that are shown. @param {number} player */
const sees = (player) => `ships.some(({ player }) => player === ${player})`;

test("a room of one's own, shared by its link: both see each other and talk", async () => {
  const one = await open(here.browser, here.url);
  await one.page.fill('#name', 'Ada');
  await one.page.locator('#start-rooms li').first().waitFor();
  await one.page.click('#start-rooms .actions .open');
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

test('a server that lists nonsense, or nothing, disturbs nobody', async () => {
  const { page, complaints } = await open(here.browser, here.url);
  await page.locator('#start-rooms li').first().waitFor();
  const markup = '<img src=x onerror=a()>\u202egnp';
  const room = { room: markup, game: 'arena', players: 1e300, bots: null, free_seats: 1, capacity: 50 };
  await page.route('**/api/rooms', (route) => route.fulfill({ json: { rooms: [room, 7, null] } }));
  await page.locator('#start-rooms .room', { hasText: '<img' }).waitFor();
  assert.equal(await page.locator('#start-rooms img').count(), 0);
  await page.unroute('**/api/rooms');
  await page.route('**/api/rooms', (route) => route.fulfill({ status: 200, body: '<html>' }));
  await page.locator('#start-rooms p', { hasText: 'away' }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});
