/**
 * A client's copy of the room: frames in, the same snapshot as the server's out.
 *
 * @module
 */

import { ChunkDecoder } from './chunk.js';
import { FrameCursor } from './frame.js';
import { layoutOf } from './layout.js';
import { Snapshot } from './snapshot.js';

/** @typedef {import('./frame.js').Frame} Frame */
/** @typedef {import('./schema.js').Schema} Schema */

/** The copy of a room's state on one connection. */
export class Replica {
  /** @param {Schema} schema a valid one, as those from a welcome are */
  constructor(schema) {
    this.layout = layoutOf(schema);
    this._cursor = new FrameCursor();
    this._decoder = new ChunkDecoder(this.layout);
    /** The state after the newest frame. */
    this.snapshot = new Snapshot(this.layout.stride);
  }

  /** Number of the newest frame: what to acknowledge. */
  get number() {
    return this._cursor.number;
  }

  /** Tick of the newest frame; undefined before the first keyframe. */
  get tick() {
    return this._cursor.tick;
  }

  /** Slots that the newest frame vacated, changed and filled; a keyframe fills all. */
  get changes() {
    return this._decoder;
  }

  /**
   * Takes in the next frame of the connection.
   *
   * @param {Uint8Array} bytes
   * @returns {Frame}
   * @throws {import('./wire-error.js').WireError} the replica is then as it was before
   */
  handleFrame(bytes) {
    const prefix = this._cursor.read(bytes);
    const { isKeyframe, chunkAt } = prefix;
    this.snapshot = this._decoder.decode(this.snapshot, isKeyframe, bytes, chunkAt);
    this._cursor.advance(prefix);
    return { ...prefix, agreement: this._compare(prefix.hash) };
  }

  /** @param {number | undefined} hash @returns {Frame['agreement']} */
  _compare(hash) {
    if (hash === undefined) return 'unchecked';
    return hash === this.snapshot.hash(this.layout) ? 'equal' : 'different';
  }
}
