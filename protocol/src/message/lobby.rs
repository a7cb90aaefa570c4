//! What the lobby tells: lines of people in other rooms, and announcements.

use bincode::{Decode, Encode};

/// What a member of the lobby hears.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum LobbyNews {
    /// Somebody said something.
    Said {
        /// What the speaker is called.
        from: String,
        /// The speaker's room; empty if it is in no list.
        room: String,
        /// The line: plain text.
        text: String,
    },
    /// Whoever runs the servers said something.
    Announced {
        /// The line: plain text.
        text: String,
    },
    /// Lines that this member did not take in time: they are not told any more.
    Missed {
        /// How many.
        lines: u32,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::ServerMessage;

    fn news() -> impl Strategy<Value = LobbyNews> {
        prop_oneof![
            [(); 3].map(|()| ".{0,40}").prop_map(|[from, room, text]| LobbyNews::Said {
                from,
                room,
                text
            }),
            ".{0,40}".prop_map(|text| LobbyNews::Announced { text }),
            any::<u32>().prop_map(|lines| LobbyNews::Missed { lines }),
        ]
    }

    proptest! {
        #[test]
        fn news_are_read_as_they_were_written_and_not_if_cut(news in news(), cut: prop::sample::Index) {
            let message = ServerMessage::Lobby(news);
            let bytes = message.to_bytes();
            prop_assert_eq!(bytes[0], 10);
            prop_assert_eq!(ServerMessage::from_bytes(&bytes).unwrap(), message);
            prop_assert!(ServerMessage::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
