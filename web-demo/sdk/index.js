/**
 * The Tickwire SDK: join a room, read its entities, send inputs. Speaks every game, because the
 * server sends the game's schema at join. Runs in browsers and in Node; touches no page.
 *
 * ```text
 * socket bytes → connection → frame → chunk → replica → whereabouts → trajectories
 *   trajectories → entity table: the newest state, 'enter' 'update' 'leave' → prediction
 *                → view(): what to draw, interpolated; the own entity as predicted
 * ```
 *
 * @module
 */

import { Room } from './room.js';

export { Room } from './room.js';
export { ConnectionError, DesyncError, JoinError, TickwireError } from './errors.js';
export { WireError } from './wire-error.js';
export { SUBPROTOCOL } from './connection.js';

/** @typedef {import('./environment.js').JoinOptions} JoinOptions */
/** @typedef {import('./countdown.js').Remaining} Remaining */
/** @typedef {import('./room-events.js').RoomEvents} RoomEvents */
/** @typedef {import('./room-events.js').GameEvent} GameEvent */
/** @typedef {import('./room-events.js').Refused} Refused */
/** @typedef {import('./room-events.js').StateChange} StateChange */
/** @typedef {import('./connection.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('./entities.js').Entity} Entity */
/** @typedef {import('./look.js').Area} Area */
/** @typedef {import('./modes.js').Modes} Modes */
/** @typedef {import('./prediction-rules.js').StepContext} StepContext */
/**
 * @template State
 * @typedef {import('./prediction-rules.js').PredictionRules<State>} PredictionRules
 */
/**
 * @template State
 * @typedef {import('./prediction-rules.js').SpawnRules<State>} SpawnRules
 */
/** @typedef {import('./messages.js').PublicWelcome} Welcome */
/** @typedef {import('./messages.js').RosterEntry} RosterEntry */
/** @typedef {import('./schema.js').Schema} Schema */

/**
 * Joins a room. Returns at once; how it goes is told by `connection` events and `room.ready`.
 * The room comes back by itself after a lost connection, until {@link Room.leave}.
 *
 * @param {JoinOptions} options
 * @returns {Room}
 */
export function join(options) {
  return new Room(options);
}
