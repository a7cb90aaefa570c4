import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Reader } from '../sdk/wire/bincode.js';
import { ChunkDecoder, ChunkReading } from '../sdk/wire/chunk.js';
import { ENTER_ID, EXPONENTS, HAS_ENTERS, KEYFRAME, MORE, NONE_MORE } from '../sdk/wire/contexts.js';
import { layoutOf } from '../sdk/wire/layout.js';
import { Link } from '../sdk/replica/link.js';
import { decodeServerMessage } from '../sdk/wire/server-messages.js';
import { Replica } from '../sdk/replica/replica.js';
import { readSchema } from '../sdk/wire/schema.js';
import { MAX_SLOTS, Snapshot } from '../sdk/replica/snapshot.js';
import { View } from '../sdk/picture/view.js';
import { WireError } from '../sdk/wire/wire-error.js';
import { ChunkWriter } from './support/chunk-writer.js';
import { bytesOf, golden, stateOf, welcomeOf } from './support/golden.js';
import { seededRandom } from './support/random.js';

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

const [{ welcome: hex }, ...frames] = golden('frames-grid.json');
const welcome = welcomeOf(hex);

/** A replica in the middle of things. @param {number} count of frames that it has taken in */
function replicaAfter(count) {
  const replica = new Replica(welcome);
  for (const { hex } of frames.slice(0, count)) replica.handleFrame(bytesOf(hex));
  return replica;
}

/** @param {Replica} replica */
function textOf(replica) {
  return JSON.stringify(stateOf(replica));
}

test(`garbage is no frame (seed ${SEED})`, () => {
  let replica = replicaAfter(10);
  let before = textOf(replica);
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = garbage(60);
    if (bytes.length > 0) bytes[0] = round % 8 === 0 ? 0x40 | (bytes[0] & 0x36) : 0x80 | bytes[0];
    if (refuses(bytes, () => replica.handleFrame(bytes))) {
      if (round % 10 === 0) assert.equal(textOf(replica), before);
    } else {
      replica = replicaAfter(10);
      before = textOf(replica);
    }
  }
  assert.equal(textOf(replica), before);
});

test(`mutated frames are refused or decoded, never half (seed ${SEED})`, () => {
  let refused = 0;
  for (let round = 0; round < ROUNDS / 100; round += 1) {
    const count = 1 + below(frames.length - 1);
    const original = bytesOf(frames[count].hex);
    let replica = replicaAfter(count);
    let before = textOf(replica);
    for (let mutation = 0; mutation < 100; mutation += 1) {
      const bytes = mutate(original);
      if (refuses(bytes, () => replica.handleFrame(bytes))) {
        refused += 1;
        if (mutation % 10 === 0) assert.equal(textOf(replica), before);
      } else {
        replica = replicaAfter(count);
        before = textOf(replica);
      }
    }
    assert.equal(textOf(replica), before);
    replica.handleFrame(original);
    const { entities: _, ...expected } = frames[count].state;
    assert.deepEqual(stateOf(replica), expected);
  }
  assert.ok(refused > 0);
});

test(`whatever decodes is shown without fault (seed ${SEED})`, () => {
  const view = new View();
  let link = new Link(welcome);
  let decoded = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round % frames.length === 0) {
      link = new Link(welcome);
      view.start(link);
    }
    const original = bytesOf(frames[round % frames.length].hex);
    const bytes = random() < 0.1 ? mutate(original) : original;
    if (refuses(bytes, () => void link.handleFrame(bytes))) continue;
    decoded += 1;
    const shown = view.at((link.whereabouts.tick - 3 * random()) * link.msPerTick);
    for (const entity of shown) {
      for (const [name, value] of Object.entries(entity)) {
        if (name !== 'kind') assert.ok(Number.isFinite(value), `${name} is ${value}`);
      }
    }
    const there = [...link.whereabouts.present.values()];
    for (const { part, id } of there) assert.ok(!part || part.snapshot.ids.includes(id));
  }
  assert.ok(decoded > ROUNDS / 10, `${decoded} decoded`);
});

test('no chunk takes long, however much it claims', () => {
  const schema = { game: 'g', inputs: [], entities: [{ name: 'dot', fields: [] }], events: [], messages: [] };
  const layout = layoutOf(schema);
  const decoder = new ChunkDecoder(layout);
  const reads = counted(decoder);
  const state = new Snapshot(layout.stride);
  const claim = new ChunkWriter();
  claim.decide(KEYFRAME, true);
  claim.decide(HAS_ENTERS, true);
  // 2^31 more enters than one, into the slots in turn, with the ids in turn.
  claim.decide(NONE_MORE + 1, false);
  for (let exponent = 0; exponent < 31; exponent += 1) {
    claim.decide(MORE + Math.min(exponent, EXPONENTS - 1), true);
  }
  claim.decide(MORE + EXPONENTS + EXPONENTS - 1, false);
  claim.decide(MORE + 4 * EXPONENTS - 2, false);
  claim.zeros(29);
  for (let enter = 0; enter <= MAX_SLOTS; enter += 1) {
    claim.decide(NONE_MORE + 2, true);
    claim.decide(ENTER_ID, true);
  }
  const bytes = claim.finish();
  assert.ok(bytes.length < 1000, `${bytes.length} bytes`);
  const decode = () => decoder.decode(state, 0, bytes, 0, new ChunkReading());
  assert.throws(decode, /slot 65536 cannot be entered/);
  assert.equal(state.slots, MAX_SLOTS);
  assert.ok(reads() < 3 * MAX_SLOTS, `${reads()} decisions`);
});

/** Counts the decisions that a decoder reads from now on. @param {ChunkDecoder} decoder */
function counted(decoder) {
  let count = 0;
  const input = decoder._input;
  const read = input.decideIn;
  input.decideIn = (context) => {
    count += 1;
    return read.call(input, context);
  };
  return () => count;
}

test(`garbage and mutations are no messages (seed ${SEED})`, () => {
  const originals = golden('server-messages.json').map(({ hex }) => bytesOf(hex));
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = round % 2 ? garbage(80) : mutate(originals[below(originals.length)]);
    refuses(bytes, () => decodeServerMessage(bytes));
    refuses(bytes, () => readSchema(new Reader(bytes)));
  }
});
