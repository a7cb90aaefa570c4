/**
 * Random frames that Rust makes, and what Rust's replica has after each: the lines of
 * `server/simulation/examples/random-frames.rs`. `TICKWIRE_RANDOM_FRAMES` names the program; without
 * it cargo builds and runs it.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { vectorOf } from './golden.js';

/** @typedef {import('../../sdk/replica/link.js').Link} Link */
/** @typedef {import('../../sdk/replica/parts.js').Part} Part */

const MANIFEST = fileURLToPath(new URL('../../../Cargo.toml', import.meta.url));
const CARGO_RUN = ['run', '--quiet', '--locked', '--manifest-path', MANIFEST];
const EXAMPLE = ['--package', 'tickwire-simulation', '--example', 'random-frames', '--'];

/**
 * The program's lines, as they come.
 *
 * @param {string[]} args
 * @returns {AsyncGenerator<any, void, void>}
 */
export async function* randomFrames(...args) {
  const program = process.env.TICKWIRE_RANDOM_FRAMES ?? 'cargo';
  const before = process.env.TICKWIRE_RANDOM_FRAMES ? [] : [...CARGO_RUN, ...EXAMPLE];
  const child = spawn(program, [...before, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(`status ${code}`));
  });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints += text));
  try {
    for await (const line of createInterface({ input: child.stdout })) yield vectorOf(line);
    const ended = await end;
    if (ended !== 'status 0') throw new Error(`${program} ended: ${ended}\n${complaints}`);
  } finally {
    child.kill();
  }
}

/**
 * Everything that a client has, in a number: of each part its number, tick and rows, then in which
 * slot each entity counts, by ascending id.
 *
 * @param {Link} link
 * @returns {number} unsigned
 */
export function fingerprint({ replica, whereabouts }) {
  let hash = 0;
  const add = (/** @type {number} */ word) => {
    hash = Math.imul(((hash << 5) | (hash >>> 27)) ^ word, 0x9e3779b1);
  };
  /** @type {number[][]} */
  const places = [];
  for (const part of replica.parts.all()) {
    const { ids, kinds, values, slots, stride } = part.snapshot;
    add(part.number);
    add(part.tick === undefined ? 0 : 1);
    add(part.tick ?? 0);
    for (let slot = 0; slot < slots; slot += 1) {
      if (ids[slot] === 0) continue;
      add(slot);
      add(ids[slot]);
      add(kinds[slot]);
      const { width } = replica.layout.kinds[kinds[slot]];
      for (let column = 0; column < width; column += 1) add(values[slot * stride + column]);
      if (whereabouts.present.get(ids[slot])?.part === part) places.push([ids[slot], slot]);
    }
  }
  places.sort(([one], [other]) => one - other);
  places.flat().forEach(add);
  return hash >>> 0;
}
