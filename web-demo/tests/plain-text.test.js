import assert from 'node:assert/strict';
import { test } from 'node:test';

import { plainText } from '../sdk/index.js';

test('markup stays as it was written: it is for the page to show it as text', () => {
  assert.equal(plainText('<img src=x onerror=alert(1)> & "you"', 100), '<img src=x onerror=alert(1)> & "you"');
});

test('what would disturb its neighbours goes', () => {
  assert.equal(plainText('a\u0000b\nc\td\u2028e', 100), 'a b c d e');
  for (const mark of ['\u202e', '\u2066', '\u200f', '\u061c', '\ufeff', '\u{e0041}', '\ud800']) {
    assert.equal(plainText(`left${mark}right`, 100), 'left right', mark.codePointAt(0)?.toString(16));
  }
  assert.equal(plainText(`a${'\u0301'.repeat(50)}b`, 100), 'a\u0301\u0301\u0301b');
});

test('what languages and emoji need stays', () => {
  for (const text of ['日本 ünï', '👩‍🚀', 'مرحبا', 'नमस्ते', 'می\u200cخواهم']) assert.equal(plainText(text, 100), text);
});

test('it is cut, by characters and not within one', () => {
  assert.equal(plainText('🚀'.repeat(10_000), 24), '🚀'.repeat(24));
  assert.equal(plainText(`ab ${'c'.repeat(10_000)}`, 3), 'ab');
  assert.equal(plainText('x'.repeat(10_000), 0), '');
  for (const nothing of [undefined, null, 7, {}, '', ' \u202e ']) assert.equal(plainText(nothing, 9), '');
});
