import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besidesRefusals, open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

/**
 * A page whose player has opened a private room, is its host, and has the panel of rooms open.
 * @param {string} password
 */
async function host(password) {
  const one = await open(here.browser, here.url);
  await one.page.fill('#name', 'Ada');
  await one.page.click('#start-rooms .open');
  await one.page.fill('#new-room [name=name]', "Ada's");
  await one.page.check('#new-room [value=private]');
  await one.page.fill('#new-room [name=password]', password);
  await one.page.fill('#new-room [name=asteroids]', '3');
  await picture(one.page, 'new-room');
  await one.page.click('#new-room [type=submit]');
  await untilFlying(one.page);
  await until(one.page, 'tickwire.room.host === tickwire.room.player');
  await one.page.click('#tool-rooms');
  const [link, code] = [await one.page.inputValue('#room-link'), await one.page.inputValue('#room-code')];
  const room = /** @type {string} */ (await one.page.evaluate('tickwire.room.roomId'));
  return { ...one, link, code, room };
}

test('a private room is joined by its link, and its host sends people away and closes it', async () => {
  const one = await host('');
  assert.equal(one.link, `${here.url}/?code=${one.code}`);
  assert.equal(await one.page.locator('#rooms .rooms li:not([hidden])', { hasText: "Ada's" }).count(), 0, 'it is in no list');

  const two = await open(here.browser, one.link);
  await two.page.fill('#name', 'Grace');
  await two.page.keyboard.press('Enter');
  await untilFlying(two.page);
  assert.equal(await two.page.evaluate('tickwire.room.roomId'), one.room);
  const grace = one.page.locator('.players li', { hasText: 'Grace' });
  await grace.locator('.kick').waitFor();
  await picture(one.page, 'host');
  await two.page.click('#tool-rooms');
  assert.equal(await two.page.locator('.players .kick:visible').count(), 0, 'only the host can');
  assert.equal(await two.page.locator('.close-room').isVisible(), false);

  // Not before the host is sure.
  await grace.locator('.kick').click();
  await one.page.click('#confirmation .cancel');
  assert.equal(await two.page.evaluate('tickwire.room.connection.state'), 'open');
  await grace.locator('.kick').click();
  await one.page.click('#confirmation [type=submit]');
  await two.page.locator('#notice', { hasText: 'The host has sent you away' }).waitFor();
  await picture(two.page, 'kicked');
  await until(one.page, `tickwire.room.roster.size > 0 && ![...tickwire.room.roster.values()].some(({ name }) => name === 'Grace')`);
  await two.page.locator('#notice button').click();
  await untilFlying(two.page);
  assert.notEqual(await two.page.evaluate('tickwire.room.roomId'), one.room);

  await one.page.focus('#rooms [name=q]');
  await one.page.keyboard.press('Escape');
  assert.equal(await one.page.locator('#rooms').isVisible(), false, 'closed by keys, from a field as well');
  await one.page.keyboard.press('Enter');
  await one.page.click('.close-room');
  await one.page.locator('#confirmation[open]').waitFor();
  await one.page.click('#confirmation [type=submit]');
  await one.page.locator('#notice', { hasText: 'This room has ended' }).waitFor();
  // What is over is not offered any more, and the panel is not over the way on.
  assert.equal(await one.page.locator('#rooms').isVisible(), false);
  await one.page.keyboard.press('r');
  for (const gone of ['#rooms .link', '#rooms .code', '#rooms .players', '#rooms .turn']) {
    assert.equal(await one.page.locator(gone).isVisible(), false, gone);
  }
  assert.deepEqual(besidesRefusals([...one.complaints, ...two.complaints]), []);
  await Promise.all([one.page.context().close(), two.page.context().close()]);
});

test('a room with a password asks for it, says when it is wrong, and lets in who knows it', async () => {
  const one = await host('tea');
  const { page, complaints } = await open(here.browser, here.url);
  await page.fill('#name', 'Grace');
  await page.fill('#start-rooms .by-code input', one.code.toLowerCase().replace('-', ' '));
  await page.keyboard.press('Enter');
  await page.locator('#password[open]').waitFor();
  await picture(page, 'password');
  await page.fill('#password input', 'coffee');
  await page.keyboard.press('Enter');
  await page.locator('#start-status[data-kind=error]').waitFor();
  await page.locator('#password[open]').waitFor();
  await page.fill('#password input', 'tea');
  await page.keyboard.press('Enter');
  await untilFlying(page);
  assert.equal(await page.evaluate('tickwire.room.roomId'), one.room);
  // As a spectator, and back: it need not be asked again.
  const player = await playerOf(page);
  await page.click('#tool-rooms');
  await page.click('#rooms .turn');
  await until(page, `document.body.dataset.screen === 'watch' && tickwire.room.player !== ${player}`);
  await page.click('#rooms .turn');
  await untilFlying(page);
  assert.equal(await page.evaluate('tickwire.room.roomId'), one.room);
  assert.deepEqual(besidesRefusals(complaints), []);
  await Promise.all([page.context().close(), one.page.context().close()]);
});

test('whoever was refused is not led there once more: Play plays', async () => {
  const one = await host('tea');
  const { page, complaints } = await open(here.browser, here.url);
  /** @type {string[]} */
  const passwords = [];
  page.on('request', (request) => passwords.push(...[request.postDataJSON()?.password].filter(Boolean)));
  await page.fill('#start-rooms .by-code input', 'aaaa-aaaa');
  await page.keyboard.press('Enter');
  await page.locator('#start-status', { hasText: 'no room' }).waitFor();
  await page.fill('#start-rooms .by-code input', one.code);
  await page.keyboard.press('Enter');
  await page.locator('#password[open]').waitFor();
  await page.fill('#password input', 'coffee');
  await page.keyboard.press('Enter');
  await page.locator('#password p', { hasText: 'not the room' }).waitFor();
  await page.keyboard.press('Escape');
  await page.click('#start [type=submit]:has-text("Play")');
  await untilFlying(page);
  assert.notEqual(await page.evaluate('tickwire.room.roomId'), one.room);
  assert.deepEqual(passwords, ['coffee'], 'a guess is made once');
  assert.deepEqual(besidesRefusals(complaints), []);
  await Promise.all([page.context().close(), one.page.context().close()]);
});

test('a host who loads the page again is still the host', async () => {
  const { page, room, code } = await host('');
  for (const address of [`room=${room}`, `code=${code}`]) {
    await page.goto(`${here.url}/?name=Ada&${address}`);
    await untilFlying(page);
    assert.equal(await page.evaluate('tickwire.room.roomId'), room);
    await until(page, 'tickwire.room.host === tickwire.room.player');
  }
  await page.context().close();
});

test('rooms are found by their names, and more of them when somebody wants to see them', async () => {
  const rooms = Array.from({ length: 30 }, (_, index) => ({
    room: `room${String(index).padStart(6, '0')}`, game: 'arena', name: index === 7 ? 'Lovelace' : null, has_password: index === 7,
    players: index, spectators: 0, bots: 0, free_seats: 50 - index, capacity: 50,
  }));
  const { page, complaints } = await open(here.browser, here.url);
  await page.route('**/api/rooms*', (route) => {
    const { searchParams } = new URL(route.request().url());
    const found = rooms.filter(({ name, room }) => (name ?? room).includes(searchParams.get('q') ?? ''));
    const page = found.slice(0, Number(searchParams.get('limit')));
    return route.fulfill({ json: { replays: false, rooms: page, next: page.length < found.length ? page.at(-1)?.room : undefined } });
  });
  const rows = page.locator('#start-rooms li:not([hidden])');
  await page.locator('#start-rooms .more').click();
  await rows.nth(29).waitFor({ state: 'attached' });
  assert.equal(await page.locator('#start-rooms .more').isVisible(), false);
  await page.fill('#start-rooms [name=q]', 'Love');
  await page.locator('#start-rooms li:not([hidden]) .room', { hasText: 'Lovelace' }).waitFor();
  await rows.nth(1).waitFor({ state: 'detached' });
  await rows.locator('.join').click();
  await page.locator('#password[open] h2', { hasText: 'Lovelace' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#password').isVisible(), false);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
