//! The lobby: which room somebody gets, and the token that lets them in.
//!
//! Off the hot path. The lobby finds or opens a room (`join`), or the one that is meant (`way`); the room
//! itself keeps a seat (it alone counts seats), and the token stands for that seat until the connection comes.
//! After that the session talks to its room directly, unless it wants another one (`change`).
//!
//! People in different rooms meet here as well: [`channel`] is what they say to each other, [`online`] how many
//! they are. Both reach the servers of a cluster over its bus (`bus_message`).

mod bus_message;
mod change;
pub mod channel;
mod error;
mod join;
pub mod online;
mod way;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tickwire_protocol::ids::{EventNumber, RoomId};

use crate::admission::Admission;
use crate::cluster::Node;
use crate::config::ServerConfig;
use crate::directory::Directory;
use crate::identity::{
    Authenticator, Claims, Keyring, Ledger, ResumeClaims, RoomAttempt, TokenError,
};
use crate::messages::{CloseRoom, Purpose};
use crate::recordings::Library;
use crate::room::RoomHandle;
use crate::room::door::Terms;
use crate::room::opener::RoomOpener;
use crate::stopping::Stopping;

pub use change::Elsewhere;
pub use error::{JoinError, RedeemError, code_of_recording};
pub use join::{JoinRequest, Joined};
pub use way::Pass;

/// What a token lets a connection do.
pub struct Admitted {
    /// The room.
    pub room: RoomHandle,
    /// As whom.
    pub purpose: Purpose,
}

/// A room that somebody has opened.
pub struct Opened {
    /// The room.
    pub room: RoomHandle,
    /// What its host is known by.
    pub host_key: String,
}

/// The lobby.
pub struct Lobby {
    config: Arc<ServerConfig>,
    directory: Arc<dyn Directory>,
    opener: Arc<RoomOpener>,
    authenticator: Arc<dyn Authenticator>,
    keyring: Arc<Keyring>,
    admission: Arc<Admission>,
    tokens: Ledger,
    /// Where they are served.
    recordings: Option<Arc<Library>>,
    stopping: Stopping,
    /// Where it is one of many.
    node: Option<Arc<Node>>,
    /// One room is opened at a time: two at once would be one too many.
    opening: tokio::sync::Mutex<()>,
    /// The same of those that show a match later.
    delaying: Mutex<()>,
}

impl Lobby {
    /// A lobby without rooms. `stopping` begins with [`Lobby::close`], for others to see.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "called once, where a server is put together")]
    pub fn new(
        config: Arc<ServerConfig>,
        directory: Arc<dyn Directory>,
        opener: Arc<RoomOpener>,
        authenticator: Arc<dyn Authenticator>,
        keyring: Arc<Keyring>,
        admission: Arc<Admission>,
        recordings: Option<Arc<Library>>,
        stopping: Stopping,
        node: Option<Arc<Node>>,
    ) -> Self {
        Self {
            tokens: Ledger::new(config.access.max_pending_joins),
            config,
            directory,
            opener,
            authenticator,
            keyring,
            admission,
            recordings,
            stopping,
            node,
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

    /// Whether anything can be had that goes on.
    ///
    /// # Errors
    /// [`JoinError::ShuttingDown`].
    pub fn expect_open(&self) -> Result<(), JoinError> {
        if self.is_open() { Ok(()) } else { Err(JoinError::ShuttingDown) }
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
    pub async fn open_room_for(
        &self,
        attempt: &RoomAttempt<'_>,
        options: BTreeMap<String, String>,
        terms: Terms,
    ) -> Result<Opened, JoinError> {
        self.authenticator.admit_room(attempt)?;
        let room = self.open_room(attempt.game, options, terms).await?;
        let host_key = self.keyring.issue_host_key(room.id);
        Ok(Opened { room, host_key })
    }

    /// Ends a room for somebody who shows its host's key, and completes when it is no more.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn close_room_for(
        &self,
        id: RoomId,
        host_key: Option<String>,
        address: Option<IpAddr>,
    ) -> Result<(), JoinError> {
        if host_key.is_none() {
            return Err(JoinError::HostKeyRequired);
        }
        let pass = Pass { host_key, ..Pass::default() };
        if let Some(way) = self.way_in(Some(id), &pass, address)? {
            // A room that has ended by itself is closed as well.
            let _ = way.room.address.send(CloseRoom).await;
        }
        Ok(())
    }

    async fn open_room(
        &self,
        game: Option<&str>,
        options: BTreeMap<String, String>,
        terms: Terms,
    ) -> Result<RoomHandle, JoinError> {
        if !self.is_open() {
            return Err(JoinError::ShuttingDown);
        }
        match &self.node {
            Some(node) => node.open_here(game, options, terms).await,
            None => Ok(self.opener.open(game, options, terms)?),
        }
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
        let room = self.directory.find(claims.room).ok_or_else(|| self.reason_of_missing_room())?;
        let Claims { player: reserved, request, hosts, address, .. } = claims;
        // Whoever joined more than once has a token left.
        if !hosts && address.is_some_and(|address| room.door.keeps_out(address, Instant::now())) {
            return Err(RedeemError::Kicked);
        }
        Ok(Admitted { room, purpose: Purpose::Join { reserved, request, hosts, address } })
    }

    /// The room with this id, if it is here.
    #[must_use]
    pub fn find(&self, room: RoomId) -> Option<RoomHandle> {
        self.directory.find(room)
    }

    /// What a token to come back with stands for.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn resume_claims(&self, token: &str) -> Result<ResumeClaims, TokenError> {
        self.keyring.verify_resume(token)
    }

    /// The room whose host's key somebody shows, if it is one.
    #[must_use]
    pub fn room_of_host_key(&self, key: &str) -> Option<RoomId> {
        self.keyring.verify_host_key(key).ok()
    }

    /// Whether the server is one of many.
    #[must_use]
    pub const fn is_clustered(&self) -> bool {
        self.node.is_some()
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
        match &self.node {
            _ if !self.is_open() => RedeemError::ShuttingDown,
            Some(_) => RedeemError::Elsewhere,
            None => RedeemError::NoSuchRoom,
        }
    }
}

/// The time since 1970, as tokens count it: it has to mean the same in all processes.
fn now() -> Duration {
    // A clock before 1970 is wrong by so much that no token is any good.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
