//! The way in: a seat over HTTP, then a connection to it.
//!
//! ```text
//! attempt: seat (the one before, while it is kept) → connection
//!          refused for load ──→ patience: a delay, then another attempt, a few times
//!          any other error  ──→ the end of a newcomer's way
//! ```
//!
//! Whoever asks does the sleeping, so that a crowd of newcomers can be paced between attempts.

use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_protocol::message::Welcome;

use crate::backoff::Backoff;
use crate::come_back::ComeBack;
use crate::connection::Connection;
use crate::dial::Dial;
use crate::end::{ConnectError, End};
use crate::inquiry;
use crate::join::{CallError, JoinError, JoinRequest, Lobby, Seat, ServerUrl};
use crate::refusal::Refusal;
use crate::view::Detail;
use crate::whereabouts::Answer;

/// Attempts of a newcomer whom the server refuses for load: a few minutes of backoff, or as many times
/// what the server tells.
pub const MOST_ATTEMPTS: u32 = 10;
/// The server keeps a seat for so long after the join.
const SEAT_KEPT: Duration = Duration::from_secs(10);

/// Why a player did not get in.
#[derive(Debug, Error)]
pub enum EnterError {
    /// No seat.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// No connection to the seat.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection ended in a way that is not come back from.
    #[error(transparent)]
    Ended(#[from] End),
}

impl EnterError {
    /// Whether and when another try may succeed.
    #[must_use]
    pub fn come_back(&self) -> ComeBack {
        match self {
            Self::Join(error) => error.come_back(),
            Self::Connect(error) => error.come_back(),
            Self::Ended(end) => end.come_back(),
        }
    }

    /// The server's refusal over HTTP, if that is why and it has no name of its own.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Join(JoinError::Call(CallError::Refused(refusal)))
            | Self::Connect(ConnectError::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }
}

/// A player on the way in.
#[derive(Debug)]
pub struct Entry {
    lobby: Lobby,
    request: JoinRequest,
    detail: Detail,
    /// Paces the attempts.
    pub(crate) backoff: Backoff,
    /// How connections are opened.
    pub(crate) dial: Dial,
    /// All servers of a cluster that the user knows; that of the lobby is one of them.
    given: Vec<ServerUrl>,
    /// Servers that give seats as well, where that of the lobby cannot be reached.
    others: Vec<ServerUrl>,
    /// A seat whose upgrade was refused, and until when it is kept.
    seat: Option<(Seat, Instant)>,
    attempts: u32,
}

impl Entry {
    /// The way to a seat as requested. Nothing is sent yet.
    #[must_use]
    pub fn new(lobby: Lobby, request: JoinRequest, detail: Detail, backoff: Backoff) -> Self {
        let dial = Dial::default().trusting(lobby.trust().clone());
        let (given, others) = (Vec::new(), Vec::new());
        Self { lobby, request, detail, backoff, dial, given, others, seat: None, attempts: 0 }
    }

    /// The same way, by connections that are opened like this.
    #[must_use]
    pub fn by(self, dial: Dial) -> Self {
        Self { dial, ..self }
    }

    /// The same way, where these servers are of one cluster.
    #[must_use]
    pub fn among(self, given: Vec<ServerUrl>) -> Self {
        Self { given, ..self }
    }

    /// All servers that the user knows.
    pub(crate) fn given(&self) -> &[ServerUrl] {
        &self.given
    }

    /// Asks a server where the player of a resume token goes on.
    pub(crate) async fn where_is(&self, server: &ServerUrl, token: &str) -> Answer {
        inquiry::ask(&self.lobby.at(server), token).await
    }

    /// How much of the state is read.
    pub(crate) const fn detail(&self) -> Detail {
        self.detail
    }

    /// Asks for a seat, unless there is one, and connects to it: one try.
    ///
    /// # Errors
    /// [`EnterError`].
    pub async fn attempt(&mut self) -> Result<Connection, EnterError> {
        self.attempts = self.attempts.saturating_add(1);
        let kept = self.seat.take().filter(|(_, until)| Instant::now() < *until);
        let (seat, until) = match kept {
            Some(kept) => kept,
            None => (self.reserve().await?, Instant::now() + SEAT_KEPT),
        };
        let result = Connection::open_by(&seat.ws_url, self.detail, &mut self.dial).await;
        if let Err(ConnectError::Refused(_)) = result {
            // The token is as good as before. To join again would take a second seat from others.
            self.seat = Some((seat, until));
        }
        Ok(result?)
    }

    /// The delay before a newcomer's next attempt. Only a refusal for load is worth one: whatever else
    /// is wrong, an address or a request, is to be told at once.
    ///
    /// # Errors
    /// The error, where there is no other attempt.
    pub fn patience(&mut self, error: EnterError) -> Result<Duration, EnterError> {
        let is_for_load = error.refusal().is_some_and(Refusal::is_for_load);
        if !is_for_load || self.attempts >= MOST_ATTEMPTS {
            return Err(error);
        }
        self.backoff.delay(error.come_back()).ok_or(error)
    }

    /// From now on the seat is to be in the room, or at least the game, of a connection that was lost.
    /// Any of these servers will do.
    pub(crate) fn seek_again(&mut self, lost: &Welcome, servers: Vec<ServerUrl>) {
        self.others = servers;
        self.request.room = Some(lost.room.clone());
        self.request.game = Some(lost.schema.game.clone());
    }

    /// Gives up the room that was asked for, where one was: any other of the same game will do.
    pub(crate) fn forget_room(&mut self) -> bool {
        self.request.room.take().is_some()
    }

    async fn reserve(&mut self) -> Result<Seat, JoinError> {
        // A room has its game already; naming another one beside it would be a contradiction.
        let game = self.request.game.clone().filter(|_| self.request.room.is_none());
        let request = JoinRequest { game, ..self.request.clone() };
        let mut result = self.lobby.join(&request).await;
        let here = self.lobby.server().clone();
        for other in self.others.iter().filter(|other| **other != here) {
            if !matches!(result, Err(JoinError::Call(CallError::Unreachable { .. }))) {
                break;
            }
            self.lobby = self.lobby.at(other);
            result = self.lobby.join(&request).await;
        }
        result
    }
}
