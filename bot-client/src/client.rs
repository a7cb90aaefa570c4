//! A player who comes back: joins, connects, and resumes after a lost connection.
//!
//! ```text
//! lost → resume, at once, then with backoff ──┬─→ the same player
//!        refused, or the window has passed ───┴─→ join: a new player, in the same room if it exists
//! ```
//!
//! The caller sees it happen ([`Client::next`] fails, [`Client::reconnect`] is called), because what
//! it knew of the old connection (its inputs' numbers, the replica, after a join its player's id too)
//! is void.

use std::time::{Duration, Instant};

use thiserror::Error;

use crate::backoff::Backoff;
use crate::come_back::ComeBack;
use crate::connection::{Connection, Incoming};
use crate::end::{ConnectError, End};
use crate::join::{JoinError, JoinRequest, Lobby};
use crate::view::Detail;

/// A player with a connection, or on its way back to one.
#[derive(Debug)]
pub struct Client {
    lobby: Lobby,
    request: JoinRequest,
    detail: Detail,
    backoff: Backoff,
    /// Where the seat was, and resuming is.
    ws_url: String,
    connection: Connection,
}

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
}

impl Client {
    /// Joins and connects: one try, so that a wrong request fails at once.
    ///
    /// # Errors
    /// [`EnterError`].
    pub async fn join(
        lobby: Lobby,
        request: JoinRequest,
        detail: Detail,
        backoff: Backoff,
    ) -> Result<Self, EnterError> {
        let (ws_url, connection) = enter(&lobby, &request, detail).await?;
        Ok(Self { lobby, request, detail, backoff, ws_url, connection })
    }

    /// Waits for what the server sends next. May be cancelled without losing anything.
    ///
    /// # Errors
    /// [`End`]: call [`Client::reconnect`] with it, or give up.
    pub async fn next(&mut self) -> Result<Incoming, End> {
        let incoming = self.connection.next().await?;
        if matches!(incoming, Incoming::Update(_)) {
            // Only now it counts as success: a server may take clients in and fail right away.
            self.backoff.reset();
        }
        Ok(incoming)
    }

    /// The connection.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, to send by.
    pub const fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Comes back after a lost connection, as often as it takes: as the same player while the server
    /// keeps it (the welcome then says `resumed`), else as a new one, in the same room, or in any
    /// other of the same game when that one is gone.
    ///
    /// # Errors
    /// [`EnterError`] when another try would end the same way.
    pub async fn reconnect(&mut self, end: End) -> Result<(), EnterError> {
        let mut resume = self.connection.resumption(&self.ws_url);
        let delay = self.delay_after(&end, resume.is_some());
        let mut delay = delay.ok_or(EnterError::Ended(end))?;
        let mut request = self.request_again();
        loop {
            tokio::time::sleep(delay).await;
            resume = resume.filter(|lost| Instant::now() < lost.until);
            let error = if let Some(lost) = &resume {
                match Connection::resume(lost, self.detail).await {
                    Ok(connection) => {
                        self.connection = connection;
                        return Ok(());
                    }
                    Err(error) if error.is_refused_resume() => {
                        resume = None;
                        delay = self.backoff.next_delay();
                        continue;
                    }
                    Err(error) => error.into(),
                }
            } else {
                match enter(&self.lobby, &request, self.detail).await {
                    Ok((ws_url, connection)) => {
                        (self.ws_url, self.connection) = (ws_url, connection);
                        return Ok(());
                    }
                    Err(EnterError::Join(JoinError::NoSuchRoom)) if request.room.is_some() => {
                        request.room = None;
                        delay = Duration::ZERO;
                        continue;
                    }
                    Err(error) => error,
                }
            };
            delay = self.backoff.delay(error.come_back()).ok_or(error)?;
        }
    }

    /// The delay before the first try to come back. A server that ends connections before they have
    /// shown anything is not resumed at once.
    fn delay_after(&mut self, end: &End, resumes: bool) -> Option<Duration> {
        let has_shown_state = self.connection.view().cursor().tick().is_some();
        match end.come_back() {
            ComeBack::Backoff if resumes && has_shown_state => Some(self.backoff.at_once()),
            come_back => self.backoff.delay(come_back),
        }
    }

    fn request_again(&self) -> JoinRequest {
        let welcome = self.connection.welcome();
        JoinRequest {
            room: Some(welcome.room.clone()),
            game: Some(welcome.schema.game.clone()),
            ..self.request.clone()
        }
    }

    /// Leaves.
    pub async fn close(self) {
        self.connection.close().await;
    }
}

async fn enter(
    lobby: &Lobby,
    request: &JoinRequest,
    detail: Detail,
) -> Result<(String, Connection), EnterError> {
    // A room has its game already; naming another one beside it would be a contradiction.
    let game = request.game.clone().filter(|_| request.room.is_none());
    let seat = lobby.join(&JoinRequest { game, ..request.clone() }).await?;
    let connection = Connection::open(&seat.ws_url, detail).await?;
    Ok((seat.ws_url, connection))
}
