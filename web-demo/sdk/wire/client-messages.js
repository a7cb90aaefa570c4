/**
 * What a client says, written.
 *
 * @module
 */

import { Writer } from './bincode.js';

/** @typedef {import('./messages.js').ClientMessage} ClientMessage */
/** @typedef {import('./messages.js').Difference} Difference */
/** @typedef {import('./messages.js').GameMessage} GameMessage */
/** @typedef {import('./messages.js').RequestKind} RequestKind */
/** @typedef {import('./messages.js').Value} Value */

/** The first byte of an acknowledgement. */
export const ACK_TAG = 1;

const writer = new Writer();

/**
 * The bytes of a client message.
 *
 * @param {ClientMessage} message
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeClientMessage(message) {
  switch (message.type) {
    case 'input':
      writer.u32(0);
      writer.u32(message.input.seq);
      writer.u32(message.input.at);
      writer.u32(message.input.viewAge);
      writer.u8(message.input.values.length);
      for (const value of message.input.values) writer.i32(value);
      break;
    case 'ack':
      writer.u32(ACK_TAG);
      writer.u32(message.frame);
      writer.u32(message.event);
      break;
    case 'ping':
      writer.u32(2);
      writer.u32(message.nonce);
      break;
    case 'game':
      writer.u32(3);
      writeGameMessage(message.message);
      break;
    case 'look':
      writer.u32(4);
      for (const number of [...message.look.center, ...message.look.size]) writer.f32(number);
      break;
    case 'differs':
      writer.u32(5);
      writeDifference(message.difference);
      break;
    case 'enter':
      writer.u32(6);
      writer.string(message.token);
      break;
    case 'resume':
      writer.u32(7);
      writer.string(message.token);
      writer.u32(message.event);
      break;
    case 'request':
      writer.u32(8);
      writer.u32(message.id);
      writeRequestKind(message.what);
      break;
    case 'recent':
      writer.u32(9);
      writer.u32(message.frames.length);
      for (const frame of message.frames) {
        writer.u32(frame.length);
        for (let at = 0; at < frame.length; at += 1) writer.u8(frame[at]);
      }
      break;
  }
  return writer.finish();
}

/** @param {RequestKind} what */
function writeRequestKind(what) {
  switch (what.type) {
    case 'rename':
      writer.u32(0);
      writer.string(what.name);
      break;
    case 'game':
      writer.u32(1);
      writeGameMessage(what.message);
      break;
    case 'kick':
      writer.u32(2);
      writer.u32(what.player);
      break;
    case 'close_room':
      writer.u32(3);
      break;
    case 'change_room':
      writer.u32(4);
      for (const text of [what.room, what.game, what.code, what.password]) writeOptionalText(text);
      break;
    case 'enter_lobby':
      writer.u32(5);
      break;
    case 'leave_lobby':
      writer.u32(6);
      break;
    case 'say_to_lobby':
      writer.u32(7);
      writer.string(what.text);
      break;
    case 'who_is_online':
      writer.u32(8);
      break;
  }
}

/** @param {string | undefined} text */
function writeOptionalText(text) {
  if (text === undefined) {
    writer.u8(0);
  } else {
    writer.u8(1);
    writer.string(text);
  }
}

/** @param {Difference} difference */
function writeDifference({ part, tick, entities, rows }) {
  writer.u32(part);
  writer.u32(tick);
  writer.u32(entities);
  writer.u32(rows.length);
  for (const { slot, id, kind, columns } of rows) {
    writer.u32(slot);
    writer.u32(id);
    writer.u8(kind);
    writer.u32(columns.length);
    for (const column of columns) writer.u32(column);
  }
}

/** @param {GameMessage} message */
function writeGameMessage(message) {
  writer.u8(message.kind);
  writer.u32(message.values.length);
  for (const value of message.values) writeValue(value);
}

/** @param {Value} value */
function writeValue(value) {
  switch (value.type) {
    case 'integer':
      writer.u32(0);
      writer.i32(value.value);
      break;
    case 'number':
      writer.u32(1);
      writer.f32(value.value);
      break;
    case 'text':
      writer.u32(2);
      writer.string(value.value);
      break;
    case 'player':
      writer.u32(3);
      writer.u32(value.value);
      break;
  }
}
