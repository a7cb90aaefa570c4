//! Joining: a seat in the room that is meant, or in one that has one, and a token for it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;

use actix::MailboxError;
use tickwire_protocol::ids::{PlayerId, RoomId};
use tickwire_protocol::message::Role;
use tickwire_simulation::room::SeatRequest;

use super::way::Way;
use super::{JoinError, Lobby, Pass, now};
use crate::identity::{Claims, JoinAttempt};
use crate::messages::Reserve;
use crate::recordings::{RecordingError, RecordingName};
use crate::room::door::Terms;
use crate::room::{RoomHandle, Shows};

/// How long a room has to answer whether it has a seat.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// What somebody asks for when joining.
#[derive(Clone)]
pub struct JoinRequest {
    /// The room, or any with a free seat.
    pub room: Option<RoomId>,
    /// What they show at its door.
    pub pass: Pass,
    /// The game, where no room is named; the server's default otherwise.
    pub game: Option<String>,
    /// The recording to watch, in the room or in one of one's own.
    pub replay: Option<RecordingName>,
    /// Name, player or spectator.
    pub name: String,
    /// Player or spectator.
    pub role: Role,
    /// State frames per second wanted; every tick by default.
    pub send_hz: Option<u32>,
    /// The request's `Authorization` header.
    pub authorization: Option<String>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
}

/// A seat that is kept, and the token that stands for it.
pub struct Joined {
    /// What to connect with.
    pub token: String,
    /// The room.
    pub room: RoomId,
    /// The id that the player will have.
    pub player: PlayerId,
}

impl Lobby {
    /// Keeps a seat in a room and gives out a token for it.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn join(&self, join: JoinRequest) -> Result<Joined, JoinError> {
        let send_every = self.send_every(join.send_hz);
        self.take_seat(join, send_every).await
    }

    /// The same for somebody whose send rate is known.
    pub(super) async fn take_seat(
        &self,
        join: JoinRequest,
        send_every: u8,
    ) -> Result<Joined, JoinError> {
        if !self.is_open() {
            return Err(JoinError::ShuttingDown);
        }
        let way = self.way_in(join.room, &join.pass, join.address)?;
        let hosts = way.as_ref().is_some_and(|way| way.hosts);
        let room = way.map(|Way { room, .. }| room);
        let replay = join.replay.as_ref().map(RecordingName::as_str);
        if let Some(room) = &room
            && replay.is_some_and(|replay| room.shows.recording() != Some(replay))
        {
            return Err(JoinError::NoSuchRoom(room.id));
        }
        self.authenticator.admit(&JoinAttempt {
            name: &join.name,
            game: join.game.as_deref(),
            room: room.as_ref().map(|room| room.id),
            replay: room.as_ref().map_or(replay, |room| room.shows.recording()),
            authorization: join.authorization.as_deref(),
            address: join.address,
        })?;
        self.tokens.expect_room(now())?;
        let request = SeatRequest { name: join.name, role: join.role, send_every };
        let (room, player) = match (room, join.replay) {
            (Some(room), _) => {
                // A host has to be where the match is.
                let room = if hosts { room } else { self.room_for(room, request.role)? };
                let player = reserve(&room, &request).await?;
                (room, player)
            }
            (None, Some(recording)) => {
                let room = self.open_screening(recording).await?;
                let player = reserve(&room, &request).await?;
                (room, player)
            }
            (None, None) => self.find_seat(join.game.as_deref(), &request, join.address).await?,
        };
        let address = self.admission.counted(join.address);
        let (issued, nonce) = (now(), rand::random());
        let claims = Claims { room: room.id, player, request, hosts, address, issued, nonce };
        self.tokens.note_issued(&claims);
        // What is seen later is the same room to whoever sees it.
        let room = if let Shows::Delayed { of, .. } = room.shows { of } else { room.id };
        Ok(Joined { token: self.authenticator.issue(&claims), room, player })
    }

    /// The room in which somebody of this role sees a room's match: those who watch may have to see it later,
    /// and those who play are where it is played.
    fn room_for(&self, room: RoomHandle, role: Role) -> Result<RoomHandle, JoinError> {
        match (&room.shows, role) {
            (Shows::Delayed { of, .. }, Role::Player) => {
                self.directory.find(*of).ok_or(JoinError::NoSuchRoom(*of))
            }
            (Shows::Match { delay: Some(delay) }, Role::Spectator) => {
                let _one_at_a_time = self.delaying.lock().unwrap_or_else(PoisonError::into_inner);
                let shows_it = |other: &RoomHandle| matches!(other.shows, Shows::Delayed { of, .. } if of == room.id);
                match self.directory.list().into_iter().find(shows_it) {
                    Some(delayed) => Ok(delayed),
                    None => Ok(self.opener.open_delayed(&room, delay)?),
                }
            }
            _ => Ok(room),
        }
    }

    /// A room that shows a recording.
    async fn open_screening(&self, name: RecordingName) -> Result<RoomHandle, JoinError> {
        let recordings = self.recordings.as_ref().ok_or(RecordingError::Disabled)?;
        // Before anything is read for it.
        self.opener.expect_place()?;
        let showing = recordings.showing(name).await?;
        if !self.is_open() {
            return Err(JoinError::ShuttingDown);
        }
        Ok(self.opener.open_screening(showing)?)
    }

    /// A seat in a room of this game, in a new one if all are full.
    async fn find_seat(
        &self,
        game: Option<&str>,
        request: &SeatRequest,
        address: Option<IpAddr>,
    ) -> Result<(RoomHandle, PlayerId), JoinError> {
        let game = game.unwrap_or(&self.config.default_game);
        if let Some(seat) = self.find_free_seat(game, request, address).await {
            return Ok(seat);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(seat) = self.find_free_seat(game, request, address).await {
            return Ok(seat);
        }
        let room = self.open_room(Some(game), BTreeMap::new(), Terms::default()).await?;
        let room = self.room_for(room, request.role)?;
        let player = reserve(&room, request).await?;
        Ok((room, player))
    }

    /// A seat in the first room of this game that has one for anybody.
    async fn find_free_seat(
        &self,
        game: &str,
        request: &SeatRequest,
        address: Option<IpAddr>,
    ) -> Option<(RoomHandle, PlayerId)> {
        let is_fit = |room: &&RoomHandle| {
            let is_match = *room.game == *game && room.shows.is_match();
            is_match && room.door.is_open() && !self.is_kept_out(room, address)
        };
        for room in self.directory.list().iter().filter(is_fit) {
            // The room decides; what it shows only saves asking in vain.
            if (request.role == Role::Spectator || room.board.read().free_seats > 0)
                && let Ok(room) = self.room_for(room.clone(), request.role)
                && let Ok(player) = reserve(&room, request).await
            {
                return Some((room, player));
            }
        }
        None
    }

    /// Ticks between two frames for a client that wants this many a second: 1, 2 or 4, the fewest
    /// that do not exceed it, or 4.
    fn send_every(&self, send_hz: Option<u32>) -> u8 {
        let wanted = send_hz.unwrap_or(u32::MAX);
        let tick_rate = u32::from(self.config.tick_rate_hz);
        [1, 2].into_iter().find(|&every| tick_rate / u32::from(every) <= wanted).unwrap_or(4)
    }
}

async fn reserve(room: &RoomHandle, request: &SeatRequest) -> Result<PlayerId, JoinError> {
    let answer = room.address.send(Reserve(request.clone())).timeout(ANSWER_TIMEOUT).await;
    match answer {
        Ok(Ok(player)) => Ok(player),
        // A room that does not answer has no time for anybody else.
        Ok(Err(_)) | Err(MailboxError::Timeout) => Err(JoinError::RoomFull),
        // The room ended while the question was on its way.
        Err(MailboxError::Closed) => Err(JoinError::NoSuchRoom(room.id)),
    }
}
