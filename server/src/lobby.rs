//! The lobby: which room somebody gets, and the token that lets them in.
//!
//! Off the hot path. The lobby finds or opens a room, the room itself keeps a seat (it alone counts
//! seats), and the token stands for that seat until the connection comes. After that the session
//! talks to its room directly.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix::MailboxError;
use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EventNumber, PlayerId, RoomId};
use tickwire_protocol::message::Role;
use tickwire_simulation::room::SeatRequest;

use crate::config::ServerConfig;
use crate::directory::Directory;
use crate::identity::{
    Authenticator, Claims, Denied, JoinAttempt, Keyring, Ledger, LedgerFull, ResumeClaims,
    RoomAttempt, TokenError,
};
use crate::messages::{Purpose, Reserve};
use crate::recordings::{Library, RecordingError, RecordingName};
use crate::room::opener::{OpenError, RoomOpener};
use crate::room::{RoomHandle, Shows};
use crate::stopping::Stopping;

/// What somebody asks for when joining.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The room, or any with a free seat.
    pub room: Option<RoomId>,
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

/// What a token lets a connection do.
pub struct Admitted {
    /// The room.
    pub room: RoomHandle,
    /// As whom.
    pub purpose: Purpose,
}

/// Why a token does not let anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RedeemError {
    /// The token is none, or not good any more.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The room has ended since.
    #[error("no such room: it may have ended; join again")]
    NoSuchRoom,
    /// The server is about to stop.
    #[error("the server restarts; come back in a moment")]
    ShuttingDown,
}

impl RedeemError {
    /// The close code for it.
    #[must_use]
    pub const fn reason(&self) -> CloseReason {
        match self {
            Self::Token(_) => CloseReason::Unauthorised,
            Self::NoSuchRoom => CloseReason::NoSuchRoom,
            Self::ShuttingDown => CloseReason::Restarting,
        }
    }
}

/// Why somebody cannot join.
#[derive(Debug, Error)]
pub enum JoinError {
    /// No room with this id.
    #[error("there is no room {0}: it may have ended")]
    NoSuchRoom(RoomId),
    /// All seats are taken.
    #[error("the room is full")]
    RoomFull,
    /// Too many tokens wait for their connections.
    #[error(transparent)]
    TooManyPending(#[from] LedgerFull),
    /// The application does not let them in.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The server is about to stop.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// No room could be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no such recording, or it cannot be shown.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

/// How long a room has to answer whether it has a seat.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The lobby.
pub struct Lobby {
    config: Arc<ServerConfig>,
    directory: Arc<dyn Directory>,
    opener: RoomOpener,
    authenticator: Arc<dyn Authenticator>,
    keyring: Arc<Keyring>,
    tokens: Ledger,
    /// Where they are served.
    recordings: Option<Arc<Library>>,
    stopping: Stopping,
    /// One room is opened at a time: two at once would be one too many.
    opening: tokio::sync::Mutex<()>,
    /// The same of those that show a match later.
    delaying: Mutex<()>,
}

impl Lobby {
    /// A lobby without rooms. `stopping` begins with [`Lobby::close`], for others to see.
    #[must_use]
    pub fn new(
        config: Arc<ServerConfig>,
        directory: Arc<dyn Directory>,
        opener: RoomOpener,
        authenticator: Arc<dyn Authenticator>,
        keyring: Arc<Keyring>,
        recordings: Option<Arc<Library>>,
        stopping: Stopping,
    ) -> Self {
        Self {
            tokens: Ledger::new(config.access.max_pending_joins),
            config,
            directory,
            opener,
            authenticator,
            keyring,
            recordings,
            stopping,
            opening: tokio::sync::Mutex::new(()),
            delaying: Mutex::new(()),
        }
    }

    /// How the server is configured.
    #[must_use]
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// All rooms.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomHandle> {
        self.directory.list()
    }

    /// The recordings, where they are served.
    #[must_use]
    pub const fn recordings(&self) -> Option<&Arc<Library>> {
        self.recordings.as_ref()
    }

    /// Whether people can join.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.stopping.has_begun()
    }

    /// Refuses joins and rooms from now on.
    pub fn close(&self) {
        self.stopping.begin();
    }

    /// Stops the rooms' threads.
    pub fn stop(&self) {
        self.opener.stop();
    }

    /// Opens a room for somebody who wants one.
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn open_room_for(
        &self,
        attempt: &RoomAttempt<'_>,
        options: BTreeMap<String, String>,
    ) -> Result<RoomHandle, JoinError> {
        self.authenticator.admit_room(attempt)?;
        self.open_room(attempt.game, options)
    }

    fn open_room(
        &self,
        game: Option<&str>,
        options: BTreeMap<String, String>,
    ) -> Result<RoomHandle, JoinError> {
        if !self.is_open() {
            return Err(JoinError::ShuttingDown);
        }
        Ok(self.opener.open(game, options)?)
    }

    /// Keeps a seat in a room and gives out a token for it.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn join(&self, join: JoinRequest) -> Result<Joined, JoinError> {
        if !self.is_open() {
            return Err(JoinError::ShuttingDown);
        }
        let room = join.room.map(|id| self.directory.find(id).ok_or(JoinError::NoSuchRoom(id)));
        let room = room.transpose()?;
        let replay = join.replay.as_ref().map(RecordingName::as_str);
        if let Some(room) = &room
            && replay.is_some_and(|replay| room.shows.recording() != Some(replay))
        {
            return Err(JoinError::NoSuchRoom(room.id));
        }
        self.authenticator.admit(&JoinAttempt {
            name: &join.name,
            game: join.game.as_deref(),
            room: join.room,
            replay: room.as_ref().map_or(replay, |room| room.shows.recording()),
            authorization: join.authorization.as_deref(),
            address: join.address,
        })?;
        self.tokens.expect_room(now())?;
        let send_every = self.send_every(join.send_hz);
        let request = SeatRequest { name: join.name, role: join.role, send_every };
        let (room, player) = match (room, join.replay) {
            (Some(room), _) => {
                let room = self.room_for(room, request.role)?;
                let player = reserve(&room, &request).await?;
                (room, player)
            }
            (None, Some(recording)) => {
                let room = self.open_screening(recording).await?;
                let player = reserve(&room, &request).await?;
                (room, player)
            }
            (None, None) => self.find_seat(join.game.as_deref(), &request).await?,
        };
        let (issued, nonce) = (now(), rand::random());
        let claims = Claims { room: room.id, player, request, issued, nonce };
        self.tokens.note_issued(&claims);
        // What is seen later is the same room to whoever sees it.
        let room = if let Shows::Delayed { of, .. } = room.shows { of } else { room.id };
        Ok(Joined { token: self.authenticator.issue(&claims), room, player })
    }

    /// Takes a token for its seat. A token works once.
    ///
    /// # Errors
    /// [`RedeemError`].
    pub fn redeem(&self, token: &str) -> Result<Admitted, RedeemError> {
        let claims = self.authenticator.verify(token, now())?;
        self.tokens.spend(&claims, now())?;
        if !self.is_open() {
            return Err(RedeemError::ShuttingDown);
        }
        let room = self.directory.find(claims.room).ok_or(RedeemError::NoSuchRoom)?;
        let purpose = Purpose::Join { reserved: claims.player, request: claims.request };
        Ok(Admitted { room, purpose })
    }

    /// Takes a token to come back with, from a client whose newest event is `event`. Whether it is the
    /// newest one is for the room to say, and until when one can come back to a server that stops.
    ///
    /// # Errors
    /// [`RedeemError`].
    pub fn resume(&self, token: &str, event: EventNumber) -> Result<Admitted, RedeemError> {
        let ResumeClaims { room, player, key } = self.keyring.verify_resume(token)?;
        let room = self.directory.find(room).ok_or_else(|| self.reason_of_missing_room())?;
        Ok(Admitted { room, purpose: Purpose::Resume { player, key, event } })
    }

    fn reason_of_missing_room(&self) -> RedeemError {
        if self.is_open() { RedeemError::NoSuchRoom } else { RedeemError::ShuttingDown }
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
    ) -> Result<(RoomHandle, PlayerId), JoinError> {
        let game = game.unwrap_or(&self.config.default_game);
        if let Some(seat) = self.find_free_seat(game, request).await {
            return Ok(seat);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(seat) = self.find_free_seat(game, request).await {
            return Ok(seat);
        }
        let room = self.open_room(Some(game), BTreeMap::new())?;
        let room = self.room_for(room, request.role)?;
        let player = reserve(&room, request).await?;
        Ok((room, player))
    }

    /// A seat in the first room of this game that has one.
    async fn find_free_seat(
        &self,
        game: &str,
        request: &SeatRequest,
    ) -> Option<(RoomHandle, PlayerId)> {
        let is_match = |room: &&RoomHandle| *room.game == *game && room.shows.is_match();
        for room in self.directory.list().iter().filter(is_match) {
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
    let answer = room.address.send(Reserve(request.clone())).timeout(RESERVE_TIMEOUT).await;
    match answer {
        Ok(Ok(player)) => Ok(player),
        // A room that does not answer has no time for anybody else.
        Ok(Err(_)) | Err(MailboxError::Timeout) => Err(JoinError::RoomFull),
        // The room ended while the question was on its way.
        Err(MailboxError::Closed) => Err(JoinError::NoSuchRoom(room.id)),
    }
}

/// The time since 1970, as tokens count it: it has to mean the same in all processes.
fn now() -> Duration {
    // A clock before 1970 is wrong by so much that no token is any good.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
