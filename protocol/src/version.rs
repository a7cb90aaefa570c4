//! Which version of this protocol is spoken: the WebSocket's subprotocol names it.
//!
//! A client offers what it speaks, and the server takes what it likes best of that. A minor version only
//! adds messages, which are not said to who does not know them. Two of them are spoken, the newest one and
//! the one before it.

use crate::close::CloseReason;

/// What a connection speaks, in ascending order of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subprotocol {
    /// The newest version.
    V1_1,
    /// The version before it.
    V1_0,
    /// The newest version as text: the session translates.
    Json,
}

impl Subprotocol {
    /// All that are spoken here, the best first.
    pub const ALL: [Self; 3] = [Self::V1_1, Self::V1_0, Self::Json];
    /// What who offers nothing is taken to speak.
    pub const UNNAMED: Self = Self::V1_0;

    /// Its name, as `Sec-WebSocket-Protocol` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_1 => "tickwire.v1.1",
            Self::V1_0 => "tickwire.v1",
            Self::Json => "tickwire.v1.json",
        }
    }

    /// The names of all, as a list for people.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The best of these that is spoken here.
    #[must_use]
    pub fn choose<'a>(offered: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let position = |name: &str| Self::ALL.iter().position(|spoken| spoken.name() == name);
        offered.into_iter().filter_map(position).min().map(|index| Self::ALL[index])
    }

    /// Whether rooms have hosts in it: [`ServerMessage::Host`](crate::message::ServerMessage).
    #[must_use]
    pub const fn has_hosts(self) -> bool {
        !matches!(self, Self::V1_0)
    }

    /// Whether rooms have owners in it: [`ServerMessage::Owner`](crate::message::ServerMessage), `Moved` and
    /// `Paused`, and the fence of keyframes.
    #[must_use]
    pub const fn has_owners(self) -> bool {
        !matches!(self, Self::V1_0)
    }

    /// Whether there is a lobby in it: [`ServerMessage::Lobby`](crate::message::ServerMessage), and the requests
    /// that have to do with it.
    #[must_use]
    pub const fn has_lobby(self) -> bool {
        !matches!(self, Self::V1_0)
    }

    /// A reason to close as a connection that speaks this knows it.
    #[must_use]
    pub const fn reason(self, reason: CloseReason) -> CloseReason {
        match reason {
            // "The game sent the player away" is the nearest.
            CloseReason::Kicked if !self.has_hosts() => CloseReason::RoomEnded,
            _ => reason,
        }
    }

    /// Whether its messages are text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_what_both_speak_is_taken() {
        let choose = |offered: &[&str]| Subprotocol::choose(offered.iter().copied());
        assert_eq!(choose(&["tickwire.v1", "tickwire.v1.1"]), Some(Subprotocol::V1_1));
        assert_eq!(choose(&["tickwire.v1", "tickwire.v2"]), Some(Subprotocol::V1_0));
        assert_eq!(choose(&["tickwire.v1.json"]), Some(Subprotocol::Json));
        assert_eq!(choose(&["tickwire.v1.2", "tickwire.v0", "Tickwire.v1"]), None);
        assert_eq!(choose(&[]), None);
    }
}
