//! A player who comes back: joins, connects, and resumes after a lost connection.
//!
//! ```text
//! lost → resume, at once, then with backoff ──┬─→ the same player
//!        refused, or the window has passed ───┴─→ join: a new player, in the same room if it exists
//! ```
//!
//! Of a cluster's servers those that are known are asked first who has the room now: see
//! `way_back`.
//!
//! The caller sees it happen ([`Client::next`] fails, [`Client::reconnect`] is called), because what
//! it knew of the old connection (its inputs' numbers, the replica, after a join its player's id too)
//! is void.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::come_back::ComeBack;
use crate::connection::{Connection, Incoming};
use crate::end::End;
use crate::entry::{EnterError, Entry};
use crate::join::{JoinRequest, Lobby};
use crate::view::Detail;
use crate::way_back::{Attempt, WayBack};
use crate::whereabouts::Whereabouts;

/// A player with a connection, or on its way back to one.
#[derive(Debug)]
pub struct Client {
    pub(crate) entry: Entry,
    connection: Connection,
    /// Owners that were found to be replaced, since that was last asked.
    pub(crate) stale_owners: u64,
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
    pub fn new(entry: Entry, mut connection: Connection) -> Self {
        connection.know(Whereabouts::new(entry.given()));
        Self { entry, connection, stale_owners: 0 }
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

    /// How many owners were refused because others have replaced them, since this was last asked.
    pub const fn take_stale_owners(&mut self) -> u64 {
        std::mem::replace(&mut self.stale_owners, 0)
    }

    /// Comes back after a lost connection, as often as it takes: as the same player while the server
    /// keeps it (the welcome then says `resumed`), else as a new one, in the same room, or in any
    /// other of the same game when that one is gone.
    ///
    /// # Errors
    /// [`EnterError`] when another try would end the same way.
    pub async fn reconnect(&mut self, end: End) -> Result<(), EnterError> {
        let mut way = WayBack::new(&self.connection);
        let delay = self.delay_after(&end, way.resumes());
        if let End::Stale(_) = end {
            self.stale_owners += 1;
            // Whoever still serves it is not to think that somebody is there.
            self.connection.cut().await;
        }
        let mut delay = delay.ok_or(EnterError::Ended(end))?;
        if way.has_moved() {
            delay = Duration::ZERO;
        }
        self.entry.seek_again(self.connection.welcome(), way.servers());
        loop {
            tokio::time::sleep(delay).await;
            delay = match self.attempt(&mut way).await? {
                Attempt::In(mut connection) => {
                    connection.know(way.into_known());
                    self.connection = *connection;
                    return Ok(());
                }
                Attempt::Again(delay) => delay,
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
