//! The wire of Tickwire.
//!
//! Everything that both ends must agree on, and nothing else: no sockets, clocks, threads or
//! allocation beyond the stated limits. `PROTOCOL.md` beside this crate specifies the same wire
//! byte by byte; golden vectors in `golden/` hold this crate and the JavaScript client to it.
//!
//! ```text
//! client → server   message → envelope
//! server → client   schema → quantise → snapshot → chunk → frame
//!                   message → envelope
//! as text           json
//! ```
//!
//! | module | job |
//! |---|---|
//! | [`ids`] | newtypes for ticks, players, entities, rooms and what is numbered |
//! | [`message`], [`envelope`] | control messages and inputs, in bincode with limits |
//! | [`schema`] | what a game's inputs, entities, events and messages are |
//! | [`quantise`], [`snapshot`] | a game's numbers as integers; the integers of one tick |
//! | [`range`], [`chunk`] | a range coder; what turns one snapshot into a later one |
//! | [`watch`], [`parts`] | which cells a client watches; what a room's state is cut into |
//! | [`frame`], [`replica`] | one WebSocket message of state; a client's copy of the room |
//! | [`json`] | the same as text, for people |
//! | [`record`] | what carries messages where there is no WebSocket |
//! | [`close`], [`version`] | why a connection ends; which version of all this it speaks |

pub mod chunk;
pub mod close;
pub mod envelope;
pub mod frame;
pub mod ids;
pub mod json;
pub mod message;
pub mod parts;
pub mod quantise;
pub mod range;
pub mod record;
pub mod replica;
pub mod schema;
pub mod snapshot;
pub mod version;
pub mod watch;
