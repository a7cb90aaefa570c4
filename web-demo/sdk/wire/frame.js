/**
 * The prefix of a state frame: what a client gets beside the shared chunks. Mirrors
 * `protocol/src/frame.rs`.
 *
 * ```text
 * 1 byte    a delta: 0x80 | ADVANCE 1 | INPUT 2 | EVENTS 4 | WATCH 8 | OWN 16 | GLOBAL 32 | CELLS 64
 *           a keyframe: 0x40 | FENCE 1 | INPUT 2 | EVENTS 4 | OWN 16 | GLOBAL 32; it has WATCH and CELLS
 * varint    a keyframe: the tick; ADVANCE: ticks since the frame before; else 1 has passed
 * FENCE     varint: the fence of the room's owner, not 0
 * INPUT     1 byte: number of the input less the one told before, 16 times its age in ticks; 0 when
 *           they do not fit, then both as varints.  varint (zigzag): slack, milliseconds
 * EVENTS    varints: number of the first, how many; per event its age in ticks, and the event
 * WATCH     4 varints: column, row, columns, rows
 * ```
 *
 * @module
 */

import { Reader } from './bincode.js';
import { readEvent } from './server-messages.js';
import { WireError } from './wire-error.js';

/** @typedef {import('./messages.js').WireEvent} WireEvent */
/** @typedef {import('./watch.js').Watch} Watch */

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
 * Which parts of the state a frame has chunks of: the client's own, the global one, any cells.
 *
 * @typedef {{own: boolean, global: boolean, cells: boolean}} Contents
 */
/**
 * @typedef {object} FramePrefix
 * @property {number} number of the frame on its connection, from 1
 * @property {number} tick
 * @property {boolean} isKeyframe whether all its chunks lead from nothing, and what is not in it is
 *   gone
 * @property {number | undefined} fence in a keyframe of a cluster, the number of the room's ownership
 * @property {InputEcho | undefined} input when one has taken effect since the frame before
 * @property {ReceivedEvent[]} events
 * @property {Watch | undefined} watch the cells watched from this frame on, when they change
 * @property {Contents} contents
 */
/**
 * A frame that was taken in, and whether the replica agrees with the server where the frame said
 * what the server has.
 *
 * @typedef {FramePrefix & {agreement: 'unchecked'|'equal'|'different'}} Frame
 */

/** Largest state frame, in bytes. */
const MAX_FRAME_BYTES = 1 << 20;
/** First bytes from this one on are state frames, smaller ones control messages. */
export const FRAME_TAG = 0x40;

const KEYFRAME_TAG = FRAME_TAG;
const DELTA_TAG = 0x80;
const ADVANCE = 1;
/** A keyframe advances from nothing, so the bit is free there. */
const FENCE = 1;
const INPUT = 2;
const EVENTS = 4;
const WATCH = 8;
const OWN = 16;
const GLOBAL = 32;
const CELLS = 64;
const KEYFRAME_FLAGS = FENCE | INPUT | EVENTS | OWN | GLOBAL;
/** Bits of an input echo's byte that hold by how much its number is up; the others hold its age. */
const ECHO_BITS = 4;

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
   * Reads the prefix of the next frame, up to where its chunks begin. Changes nothing:
   * {@link FrameCursor.advance} does, once the chunks have been read as well.
   *
   * @param {Reader} input
   * @returns {FramePrefix}
   * @throws {WireError}
   */
  read(input) {
    if (input.bytes.length > MAX_FRAME_BYTES) {
      throw new WireError(`frame of ${input.bytes.length} bytes is too large`, 0);
    }
    const tag = input.u8();
    const isKeyframe = isKeyframeTag(tag);
    if (!isKeyframe && tag < DELTA_TAG) throw new WireError('no state frame', 0);
    const flags = isKeyframe ? (tag & KEYFRAME_FLAGS) | WATCH | CELLS : tag & ~DELTA_TAG;
    const tick = isKeyframe ? input.u32() : this._readAdvance(input, flags);
    return {
      number: (this.number + 1) >>> 0,
      tick,
      isKeyframe,
      fence: isKeyframe && flags & FENCE ? readFence(input) : undefined,
      input: flags & INPUT ? this._readEcho(input, tick) : undefined,
      events: flags & EVENTS ? readEvents(input, tick) : NO_EVENTS,
      watch: flags & WATCH ? readWatch(input) : undefined,
      contents: {
        own: (flags & OWN) !== 0,
        global: (flags & GLOBAL) !== 0,
        cells: (flags & CELLS) !== 0,
      },
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

  /** @param {Reader} input @param {number} flags */
  _readAdvance(input, flags) {
    const ticks = flags & ADVANCE ? input.u32() : 1;
    if (this.tick === undefined) throw new WireError('a delta before any keyframe', 0);
    return (this.tick + ticks) >>> 0;
  }

  /** @param {Reader} input @param {number} tick @returns {InputEcho} */
  _readEcho(input, tick) {
    const packed = input.u8();
    const advance = packed === 0 ? input.u16() : packed & ((1 << ECHO_BITS) - 1);
    const age = packed === 0 ? input.u32() : packed >> ECHO_BITS;
    const seq = (this.input + advance) & 0xffff;
    return { seq, applied: (tick - age) >>> 0, slackMs: input.i16() };
  }
}

/**
 * The fence that a frame tells, before anything else of it is read.
 *
 * @param {Uint8Array} bytes
 * @returns {number | undefined} nothing where it tells none
 * @throws {WireError}
 */
export function fenceOf(bytes) {
  const input = new Reader(bytes);
  const tag = input.u8();
  if (!isKeyframeTag(tag) || (tag & FENCE) === 0) return undefined;
  input.u32(); // the tick
  return readFence(input);
}

/** @param {number} tag */
function isKeyframeTag(tag) {
  return (tag & ~KEYFRAME_FLAGS) === KEYFRAME_TAG;
}

/** @param {Reader} input */
function readFence(input) {
  const at = input.at;
  const fence = input.u64();
  if (fence === 0) throw new WireError("a keyframe's fence is 0", at);
  return fence;
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

/** @param {Reader} input @returns {Watch} */
function readWatch(input) {
  return { column: input.u32(), row: input.u32(), columns: input.u32(), rows: input.u32() };
}
