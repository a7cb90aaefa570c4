import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Reader } from '../sdk/bincode.js';
import { decodeServerMessage } from '../sdk/messages.js';
import { Replica } from '../sdk/replica.js';
import { readSchema } from '../sdk/schema.js';
import { WireError } from '../sdk/wire-error.js';
import { bytesOf, golden } from './support/golden.js';
import { seededRandom } from './support/random.js';
import { rowsOf } from './support/rows.js';

const SEED = Number(process.env.TICKWIRE_SEED ?? 1);
const ROUNDS = 10_000;
const random = seededRandom(SEED);

/** @param {number} end */
function below(end) {
  return Math.floor(random() * end);
}

/** @param {number} longest */
function garbage(longest) {
  return Uint8Array.from({ length: below(longest) }, () => below(256));
}

/** Flips, cuts, repeats or inserts here and there. @param {Uint8Array} bytes */
function mutate(bytes) {
  let mutant = Uint8Array.from(bytes);
  for (let change = below(4); change >= 0; change -= 1) {
    const at = below(mutant.length + 1);
    const cut = [...mutant];
    switch (below(4)) {
      case 0:
        cut[below(mutant.length)] ^= 1 << below(8);
        break;
      case 1:
        cut.splice(at, below(4));
        break;
      case 2:
        cut.splice(at, 0, ...garbage(4));
        break;
      default:
        cut.splice(at, 1, [0, 0xff, 0x80, 251, 252, 253][below(6)]);
    }
    mutant = Uint8Array.from(cut);
  }
  return mutant;
}

/**
 * Runs a decoder, which may refuse with a wire error and nothing else.
 *
 * @param {Uint8Array} bytes
 * @param {() => void} decode
 * @returns {boolean} whether it refused
 */
function refuses(bytes, decode) {
  try {
    decode();
    return false;
  } catch (error) {
    const hex = Buffer.from(bytes).toString('hex');
    assert.ok(error instanceof WireError, `seed ${SEED}, bytes ${hex}: ${String(error)}`);
    return true;
  }
}

const [{ welcome }, ...frames] = golden('frames-small.json');
const message = decodeServerMessage(bytesOf(welcome));
assert.ok(message.type === 'welcome');
const { schema } = message.welcome;

/** @param {number} count */
function replicaAfter(count) {
  const replica = new Replica(schema);
  for (const { hex } of frames.slice(0, count)) replica.handleFrame(bytesOf(hex));
  return replica;
}

/** @param {Replica} replica */
function stateOf({ snapshot, layout, number, tick }) {
  return JSON.stringify([rowsOf(snapshot, layout), number, tick]);
}

test(`garbage is no frame (seed ${SEED})`, () => {
  let replica = replicaAfter(10);
  let before = stateOf(replica);
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = garbage(60);
    if (bytes.length > 0) bytes[0] = 0x80 | (bytes[0] & 0x0f);
    if (refuses(bytes, () => replica.handleFrame(bytes))) {
      assert.equal(stateOf(replica), before);
    } else {
      replica = replicaAfter(10);
      before = stateOf(replica);
    }
  }
});

test(`mutated frames are refused or decoded, never half (seed ${SEED})`, () => {
  let refused = 0;
  for (let round = 0; round < ROUNDS / 100; round += 1) {
    const count = 1 + below(frames.length - 1);
    const original = bytesOf(frames[count].hex);
    let replica = replicaAfter(count);
    let before = stateOf(replica);
    for (let mutation = 0; mutation < 100; mutation += 1) {
      const bytes = mutate(original);
      if (refuses(bytes, () => replica.handleFrame(bytes))) {
        refused += 1;
        assert.equal(stateOf(replica), before);
      } else {
        replica = replicaAfter(count);
        before = stateOf(replica);
      }
    }
    replica.handleFrame(original);
    assert.deepEqual(rowsOf(replica.snapshot, replica.layout), frames[count].snapshot);
  }
  assert.ok(refused > 0);
});

test(`garbage and mutations are no messages (seed ${SEED})`, () => {
  const originals = golden('server-messages.json').map(({ hex }) => bytesOf(hex));
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = round % 2 ? garbage(80) : mutate(originals[below(originals.length)]);
    refuses(bytes, () => decodeServerMessage(bytes));
    refuses(bytes, () => readSchema(new Reader(bytes)));
  }
});
