/**
 * What a room tells: its events and what they carry.
 *
 * @module
 */

/** @typedef {import('./connection/status.js').ConnectionStatus} ConnectionStatus */
/** @typedef {import('./connection/countdown.js').Remaining} Remaining */
/** @typedef {import('./replica/entities.js').Entity} Entity */
/** @typedef {import('./wire/frame.js').InputEcho} InputEcho */
/** @typedef {import('./wire/messages.js').RefusalCause} RefusalCause */
/** @typedef {import('./wire/messages.js').RosterEntry} RosterEntry */
/** @typedef {import('./wire/messages.js').PublicWelcome} PublicWelcome */

/**
 * An event of the game: its name, the tick in which it happened, and its parameters.
 *
 * @typedef {{name: string, tick: number} & {[param: string]: any}} GameEvent
 */
/**
 * An input (by the number that `send` returned) or a message (without one) that was refused.
 *
 * @typedef {{input: number | undefined, cause: RefusalCause}} Refused
 */
/**
 * A predicted spawn that the server's entity takes the place of.
 *
 * @typedef {object} Handover
 * @property {string} kind
 * @property {number | string} key
 * @property {number} tick in which it was made
 * @property {number} from the negative id under which it was shown
 * @property {number} id of the server's entity
 */
/**
 * A predicted spawn that is taken back.
 *
 * @typedef {object} Withdrawn
 * @property {string} kind
 * @property {number | string} key
 * @property {number} tick in which it was made
 * @property {number} id the negative one under which it was shown
 */
/** @typedef {{tick: number, isKeyframe: boolean, input: InputEcho | undefined}} StateChange */
/**
 * What a room tells, by event name.
 *
 * @typedef {object} RoomEvents
 * @property {ConnectionStatus} connection the connection's state has changed
 * @property {Remaining} countdown while the connection is `waiting`: the time that is left before the next
 *   attempt, at once and at every whole second before it
 * @property {{isOnline: boolean}} network this machine has lost its network, or has one again
 * @property {PublicWelcome} welcome a connection was made; `schema`, `player` and `roomId` are set
 * @property {Entity} enter an entity has come into view
 * @property {Entity} update an entity has changed
 * @property {Entity} leave an entity has gone; the object holds its last state
 * @property {StateChange} state a state frame was taken in, after its enter, update and leave
 * @property {GameEvent} event an event of the game has arrived
 * @property {GameEvent} cue the same once more, when `view` first shows its tick: for effects that
 *   must fit what is on the screen
 * @property {import('./prediction/once.js').Effect} effect a predicted step has had an effect, at once and once
 * @property {Handover} handover a predicted spawn goes on as the server's entity
 * @property {Withdrawn} withdrawn a predicted spawn is gone: the server has not made it, or made it and
 *   ended it at once
 * @property {RosterEntry} joined somebody has come into the room
 * @property {RosterEntry} left somebody has left the room
 * @property {RosterEntry & {before: string}} renamed somebody is called otherwise now
 * @property {ReadonlyMap<number, RosterEntry>} roster the roster has changed
 * @property {{player: number | undefined}} host whose room this is has become known, or has changed
 * @property {import('./lobby.js').LobbyEvent} lobby something was said or announced in the lobby, or was missed
 * @property {Refused} refused the server refused an input or message
 * @property {{cause: import('./wire/messages.js').Interruption, tick: number, lostTicks: number}} interrupted the
 *   match stood still and goes on from this tick: its rules failed, or the server died and what came after the tick
 *   is lost, of which this client has seen so many ticks
 * @property {{closesInMs: number, backAfterMs: number}} restarting the server will restart: it ends the
 *   connection in `closesInMs` or a little later, and the room comes back `backAfterMs` after that
 * @property {{backAfterMs: number}} failed the game's rules have failed and this room has ended; another
 *   one is joined after `backAfterMs`
 * @property {Error} error something went wrong that the room survived: a `TickwireError`, or what a handler
 *   threw
 */

export {};
