//! Changing rooms: a seat elsewhere for somebody who is in a room already, asked for over their connection.
//!
//! The member stays where it is. What it gets is what `POST /api/join` would give it, with the name, role and
//! send rate that it has; it comes with another connection.

use std::net::IpAddr;

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Rejection, Reply, Value};

use super::join::{ANSWER_TIMEOUT, JoinRequest, Joined};
use super::{JoinError, Lobby, Pass};
use crate::messages::WhoIs;
use crate::room::RoomHandle;

/// Where somebody wants to go: the fields of
/// [`RequestKind::ChangeRoom`](tickwire_protocol::message::RequestKind::ChangeRoom).
#[derive(Clone, Default)]
pub struct Elsewhere {
    /// The room's id.
    pub room: Option<String>,
    /// The game, where no room is named.
    pub game: Option<String>,
    /// A private room's code.
    pub code: Option<String>,
    /// The room's password.
    pub password: Option<String>,
}

impl Lobby {
    /// Keeps a seat elsewhere for a member of a room, whose connection comes from `address`, and answers with a
    /// token for it and the room's id. It is held to the same limits as a join.
    pub async fn change_room(
        &self,
        from: &RoomHandle,
        player: PlayerId,
        address: Option<IpAddr>,
        to: Elsewhere,
    ) -> Reply {
        let Joined { token, room, .. } = self
            .seat_elsewhere(from, player, address, to)
            .await
            .map_err(|refusal| match refusal {
                Refused::Join(cause) => Rejection::new(cause.code(), &cause.to_string()),
                Refused::BadRoom(text) => Rejection::new("bad_request", &text),
                Refused::MaybeElsewhere => Rejection::new(
                    "not_supported",
                    "the room may be at another server: ask by POST /api/join",
                ),
            })?;
        Ok(vec![Value::Text(token), Value::Text(room.to_string())])
    }

    async fn seat_elsewhere(
        &self,
        from: &RoomHandle,
        player: PlayerId,
        address: Option<IpAddr>,
        to: Elsewhere,
    ) -> Result<Joined, Refused> {
        let admitted = self.admission.admit_join(address);
        admitted.map_err(|(cause, wait)| JoinError::TooOften(cause, wait))?;
        let Elsewhere { room, game, code, password } = to;
        let room = room.map(|room| room.parse()).transpose();
        let room = room.map_err(|cause| Refused::BadRoom(format!("room: {cause}")))?;
        let asked = from.address.send(WhoIs(player)).timeout(ANSWER_TIMEOUT).await;
        // The connection is about to hear that it has left.
        let member = asked.ok().flatten().ok_or(JoinError::NoSuchRoom(from.id))?;
        let is_here = room.is_some_and(|room| self.find(room).is_some());
        if self.is_clustered() && !is_here {
            return Err(Refused::MaybeElsewhere);
        }
        let join = JoinRequest {
            room,
            pass: Pass { code, password, host_key: None },
            game,
            replay: None,
            name: member.name,
            role: member.role,
            send_hz: None,
            authorization: None,
            address,
        };
        Ok(self.take_seat(join, member.send_every).await?)
    }
}

/// Why there is no seat elsewhere.
enum Refused {
    Join(JoinError),
    /// Another server has to be asked, whose address no answer has.
    MaybeElsewhere,
    /// What is no room's id.
    BadRoom(String),
}

impl From<JoinError> for Refused {
    fn from(cause: JoinError) -> Self {
        Self::Join(cause)
    }
}
