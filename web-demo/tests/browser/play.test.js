import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besidesRefusals, open, picture, playerOf, until, untilFlying } from './demo-page.js';
import { stage } from './stage.js';

const here = stage();

test('a person plays against bots from the start screen on', async () => {
  const { page, complaints } = await open(here.browser, here.url, { viewport: { width: 1440, height: 810 } });
  await until(page, `tickwire.room.connection.state === 'open' && ships.length >= 6`);
  await page.locator('#start-status').filter({ hasText: 'pilots are flying' }).waitFor();
  await until(page, 'tickwire.game.scene.ships.length >= 6');
  await picture(page, 'start');

  await page.fill('#name', 'Ada');
  // By keys alone: on this screen they are the page's and not the ship's.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await untilFlying(page);
  assert.equal(await page.locator('#start').isVisible(), false);

  await page.evaluate('window.before = { ...tickwire.game.scene.own.entity }');
  await page.keyboard.down('KeyD');
  await until(page, 'own && Math.abs(own.angle - before.angle) > 0.5');
  await page.keyboard.up('KeyD');
  await page.keyboard.down('ArrowUp');
  await until(page, 'own && Math.hypot(own.x - before.x, own.y - before.y) > 120');
  await page.keyboard.down('Space');
  await until(page, `[...tickwire.room.entities.values()].some(({ kind, player }) => kind === 'bullet' && player === tickwire.room.player)`);

  await page.evaluate(`window.others = new Map([...tickwire.room.entities.values()]
    .filter(({ kind, player }) => kind === 'ship' && player !== tickwire.room.player)
    .map(({ id, x, y }) => [id, { x, y }]))`);
  await until(page, `ships.some(({ id, x, y }) => others.has(id) && Math.hypot(x - others.get(id).x, y - others.get(id).y) > 100)`);

  const rows = page.locator('#board li:visible');
  await until(page, `document.querySelectorAll('#board li:not([hidden])').length >= 7`);
  assert.equal(await rows.filter({ has: page.locator('.name', { hasText: /^Ada$/ }) }).count(), 1);
  assert.match(await page.locator('#pill').innerText(), /Connected\s+\d+ ms · \d+ Hz · [\d.]+ KB\/s/);
  await picture(page, 'play');
  await page.keyboard.up('Space');
  await page.keyboard.up('ArrowUp');

  await page.reload();
  assert.equal(await page.inputValue('#name'), 'Ada', 'the name is remembered');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('the ship turns to the mouse, its buttons fire and thrust', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Mouse`);
  await untilFlying(page);
  for (const [x, y] of [[1200, 360], [640, 60], [80, 500]]) {
    await page.mouse.move(x, y);
    await until(page, `own && (() => {
      const { camera } = tickwire.game;
      const wanted = Math.atan2(${y} - camera.screenY(own.y), ${x} - camera.screenX(own.x));
      return Math.abs(Math.sin((wanted - own.angle) / 2)) < 0.06;
    })()`);
  }
  await page.mouse.down({ button: 'right' });
  await until(page, 'tickwire.input.thrust === 1');
  await page.mouse.up({ button: 'right' });
  await page.mouse.down();
  await until(page, 'tickwire.input.fire === 1 && tickwire.input.thrust === 0');
  await page.evaluate(`window.dispatchEvent(new Event('blur'))`);
  await until(page, 'tickwire.input.fire === 0');
  await page.mouse.up();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('two tabs see each other move', async () => {
  const one = await open(here.browser, `${here.url}/?name=One`);
  const two = await open(here.browser, `${here.url}/?name=Two`);
  await Promise.all([untilFlying(one.page), untilFlying(two.page)]);
  for (const [mover, watcher] of [[one.page, two.page], [two.page, one.page]]) {
    const player = await playerOf(mover);
    await until(watcher, `(window.seen = { ...ships.find(({ player }) => player === ${player}) }).id`);
    await mover.keyboard.down('KeyW');
    // A ship that is shot meanwhile comes back elsewhere: movement is of one and the same ship.
    await until(watcher, `ships.some((ship) => {
      if (ship.player !== ${player}) return false;
      if (ship.id !== seen.id) window.seen = { ...ship };
      return Math.hypot(ship.x - seen.x, ship.y - seen.y) > 80;
    })`);
    await mover.keyboard.up('KeyW');
  }
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await Promise.all([one.page.context().close(), two.page.context().close()]);
});

test('names and chat with markup are shown as text', async () => {
  const name = '<img src=x onerror=a()>';
  const line = '<b>bold</b><script>document.title="gone"</script> \u202eevil';
  const long = `long\u0007 ${'x'.repeat(10_000)}`;
  const writer = await open(here.browser, `${here.url}/?name=${encodeURIComponent(name)}`);
  const reader = await open(here.browser, `${here.url}/?name=Reader`);
  await Promise.all([untilFlying(writer.page), untilFlying(reader.page)]);
  await writer.page.keyboard.press('Enter');
  await writer.page.locator('#chat-line').fill(line);
  await writer.page.keyboard.press('Enter');
  for (const { page } of [writer, reader]) {
    const said = page.locator('#chat li').filter({ hasText: 'bold' });
    await said.waitFor();
    assert.equal(await said.locator('.said').textContent(), '<b>bold</b><script>document.title="gone"</script> evil');
    assert.equal(await said.locator('.name').textContent(), name);
    await page.locator('#board .name', { hasText: name }).waitFor();
    assert.equal(await page.locator('#hud img, #hud script, #hud b b').count(), 0);
    assert.equal(await page.title(), 'Tickwire Arena');
  }
  // Past the page's own limits, as another client could.
  await writer.page.evaluate(`tickwire.room.message('say', { text: ${JSON.stringify(long)} })`);
  const cut = reader.page.locator('#chat li').filter({ hasText: 'long' });
  await cut.waitFor();
  assert.ok((await cut.locator('.said').textContent() ?? '').length <= 120);
  assert.ok(((await cut.boundingBox())?.width ?? Infinity) <= 640, 'it stays within its column');
  await writer.page.keyboard.press('Enter');
  await writer.page.keyboard.type('wwdd');
  await writer.page.keyboard.press('Escape');
  assert.equal(await writer.page.locator('#chat form').isVisible(), false);
  await picture(reader.page, 'chat');
  assert.deepEqual([...writer.complaints, ...reader.complaints], []);
  await Promise.all([writer.page.context().close(), reader.page.context().close()]);
});

test('a name of 10,000 characters, marks and controls is cut and disturbs nobody', async () => {
  const name = `\u202e<i>${'N\u0301\u0301\u0301\u0301\u0301\u0007'.repeat(10_000)}`;
  // However such a name may get through: here it comes with the roster of every welcome.
  const { page, complaints } = await open(here.browser, `${here.url}/?name=${encodeURIComponent(name.slice(0, 500))}`);
  await untilFlying(page);
  await page.evaluate(`(() => {
    const { room, game } = tickwire;
    for (const [player, entry] of room.roster) room.roster.set(player, { ...entry, name: ${JSON.stringify(name)} });
    room._emitter.emit('roster', room.roster);
    game.hud.feed.add(1, 2, -1, game.nameOf, performance.now());
    game.hud.notices.destroyed(1, -1, game.nameOf(1), performance.now());
  })()`);
  await until(page, `document.querySelector('#board .name')?.textContent.startsWith('<i>N')`);
  const shown = await page.locator('#board .name:visible, #feed .name, #notice .name').allTextContents();
  assert.ok(shown.length >= 8);
  for (const text of shown) assert.ok([...text].length <= 24 && !/[\u0007\u202e]/.test(text), JSON.stringify(text));
  for (const line of await page.locator('#feed p, #board li:visible').all()) {
    const box = await line.boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= 1280 && box.height < 60, JSON.stringify(box));
  }
  assert.equal(await page.locator('#hud i i, #hud bdi i').count(), 0);
  await picture(page, 'long-name');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a room that does not exist is refused in words, on the start screen', async () => {
  const { page, complaints } = await open(here.browser, `${here.url}/?name=Lost&room=nowhere`);
  await page.locator('#start-status[data-kind=error]').waitFor();
  assert.notEqual(await page.locator('#start-status').textContent(), '');
  assert.equal(await page.locator('#start').isVisible(), true);
  assert.deepEqual(besidesRefusals(complaints), []);
  await page.context().close();
});
