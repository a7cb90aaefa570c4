import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RangeDecoder } from '../sdk/wire/range.js';
import { bytesOf, golden } from './support/golden.js';

/** @typedef {{p: number, yes: boolean} | {value: number, bits: number}} Piece */

/** @param {RangeDecoder} decoder @param {Piece[]} pieces */
function assertReads(decoder, pieces) {
  for (const piece of pieces) {
    if ('yes' in piece) assert.equal(decoder.decide(piece.p), piece.yes);
    else assert.equal(decoder.direct(piece.bits), piece.value);
  }
}

test('messages are read as Rust writes them, one behind the other', () => {
  const decoder = new RangeDecoder();
  for (const { messages, hex } of golden('range.json')) {
    const bytes = bytesOf(hex);
    let at = 0;
    for (const { bytes: length, pieces } of messages) {
      decoder.load(bytes, at);
      assertReads(decoder, pieces);
      assert.equal(decoder.finish(), at + length);
      at += length;
    }
  }
});

test('a message that is cut off does not end', () => {
  const decoder = new RangeDecoder();
  for (const { messages, hex } of golden('range.json')) {
    const { bytes: length, pieces } = messages[0];
    const bytes = bytesOf(hex).subarray(0, length);
    for (let cut = 0; cut < length; cut += 1) {
      decoder.load(bytes.subarray(0, cut), 0);
      for (const piece of pieces) {
        if ('yes' in piece) decoder.decide(piece.p);
        else decoder.direct(piece.bits);
      }
      assert.equal(decoder.finish(), -1, `${cut} of ${length} bytes`);
    }
  }
});

test('numbers of all widths stay within their bits, whatever the bytes', () => {
  const decoder = new RangeDecoder();
  for (const fill of [0x00, 0x80, 0xff]) {
    for (let bits = 0; bits <= 32; bits += 1) {
      decoder.load(new Uint8Array(12).fill(fill), 0);
      const value = decoder.direct(bits);
      assert.ok(value >= 0 && value < 2 ** bits, `${value} of ${bits} bits`);
    }
  }
});

test('past the end zeros are read, and the decoder says so', () => {
  const decoder = new RangeDecoder();
  decoder.load(Uint8Array.of(0xff), 0);
  assert.equal(decoder.isOverdrawn, false);
  decoder.direct(32);
  assert.equal(decoder.isOverdrawn, true);
  assert.equal(decoder.finish(), -1);
  decoder.load(new Uint8Array(), 0);
  assert.equal(decoder.finish(), -1);
});
