/**
 * The chunk decoder: a snapshot and bits in, the next snapshot out. Mirrors
 * `protocol/src/chunk/decode.rs`; the layout of the bits is in PROTOCOL.md. Takes any bytes
 * whatever, in integer arithmetic only.
 *
 * @module
 */

import { BitReader } from './bits.js';
import { unzigzag } from './bincode.js';
import { MAX_SLOTS, Snapshot } from './snapshot.js';
import { WireError } from './wire-error.js';

/** @typedef {import('./layout.js').KindLayout} KindLayout */
/** @typedef {import('./layout.js').Layout} Layout */

/** Bits of a Rice parameter. */
const RICE_PARAMETER_BITS = 5;

/** Decodes chunks of one schema; allocates only when the room grows. */
export class ChunkDecoder {
  /** @param {Layout} layout */
  constructor(layout) {
    this.layout = layout;
    this._input = new BitReader();
    this._next = new Snapshot(layout.stride);
    /** Rice parameter of each changing field, by kind. */
    this._parameters = layout.kinds.map((kind) => new Uint8Array(kind.changing.length));
    this._hasChanges = layout.kinds.map(() => false);
    /** Slots that the newest chunk vacated. @type {number[]} */
    this.left = [];
    /** Slots whose entity it changed. @type {number[]} */
    this.updated = [];
    /** Slots that it filled. @type {number[]} */
    this.entered = [];
  }

  /**
   * The snapshot that a chunk leads to. Takes `from` over as memory for the next one if the chunk
   * decodes; leaves it as it is if not.
   *
   * @param {Snapshot} from
   * @param {boolean} isKeyframe whether the chunk leads from nothing instead
   * @param {Uint8Array} bytes
   * @param {number} start the byte at which the chunk begins
   * @returns {Snapshot}
   * @throws {WireError}
   */
  decode(from, isKeyframe, bytes, start) {
    const next = this._next;
    if (isKeyframe) next.clear();
    else next.copyFrom(from);
    this.left.length = 0;
    this.updated.length = 0;
    this.entered.length = 0;
    this._input.load(bytes, start);
    const largestId = next.largestId();
    this._readLeaves(next);
    if (this._readParameters()) this._readUpdates(next);
    this._readEnters(next, largestId);
    this._readPadding();
    this._next = from;
    return next;
  }

  /** @param {Snapshot} next */
  _readLeaves(next) {
    const count = this._input.gamma();
    let slot = -1;
    for (let leave = 0; leave < count; leave += 1) {
      slot = this._readSlot(slot);
      if (slot >= next.slots || next.ids[slot] === 0) this._fail(`slot ${slot} is vacant`);
      next.remove(slot);
      this.left.push(slot);
    }
  }

  /** Reads which kinds have changes, and their parameters. @returns {boolean} whether any has */
  _readParameters() {
    let hasAny = false;
    for (let kind = 0; kind < this._parameters.length; kind += 1) {
      const parameters = this._parameters[kind];
      const has = parameters.length > 0 && this._input.bit();
      this._hasChanges[kind] = has;
      if (!has) continue;
      hasAny = true;
      for (let field = 0; field < parameters.length; field += 1) {
        parameters[field] = this._input.bits(RICE_PARAMETER_BITS);
      }
    }
    return hasAny;
  }

  /** @param {Snapshot} next */
  _readUpdates(next) {
    for (let slot = 0; slot < next.slots; slot += 1) {
      const kind = next.kinds[slot];
      if (next.ids[slot] === 0 || !this._hasChanges[kind] || !this._input.bit()) continue;
      this._readUpdate(next.lanes, slot * next.stride, kind);
      this.updated.push(slot);
    }
  }

  /**
   * @param {Uint32Array} values
   * @param {number} row where the entity's lanes begin
   * @param {number} kind
   */
  _readUpdate(values, row, kind) {
    const input = this._input;
    const { changing, lanes } = this.layout.kinds[kind];
    const parameters = this._parameters[kind];
    const mask = changing.length > 1 ? input.bits(changing.length) : 1;
    for (let field = 0; field < changing.length; field += 1) {
      if (((mask >>> field) & 1) === 0) continue;
      const { first, end } = changing[field];
      for (let at = first; at < end; at += 1) {
        const lane = lanes[at];
        const difference = unzigzag(input.rice(parameters[field], lane.bits));
        const value = ((values[row + at] + difference) & lane.mask) >>> 0;
        if (value > lane.max) this._fail(`value ${value} is out of range`);
        values[row + at] = value;
      }
    }
  }

  /**
   * @param {Snapshot} next
   * @param {number} largestId of the snapshot that the chunk leads from
   */
  _readEnters(next, largestId) {
    const input = this._input;
    const count = input.gamma();
    let slot = -1;
    let id = largestId;
    for (let enter = 0; enter < count; enter += 1) {
      slot = this._readSlot(slot);
      if (slot < next.slots && next.ids[slot] !== 0) this._fail(`slot ${slot} is taken`);
      id = input.bit() ? id + input.gamma() + 1 : input.bits(32);
      if (id === 0 || id > 0xffff_ffff) this._fail('entity id is out of range');
      const kind = input.bits(this.layout.kindBits);
      if (kind >= this.layout.kinds.length) this._fail(`unknown entity kind ${kind}`);
      const row = next.insert(slot, id, kind);
      this._readLanes(next.lanes, row, this.layout.kinds[kind]);
      this.entered.push(slot);
    }
  }

  /**
   * @param {Uint32Array} values
   * @param {number} row
   * @param {KindLayout} kind
   */
  _readLanes(values, row, { lanes }) {
    for (let at = 0; at < lanes.length; at += 1) {
      const value = this._input.bits(lanes[at].bits);
      if (value > lanes[at].max) this._fail(`value ${value} is out of range`);
      values[row + at] = value;
    }
  }

  /**
   * The next of ascending slots.
   *
   * @param {number} previous
   */
  _readSlot(previous) {
    const slot = previous + 1 + this._input.gamma();
    if (slot >= MAX_SLOTS) this._fail(`slot ${slot} is beyond the limit`);
    return slot;
  }

  _readPadding() {
    const { remaining } = this._input;
    if (remaining >= 8 || this._input.bits(remaining) !== 0) {
      this._fail('more follows the end of the chunk');
    }
  }

  /** @param {string} what @returns {never} */
  _fail(what) {
    throw new WireError(what, this._input.at, 'bit');
  }
}
