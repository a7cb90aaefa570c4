import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RecordReader, bodyOf, closedRecord, messageRecord } from '../sdk/connection/records.js';
import { WireError } from '../sdk/index.js';
import { KEY, PING, closed, joined, message, opened, record } from './support/fake-sessions.js';
import { bytesOf, golden } from './support/golden.js';
import { seededRandom } from './support/random.js';

const LONG = Uint8Array.from({ length: 70_000 }, (_, index) => index & 255);
const BODY = joined(opened('tickwire.v1'), message(Uint8Array.of()), PING, message(LONG.subarray(0, 250)), message(LONG), closed(4411, 'Zoë'));
const RECORDS = [
  { kind: 'opened', key: KEY, protocol: 'tickwire.v1' },
  { kind: 'message', bytes: Uint8Array.of() },
  { kind: 'ping' },
  { kind: 'message', bytes: LONG.slice(0, 250) },
  { kind: 'message', bytes: LONG },
  { kind: 'closed', code: 4411, reason: 'Zoë' },
];

test('records are read as they are written, byte by byte', () => {
  assert.deepEqual([...closedRecord(1000, 'ab')], [5, 2, 0xe8, 3, 97, 98]);
  assert.deepEqual([...messageRecord(Uint8Array.of(7, 8))], [3, 0, 7, 8]);
  assert.deepEqual([...messageRecord(LONG.subarray(0, 250)).subarray(0, 5)], [251, 251, 0, 0, 0]);
  assert.deepEqual(new RecordReader().push(BODY), RECORDS);
  // Any length may be written longer than it need be.
  assert.deepEqual(new RecordReader().push(Uint8Array.of(251, 1, 0, 3, 252, 1, 0, 0, 0, 3)), [{ kind: 'ping' }, { kind: 'ping' }]);
});

test('bodies may be cut anywhere', () => {
  for (let cut = 0; cut <= 400; cut += 1) {
    const reader = new RecordReader();
    const records = [...reader.push(BODY.subarray(0, cut)), ...reader.push(BODY.subarray(cut))];
    assert.deepEqual(records, RECORDS, `cut at ${cut}`);
    assert.ok(reader.isBetweenRecords);
  }
  const single = new RecordReader();
  assert.deepEqual([...BODY].flatMap((byte) => single.push(Uint8Array.of(byte))), RECORDS);
  for (let seed = 1; seed <= 30; seed += 1) {
    const random = seededRandom(seed);
    const reader = new RecordReader();
    /** @type {any[]} */
    const records = [];
    for (let at = 0; at < BODY.length; ) {
      const end = at + Math.floor(random() ** 6 * 80_000);
      // The piece is written over as soon as it was read.
      const piece = BODY.slice(at, end);
      records.push(...reader.push(piece));
      piece.fill(0xff);
      at = end;
    }
    assert.deepEqual(records, RECORDS, `seed ${seed}`);
  }
});

test('a body that ends within a record is told from one that ends between two', () => {
  const reader = new RecordReader();
  reader.push(PING);
  assert.equal(reader.isBetweenRecords, true);
  reader.push(BODY.subarray(0, 9));
  assert.equal(reader.isBetweenRecords, false);
});

test('what are no records is an error, as soon as it shows', () => {
  /** @type {[string, Uint8Array][]} */
  const garbage = [
    ['an empty record', Uint8Array.of(0)],
    ['a length in 64 bits', Uint8Array.of(253)],
    ['no length', Uint8Array.of(255)],
    ['a length that nobody needs', Uint8Array.of(252, 255, 255, 255, 255)],
    ['one byte more than a message can have', Uint8Array.of(252, 2, 0, 16, 0)],
    ['an unknown kind', record(4)],
    ['a key that is too short', record(1, KEY.subarray(1))],
    ['a version that is not UTF-8', record(1, [...KEY, 0xff])],
    ['a close without its code', record(2, [1])],
    ['a reason that is too long', record(2, new Uint8Array(126))],
    ['a reason that is not UTF-8', record(2, [1, 2, 0xc3])],
    ['a ping that says something', record(3, [0])],
  ];
  for (const [what, bytes] of garbage) assert.throws(() => new RecordReader().push(bytes), WireError, what);
});

test('random bytes are records or errors, and hold nothing for long', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seededRandom(seed);
    const reader = new RecordReader();
    try {
      for (let piece = 0; piece < 20; piece += 1) {
        reader.push(Uint8Array.from({ length: 40 }, () => 256 * random() ** 3));
      }
    } catch (error) {
      assert.ok(error instanceof WireError, `seed ${seed}: ${error}`);
    }
  }
});

test('a reason is cut to what a close can carry, in whole characters', () => {
  const [cut] = new RecordReader().push(closedRecord(1001, '🚀'.repeat(50)));
  assert.deepEqual(cut, { kind: 'closed', code: 1001, reason: '🚀'.repeat(30) });
});

test('records are read as Rust writes them, and what is none for Rust is none here', () => {
  for (const { from, malformed, records, hex } of golden('records.json')) {
    if (malformed !== undefined) assert.throws(() => new RecordReader().push(bytesOf(hex)), WireError, malformed);
    if (from !== 'server') continue;
    const reader = new RecordReader();
    assert.deepEqual(reader.push(bytesOf(hex)).map(inHex), records);
    assert.ok(reader.isBetweenRecords);
  }
});

test('bodies are written as Rust reads them', () => {
  const vectors = golden('records.json').filter(({ from }) => from === 'client');
  assert.ok(vectors.length >= 4);
  for (const { key, number, records, hex } of vectors) {
    const body = bodyOf(bytesOf(key), number, records.map(written));
    assert.equal(Buffer.from(body).toString('hex'), hex);
  }
});

/** A record with its bytes as the vectors have them. @param {any} record */
function inHex(record) {
  const shown = (/** @type {unknown} */ value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value);
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, shown(value)]));
}

/** @param {any} record of a client */
function written({ kind, bytes, code, reason }) {
  return kind === 'message' ? messageRecord(bytesOf(bytes)) : closedRecord(code, reason);
}
