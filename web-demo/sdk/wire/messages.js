/**
 * Control messages: what travels beside the state, as types. Those of clients are written by client-messages.js,
 * those of servers read by server-messages.js. Mirrors `protocol/src/message.rs`; ranges are the business of
 * `named-values.js`.
 *
 * @module
 */

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
 *   | ({type: 'change_room'} & Elsewhere)
 *   | {type: 'enter_lobby'} | {type: 'leave_lobby'} | {type: 'say_to_lobby', text: string}
 *   | {type: 'who_is_online'}} RequestKind
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
 * Who owns the room in a cluster: the number of its ownership, and the addresses of servers, the owner's first.
 *
 * @typedef {{type: 'owner', fence: number, nodes: string[]}} Owner
 */
/** Where the room goes on. @typedef {{type: 'moved', fence: number, wsUrl: string}} Moved */
/**
 * @typedef {{type: 'welcome', welcome: Welcome}
 *   | {type: 'pong', nonce: number, roomTimeMs: number}
 *   | {type: 'refused', input: number | undefined, cause: RefusalCause}
 *   | {type: 'restarting', closesInMs: number, backAfterMs: number}
 *   | {type: 'failed', backAfterMs: number}
 *   | {type: 'answer', id: number, outcome: Answer['outcome']}
 *   | {type: 'host', player: number | undefined}
 *   | Owner | Moved | {type: 'paused', isPaused: boolean}
 *   | {type: 'lobby', news: LobbyNews}} ServerMessage
 */
/**
 * What a member of the lobby hears. The room is empty if it is in no list.
 *
 * @typedef {{type: 'said', from: string, room: string, text: string} | {type: 'announced', text: string}
 *   | {type: 'missed', lines: number}} LobbyNews
 */
/**
 * @typedef {{type: 'joined', entry: RosterEntry} | {type: 'left', player: number}
 *   | {type: 'game', message: GameMessage}
 *   | {type: 'renamed', player: number, name: string}
 *   | {type: 'interrupted', cause: Interruption}} WireEvent
 */
/**
 * Why a match stood still: the game's rules failed, or the server died.
 *
 * @typedef {'rules' | 'server'} Interruption
 */

export {};
