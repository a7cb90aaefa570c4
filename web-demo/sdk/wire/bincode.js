/**
 * bincode's standard configuration, as far as the wire uses it: little-endian, variable-length
 * integers, zigzag for signed ones. Reads from bytes that anybody may have sent: every claim of a
 * length is held against what is there before anything is allocated.
 *
 * @module
 */

import { WireError } from './wire-error.js';

const U16_FOLLOWS = 251;
const U32_FOLLOWS = 252;
const U64_FOLLOWS = 253;

// `ignoreBOM`: a byte order mark is part of the text, as it is for the server.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Reads values one after the other. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    /** Offset of the next byte. */
    this.at = 0;
  }

  /** Bytes that are left. */
  get remaining() {
    return this.bytes.length - this.at;
  }

  /** Throws unless everything was read. */
  end() {
    if (this.remaining > 0) throw new WireError(`${this.remaining} bytes too many`, this.at);
  }

  /**
   * Skips `count` bytes and returns where they begin.
   *
   * @param {number} count
   */
  take(count) {
    if (count > this.remaining) throw new WireError('message ends too early', this.bytes.length);
    const from = this.at;
    this.at += count;
    return from;
  }

  /** A raw byte. */
  u8() {
    return this.bytes[this.take(1)];
  }

  /** A 16-bit unsigned integer. */
  u16() {
    return this._varint(U16_FOLLOWS);
  }

  /** A 32-bit unsigned integer. */
  u32() {
    return this._varint(U32_FOLLOWS);
  }

  /** A 64-bit unsigned integer; an error above 2^53 - 1, which no clock or length here reaches. */
  u64() {
    return this._varint(U64_FOLLOWS);
  }

  /** A 16-bit signed integer. */
  i16() {
    return unzigzag(this.u16());
  }

  /** A 32-bit signed integer. */
  i32() {
    return unzigzag(this.u32());
  }

  /** A 32-bit float, NaN and infinities included. */
  f32() {
    return this.view.getFloat32(this.take(4), true);
  }

  /** Four raw bytes, little-endian. */
  fixedU32() {
    return this.view.getUint32(this.take(4), true);
  }

  /** A boolean. */
  bool() {
    const at = this.at;
    const byte = this.u8();
    if (byte > 1) throw new WireError(`${byte} is no boolean`, at);
    return byte === 1;
  }

  /**
   * The number of an enum's variant, below `count`.
   *
   * @param {number} count
   * @param {string} what
   */
  variant(count, what) {
    const at = this.at;
    const variant = this.u32();
    if (variant >= count) throw new WireError(`unknown ${what} ${variant}`, at);
    return variant;
  }

  /** Text. */
  string() {
    const length = this.u64();
    const from = this.take(length);
    try {
      return utf8.decode(this.bytes.subarray(from, from + length));
    } catch {
      throw new WireError('text is not UTF-8', from);
    }
  }

  /**
   * As many items as a length says. Grows item by item, so that a lie about the length meets the
   * end of the bytes first.
   *
   * @template Item
   * @param {(input: Reader) => Item} read
   */
  list(read) {
    const at = this.at;
    const count = this.u64();
    // No item of this wire takes less than a byte.
    if (count > this.remaining) throw new WireError(`a list of ${count} does not fit`, at);
    const items = [];
    for (let index = 0; index < count; index += 1) items.push(read(this));
    return items;
  }

  /**
   * A value that may be absent.
   *
   * @template Item
   * @param {(input: Reader) => Item} read
   */
  option(read) {
    return this.bool() ? read(this) : undefined;
  }

  /** @param {number} widest the longest form that the type allows */
  _varint(widest) {
    const at = this.at;
    const first = this.u8();
    if (first < U16_FOLLOWS) return first;
    if (first > widest) throw new WireError(`integer is too wide for its type`, at);
    if (first === U16_FOLLOWS) return this.view.getUint16(this.take(2), true);
    if (first === U32_FOLLOWS) return this.fixedU32();
    const low = this.fixedU32();
    const value = this.fixedU32() * 2 ** 32 + low;
    if (value > Number.MAX_SAFE_INTEGER) throw new WireError('integer is above 2^53', at);
    return value;
  }
}

/** Writes values one after the other into a buffer that is used again for the next message. */
export class Writer {
  constructor() {
    this._bytes = new Uint8Array(64);
    this._view = new DataView(this._bytes.buffer);
    this._length = 0;
  }

  /** A copy of what was written; the writer is empty afterwards. */
  finish() {
    const bytes = this._bytes.slice(0, this._length);
    this._length = 0;
    return bytes;
  }

  /** @param {number} value */
  u8(value) {
    const at = this._grow(1);
    this._bytes[at] = value;
  }

  /** @param {number} value 0 to 2^32 - 1 */
  u32(value) {
    if (value < U16_FOLLOWS) {
      this.u8(value);
    } else if (value < 0x1_0000) {
      const at = this._grow(3);
      this._bytes[at] = U16_FOLLOWS;
      this._view.setUint16(at + 1, value, true);
    } else {
      const at = this._grow(5);
      this._bytes[at] = U32_FOLLOWS;
      this._view.setUint32(at + 1, value, true);
    }
  }

  /** @param {number} value -2^31 to 2^31 - 1 */
  i32(value) {
    this.u32(zigzag(value));
  }

  /** @param {number} value */
  f32(value) {
    const at = this._grow(4);
    this._view.setFloat32(at, value, true);
  }

  /** @param {string} text */
  string(text) {
    const bytes = utf8Encoder.encode(text);
    this.u32(bytes.length);
    const at = this._grow(bytes.length);
    this._bytes.set(bytes, at);
  }

  /**
   * Makes room for `count` bytes and returns where they begin. The buffer may be another one
   * afterwards.
   *
   * @param {number} count
   */
  _grow(count) {
    const from = this._length;
    this._length += count;
    if (this._length > this._bytes.length) {
      const grown = new Uint8Array(Math.max(this._length, 2 * this._bytes.length));
      grown.set(this._bytes);
      this._bytes = grown;
      this._view = new DataView(grown.buffer);
    }
    return from;
  }
}

/**
 * Bytes that an unsigned integer takes.
 *
 * @param {number} value 0 to 2^32 - 1
 */
export function varintLength(value) {
  if (value < U16_FOLLOWS) return 1;
  return value < 0x1_0000 ? 3 : 5;
}

/**
 * Folds a signed number into an unsigned one: 0, -1, 1, -2 … become 0, 1, 2, 3 …
 *
 * @param {number} value
 */
export function zigzag(value) {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}

/**
 * The inverse of {@link zigzag}.
 *
 * @param {number} value
 */
export function unzigzag(value) {
  return (value >>> 1) ^ -(value & 1);
}
