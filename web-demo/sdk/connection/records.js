/**
 * Records: what the bodies of sessions without a WebSocket consist of (PROTOCOL.md, section 20). Pure: reads
 * them from pieces that are cut anywhere, writes those that a client sends.
 *
 * ```text
 * length (u32 varint, 1 or more) | kind | rest: length - 1 bytes
 * ```
 *
 * @module
 */

import { WireError } from '../wire/wire-error.js';

export const MESSAGE = 0;
export const OPENED = 1;
export const CLOSED = 2;
export const PING = 3;

/** Bytes of a session's key. */
const KEY_BYTES = 16;
/** Bytes before the records of what a client sends. */
export const HEAD_BYTES = KEY_BYTES + 4;
/** Longest record from a server, in bytes: its kind and the largest message. */
const MAX_RECORD_BYTES = 1 + (1 << 20);
/** Longest reason of a close, in bytes, as for a WebSocket. */
const MAX_REASON_BYTES = 123;
/** Lengths from here on are written in more than one byte. */
const U16_FOLLOWS = 251;
const U32_FOLLOWS = 252;

/**
 * @typedef {{kind: 'message', bytes: Uint8Array<ArrayBuffer>}
 *   | {kind: 'opened', key: Uint8Array<ArrayBuffer>, protocol: string}
 *   | {kind: 'closed', code: number, reason: string} | {kind: 'ping'}} ServerRecord
 */

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Puts records together from pieces of a body. Holds no more than one unfinished record. */
export class RecordReader {
  constructor() {
    /** What belongs to a record that is not whole yet, and how much of the buffer that is. */
    this._bytes = new Uint8Array(256);
    this._length = 0;
  }

  /** Whether the body can end here. */
  get isBetweenRecords() {
    return this._length === 0;
  }

  /**
   * Takes in a piece. The records are copies: they stay when the piece is written over.
   *
   * @param {Uint8Array} piece
   * @returns {ServerRecord[]}
   * @throws {WireError} when they are none
   */
  push(piece) {
    const bytes = this._length === 0 ? piece : this._append(piece);
    /** @type {ServerRecord[]} */
    const records = [];
    let at = 0;
    for (;;) {
      const head = headOf(bytes, at);
      if (!head || head.from + head.length > bytes.length) break;
      at = head.from + head.length;
      records.push(recordOf(bytes.slice(head.from, at)));
    }
    this._keep(bytes.subarray(at));
    return records;
  }

  /** @param {Uint8Array} piece @returns {Uint8Array} what is there now */
  _append(piece) {
    const length = this._length + piece.length;
    if (length > this._bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this._bytes.length));
      grown.set(this._bytes.subarray(0, this._length));
      this._bytes = grown;
    }
    this._bytes.set(piece, this._length);
    this._length = length;
    return this._bytes.subarray(0, length);
  }

  /** @param {Uint8Array} rest may lie in the buffer */
  _keep(rest) {
    if (rest.buffer === this._bytes.buffer) {
      this._bytes.copyWithin(0, rest.byteOffset, rest.byteOffset + rest.length);
      this._length = rest.length;
    } else {
      this._length = 0;
      if (rest.length > 0) this._append(rest);
    }
  }
}

/**
 * Where a record begins after its length, and how long it is; undefined where that is not there yet.
 *
 * @param {Uint8Array} bytes
 * @param {number} at
 */
function headOf(bytes, at) {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const width = first < U16_FOLLOWS ? 1 : first === U16_FOLLOWS ? 3 : 5;
  if (first > U32_FOLLOWS) throw new WireError('a record is too long', at);
  if (at + width > bytes.length) return undefined;
  let length = first;
  if (width > 1) {
    length = 0;
    for (let index = width - 1; index > 0; index -= 1) length = length * 256 + bytes[at + index];
  }
  if (length === 0) throw new WireError('a record is empty', at);
  if (length > MAX_RECORD_BYTES) throw new WireError(`a record of ${length} bytes is too long`, at);
  return { from: at + width, length };
}

/** @param {Uint8Array<ArrayBuffer>} bytes kind and rest @returns {ServerRecord} */
function recordOf(bytes) {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case MESSAGE:
      return { kind: 'message', bytes: rest };
    case OPENED:
      if (rest.length < KEY_BYTES) throw new WireError('a session without a key', 0);
      return { kind: 'opened', key: rest.slice(0, KEY_BYTES), protocol: textOf(rest.subarray(KEY_BYTES)) };
    case CLOSED:
      if (rest.length < 2 || rest.length > 2 + MAX_REASON_BYTES) throw new WireError('a close that is none', 0);
      return { kind: 'closed', code: rest[0] + 256 * rest[1], reason: textOf(rest.subarray(2)) };
    case PING:
      if (rest.length > 0) throw new WireError(`${rest.length} bytes too many`, 1);
      return { kind: 'ping' };
    default:
      throw new WireError(`unknown record ${bytes[0]}`, 0);
  }
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  try {
    return text.decode(bytes);
  } catch {
    throw new WireError('text is not UTF-8', 0);
  }
}

/**
 * What a client sends: a batch, or a poll where there are no records.
 *
 * ```text
 * key (16 bytes) | number (u32, little-endian) | records
 * ```
 *
 * @param {Uint8Array} key
 * @param {number} number of the batch, or of the newest answer that is here
 * @param {readonly Uint8Array[]} [records]
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bodyOf(key, number, records = []) {
  const body = new Uint8Array(HEAD_BYTES + records.reduce((sum, { length }) => sum + length, 0));
  body.set(key);
  new DataView(body.buffer).setUint32(KEY_BYTES, number, true);
  let at = HEAD_BYTES;
  for (const record of records) {
    body.set(record, at);
    at += record.length;
  }
  return body;
}

/**
 * A message as a record.
 *
 * @param {Uint8Array} message
 */
export function messageRecord(message) {
  return record(MESSAGE, message);
}

/**
 * The farewell as a record.
 *
 * @param {number} code
 * @param {string} reason cut to what a close can carry
 */
export function closedRecord(code, reason) {
  const words = new Uint8Array(MAX_REASON_BYTES);
  // Whole characters only.
  const { written } = encoder.encodeInto(reason, words);
  return record(CLOSED, Uint8Array.of(code & 255, code >> 8, ...words.subarray(0, written)));
}

/** @param {number} kind @param {Uint8Array} rest at most 64 KiB @returns {Uint8Array<ArrayBuffer>} */
function record(kind, rest) {
  const length = 1 + rest.length;
  const head = length < U16_FOLLOWS ? [length] : [U16_FOLLOWS, length & 255, length >> 8];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  bytes[head.length] = kind;
  bytes.set(rest, head.length + 1);
  return bytes;
}
