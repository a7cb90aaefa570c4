import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageKey } from '../demo/keys.js';

test("the page's keys go by their letter, wherever it lies", () => {
  assert.equal(pageKey({ key: 'r', code: 'KeyR' }), 'rooms');
  assert.equal(pageKey({ key: 'N', code: 'KeyN' }), 'net');
  assert.equal(pageKey({ key: 'm', code: 'Semicolon' }), 'sound', 'as on a French keyboard');
  assert.equal(pageKey({ key: 'p', code: 'KeyR' }), undefined, 'as on Dvorak');
  assert.equal(pageKey({ key: 'Enter', code: 'NumpadEnter' }), 'chat');
  assert.equal(pageKey({ key: 'Escape', code: 'Escape' }), 'close');
});

test('in another script they go by their place', () => {
  assert.equal(pageKey({ key: 'к', code: 'KeyR' }), 'rooms', 'Cyrillic');
  assert.equal(pageKey({ key: 'μ', code: 'KeyM' }), 'sound', 'Greek');
  assert.equal(pageKey({ key: 'ى', code: 'KeyN' }), 'net', 'Arabic');
  assert.equal(pageKey({ key: 'ф', code: 'KeyA' }), undefined);
  for (const key of ['', '7', 'Dead', 'F5', 'Unidentified']) assert.equal(pageKey({ key, code: 'KeyQ' }), undefined);
});
