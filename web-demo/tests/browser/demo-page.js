/**
 * A browser with the demo open, for browser tests: what a player does, and what can be waited for.
 * `TICKWIRE_CHROMIUM` names the browser; /usr/bin/chromium without it.
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').BrowserContextOptions} BrowserContextOptions */

const PICTURES = fileURLToPath(new URL('../../test-output/', import.meta.url));
/** Longest that anything may take before a test fails. */
const PATIENCE_MS = 30_000;

export function launch() {
  return chromium.launch({
    executablePath: process.env.TICKWIRE_CHROMIUM ?? '/usr/bin/chromium',
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
}

/**
 * Opens the demo in a browser profile of its own. Complaints are errors and warnings of the page, and
 * everything that it asks of another address than its own.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {BrowserContextOptions} [options]
 * @param {string} [script] what runs before the page's own
 */
export async function open(browser, url, options = { viewport: { width: 1280, height: 720 } }, script = '') {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  if (script) await page.addInitScript(script);
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  const { host } = new URL(url);
  const ask = (/** @type {string} */ wanted) => {
    if (!wanted.startsWith('data:') && new URL(wanted).host !== host) complaints.push(`asked elsewhere: ${wanted}`);
  };
  page.on('request', (request) => ask(request.url()));
  page.on('websocket', (socket) => ask(socket.url()));
  await page.goto(url);
  return { page, complaints };
}

/**
 * Complaints but the browser's own about what it asked for in vain: for tests in which a server refuses
 * or goes away.
 * @param {string[]} complaints
 */
export function besidesRefusals(complaints) {
  return complaints.filter((text) => !/^(Failed to load resource: |WebSocket connection to '\S+' failed)/.test(text));
}

/**
 * Waits until an expression about `tickwire` (the hook of demo/main.js) holds.
 * @param {Page} page
 * @param {string} expression JavaScript; `own` is the own ship's newest state, if there is one
 */
export async function until(page, expression) {
  // Asked in the page and by one script: `waitForFunction` evaluates text there again and again,
  // which the page's content security policy forbids.
  const held = await page.evaluate(`new Promise((resolve) => {
    const deadline = performance.now() + ${PATIENCE_MS};
    const holds = () => {
      const { tickwire } = window;
      if (!tickwire?.room) return false;
      const ships = [...tickwire.room.entities.values()].filter(({ kind }) => kind === 'ship');
      const own = ships.find(({ player }) => player === tickwire.room.player);
      return Boolean(${expression});
    };
    const ask = () => {
      if (holds()) resolve(true);
      else if (performance.now() > deadline) resolve(false);
      else requestAnimationFrame(ask);
    };
    ask();
  })`);
  if (!held) throw new Error(`never: ${expression}`);
}

/**
 * Waits until the own ship flies and the picture shows it.
 * @param {Page} page
 */
export async function untilFlying(page) {
  await until(page, `document.body.dataset.screen === 'play' && own && tickwire.game.scene.own`);
}

/**
 * A finger on the screen that stays down until it is lifted.
 * @param {Page} page
 */
export async function finger(page) {
  const devices = await page.context().newCDPSession(page);
  /** @param {'touchStart'|'touchMove'|'touchEnd'} type @param {{ x: number, y: number }[]} touchPoints */
  const tell = (type, touchPoints) => devices.send('Input.dispatchTouchEvent', { type, touchPoints });
  return {
    down: (/** @type {number} */ x, /** @type {number} */ y) => tell('touchStart', [{ x, y }]),
    move: (/** @type {number} */ x, /** @type {number} */ y) => tell('touchMove', [{ x, y }]),
    lift: () => tell('touchEnd', []),
  };
}

/**
 * The own player's id.
 * @param {Page} page
 * @returns {Promise<number>}
 */
export function playerOf(page) {
  return page.evaluate('window.tickwire.room.player');
}

/**
 * Takes a picture into web-demo/test-output.
 * @param {Page} page
 * @param {string} name
 */
export async function picture(page, name) {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png` });
}
