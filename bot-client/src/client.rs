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

use crate::backoff::Backoff;
use crate::come_back::ComeBack;
use crate::connection::{Connection, Incoming};
use crate::end::End;
use crate::entry::{EnterError, Entry};
use crate::join::{JoinError, JoinRequest, Lobby};
use crate::view::Detail;

/// A player with a connection, or on its way back to one.
#[derive(Debug)]
pub struct Client {
    entry: Entry,
    connection: Connection,
}

impl Client {
    /// Joins and connects. A server that is too busy is asked again, when it says or with backoff, a
    /// few times ([`Entry::patience`]); anything else that is wrong fails at once.
    ///
    /// # Errors
    /// [`EnterError`].
    pub async fn join(
        lobby: Lobby,
        request: JoinRequest,
        detail: Detail,
        backoff: Backoff,
    ) -> Result<Self, EnterError> {
        let mut entry = Entry::new(lobby, request, detail, backoff);
        loop {
            match entry.attempt().await {
                Ok(connection) => return Ok(Self::new(entry, connection)),
                Err(error) => tokio::time::sleep(entry.patience(error)?).await,
            }
        }
    }

    /// A player who has come in by this way.
    #[must_use]
    pub const fn new(entry: Entry, connection: Connection) -> Self {
        Self { entry, connection }
    }

    /// Waits for what the server sends next. May be cancelled without losing anything.
    ///
    /// # Errors
    /// [`End`]: call [`Client::reconnect`] with it, or give up.
    pub async fn next(&mut self) -> Result<Incoming, End> {
        let incoming = self.connection.next().await?;
        if matches!(incoming, Incoming::Update(_)) {
            // Only now it counts as success: a server may take clients in and fail right away.
            self.entry.backoff.reset();
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
        let mut resume = self.connection.resumption();
        let delay = self.delay_after(&end, resume.is_some());
        let mut delay = delay.ok_or(EnterError::Ended(end))?;
        self.entry.seek_again(self.connection.welcome());
        loop {
            tokio::time::sleep(delay).await;
            resume = resume.filter(|lost| Instant::now() < lost.until);
            let attempt = match &resume {
                Some(lost) => {
                    let (detail, dial) = (self.entry.detail(), &mut self.entry.dial);
                    Connection::resume(lost, detail, dial).await.map_err(EnterError::from)
                }
                None => self.entry.attempt().await,
            };
            delay = match attempt {
                Ok(connection) => {
                    self.connection = connection;
                    return Ok(());
                }
                Err(EnterError::Connect(error))
                    if resume.is_some() && error.is_refused_resume() =>
                {
                    resume = None;
                    self.entry.backoff.next_delay()
                }
                Err(EnterError::Join(JoinError::NoSuchRoom)) if self.entry.forget_room() => {
                    Duration::ZERO
                }
                // What is refused for load may be resumed all the same, later.
                Err(error) => self.entry.backoff.delay(error.come_back()).ok_or(error)?,
            };
        }
    }

    /// The delay before the first try to come back. A server that ends connections before they have
    /// shown anything is not resumed at once.
    fn delay_after(&mut self, end: &End, resumes: bool) -> Option<Duration> {
        let has_shown_state = self.connection.view().cursor().tick().is_some();
        let backoff = &mut self.entry.backoff;
        match end.come_back().told(self.connection.back_after()) {
            ComeBack::Backoff if resumes && has_shown_state => Some(backoff.at_once()),
            come_back => backoff.delay(come_back),
        }
    }

    /// Leaves.
    pub async fn close(self) {
        self.connection.close().await;
    }
}
