/**
 * A client's copy of the room: frames in, the same parts as the server's out. Mirrors
 * `protocol/src/replica.rs`.
 *
 * ```text
 * frame → FrameCursor → per part with a chunk: a copy, decoded in place → all taken over together
 * ```
 *
 * A frame that cannot be read to its end changes nothing. Which entity is where is followed by
 * `whereabouts.js`, from the changes of each frame.
 *
 * @module
 */

import { Reader } from '../wire/bincode.js';
import { ChunkDecoder, ChunkReading } from '../wire/chunk.js';
import { FrameCursor } from '../wire/frame.js';
import { layoutOf } from '../wire/layout.js';
import { Parts, isHashed } from './parts.js';
import { Snapshot } from './snapshot.js';
import { fits } from '../wire/watch.js';
import { WireError } from '../wire/wire-error.js';

/** @typedef {import('../wire/frame.js').Frame} Frame */
/** @typedef {import('../wire/frame.js').FramePrefix} FramePrefix */
/** @typedef {import('../wire/messages.js').Welcome} Welcome */
/** @typedef {import('./parts.js').Part} Part */
/** @typedef {import('../wire/watch.js').Watch} Watch */

/** Most slots of all parts together, those that a frame replaces included: a few bytes can claim as
 * many as a part may have, and a client watches thousands of parts. */
const MAX_REPLICA_SLOTS = 1 << 18;
/** Most columns of all these slots: what a slot takes depends on the schema. */
const MAX_REPLICA_COLUMNS = 1 << 22;

/** What a frame did to a part. Used again for later frames. */
export class PartChange {
  /** @param {Snapshot} snapshot memory */
  constructor(snapshot) {
    this.number = 0;
    /** While a frame is read: the part's next state. Afterwards: its state before. */
    this.snapshot = snapshot;
    this.reading = new ChunkReading();
    /** What the server says that the part hashes to, if it says. */
    this.hash = /** @type {number | undefined} */ (undefined);
  }
}

/** The copy of a room's state on one connection. */
export class Replica {
  /** @param {Pick<Welcome, 'schema'|'player'|'grid'|'hashEvery'>} welcome a valid one, as decoded ones are */
  constructor({ schema, player, grid, hashEvery }) {
    this.layout = layoutOf(schema);
    this.parts = new Parts(grid, this.layout.stride);
    this._player = player;
    this._hashEvery = hashEvery;
    this._cursor = new FrameCursor();
    this._decoder = new ChunkDecoder(this.layout);
    const byColumns = Math.floor(MAX_REPLICA_COLUMNS / this.layout.stride);
    this._maxSlots = Math.min(MAX_REPLICA_SLOTS, byColumns);
    /** @type {PartChange[]} */
    this._pool = [];
    /** What the newest frame did, part by part. @type {PartChange[]} */
    this.changes = [];
    /** Parts that it dropped: cells that are no longer watched. @type {Part[]} */
    this.dropped = [];
    /** Numbers of the parts whose hash differed in it. @type {number[]} */
    this.differing = [];
  }

  /** Number of the newest frame: what to acknowledge. */
  get number() {
    return this._cursor.number;
  }

  /** Tick of the newest frame; undefined before the first keyframe. */
  get tick() {
    return this._cursor.tick;
  }

  /**
   * Takes in the next frame of the connection.
   *
   * @param {Uint8Array} bytes
   * @returns {Frame}
   * @throws {WireError} the parts are then as they were before
   */
  handleFrame(bytes) {
    const input = new Reader(bytes);
    const prefix = this._cursor.read(input);
    const watch = prefix.watch ?? this.parts.watch;
    if (!fits(watch, this.parts.grid)) {
      throw new WireError('cells are to be watched that the grid does not have', input.at);
    }
    this.changes.length = 0;
    let slots = prefix.isKeyframe ? 0 : this.parts.slots(watch);
    for (const number of this.parts.named(prefix.contents, watch, input)) {
      const copied = this.parts.get(number)?.snapshot.slots ?? 0;
      if (slots + copied > this._maxSlots) {
        throw new WireError(`parts of ${slots + copied} slots are too many`, input.at);
      }
      slots += this._stage(prefix, number, input, this._maxSlots - slots);
    }
    input.end();
    this._cursor.advance(prefix);
    this._takeOver(prefix);
    return { ...prefix, agreement: this._agreement() };
  }

  /**
   * Decodes a part's chunk into a copy of it.
   *
   * @param {FramePrefix} frame
   * @param {number} number
   * @param {Reader} input
   * @param {number} maxSlots
   * @returns {number} its slots
   */
  _stage(frame, number, input, maxSlots) {
    const part = frame.isKeyframe ? undefined : this.parts.get(number);
    const change = this._nextChange();
    const { snapshot, reading } = change;
    change.number = number;
    if (part) snapshot.copyFrom(part.snapshot);
    const from = part?.tick;
    const elapsed = from === undefined ? 0 : (frame.tick - from) >>> 0;
    this._decoder.decode(snapshot, elapsed, input.bytes, input.at, reading, maxSlots);
    input.at = reading.end;
    const isHashDue =
      from !== undefined &&
      !reading.isKeyframe &&
      isHashed(number, this._player, this._hashEvery, from, frame.tick);
    change.hash = isHashDue ? input.fixedU32() : undefined;
    this.changes.push(change);
    return snapshot.slots;
  }

  _nextChange() {
    const { stride } = this.layout;
    const index = this.changes.length;
    const change = (this._pool[index] ??= new PartChange(new Snapshot(stride)));
    // A part's first state was swapped for the empty one, which all parts share.
    if (change.snapshot === this.parts.empty) change.snapshot = new Snapshot(stride);
    return change;
  }

  /**
   * Takes over what was decoded. Nothing can go wrong here.
   *
   * @param {FramePrefix} frame
   */
  _takeOver({ isKeyframe, tick, watch }) {
    if (isKeyframe) this.parts.clear();
    this.dropped = watch ? this.parts.changeWatch(watch) : [];
    this.differing.length = 0;
    for (const change of this.changes) {
      const part = this.parts.get(change.number);
      if (!part) continue;
      const before = part.snapshot;
      part.snapshot = change.snapshot;
      part.tick = tick;
      change.snapshot = before;
      const isWrong = change.hash !== undefined && change.hash !== part.snapshot.hash(this.layout);
      if (isWrong) this.differing.push(change.number);
    }
  }

  /** @returns {Frame['agreement']} */
  _agreement() {
    if (this.differing.length > 0) return 'different';
    return this.changes.some(({ hash }) => hash !== undefined) ? 'equal' : 'unchecked';
  }
}
