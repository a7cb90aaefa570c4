/**
 * The Tickwire SDK: join a room, read its entities, send inputs. Speaks every game, because the
 * server sends the game's schema at join. Runs in browsers and in Node; touches no page.
 *
 * ```text
 * bytes → connection → frame → chunk → replica → whereabouts → trajectories
 *   trajectories → entity table: the newest state, 'enter' 'update' 'leave' → prediction
 *                → view(): what to draw, interpolated; the own entity as predicted
 * ```
 *
 * @module
 */

import { Room as WholeRoom } from './room.js';

export { ConnectionError, DesyncError, JoinError, RequestError, TickwireError } from './errors.js';
export { plainText } from './plain-text.js';
export { WireError } from './wire/wire-error.js';
export { SUBPROTOCOL } from './connection/versions.js';
export { createRoom, listRooms } from './rooms.js';

/**
 * What of a class is meant for others: not what begins with a `_`.
 *
 * @template Class
 * @typedef {{[Name in keyof Class as Name extends `_${string}` ? never : Name]: Class[Name]}} Public
 */
/**
 * A room that was joined. Made by `join`.
 *
 * @typedef {Public<WholeRoom>} Room
 */
/** @typedef {import('./environment.js').JoinOptions} JoinOptions */
/** @typedef {import('./connection/countdown.js').Remaining} Remaining */
/** @typedef {import('./room-events.js').RoomEvents} RoomEvents */
/** @typedef {import('./room-events.js').GameEvent} GameEvent */
/** @typedef {import('./room-events.js').Refused} Refused */
/** @typedef {import('./room-events.js').StateChange} StateChange */
/** @typedef {import('./connection/status.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('./replica/entities.js').Entity} Entity */
/** @typedef {import('./look.js').Area} Area */
/** @typedef {import('./picture/modes.js').Modes} Modes */
/** @typedef {import('./prediction/prediction-rules.js').StepContext} StepContext */
/**
 * @template State
 * @typedef {import('./prediction/prediction-rules.js').PredictionRules<State>} PredictionRules
 */
/**
 * @template State
 * @typedef {import('./prediction/prediction-rules.js').SpawnRules<State>} SpawnRules
 */
/** @typedef {import('./lobby.js').LobbyEvent} LobbyEvent */
/** @typedef {import('./lobby.js').OnlineCounts} OnlineCounts */
/** @typedef {import('./connection/transport-choice.js').Transport} Transport */
/** @typedef {import('./connection/moving.js').Place} Place */
/** @typedef {import('./rooms.js').CreateOptions} CreateOptions */
/** @typedef {import('./rooms.js').CreatedRoom} CreatedRoom */
/** @typedef {import('./rooms.js').ListOptions} ListOptions */
/** @typedef {import('./rooms.js').ListedRoom} ListedRoom */
/** @typedef {import('./rooms.js').RoomList} RoomList */
/** @typedef {import('./wire/messages.js').PublicWelcome} Welcome */
/** @typedef {import('./wire/messages.js').RosterEntry} RosterEntry */
/** @typedef {import('./requests.js').AnswerValues} AnswerValues */
/** @typedef {import('./requests.js').RequestOptions} RequestOptions */
/** @typedef {import('./wire/schema.js').Schema} Schema */

/**
 * Joins a room. Returns at once; how it goes is told by `connection` events and `room.ready`.
 * The room comes back by itself after a lost connection, until it is left.
 *
 * @param {JoinOptions} options
 * @returns {Room}
 */
export function join(options) {
  return new WholeRoom(options);
}
