//! A player who comes back: joins, connects, and after a lost connection does both again.
//!
//! There is no resuming yet: coming back is a new seat, in the same room where it still exists. The
//! caller sees it happen ([`Client::next`] fails, [`Client::reconnect`] is called), because what it
//! knew of the old connection (its player's id, its inputs' numbers, the replica) is void.

use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::close::Reconnect;

use crate::backoff::Backoff;
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
    fn reconnect(&self) -> Reconnect {
        match self {
            Self::Join(error) => error.reconnect(),
            Self::Connect(error) => error.reconnect(),
            Self::Ended(end) => end.reconnect(),
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
        let connection = enter(&lobby, &request, detail).await?;
        Ok(Self { lobby, request, detail, backoff, connection })
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

    /// Comes back after a lost connection, as often as it takes: to the same room, or to any other
    /// of the same game when that one is gone.
    ///
    /// # Errors
    /// [`EnterError`] when another try would end the same way.
    pub async fn reconnect(&mut self, end: End) -> Result<(), EnterError> {
        let mut delay = self.backoff.delay_after(end.reconnect()).ok_or(EnterError::Ended(end))?;
        let welcome = self.connection.welcome();
        let mut request = JoinRequest {
            room: Some(welcome.room.clone()),
            game: Some(welcome.schema.game.clone()),
            ..self.request.clone()
        };
        loop {
            tokio::time::sleep(delay).await;
            match enter(&self.lobby, &request, self.detail).await {
                Ok(connection) => {
                    self.connection = connection;
                    return Ok(());
                }
                Err(EnterError::Join(JoinError::NoSuchRoom)) if request.room.is_some() => {
                    request.room = None;
                    delay = Duration::ZERO;
                }
                Err(error) => {
                    delay = self.backoff.delay_after(error.reconnect()).ok_or(error)?;
                }
            }
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
) -> Result<Connection, EnterError> {
    // A room has its game already; naming another one beside it would be a contradiction.
    let game = request.game.clone().filter(|_| request.room.is_none());
    let seat = lobby.join(&JoinRequest { game, ..request.clone() }).await?;
    Ok(Connection::open(&seat.ws_url, detail).await?)
}
