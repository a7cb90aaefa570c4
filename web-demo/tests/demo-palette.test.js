import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ENERGY, OTHERS, SELF } from '../demo/palette.js';
import { contrast, difference, SIGHTS } from './support/colour-sight.js';

const SPACE = '#060912';
/** Smallest difference in OKLab. The closest of Okabe and Ito's own colours differ by 0.08 to a
 * deuteranope; small shapes that glow need more. */
const CLEAR = 0.125;
/** What the accessibility guidelines (WCAG 2, AA) ask of text. */
const READABLE = 4.5;

const colours = [SELF, ...OTHERS, ENERGY];

for (const sight of SIGHTS) {
  test(`all colours of the field are told apart: ${sight.name}`, () => {
    for (const [index, one] of colours.entries()) {
      for (const other of colours.slice(index + 1)) {
        const found = difference(one.hex, other.hex, sight);
        assert.ok(found >= CLEAR, `${one.hex} and ${other.hex} differ by ${found.toFixed(3)} only`);
      }
    }
  });
}

test('all colours of the field are read against space', () => {
  for (const { hex } of colours) {
    const found = contrast(hex, SPACE);
    assert.ok(found >= READABLE, `${hex}: ${found.toFixed(2)}`);
  }
});

test('so are all colours of text', async () => {
  const sheet = await readFile(new URL('../demo/style/base.css', import.meta.url), 'utf8');
  const inks = [...sheet.matchAll(/--(self|energy|danger|warn|ink|soft|faint): (#[0-9a-f]{6});/g)];
  assert.equal(inks.length, 7);
  for (const [, name, hex] of inks) {
    const found = contrast(hex, SPACE);
    assert.ok(found >= READABLE, `${name}: ${found.toFixed(2)}`);
  }
});

test('the sights are what they are named: red and green run together, blue and yellow do not', () => {
  const [, protanopia, deuteranopia, tritanopia] = SIGHTS;
  const [normal] = SIGHTS;
  const [red, green] = ['#d03030', '#7a6a10'];
  for (const sight of [protanopia, deuteranopia]) {
    assert.ok(difference(red, green, sight) < difference(red, green, normal) / 2, sight.name);
    assert.ok(difference('#3060ff', '#e0d020', sight) > 0.3, sight.name);
  }
  assert.ok(difference('#20a0ff', '#20b0a0', tritanopia) < difference('#20a0ff', '#20b0a0', normal) / 2);
  assert.equal(Math.round(contrast('#ffffff', '#000000')), 21);
});
