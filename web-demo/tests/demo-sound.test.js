import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engine, SOUNDS, tone } from '../demo/sound/tones.js';

const RATE = 48_000;

/** @param {Float32Array} wave */
const loudness = (wave) => Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);

for (const name of SOUNDS) {
  test(`${name}: can be heard, is not cut off, and does not click at its ends`, () => {
    const wave = tone(name, RATE);
    assert.ok(wave.every((value) => Number.isFinite(value) && Math.abs(value) <= 1));
    assert.ok(loudness(wave) > 0.02, `loudness ${loudness(wave)}`);
    assert.ok(wave.filter((value) => Math.abs(value) === 1).length < wave.length / 500, 'it is cut at full scale');
    assert.ok(Math.abs(wave[0]) < 0.02 && Math.abs(wave[wave.length - 1]) < 0.02);
    assert.deepEqual(wave, tone(name, RATE), 'it is the same every time');
  });
}

test("the engine's noise goes over into its beginning", () => {
  const wave = engine(RATE);
  const steps = wave.map((value, index) => Math.abs(value - (wave[(index + 1) % wave.length] ?? 0)));
  const seam = steps[steps.length - 1];
  assert.ok(seam <= Math.max(...steps.slice(0, -1)), `a step of ${seam} at the seam`);
  const third = Math.floor(wave.length / 3);
  const parts = [0, 1, 2].map((part) => loudness(wave.slice(part * third, (part + 1) * third)));
  assert.ok(Math.max(...parts) < 1.6 * Math.min(...parts), `it swells: ${parts}`);
});
