/**
 * What a server says, read.
 *
 * @module
 */

import { Reader } from './bincode.js';
import { readSchema } from './schema.js';
import { isGrid } from './watch.js';
import { WireError } from './wire-error.js';

/** @typedef {import('./messages.js').Answer} Answer */
/** @typedef {import('./messages.js').Interruption} Interruption */
/** @typedef {import('./messages.js').LobbyNews} LobbyNews */
/** @typedef {import('./messages.js').RefusalCause} RefusalCause */
/** @typedef {import('./messages.js').Role} Role */
/** @typedef {import('./messages.js').RosterEntry} RosterEntry */
/** @typedef {import('./messages.js').ServerMessage} ServerMessage */
/** @typedef {import('./messages.js').Value} Value */
/** @typedef {import('./messages.js').Welcome} Welcome */
/** @typedef {import('./messages.js').WireEvent} WireEvent */

/** Largest message from a server, in bytes. */
const MAX_SERVER_MESSAGE_BYTES = 1 << 20;
/** Most servers that a message names, and the longest address of one, in bytes. */
const MAX_NODES = 16;
const MAX_ADDRESS_BYTES = 256;

/** @type {Interruption[]} */
const INTERRUPTIONS = ['rules', 'server'];
/** @type {Role[]} */
const ROLES = ['player', 'spectator', 'bot'];
/** @type {RefusalCause[]} */
const CAUSES = ['far_future', 'repeated', 'queue_full', 'spectator', 'not_a_spectator'];

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
  switch (input.variant(11, 'server message')) {
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
    case 6:
      return { type: 'host', player: input.option((reader) => reader.u32()) };
    case 7:
      return { type: 'owner', fence: input.u64(), nodes: readNodes(input) };
    case 8:
      return { type: 'moved', fence: input.u64(), wsUrl: readAddress(input) };
    case 9:
      return { type: 'paused', isPaused: input.bool() };
    default:
      return { type: 'lobby', news: readNews(input) };
  }
}

/** @param {Reader} input @returns {LobbyNews} */
function readNews(input) {
  switch (input.variant(3, 'news of the lobby')) {
    case 0:
      return { type: 'said', from: input.string(), room: input.string(), text: input.string() };
    case 1:
      return { type: 'announced', text: input.string() };
    default:
      return { type: 'missed', lines: input.u32() };
  }
}

/** @param {Reader} input */
function readNodes(input) {
  const nodes = input.list(readAddress);
  if (nodes.length > MAX_NODES) throw new WireError(`${nodes.length} servers are too many`, input.at);
  return nodes;
}

/** @param {Reader} input */
function readAddress(input) {
  const before = input.at;
  const address = input.string();
  // A length that is too large takes three bytes itself.
  if (input.at - before > MAX_ADDRESS_BYTES + 3) throw new WireError('an address is too long', before);
  return address;
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
