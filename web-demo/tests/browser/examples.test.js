/**
 * The pages of the examples echo and chat. They are beside the program that `TICKWIRE_RECORD_MATCH` names, where
 * cargo puts all examples; without it the debug build is used.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, open, picture } from './demo-page.js';
import { ServerProcess } from './server-process.js';

const RECORD_MATCH = process.env.TICKWIRE_RECORD_MATCH;
const FOLDER = RECORD_MATCH ? dirname(RECORD_MATCH) : fileURLToPath(new URL('../../../target/debug/examples/', import.meta.url));
const MARKUP = '<img src=x onerror=alert(1)>';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {ServerProcess[]} */
const servers = [];

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await Promise.all(servers.map((server) => server.kill()));
});

/** @param {'chat' | 'echo'} example @returns {Promise<string>} its address */
async function start(example) {
  const server = await ServerProcess.start({ program: join(FOLDER, example), bots: 0, flags: ['--resume-window', '500ms'] });
  servers.push(server);
  return server.url;
}

/** Says something. @param {import('playwright-core').Page} page @param {string} text */
async function say(page, text) {
  await page.fill('#text', text);
  await page.keyboard.press('Enter');
}

/** Waits for a line. @param {import('playwright-core').Page} page @param {string | RegExp} hasText */
function line(page, hasText) {
  return page.locator('#lines li').filter({ hasText }).last().waitFor();
}

test('chat: people come, talk, are called otherwise and leave, and what they write is text', async () => {
  const url = await start('chat');
  const one = await open(browser, url);
  await line(one.page, /^Guest \d+ has come in$/);
  await say(one.page, '/nick Ada');
  await line(one.page, /^Guest \d+ is Ada now$/);
  await say(one.page, 'Is anybody here?');
  await line(one.page, 'Ada Is anybody here?');

  const two = await open(browser, url);
  await line(two.page, 'Ada Is anybody here?');
  await line(one.page, /^Guest \d+ has come in$/);
  await two.page.getByText('2 here').waitFor();
  await say(two.page, MARKUP);
  await line(one.page, MARKUP);
  assert.equal(await one.page.locator('#lines img').count(), 0);
  assert.equal(await two.page.inputValue('#text'), '', 'what was said is not in the field any more');
  await say(two.page, '/dance');
  await line(two.page, 'there is only /nick NAME');
  assert.equal(await two.page.inputValue('#text'), '/dance', 'what was refused is');
  await picture(one.page, 'chat');

  await two.page.context().close();
  await one.page.getByText('1 here').waitFor();
  assert.match((await one.page.locator('#lines li').last().textContent()) ?? '', /^Guest \d+ has left$/);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await one.page.context().close();
});

test('echo: what is said comes back to its speaker alone, as text', async () => {
  const url = await start('echo');
  const [one, two] = [await open(browser, url), await open(browser, url)];
  await one.page.getByText('tickwire.v1.json').waitFor();
  await say(one.page, MARKUP);
  const answer = one.page.locator('#answers li').first();
  await answer.getByText(MARKUP).waitFor();
  assert.match((await answer.locator('time').textContent()) ?? '', /^\d+\.\d ms$/);
  await picture(one.page, 'echo');
  await say(two.page, 'two');
  await two.page.locator('#answers li').first().waitFor();
  assert.deepEqual(await two.page.locator('#answers li').count(), 1);
  assert.equal(await one.page.locator('#answers img').count(), 0);
  assert.deepEqual([...one.complaints, ...two.complaints], []);
  await Promise.all([one, two].map(({ page }) => page.context().close()));
});
