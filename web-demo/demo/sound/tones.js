/**
 * Every sound as numbers: made by arithmetic at start-up, so that there is nothing to load. Pure; it
 * must not know when a sound is heard. See sound.js.
 */

/** @typedef {'shot' | 'hit' | 'explosion' | 'dash' | 'collect' | 'respawn' | 'kill' | 'said'} SoundName */
/** @typedef {{ seconds: number, at: (t: number, noise: () => number) => number }} Tone its wave at `t` seconds, -1 to 1 */

/** Fades at both ends, in seconds: a wave that is cut off clicks. */
const FADE_IN_S = 0.002;
const FADE_OUT_S = 0.02;
/** Length of the engine's noise, which is repeated, and of the part that blends its ends. */
export const ENGINE_S = 1.6;
const ENGINE_BLEND_S = 0.4;

/** The phase, in turns, of a tone that glides from one pitch to another by `rate` per second. */
const glide = (/** @type {number} */ t, /** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ rate) =>
  to * t + ((from - to) / rate) * (1 - Math.exp(-rate * t));
const sine = (/** @type {number} */ turns) => Math.sin(2 * Math.PI * turns);
const square = (/** @type {number} */ turns) => Math.tanh(3 * sine(turns));
const fade = (/** @type {number} */ t, /** @type {number} */ rate) => Math.exp(-rate * t);
/** A bell's note from a moment on. */
const note = (/** @type {number} */ t, /** @type {number} */ from, /** @type {number} */ pitch) =>
  t < from ? 0 : fade(t - from, 9) * (sine(pitch * t) + 0.3 * sine(2 * pitch * t));

/** @type {Record<SoundName, Tone>} */
const TONES = {
  shot: { seconds: 0.16, at: (t, noise) => fade(t, 22) * (0.5 * square(glide(t, 1500, 180, 24)) + 0.12 * noise()) },
  hit: { seconds: 0.22, at: (t, noise) => fade(t, 20) * (0.5 * noise() + 0.5 * square(glide(t, 420, 90, 18))) },
  explosion: {
    seconds: 1.3,
    at: (t, noise) => 0.75 * fade(t, 3.4) * noise() * (0.35 + 0.65 * fade(t, 6)) + 0.5 * fade(t, 4.5) * sine(glide(t, 130, 28, 5)),
  },
  dash: { seconds: 0.4, at: (t, noise) => 0.6 * Math.min(1, t * 30) * fade(t, 8) * (noise() * 0.6 + 0.4 * sine(glide(t, 160, 900, 6))) },
  collect: { seconds: 0.4, at: (t) => 0.4 * (note(t, 0, 880) + note(t, 0.07, 1318.5)) },
  respawn: { seconds: 0.7, at: (t) => 0.3 * (note(t, 0, 440) + note(t, 0.1, 659.3) + note(t, 0.2, 880)) },
  kill: { seconds: 0.5, at: (t) => 0.35 * (note(t, 0, 659.3) + note(t, 0.08, 987.8)) },
  said: { seconds: 0.14, at: (t) => 0.3 * fade(t, 24) * sine(740 * t) },
};

/** Noise that is the same every time and darker than white: each value leans on the one before. */
function noiseSource() {
  let state = 0x2545f491;
  let last = 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    last = 0.72 * last + 0.5 * (state / 2 ** 31 - 1);
    return last;
  };
}

/**
 * @param {SoundName} name
 * @param {number} rate samples per second
 */
export function tone(name, rate) {
  const { seconds, at } = TONES[name];
  const wave = new Float32Array(Math.ceil(seconds * rate));
  const noise = noiseSource();
  for (let index = 0; index < wave.length; index += 1) {
    const t = index / rate;
    const edge = Math.min(1, t / FADE_IN_S, (seconds - t) / FADE_OUT_S);
    wave[index] = Math.max(-1, Math.min(1, at(t, noise) * Math.max(0, edge)));
  }
  return wave;
}

/**
 * The rumble of an engine, whose end goes over into its beginning.
 * @param {number} rate samples per second
 */
export function engine(rate) {
  const length = Math.ceil(ENGINE_S * rate);
  const blend = Math.ceil(ENGINE_BLEND_S * rate);
  const noise = noiseSource();
  let low = 0;
  const long = Float32Array.from({ length: length + blend }, () => {
    low += (noise() - low) * 0.06;
    return low;
  });
  const wave = long.slice(0, length);
  for (let index = 0; index < blend; index += 1) {
    const share = index / blend;
    // By power: the two are not alike, and by share they would be quieter in the middle.
    wave[index] = long[index] * Math.sqrt(share) + long[length + index] * Math.sqrt(1 - share);
  }
  let most = 0;
  for (const value of wave) most = Math.max(most, Math.abs(value));
  return wave.map((value) => value / most);
}

export const SOUNDS = /** @type {SoundName[]} */ (Object.keys(TONES));
