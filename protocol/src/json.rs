//! The protocol as text: the subprotocol `tickwire.v1.json`, for people with a console, simple games and
//! debugging. Section 22 of `PROTOCOL.md` specifies it.
//!
//! ```text
//! client → server   object (bounded JSON) → fields → read: a ClientMessage, or what to answer instead
//! server → client   write: control messages · event · state: a snapshot's entities in the game's units
//! ```
//!
//! It says the same as the binary one, by name in place of by number, and nothing here knows more of the
//! room than a client does. State comes whole every time, so a client keeps nothing. What a client says
//! wrong in text does not end its connection: it is told what to change, by [`JsonError`].

mod error;
mod event;
mod fields;
mod object;
mod read;
mod row;
mod schema;
mod state;
mod write;

use serde::Serialize;

pub use error::JsonError;
pub use read::ClientReader;
pub use state::{StateHead, StateWriter, join_state};
pub use write::{error_text, message_text};

/// How deep arrays and objects of a client's text may lie in each other: no message has more than two.
pub const MAX_DEPTH: usize = 8;

/// Appends a value as JSON.
fn put<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    #[expect(
        clippy::expect_used,
        reason = "writing to a vector cannot fail, and all keys are text"
    )]
    serde_json::to_writer(out, value).expect("a vector takes every byte");
}
