import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Link } from '../sdk/replica/link.js';
import { WireError } from '../sdk/wire/wire-error.js';
import { frameDifference, stateDifference } from './support/difference.js';
import { bytesOf, welcomeOf } from './support/golden.js';
import { fingerprint, randomFrames } from './support/random-frames.js';

/** @typedef {import('../sdk/wire/frame.js').Frame} Frame */

const SEED = process.env.TICKWIRE_SEED ?? '1';
const FRAMES = 10_000;
const FIELD_KINDS = 8;

/** The connections of a stream of random frames, as far as it has come. */
class Stream {
  /** @param {string} seed what it is made of */
  constructor(seed) {
    this.seed = seed;
    /** @type {Map<string, Link>} */
    this.links = new Map();
    this.lines = 0;
    this.frames = 0;
    /** @type {Set<string>} */
    this.fieldKinds = new Set();
    /** How many frames had each thing that frames can have. @type {Map<string, number>} */
    this.features = new Map();
  }

  /** Takes in the next line, which must lead to what it led to in Rust. @param {any} line */
  async take(line) {
    this.lines += 1;
    if (line.welcome) this._begin(line);
    else if (line.damaged) this._takeDamaged(line);
    else this._takeFrame(line);
    const link = this._link(line);
    if (fingerprint(link) === line.state) return;
    const difference = stateDifference(link, await shownIn(this.seed, this.lines));
    this._fail(line, difference ?? 'the fingerprints differ, and nothing else');
  }

  /** @param {any} line */
  _begin({ connection, welcome: hex }) {
    const welcome = welcomeOf(hex);
    this.links.set(connection, new Link(welcome));
    const fields = welcome.schema.entities.flatMap((kind) => kind.fields);
    for (const { kind } of fields) this.fieldKinds.add(kind.type);
  }

  /** @param {any} line */
  _takeFrame(line) {
    const link = this._link(line);
    const before = link.replica.tick;
    const frame = this._read(link, line);
    this.frames += 1;
    this._count(featuresOf(link, frame, before));
  }

  /** @param {any} line */
  _takeDamaged(line) {
    const link = this._link(line);
    this._count({ 'damage that is refused': Boolean(line.refused), 'damage that goes unseen': !line.refused });
    if (!line.refused) return void this._read(link, line);
    const outcome = outcomeOf(link, line);
    if ('frame' in outcome) this._fail(line, 'it is taken in');
    if (!(outcome.error instanceof WireError)) this._fail(line, String(outcome.error));
  }

  /** @param {Link} link @param {any} line @returns {Frame} */
  _read(link, line) {
    const outcome = outcomeOf(link, line);
    if ('error' in outcome) return this._fail(line, `refused: ${String(outcome.error)}`);
    const difference = frameDifference(link, outcome.frame, line.frame);
    return difference ? this._fail(line, difference) : outcome.frame;
  }

  /** @param {{[what: string]: boolean}} features */
  _count(features) {
    for (const [what, isThere] of Object.entries(features)) {
      this.features.set(what, (this.features.get(what) ?? 0) + Number(isThere));
    }
  }

  /** @param {any} line */
  _link({ connection }) {
    const link = this.links.get(connection);
    assert.ok(link, `connection ${connection} begins with a welcome`);
    return link;
  }

  /** @param {any} line @param {string} difference @returns {never} */
  _fail({ connection, hex, frame, refused }, difference) {
    const what = refused ? `refused by Rust (${refused})` : `${frame?.number} of tick ${frame?.tick}`;
    const where = `TICKWIRE_SEED=${this.seed}, line ${this.lines}: connection ${connection}, frame ${what}`;
    assert.fail(`${where}: ${difference}\nbytes ${hex}`);
  }
}

/**
 * What becomes of a frame.
 *
 * @param {Link} link
 * @param {{hex: string}} line
 * @returns {{frame: Frame} | {error: unknown}}
 */
function outcomeOf(link, { hex }) {
  try {
    return { frame: link.handleFrame(bytesOf(hex)).frame };
  } catch (error) {
    return { error };
  }
}

/** All that Rust has in a line. @param {string} seed @param {number} number */
async function shownIn(seed, number) {
  let shown;
  for await (const line of randomFrames('--seed', seed, '--show', String(number))) shown = line.shown;
  return shown;
}

/**
 * What a frame has.
 *
 * @param {Link} link
 * @param {Frame} frame
 * @param {number} [before] tick of the frame before
 */
function featuresOf({ replica }, { number, tick, isKeyframe, input, events, watch, contents, agreement }, before) {
  const readings = replica.changes.map(({ reading }) => reading);
  const skipped = before === undefined ? 0 : (tick - before) >>> 0;
  return {
    'a keyframe that is not the first frame': isKeyframe && number > 1,
    'ticks that wrap': before !== undefined && tick < before,
    'a second skipped': skipped > 30,
    'an input': input !== undefined,
    'an input that is told late': input !== undefined && ((tick - input.applied) >>> 0) > 15,
    events: events.length > 0,
    'other cells than before': !isKeyframe && watch !== undefined,
    'a single cell': replica.parts.cells.size === 1,
    'the own part': contents.own,
    'the global part': contents.global,
    cells: contents.cells,
    'nothing to tell': readings.length === 0,
    'an equal hash': agreement === 'equal',
    'a part that begins': !isKeyframe && readings.some((reading) => reading.isKeyframe),
    'a gap of two ticks': readings.some(({ gap }) => gap === 2),
    'a gap of many ticks': readings.some(({ gap }) => gap > 4),
    updates: readings.some(({ updated }) => updated.length > 0),
    'masses that enter': readings.some(({ entered }) => entered.length > 20),
    'masses that leave': readings.some(({ left }) => left.length > 20),
    'leaves for another part': readings.some(({ moved }) => moved.includes(true)),
  };
}

test(`${FRAMES} random frames lead to what they lead to in Rust (seed ${SEED})`, async () => {
  const stream = new Stream(SEED);
  for await (const line of randomFrames('--seed', SEED, '--frames', String(FRAMES))) await stream.take(line);
  assert.equal(stream.frames, FRAMES);
  assert.equal(stream.fieldKinds.size, FIELD_KINDS);
  for (const [what, count] of stream.features) assert.ok(count > 0, `no frame has ${what}`);
});

test('what differs is named, down to the field', async () => {
  const stream = new Stream('1');
  let last;
  for await (const line of randomFrames('--seed', stream.seed, '--show', '300')) {
    await stream.take(line);
    last = line;
  }
  assert.equal(stream.lines, 300);
  const { connection, shown } = last;
  const link = /** @type {Link} */ (stream.links.get(connection));
  assert.equal(stateDifference(link, shown), undefined);
  // How many things there are: everybody is told, in a part of its own.
  const { snapshot } = link.replica.parts.global;
  const slot = snapshot.kinds.indexOf(link.welcome.schema.entities.findIndex(({ name }) => name === 'total'));
  const things = snapshot.values[slot * snapshot.stride];
  snapshot.values[slot * snapshot.stride] += 1;
  const entity = `part 1: slot ${slot}, entity 4294967295`;
  const field = `lane 0 of things of a total is ${things + 1}, not ${things}`;
  assert.equal(stateDifference(link, shown), `${entity}: ${field}`);
});
