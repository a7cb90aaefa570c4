/**
 * Control messages: what travels beside the state. Client messages are written, server messages
 * read. Mirrors `protocol/src/message.rs`; ranges are the business of `named-values.js`.
 *
 * @module
 */

import { Reader, Writer } from './bincode.js';
import { readSchema } from './schema.js';
import { isGrid } from './watch.js';
import { WireError } from './wire-error.js';

/** @typedef {import('./schema.js').Schema} Schema */
/** @typedef {import('./watch.js').GridSize} GridSize */

/**
 * @typedef {object} Welcome
 * @property {string} room the room that was joined
 * @property {number} player the client's own id in the room
 * @property {boolean} spectator whether inputs and messages are refused
 * @property {number} tick the room's tick when this was sent
 * @property {number} roomTimeMs the room's clock when this was sent: tick n is due at n / rate
 * @property {number} tickRateHz
 * @property {number} sendEvery ticks from one state frame to the next
 * @property {number} heartbeatIntervalMs
 * @property {number} heartbeatTimeoutMs silence for this long ends the connection
 * @property {number} ackEvery frames after which an acknowledgement is due, at the latest
 * @property {number} hashEvery ticks after which each part of the state carries a hash again; 0 for
 *   never
 * @property {GridSize} grid the cells that the world is cut into
 * @property {string} resumeToken with this the client goes on as the same player when its
 *   connection is lost
 * @property {number} resumeWindowMs for how long after that; 0 for not at all
 * @property {{lostEvents: number} | undefined} resumed what a connection that resumes another one is
 *   told of it: events that were too many to be kept; undefined for a new player
 * @property {RosterEntry[]} roster everybody in the room, the client included
 * @property {Schema} schema how to read this game
 */
/**
 * What may be shown of a welcome: the token is the client's alone.
 *
 * @typedef {Omit<Welcome, 'resumeToken'>} PublicWelcome
 */
/** @typedef {'player'|'spectator'|'bot'} Role */
/** @typedef {{player: number, name: string, role: Role}} RosterEntry */
/**
 * @typedef {{type: 'integer', value: number} | {type: 'number', value: number}
 *   | {type: 'text', value: string} | {type: 'player', value: number}} Value
 */
/** @typedef {{kind: number, values: Value[]}} GameMessage */
/**
 * What can be asked for.
 *
 * @typedef {{type: 'rename', name: string} | {type: 'game', message: GameMessage}
 *   | {type: 'kick', player: number} | {type: 'close_room'}
 *   | ({type: 'change_room'} & Elsewhere)} RequestKind
 */
/**
 * Where to go: a room by its id, or a private one by its code, or any with a free seat, of a game; and the
 * room's password, if it has one.
 *
 * @typedef {object} Elsewhere
 * @property {string} [room]
 * @property {string} [game]
 * @property {string} [code]
 * @property {string} [password]
 */
/**
 * What became of a request.
 *
 * @typedef {object} Answer
 * @property {number} id the request's
 * @property {{type: 'done', values: Value[]} | {type: 'refused', code: string, message: string}} outcome
 */
/**
 * What a player does: its number, the tick at which it takes effect (0 for the next one), how far
 * behind that tick the client showed others, in 1/16 ticks (0 for not told), and its fields.
 *
 * @typedef {{seq: number, at: number, viewAge: number, values: number[]}} Input
 */
/**
 * A rectangle of the world, as a spectator chooses it: its middle and its size, in world units.
 *
 * @typedef {{center: [number, number], size: [number, number]}} Look
 */
/**
 * What a client has where its hash of a part is not the server's.
 *
 * @typedef {object} Difference
 * @property {number} part its number
 * @property {number} tick whose hash differed
 * @property {number} entities how many the client has in it
 * @property {DifferenceRow[]} rows the first of them, as many as fit into a message
 */
/** @typedef {{slot: number, id: number, kind: number, columns: number[]}} DifferenceRow */
/**
 * @typedef {{type: 'input', input: Input} | {type: 'ack', frame: number, event: number}
 *   | {type: 'ping', nonce: number} | {type: 'game', message: GameMessage}
 *   | {type: 'look', look: Look} | {type: 'differs', difference: Difference}
 *   | {type: 'enter', token: string} | {type: 'resume', token: string, event: number}
 *   | {type: 'request', id: number, what: RequestKind}
 *   | {type: 'recent', frames: ArrayLike<number>[]}} ClientMessage
 */
/** @typedef {'far_future'|'repeated'|'queue_full'|'spectator'|'not_a_spectator'} RefusalCause */
/**
 * @typedef {{type: 'welcome', welcome: Welcome}
 *   | {type: 'pong', nonce: number, roomTimeMs: number}
 *   | {type: 'refused', input: number | undefined, cause: RefusalCause}
 *   | {type: 'restarting', closesInMs: number, backAfterMs: number}
 *   | {type: 'failed', backAfterMs: number}
 *   | {type: 'answer', id: number, outcome: Answer['outcome']}
 *   | {type: 'host', player: number | undefined}} ServerMessage
 */
/**
 * @typedef {{type: 'joined', entry: RosterEntry} | {type: 'left', player: number}
 *   | {type: 'game', message: GameMessage}
 *   | {type: 'renamed', player: number, name: string}
 *   | {type: 'interrupted', cause: Interruption}} WireEvent
 */

/** The first byte of an acknowledgement. */
export const ACK_TAG = 1;
/** Largest message from a server, in bytes. */
const MAX_SERVER_MESSAGE_BYTES = 1 << 20;

/**
 * Why a match stood still: the game's rules failed, or the server died.
 *
 * @typedef {'rules' | 'server'} Interruption
 */

/** @type {Interruption[]} */
const INTERRUPTIONS = ['rules', 'server'];
/** @type {Role[]} */
const ROLES = ['player', 'spectator', 'bot'];
/** @type {RefusalCause[]} */
const CAUSES = ['far_future', 'repeated', 'queue_full', 'spectator', 'not_a_spectator'];

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

/**
 * Reads a whole server message.
 *
 * @param {Uint8Array} bytes
 * @returns {ServerMessage}
 */
export function decodeServerMessage(bytes) {
  if (bytes.length > MAX_SERVER_MESSAGE_BYTES) {
    throw new WireError(`message of ${bytes.length} bytes is too large`, 0);
  }
  const input = new Reader(bytes);
  const message = readServerMessage(input);
  input.end();
  return message;
}

/** @param {Reader} input @returns {ServerMessage} */
function readServerMessage(input) {
  switch (input.variant(7, 'server message')) {
    case 0:
      return { type: 'welcome', welcome: readWelcome(input) };
    case 1:
      return { type: 'pong', nonce: input.u32(), roomTimeMs: input.u64() / 1000 };
    case 2:
      return {
        type: 'refused',
        input: input.option((reader) => reader.u16()),
        cause: CAUSES[input.variant(CAUSES.length, 'refusal cause')],
      };
    case 3:
      return { type: 'restarting', closesInMs: input.u32(), backAfterMs: input.u32() };
    case 4:
      return { type: 'failed', backAfterMs: input.u32() };
    case 5:
      return { type: 'answer', id: input.u32(), outcome: readOutcome(input) };
    default:
      return { type: 'host', player: input.option((reader) => reader.u32()) };
  }
}

/** @param {Reader} input @returns {Answer['outcome']} */
function readOutcome(input) {
  if (input.variant(2, 'outcome') === 0) return { type: 'done', values: input.list(readValue) };
  return { type: 'refused', code: input.string(), message: input.string() };
}

/** @param {Reader} input @returns {Welcome} */
function readWelcome(input) {
  const welcome = {
    room: input.string(),
    player: input.u32(),
    spectator: input.bool(),
    tick: input.u32(),
    roomTimeMs: input.u64() / 1000,
    tickRateHz: input.u16(),
    sendEvery: input.u8(),
    heartbeatIntervalMs: input.u32(),
    heartbeatTimeoutMs: input.u32(),
    ackEvery: input.u16(),
    hashEvery: input.u32(),
    grid: { columns: input.u32(), rows: input.u32() },
    resumeToken: input.string(),
    resumeWindowMs: input.u32(),
    resumed: input.option((reader) => ({ lostEvents: reader.u32() })),
    roster: input.list(readRosterEntry),
    schema: readSchema(input),
  };
  if (welcome.tickRateHz === 0 || welcome.sendEvery === 0) {
    throw new WireError('the tick rate or send interval is 0', input.at);
  }
  if (!isGrid(welcome.grid)) throw new WireError('no grid, or one of too many cells', input.at);
  return welcome;
}

/** @param {Reader} input @returns {RosterEntry} */
function readRosterEntry(input) {
  return {
    player: input.u32(),
    name: input.string(),
    role: ROLES[input.variant(ROLES.length, 'role')],
  };
}

/**
 * Reads a reliable event.
 *
 * @param {Reader} input
 * @returns {WireEvent}
 */
export function readEvent(input) {
  switch (input.variant(5, 'event')) {
    case 0:
      return { type: 'joined', entry: readRosterEntry(input) };
    case 1:
      return { type: 'left', player: input.u32() };
    case 2:
      return { type: 'game', message: { kind: input.u8(), values: input.list(readValue) } };
    case 3:
      return { type: 'renamed', player: input.u32(), name: input.string() };
    default:
      return { type: 'interrupted', cause: INTERRUPTIONS[input.variant(INTERRUPTIONS.length, 'interruption')] };
  }
}

/** @param {Reader} input @returns {Value} */
function readValue(input) {
  switch (input.variant(4, 'value')) {
    case 0:
      return { type: 'integer', value: input.i32() };
    case 1:
      return { type: 'number', value: input.f32() };
    case 2:
      return { type: 'text', value: input.string() };
    default:
      return { type: 'player', value: input.u32() };
  }
}
