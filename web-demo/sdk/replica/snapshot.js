/**
 * The entities of one part of a room at one tick, as rows of integers in dense slots. Mirrors
 * `protocol/src/snapshot.rs`: equal contents have equal hashes on both sides.
 *
 * @module
 */

/** @typedef {import('../wire/layout.js').Layout} Layout */

/** Most slots of a snapshot. */
export const MAX_SLOTS = 1 << 16;
const FIRST_CAPACITY = 8;

/** Rows in typed arrays. Everything from `slots` on is zero. */
export class Snapshot {
  /** @param {number} stride columns of a row: the layout's */
  constructor(stride) {
    this.stride = stride;
    /** Slots in use. */
    this.slots = 0;
    /** Entity of each slot, 0 where it is vacant. */
    this.ids = new Uint32Array(FIRST_CAPACITY);
    this.kinds = new Uint8Array(FIRST_CAPACITY);
    /** `stride` columns per slot: lanes, then the last steps of what moves. */
    this.values = new Uint32Array(FIRST_CAPACITY * stride);
  }

  /**
   * Puts an entity into a vacant slot, growing the table as needed.
   *
   * @param {number} slot below `MAX_SLOTS`
   * @param {number} id not 0
   * @param {number} kind
   * @returns {number} where its columns begin, all of them zero
   */
  insert(slot, id, kind) {
    this._reserve(slot + 1);
    this.slots = Math.max(this.slots, slot + 1);
    this.ids[slot] = id;
    this.kinds[slot] = kind;
    return slot * this.stride;
  }

  /**
   * Vacates a slot, and gives none up: {@link Snapshot.trim} does.
   *
   * @param {number} slot
   */
  vacate(slot) {
    this.ids[slot] = 0;
    this.kinds[slot] = 0;
    this.values.fill(0, slot * this.stride, (slot + 1) * this.stride);
  }

  /** Gives up vacant slots at the end. */
  trim() {
    while (this.slots > 0 && this.ids[this.slots - 1] === 0) this.slots -= 1;
  }

  /** Forgets all entities, but keeps the memory. */
  clear() {
    this.ids.fill(0, 0, this.slots);
    this.kinds.fill(0, 0, this.slots);
    this.values.fill(0, 0, this.slots * this.stride);
    this.slots = 0;
  }

  /**
   * Makes this a copy of another one of the same stride. Costs as much as the slots in use on either
   * side: how many there once were is forgotten.
   *
   * @param {Snapshot} other
   */
  copyFrom(other) {
    const { slots, stride } = other;
    this._reserve(slots);
    this.ids.set(other.ids.subarray(0, slots));
    this.kinds.set(other.kinds.subarray(0, slots));
    this.values.set(other.values.subarray(0, slots * stride));
    if (slots < this.slots) {
      this.ids.fill(0, slots, this.slots);
      this.kinds.fill(0, slots, this.slots);
      this.values.fill(0, slots * stride, this.slots * stride);
    }
    this.slots = slots;
  }

  /** Number of entities. */
  get entities() {
    let count = 0;
    for (let slot = 0; slot < this.slots; slot += 1) if (this.ids[slot] !== 0) count += 1;
    return count;
  }

  /** The largest entity id; 0 when there is none. */
  largestId() {
    let largest = 0;
    for (let slot = 0; slot < this.slots; slot += 1) {
      if (this.ids[slot] > largest) largest = this.ids[slot];
    }
    return largest;
  }

  /**
   * MurmurHash3 (x86, 32 bits, seed 0) over these words, for each occupied slot in ascending order:
   * slot, id, kind, then the columns of its kind.
   *
   * @param {Layout} layout
   * @returns {number} unsigned
   */
  hash(layout) {
    let hash = 0;
    let words = 0;
    for (let slot = 0; slot < this.slots; slot += 1) {
      if (this.ids[slot] === 0) continue;
      hash = mix(mix(mix(hash, slot), this.ids[slot]), this.kinds[slot]);
      const first = slot * this.stride;
      const end = first + layout.kinds[this.kinds[slot]].width;
      for (let at = first; at < end; at += 1) hash = mix(hash, this.values[at]);
      words += 3 + end - first;
    }
    return finish(hash, words);
  }

  /** @param {number} slots */
  _reserve(slots) {
    let capacity = this.ids.length;
    if (slots <= capacity) return;
    while (capacity < slots) capacity *= 2;
    const { ids, kinds, values } = this;
    this.ids = new Uint32Array(capacity);
    this.ids.set(ids);
    this.kinds = new Uint8Array(capacity);
    this.kinds.set(kinds);
    this.values = new Uint32Array(capacity * this.stride);
    this.values.set(values);
  }
}

/** @param {number} hash @param {number} word */
function mix(hash, word) {
  let scrambled = Math.imul(word, 0xcc9e2d51);
  scrambled = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  const mixed = hash ^ scrambled;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** @param {number} hash @param {number} words */
function finish(hash, words) {
  let last = hash ^ Math.imul(words, 4);
  last = Math.imul(last ^ (last >>> 16), 0x85ebca6b);
  last = Math.imul(last ^ (last >>> 13), 0xc2b2ae35);
  return (last ^ (last >>> 16)) >>> 0;
}
