/**
 * How long it takes to take in state, in nanoseconds per entity that changed: `npm run bench`. Plays
 * the golden frames of a crowded cell again and again; of each frame the fastest round counts, so
 * that whatever else the machine does falls out.
 *
 * `npm run bench -- FILE` plays another file of frames instead: a JSON array of `{"welcome": hex}`,
 * then `{"hex": …}` each, as `npm run record` writes it.
 */
import { readFileSync } from 'node:fs';

import { EntityTable } from '../../sdk/replica/entity-table.js';
import { Link } from '../../sdk/replica/link.js';
import { View } from '../../sdk/picture/view.js';
import { bytesOf, welcomeOf } from '../support/golden.js';

const GOLDEN = new URL('../../../protocol/golden/frames-large.json', import.meta.url);
/** Rounds; the first ones warm the engine up. */
const ROUNDS = 400;
/** Rounds stop after this long, in milliseconds. */
const MOST_MS = 20_000;

/** The fastest time of each frame, for one step of the way. */
class Fastest {
  /** @param {number} frames */
  constructor(frames) {
    this._ms = new Float64Array(frames).fill(Infinity);
  }

  /** @param {number} frame @param {() => void} work */
  measure(frame, work) {
    const begin = performance.now();
    work();
    this._ms[frame] = Math.min(this._ms[frame], performance.now() - begin);
  }

  /** All but the first frame, which is a keyframe, in nanoseconds. */
  get ns() {
    return 1e6 * this._ms.subarray(1).reduce((sum, ms) => sum + ms, 0);
  }
}

const [{ welcome }, ...vectors] = JSON.parse(readFileSync(process.argv[2] ?? GOLDEN, 'utf8'));
/** @type {Uint8Array[]} */
const frames = vectors.map((/** @type {{hex: string}} */ { hex }) => bytesOf(hex));
const [decode, follow, show] = ['decode', 'follow', 'show'].map(() => new Fastest(frames.length));
let changed = 0;
let shown = 0;

const end = performance.now() + MOST_MS;
for (let round = 0; round < ROUNDS && performance.now() < end; round += 1) {
  const link = new Link(welcomeOf(welcome));
  const { replica, whereabouts, shapes, msPerTick } = link;
  const table = new EntityTable(new Map());
  table.start(shapes);
  const view = new View();
  view.start(link);
  changed = 0;
  shown = 0;
  frames.forEach((bytes, frame) => {
    /** @type {any} */
    let taken;
    decode.measure(frame, () => (taken = replica.handleFrame(bytes)));
    follow.measure(frame, () => table.apply(whereabouts, whereabouts.follow(taken)));
    show.measure(frame, () => (taken = view.at((whereabouts.tick - 0.5) * msPerTick)));
    if (frame === 0) return;
    for (const { reading } of replica.changes) changed += reading.updated.length;
    shown += taken.length;
  });
}

const bytes = frames.slice(1).reduce((sum, { length }) => sum + length, 0);
console.log(`${frames.length - 1} frames, ${changed} changed entities, ${(bytes / changed).toFixed(2)} bytes each`);
console.log(`decode        ${(decode.ns / changed).toFixed(0)} ns per changed entity`);
console.log(`follow        ${(follow.ns / shown).toFixed(0)} ns per entity and frame`);
console.log(`view          ${(show.ns / shown).toFixed(0)} ns per entity and call`);
