import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sound } from '../demo/sound/sound.js';
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

/** A page whose audio changes its state when the test says so, and what was asked of it. */
function audible() {
  /** @type {{ state: string, onstatechange: () => void }[]} */
  const contexts = [];
  /** @type {string[]} */
  const asked = [];
  class Part {
    gain = { value: 0, setTargetAtTime() {} };
    pan = { value: 0 };
    connect(/** @type {unknown} */ next) {
      return next;
    }
    start() {}
    copyToChannel() {}
  }
  class Context extends Part {
    state = 'running';
    sampleRate = 8000;
    onstatechange = () => {};
    constructor() {
      super();
      contexts.push(this);
    }
    async suspend() {
      asked.push('suspend');
    }
    async resume() {
      asked.push('resume');
      if (this.state === 'interrupted') throw new Error('not now');
    }
  }
  const parts = ['DynamicsCompressorNode', 'GainNode', 'StereoPannerNode', 'AudioBuffer', 'AudioBufferSourceNode'];
  Object.assign(globalThis, { AudioContext: Context }, Object.fromEntries(parts.map((name) => [name, Part])));
  const page = Object.assign(new EventTarget(), { hidden: false });
  const sound = new Sound(/** @type {any} */ (page));
  sound.muted = false;
  const becomes = (/** @type {string} */ state) => {
    contexts[0].state = state;
    contexts[0].onstatechange();
  };
  return { sound, page, contexts, asked, becomes };
}

test('sound begins once the player has done something, by a pad too, and only if it is wanted', () => {
  const { sound, page, contexts } = audible();
  assert.equal(sound.state, 'none');
  sound.muted = true;
  sound.begin();
  page.dispatchEvent(new Event('keydown'));
  assert.equal(contexts.length, 0);
  sound.muted = false;
  sound.begin();
  sound.begin();
  assert.deepEqual([contexts.length, sound.state], [1, 'running']);
});

test('muted and heard again before the audio has stopped, it goes on', () => {
  const { sound, asked, becomes } = audible();
  sound.begin();
  sound.mute();
  sound.mute();
  assert.deepEqual(asked, ['suspend']);
  becomes('suspended');
  assert.deepEqual(asked, ['suspend', 'resume']);
  becomes('running');
  sound.mute();
  becomes('suspended');
  assert.deepEqual(asked, ['suspend', 'resume', 'suspend'], 'and muted it stays so');
});

test('what interrupts the audio is got over by the next thing that the player does', () => {
  const { sound, page, asked, becomes } = audible();
  sound.begin();
  becomes('interrupted');
  assert.deepEqual(asked, ['resume']);
  page.dispatchEvent(new Event('pointerup'));
  assert.deepEqual(asked, ['resume', 'resume']);
  page.hidden = true;
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(asked.length, 2, 'nobody listens');
});
