/**
 * What a frame of the demo costs: `npm run frame-budget` starts the server of `TICKWIRE_SERVER` with a
 * crowded field, plays it in headless Chromium for a minute under the browser's own tracing, and prints
 * script per frame, frames per second and pauses by the garbage collector. `-- --seconds 20` is
 * shorter; `-- --allocations` tells instead which functions make the garbage.
 *
 * ```text
 * script of a frame = tasks of the page's main thread that run JavaScript, from one animation frame
 *                     to the next: the frame itself, messages from the server, timers
 * ```
 *
 * Each time is told twice: as it passed, and as the thread was on a processor. They differ where the
 * machine is shared.
 */
import { parseArgs } from 'node:util';
import { launch, open, until, untilFlying } from '../browser/demo-page.js';
import { ServerProcess } from '../browser/server-process.js';

/** A small world, so that all that is in it is also on the screen. */
const CROWD = [
  '--game-option', 'arena.world=1700x960', '--game-option', 'arena.asteroids=6', '--game-option', 'arena.pickups=165',
];
const BOTS = 30;
/** What is wanted. */
const BUDGET = { entities: 200, framesPerSecond: 60, scriptMs: 4, pauseMs: 5 };
const CATEGORIES = ['devtools.timeline', 'v8', 'disabled-by-default-v8.gc'];
/** Tasks that run script. Others may lie within them, and then count once. */
const SCRIPT = new Set(['FireAnimationFrame', 'FunctionCall', 'EvaluateScript', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'v8.run']);
const PAUSES = new Set(['MinorGC', 'MajorGC']);
const WARM_UP_MS = 5000;

/** @typedef {{ name: string, ph: string, ts: number, dur?: number, tdur?: number, pid: number, tid: number }} TraceEvent times in microseconds */
/** @typedef {{ passed: number, worked: number }} Cost both in milliseconds */

/**
 * The frames of the page in a trace, and the pauses in between.
 * @param {TraceEvent[]} events
 */
function framesIn(events) {
  const isFrame = (/** @type {TraceEvent} */ { name, ph }) => name === 'FireAnimationFrame' && ph === 'X';
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const event of events) {
    if (isFrame(event)) counts.set(`${event.pid}/${event.tid}`, (counts.get(`${event.pid}/${event.tid}`) ?? 0) + 1);
  }
  const [main] = [...counts].sort(([, one], [, other]) => other - one)[0] ?? [];
  const own = events.filter(({ pid, tid, ph }) => ph === 'X' && `${pid}/${tid}` === main).sort((one, other) => one.ts - other.ts);
  /** @type {Cost[]} */
  const scripts = [];
  /** @type {({ name: string } & Cost)[]} */
  const pauses = [];
  let covered = 0;
  let pausedUntil = 0;
  let firstAt = 0;
  let lastAt = 0;
  for (const event of own) {
    const end = event.ts + (event.dur ?? 0);
    if (PAUSES.has(event.name) && event.ts >= pausedUntil) {
      pauses.push({ name: event.name, ...costOf(event) });
      pausedUntil = end;
    }
    if (!SCRIPT.has(event.name)) continue;
    if (isFrame(event)) {
      firstAt ||= event.ts;
      lastAt = event.ts;
      scripts.push({ passed: 0, worked: 0 });
    }
    if (event.ts < covered || scripts.length === 0) continue;
    covered = end;
    const { passed, worked } = costOf(event);
    scripts[scripts.length - 1].passed += passed;
    scripts[scripts.length - 1].worked += worked;
  }
  return { scripts, pauses, seconds: (lastAt - firstAt) / 1e6 };
}

/** @param {TraceEvent} event @returns {Cost} */
function costOf({ dur = 0, tdur = dur }) {
  return { passed: dur / 1000, worked: tdur / 1000 };
}

/** @param {number[]} sorted @param {number} share */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;

/**
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').Page} page
 * @param {number} seconds
 */
async function measure(browser, page, seconds) {
  await browser.startTracing(page, { categories: CATEGORIES });
  const entities = await countEntities(page, seconds);
  const trace = JSON.parse(String(await browser.stopTracing()));
  const { scripts, pauses, seconds: traced } = framesIn(trace.traceEvents);
  console.log(`${entities.toFixed(0)} entities drawn, on average (≥ ${BUDGET.entities})`);
  console.log(`${(scripts.length / traced).toFixed(1)} frames per second (${BUDGET.framesPerSecond}), over ${traced.toFixed(0)} s`);
  for (const kind of PAUSES) console.log(`${pauses.filter(({ name }) => name === kind).length} × ${kind}`);
  console.log(`${''.padEnd(36)}${'passed'.padStart(10)}${'worked'.padStart(10)}`);
  const row = (/** @type {string} */ what, /** @type {(of: (cost: Cost) => number) => string} */ tell) =>
    console.log(what.padEnd(36) + [tell(({ passed }) => passed), tell(({ worked }) => worked)].map((text) => text.padStart(10)).join(''));
  row('script per frame, mean', (of) => `${(scripts.reduce((sum, cost) => sum + of(cost), 0) / scripts.length).toFixed(2)} ms`);
  for (const share of [0.5, 0.95, 0.99]) {
    const wanted = share === 0.99 ? ` (≤ ${BUDGET.scriptMs} ms)` : '';
    row(`… p${100 * share}${wanted}`, (of) => `${quantile(scripts.map(of).sort((one, other) => one - other), share).toFixed(2)} ms`);
  }
  row('… frames above that', (of) => `${((100 * scripts.filter((cost) => of(cost) > BUDGET.scriptMs).length) / scripts.length).toFixed(2)} %`);
  row(`longest pause to collect (≤ ${BUDGET.pauseMs} ms)`, (of) => `${Math.max(0, ...pauses.map(of)).toFixed(2)} ms`);
}

/**
 * @param {import('playwright-core').Page} page
 * @param {number} seconds
 * @returns {Promise<number>} the mean of how many are on the field
 */
function countEntities(page, seconds) {
  return page.evaluate(`new Promise((resolve) => {
    let [sum, count] = [0, 0];
    const timer = setInterval(() => {
      const { ships, bullets, asteroids, pickups } = tickwire.game.scene;
      sum += ships.length + bullets.length + asteroids.length + pickups.length;
      count += 1;
    }, 1000);
    setTimeout(() => (clearInterval(timer), resolve(sum / count)), ${1000 * seconds});
  })`);
}

/**
 * @param {import('playwright-core').Page} page
 * @param {number} seconds
 */
async function allocations(page, seconds) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('HeapProfiler.enable');
  await tools.send('HeapProfiler.startSampling', {
    samplingInterval: 2048, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true,
  });
  const before = /** @type {number} */ (await page.evaluate('tickwire.game.frames'));
  await page.waitForTimeout(1000 * seconds);
  const frames = /** @type {number} */ (await page.evaluate('tickwire.game.frames')) - before;
  const { profile } = await tools.send('HeapProfiler.stopSampling');
  /** @type {Map<string, number>} */
  const bytes = new Map();
  const visit = (/** @type {typeof profile.head} */ { callFrame, selfSize, children }) => {
    const place = `${callFrame.functionName || '(anonymous)'} ${callFrame.url.replace(/^.*?\/(demo|sdk)\//, '$1/')}:${callFrame.lineNumber + 1}`;
    bytes.set(place, (bytes.get(place) ?? 0) + selfSize);
    for (const child of children) visit(child);
  };
  visit(profile.head);
  const all = [...bytes.values()].reduce((sum, size) => sum + size, 0);
  console.log(`${Math.round(all / frames)} bytes a frame, over ${frames} frames`);
  for (const [place, size] of [...bytes].sort(([, one], [, other]) => other - one).slice(0, 30)) {
    console.log(`${String(Math.round(size / frames)).padStart(8)}  ${place}`);
  }
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, allocations: { type: 'boolean', default: false } },
});
const server = await ServerProcess.start({ bots: BOTS, flags: CROWD });
const browser = await launch();
try {
  const { page } = await open(browser, `${server.url}/?name=Budget`);
  await untilFlying(page);
  await page.keyboard.down('KeyW');
  await page.keyboard.down('Space');
  const beganAt = await page.evaluate('performance.now()');
  await until(page, `performance.now() > ${beganAt} + ${WARM_UP_MS}`);
  if (values.allocations) await allocations(page, Number(values.seconds));
  else await measure(browser, page, Number(values.seconds));
} finally {
  await browser.close();
  await server.kill();
}
