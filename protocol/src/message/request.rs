//! Requests: what a client wants an answer to, and the answers.

use bincode::{Decode, Encode};
use thiserror::Error;

use super::{GameMessage, Value};
use crate::ids::{PlayerId, RequestId};

/// What a client asks for. Exactly one [`Answer`] follows.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Request {
    /// Counted up by the client from 1.
    pub id: RequestId,
    /// What for.
    pub what: RequestKind,
}

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum RequestKind {
    /// To be called otherwise.
    Rename {
        /// As it was written; others see what the server makes of it.
        name: String,
    },
    /// A message to the game's rules, to which they answer.
    Game(GameMessage),
    /// That a member is sent away: for the room's host.
    Kick {
        /// Who.
        player: PlayerId,
    },
    /// That the room ends: for its host.
    CloseRoom,
    /// A seat elsewhere. It is done with a token to connect with and a room's id, both of them texts; until
    /// then the client stays where it is.
    ChangeRoom {
        /// The room, or any with a free seat.
        room: Option<String>,
        /// The game, where no room is named; the server's default otherwise.
        game: Option<String>,
        /// What a private room is joined by, in place of its id.
        code: Option<String>,
        /// The room's password, if it has one.
        password: Option<String>,
    },
    /// To hear, and to be heard in, the lobby. It is done with how many are in it, an integer; the newest lines
    /// follow as [`LobbyNews`](super::LobbyNews).
    EnterLobby,
    /// To hear no more of it.
    LeaveLobby,
    /// That a line is said to everybody in the lobby.
    SayToLobby {
        /// The line, as it was written.
        text: String,
    },
    /// How many are online. It is done with integers: who plays and who watches; and then for each game, of at
    /// most 64, its name, who plays it, and its rooms.
    WhoIsOnline,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Answer {
    /// The request's.
    pub id: RequestId,
    /// What became of it.
    pub outcome: Reply,
}

/// What was asked for, done or refused. What the values mean is between a game and its clients.
pub type Reply = Result<Vec<Value>, Rejection>;

/// Why something that was asked for is not done.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Error)]
#[error("{message}")]
pub struct Rejection {
    /// A short name of the cause, for programs: `too_fast`.
    pub code: String,
    /// The cause in words, for people: what to change.
    pub message: String,
}

impl Rejection {
    /// A rejection with this code and text.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::{ClientMessage, ServerMessage};

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i32>().prop_map(Value::Integer),
            any::<f32>().prop_filter("equal to itself", |n| !n.is_nan()).prop_map(Value::Number),
            ".{0,20}".prop_map(Value::Text),
            any::<u32>().prop_map(|player| Value::Player(PlayerId(player))),
        ]
    }

    fn what() -> impl Strategy<Value = RequestKind> {
        let values = prop::collection::vec(value(), 0..5);
        prop_oneof![
            ".{0,40}".prop_map(|name| RequestKind::Rename { name }),
            (any::<u8>(), values)
                .prop_map(|(kind, values)| RequestKind::Game(GameMessage { kind, values })),
            any::<u32>().prop_map(|player| RequestKind::Kick { player: PlayerId(player) }),
            Just(RequestKind::CloseRoom),
            [(); 4].map(|()| prop::option::of(".{0,20}")).prop_map(
                |[room, game, code, password]| RequestKind::ChangeRoom {
                    room,
                    game,
                    code,
                    password,
                },
            ),
            Just(RequestKind::EnterLobby),
            Just(RequestKind::LeaveLobby),
            ".{0,40}".prop_map(|text| RequestKind::SayToLobby { text }),
            Just(RequestKind::WhoIsOnline),
        ]
    }

    fn outcome() -> impl Strategy<Value = Reply> {
        prop_oneof![
            prop::collection::vec(value(), 0..5).prop_map(Ok),
            (".{0,20}", ".{0,40}").prop_map(|(code, message)| Err(Rejection { code, message })),
        ]
    }

    proptest! {
        #[test]
        fn requests_are_read_as_they_were_written_and_not_if_cut(
            id: u32, what in what(), cut: prop::sample::Index,
        ) {
            let message = ClientMessage::Request(Request { id: RequestId(id), what });
            let bytes = message.to_bytes();
            prop_assert_eq!(ClientMessage::from_bytes(&bytes).unwrap(), message);
            prop_assert!(ClientMessage::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        }

        #[test]
        fn answers_are_read_as_they_were_written_and_not_if_cut(
            id: u32, outcome in outcome(), cut: prop::sample::Index,
        ) {
            let message = ServerMessage::Answer(Answer { id: RequestId(id), outcome });
            let bytes = message.to_bytes();
            prop_assert_eq!(ServerMessage::from_bytes(&bytes).unwrap(), message);
            prop_assert!(ServerMessage::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
