/**
 * The prefix of a state frame: what a client gets beside the shared chunk. Mirrors
 * `protocol/src/frame.rs`.
 *
 * @module
 */

import { Reader } from './bincode.js';
import { readEvent } from './messages.js';
import { WireError } from './wire-error.js';

/** @typedef {import('./messages.js').WireEvent} WireEvent */

/**
 * What became of the newest input.
 *
 * @typedef {object} InputEcho
 * @property {number} seq its number
 * @property {number} applied the tick at which it took effect
 * @property {number} slackMs how long before that tick was due it arrived; negative when it was too
 *   late for the tick that it named
 */
/** @typedef {{number: number, tick: number, event: WireEvent}} ReceivedEvent */
/**
 * @typedef {object} FramePrefix
 * @property {number} number of the frame on its connection, from 1
 * @property {number} tick
 * @property {boolean} isKeyframe whether its chunk leads from nothing
 * @property {InputEcho | undefined} input when one has taken effect since the frame before
 * @property {ReceivedEvent[]} events
 * @property {number | undefined} hash what the snapshot must hash to, when the server says
 * @property {number} chunkAt the byte at which the chunk begins
 */
/** @typedef {FramePrefix & {agreement: 'unchecked'|'equal'|'different'}} Frame */

/** Largest state frame, in bytes. */
const MAX_FRAME_BYTES = 1 << 20;
/** First bytes from this one on are state frames, smaller ones control messages. */
export const FRAME_TAG = 0x80;

const KEYFRAME = 1;
const INPUT = 2;
const EVENTS = 4;
const HASH = 8;
const ALL = FRAME_TAG | KEYFRAME | INPUT | EVENTS | HASH;

/** @type {ReceivedEvent[]} */
const NO_EVENTS = [];

/** The few numbers that a client keeps from frame to frame. */
export class FrameCursor {
  constructor() {
    /** Number of the newest frame: what to acknowledge. */
    this.number = 0;
    /** Tick of the newest frame; undefined before the first keyframe. */
    this.tick = /** @type {number | undefined} */ (undefined);
    /** Number of the newest input that has taken effect. */
    this.input = 0;
  }

  /**
   * Reads the prefix of the next frame. Changes nothing: {@link FrameCursor.advance} does, once the
   * chunk has been read as well.
   *
   * @param {Uint8Array} bytes
   * @returns {FramePrefix}
   * @throws {WireError}
   */
  read(bytes) {
    if (bytes.length > MAX_FRAME_BYTES) {
      throw new WireError(`frame of ${bytes.length} bytes is too large`, 0);
    }
    const input = new Reader(bytes);
    const flags = input.u8();
    if (flags < FRAME_TAG || (flags & ~ALL) !== 0) throw new WireError('no state frame', 0);
    const isKeyframe = (flags & KEYFRAME) !== 0;
    const tick = this._readTick(input, isKeyframe);
    return {
      number: (this.number + 1) >>> 0,
      tick,
      isKeyframe,
      input: flags & INPUT ? this._readEcho(input, tick) : undefined,
      events: flags & EVENTS ? readEvents(input, tick) : NO_EVENTS,
      hash: flags & HASH ? input.fixedU32() : undefined,
      chunkAt: input.at,
    };
  }

  /**
   * Moves on to a frame that was read.
   *
   * @param {FramePrefix} frame
   */
  advance(frame) {
    this.number = frame.number;
    this.tick = frame.tick;
    if (frame.input) this.input = frame.input.seq;
  }

  /** @param {Reader} input @param {boolean} isKeyframe */
  _readTick(input, isKeyframe) {
    const ticks = input.u32();
    if (isKeyframe) return ticks;
    if (this.tick === undefined) throw new WireError('a delta before any keyframe', 0);
    return (this.tick + ticks) >>> 0;
  }

  /** @param {Reader} input @param {number} tick @returns {InputEcho} */
  _readEcho(input, tick) {
    const seq = (this.input + input.u16()) & 0xffff;
    const applied = (tick - input.u32()) >>> 0;
    return { seq, applied, slackMs: input.i16() };
  }
}

/** @param {Reader} input @param {number} tick */
function readEvents(input, tick) {
  const first = input.u32();
  const count = input.u32();
  /** @type {ReceivedEvent[]} */
  const events = [];
  for (let index = 0; index < count; index += 1) {
    const age = input.u32();
    const event = readEvent(input);
    events.push({ number: (first + index) >>> 0, tick: (tick - age) >>> 0, event });
  }
  return events;
}
