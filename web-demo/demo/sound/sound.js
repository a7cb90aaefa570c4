/**
 * What is heard: plays the waves of tones.js where things happen, louder near the middle of the
 * picture and on their side of it, and the own engine. Silent until the player does something
 * (browsers ask for that), and when it is muted, which is remembered. It is told what happened; it
 * must not read the room.
 */
import { engine, SOUNDS, tone } from './tones.js';

/** @typedef {import('./tones.js').SoundName} SoundName */
/** @typedef {{ gain: GainNode, side: StereoPannerNode, ended: () => void }} Voice one sound's way out */

const REMEMBERED_AS = 'tickwire.muted';
const VOLUME = 0.5;
/** How far things are heard, in world units, and from where on they are only on one side. */
const HEARD = 1300;
const ASIDE = 900;
/** The same sound again within this, in milliseconds, is not heard: it would only be louder. */
const AGAIN_MS = 34;
/** Most sounds at once. */
const MOST_VOICES = 20;
/** The engine: its volume, and how fast it follows the thrust, in seconds. */
const ENGINE_VOLUME = 0.16;
const ENGINE_FOLLOWS_S = 0.06;
/** How much pitches differ from one time to the next. */
const VARIETY = 0.08;

/** @type {Record<SoundName, number>} how loud each is */
const LOUD = { shot: 0.3, hit: 0.5, explosion: 0.9, dash: 0.5, collect: 0.5, respawn: 0.5, kill: 0.6, said: 0.4 };

export class Sound {
  /** Called when it is muted or heard again. */
  onMuted = (/** @type {boolean} */ _muted) => {};
  /** Whether the player wants none. */
  muted = remembered();
  /** Whether what happens is heard now: not behind the start screen. */
  isOn = false;
  /** The ear: the middle of the picture. @type {{ x: number, y: number }} */
  ear = { x: 0, y: 0 };
  /** Sounds begun so far. */
  played = 0;

  /** @type {AudioContext | undefined} */
  #context = undefined;
  /** @type {Map<SoundName, AudioBuffer>} */
  #waves = new Map();
  /** When each began last. @type {Map<SoundName, number>} */
  #begun = new Map();
  /** @type {GainNode | undefined} */
  #out = undefined;
  /** @type {GainNode | undefined} */
  #engine = undefined;
  #thrust = 0;
  #page;
  /** Those that are free: making one costs more than playing it. @type {Voice[]} */
  #voices = [];

  /** @param {Document} page */
  constructor(page) {
    this.#page = page;
    const begin = () => this.begin();
    for (const kind of ['pointerup', 'keydown', 'touchend']) page.addEventListener(kind, begin, { passive: true });
    page.addEventListener('visibilitychange', () => this.#rest());
  }

  /** `none` until the player does something; then how the audio is. */
  get state() {
    return this.#context?.state ?? 'none';
  }

  /** @param {boolean} [muted] the other way round if left out */
  mute(muted = !this.muted) {
    this.muted = muted;
    remember(muted);
    if (!muted) this.begin();
    this.#rest();
    this.onMuted(muted);
  }

  /**
   * Something is heard.
   * @param {SoundName} name
   * @param {number} [x] where, in world units; everywhere if left out
   * @param {number} [y]
   */
  play(name, x = this.ear.x, y = this.ear.y) {
    const context = this.#context;
    const wave = this.#waves.get(name);
    if (!this.isOn || this.muted || !context || !wave || context.state !== 'running') return;
    const away = Math.hypot(x - this.ear.x, y - this.ear.y);
    const nowMs = context.currentTime * 1000;
    if (away > HEARD || this.#voices.length === 0 || nowMs - (this.#begun.get(name) ?? -Infinity) < AGAIN_MS) return;
    this.#begun.set(name, nowMs);
    this.played += 1;
    const source = new AudioBufferSourceNode(context, { buffer: wave, playbackRate: 1 + VARIETY * (Math.random() - 0.5) });
    const voice = /** @type {Voice} */ (this.#voices.pop());
    voice.gain.gain.value = LOUD[name] * (1 - away / HEARD) ** 2;
    voice.side.pan.value = Math.max(-0.8, Math.min(0.8, (x - this.ear.x) / ASIDE));
    source.connect(voice.gain);
    source.onended = voice.ended;
    source.start();
  }

  /**
   * How hard the own engine works.
   * @param {number} thrust 0 to 1
   */
  thrust(thrust) {
    const wanted = this.isOn ? thrust : 0;
    if (wanted === this.#thrust || !this.#engine || !this.#context) return;
    this.#thrust = wanted;
    this.#engine.gain.setTargetAtTime(wanted * ENGINE_VOLUME, this.#context.currentTime, ENGINE_FOLLOWS_S);
  }

  /** The player has done something: now sound is allowed. Pads tell the page nothing; whoever reads them does. */
  begin() {
    if (this.muted) return;
    if (!this.#context) this.#make();
    else this.#rest();
  }

  /**
   * Rests while nobody listens. Both ways take their time, and a phone call interrupts some browsers'
   * sound: whenever the state has changed it is looked at again.
   */
  #rest() {
    const context = this.#context;
    if (!context) return;
    const rests = this.muted || this.#page.hidden;
    const isRunning = context.state === 'running';
    if (rests !== isRunning) return;
    const changed = rests ? context.suspend() : context.resume();
    // Not allowed now: the next thing that the player does tries again.
    changed.catch(() => {});
  }

  #make() {
    const context = new AudioContext({ latencyHint: 'interactive' });
    this.#context = context;
    context.onstatechange = () => this.#rest();
    // Many at once are pressed together and not cut off.
    const limit = new DynamicsCompressorNode(context, { threshold: -14, ratio: 8, attack: 0.002, release: 0.15 });
    this.#out = new GainNode(context, { gain: VOLUME });
    this.#out.connect(limit).connect(context.destination);
    for (let count = 0; count < MOST_VOICES; count += 1) this.#addVoice(context, this.#out);
    for (const name of SOUNDS) this.#waves.set(name, bufferOf(context, tone(name, context.sampleRate)));
    const hum = new AudioBufferSourceNode(context, { buffer: bufferOf(context, engine(context.sampleRate)), loop: true });
    this.#engine = new GainNode(context, { gain: 0 });
    hum.connect(this.#engine).connect(this.#out);
    hum.start();
  }

  /**
   * @param {AudioContext} context
   * @param {AudioNode} out
   */
  #addVoice(context, out) {
    const gain = new GainNode(context);
    const side = new StereoPannerNode(context);
    gain.connect(side).connect(out);
    /** @type {Voice} */
    const voice = { gain, side, ended: () => this.#voices.push(voice) };
    this.#voices.push(voice);
  }
}

/**
 * @param {AudioContext} context
 * @param {Float32Array<ArrayBuffer>} wave
 */
function bufferOf(context, wave) {
  const buffer = new AudioBuffer({ length: wave.length, sampleRate: context.sampleRate });
  buffer.copyToChannel(wave, 0);
  return buffer;
}

/** What was wanted last time; storage can be switched off. */
function remembered() {
  try {
    return globalThis.localStorage?.getItem(REMEMBERED_AS) === 'yes';
  } catch {
    return false;
  }
}

/** @param {boolean} muted */
function remember(muted) {
  try {
    globalThis.localStorage?.setItem(REMEMBERED_AS, muted ? 'yes' : 'no');
  } catch {
    // Not remembered, then.
  }
}
