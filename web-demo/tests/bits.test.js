import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unzigzag, zigzag } from '../sdk/bincode.js';
import { BitReader } from '../sdk/bits.js';
import { WireError } from '../sdk/wire-error.js';
import { bytesOf, golden } from './support/golden.js';

const vectors = golden('bits.json');

/** @param {string} hex */
function reader(hex) {
  const input = new BitReader();
  input.load(bytesOf(hex));
  return input;
}

test('gamma codes are read as Rust writes them', () => {
  const codes = vectors.filter(({ code }) => code === 'gamma');
  assert.ok(codes.length > 0);
  for (const { value, bits, hex } of codes) {
    const input = reader(hex);
    assert.equal(input.gamma(), value);
    assert.equal(input.at, bits);
  }
});

test('Rice codes are read as Rust writes them, escapes included', () => {
  const codes = vectors.filter(({ code }) => code === 'rice');
  assert.ok(codes.length > 0);
  for (const { value, k, width, bits, hex } of codes) {
    const input = reader(hex);
    assert.equal(input.rice(k, width), value);
    assert.equal(input.at, bits);
  }
});

test('zigzag goes both ways', () => {
  for (const { value, unsigned } of vectors.filter(({ code }) => code === 'zigzag')) {
    assert.equal(zigzag(value), unsigned);
    assert.equal(unzigzag(unsigned), value);
  }
});

test('codes are read from any bit on', () => {
  const { fields, hex } = vectors.find(({ code }) => code === 'mixed');
  const input = reader(hex);
  for (const [value, width, k] of fields) {
    assert.equal(input.bits(width), value);
    assert.equal(input.gamma(), Math.min(value, 2 ** 32 - 2));
    assert.equal(input.rice(k, 32), value);
  }
  assert.ok(input.remaining < 8);
});

test('the end is an error, and the reader stays within its bytes', () => {
  const input = reader('ff');
  assert.throws(() => input.bits(9), WireError);
  assert.equal(input.bits(8), 0xff);
  assert.equal(input.bits(0), 0);
  assert.throws(() => input.bit(), WireError);
  assert.throws(() => input.gamma(), WireError);
  assert.throws(() => input.rice(3, 8), WireError);
  assert.throws(() => reader('000000000000000000').gamma(), /gamma code is too long \(bit 0\)/);
});

test('a shorter chunk does not see the bits of the one before', () => {
  const input = reader('ffffffffffffffff');
  input.load(new Uint8Array([0, 1]), 1);
  assert.equal(input.remaining, 8);
  assert.equal(input.bits(8), 1);
  assert.throws(() => input.bit(), WireError);
});
