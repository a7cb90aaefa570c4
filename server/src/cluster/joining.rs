//! Seats and rooms anywhere in the cluster: rooms that are there are filled before new ones are opened, and new ones
//! are opened where there is least to do.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tickwire_cluster::placement::place;
use tickwire_cluster::record::RoomText;
use tickwire_cluster::store::{Creation, Owner};
use tickwire_protocol::ids::{Fence, RoomId};
use tracing::warn;

use super::directory::Ended;
use super::error::Unavailable;
use super::node::Node;
use super::peers::PeerAnswer;
use super::records::{new_room_record, room_record};
use crate::lobby::JoinError;
use crate::room::RoomHandle;
use crate::room::door::Terms;

/// Rooms that are tried for one who asks for none in particular.
const CANDIDATES: isize = 8;
/// How long another node may take to answer who joins: it may have to open a room.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// Tries to open a room whose outcome is not known, each with the same key.
const TRIES: u32 = 3;

/// Where nodes have each other's joins done.
pub const JOIN: &str = "/api/peer/join";
/// Where they have rooms opened.
pub const OPEN: &str = "/api/peer/open";

/// A request that one node passes on to another.
#[derive(Debug, Serialize, Deserialize)]
pub struct Forwarded {
    /// Its body, as it came.
    pub body: Value,
    /// The room that is meant, should the body name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Where it came from.
    #[serde(default)]
    pub address: Option<IpAddr>,
    /// Its `Authorization` header.
    #[serde(default)]
    pub authorization: Option<String>,
}

/// Where a new room goes.
pub enum Placement {
    /// To this node.
    Here,
    /// To another one, at this address.
    There(String),
}

impl Node {
    /// A few rooms of a game that anybody may join, the fullest first.
    ///
    /// # Errors
    /// [`Unavailable::Store`].
    pub async fn candidates(self: &Arc<Self>, game: &str) -> Result<Vec<RoomId>, Unavailable> {
        let (node, game) = (Arc::clone(self), game.to_owned());
        self.run(async move { Ok(node.store.open_rooms(&game, CANDIDATES).await?) }).await
    }

    /// A room that was among those is none any more.
    pub async fn strike_off(self: &Arc<Self>, game: &str, room: RoomId) {
        let (node, game) = (Arc::clone(self), game.to_owned());
        // Should it fail, the next one who meets it tries again.
        let _ = self.run(async move { node.store.strike_off(&game, room).await }).await;
    }

    /// Whether this node may open a room of a game now, that somebody else wants as well.
    ///
    /// # Errors
    /// [`Unavailable::Store`].
    pub async fn begin_opening(self: &Arc<Self>, game: &str) -> Result<bool, Unavailable> {
        let (node, game) = (Arc::clone(self), game.to_owned());
        self.run(async move { Ok(node.store.begin_opening(&game).await?) }).await
    }

    /// It is done.
    pub async fn end_opening(self: &Arc<Self>, game: &str) {
        let (node, game) = (Arc::clone(self), game.to_owned());
        // It ends by itself before long.
        let _ = self.run(async move { node.store.end_opening(&game).await }).await;
    }

    /// Where a new room goes.
    ///
    /// # Errors
    /// [`Unavailable::Full`].
    pub fn placement(&self) -> Result<Placement, Unavailable> {
        let nodes = self.nodes();
        // Of itself it knows best.
        let own = self.record();
        let others = nodes.iter().filter(|node| node.instance != self.me).cloned();
        let nodes: Vec<_> = others.chain([own]).collect();
        match place(&nodes) {
            Some(node) if node.instance == self.me => Ok(Placement::Here),
            Some(node) => Ok(Placement::There(node.url.clone())),
            None => Err(Unavailable::Full),
        }
    }

    /// Passes a request on to another node.
    ///
    /// # Errors
    /// [`Unavailable::Peer`].
    pub async fn pass_on(
        self: &Arc<Self>,
        url: String,
        path: &'static str,
        request: Forwarded,
    ) -> Result<PeerAnswer, Unavailable> {
        let node = Arc::clone(self);
        self.run(async move {
            let answer = node.peers.ask(&url, path, &request, ANSWERS_WITHIN).await;
            answer.map_err(|cause| {
                warn!(url, %cause, "a node does not answer");
                Unavailable::Peer
            })
        })
        .await
    }

    /// Opens a room at this node.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn open_here(
        self: &Arc<Self>,
        game: Option<&str>,
        options: BTreeMap<String, String>,
        terms: Terms,
    ) -> Result<RoomHandle, JoinError> {
        let home = self.home();
        home.opener.expect_place()?;
        if self.is_draining() {
            return Err(JoinError::ShuttingDown);
        }
        let game_name = game.unwrap_or(&home.config.default_game).to_owned();
        let (id, fence, code) = self.create(&game_name, &terms).await?;
        self.note_fence(fence);
        match home.opener.open_as(id, fence, game, options, terms) {
            Ok(room) => {
                let record = room_record(&room, home);
                let node = Arc::clone(self);
                // Others are to find it before they open one themselves.
                let _ = self.run(async move { node.store.note_rooms(&[record]).await }).await;
                Ok(room)
            }
            Err(cause) => {
                let _ = self.ended_sender().send(Ended { room: id, game: game_name, fence, code });
                Err(cause.into())
            }
        }
    }

    /// A new room's id and fence, and its code if it is private.
    async fn create(
        self: &Arc<Self>,
        game: &str,
        terms: &Terms,
    ) -> Result<(RoomId, Fence, Option<String>), Unavailable> {
        for _ in 0..TRIES {
            let home = self.home();
            let id = home.opener.unused_id();
            let code = terms.is_private.then(|| self.keyring.code_of(id).to_string());
            let record = new_room_record(id, game, terms, home);
            let once = format!("{:032x}", rand::random::<u128>());
            let (node, shown) = (Arc::clone(self), code.clone());
            let created = self
                .run(async move {
                    let mut created = Err(Unavailable::Store);
                    for _ in 0..TRIES {
                        match node.store.create(&record, &once, shown.as_deref()).await {
                            Err(cause) if cause.is_away() => {}
                            outcome => {
                                created = outcome.map_err(Unavailable::from);
                                break;
                            }
                        }
                    }
                    created
                })
                .await?;
            match created {
                Creation::Created(fence) => return Ok((id, fence, code)),
                Creation::Again { room, owner: Owner { fence, instance } }
                    if room == id && instance == self.me =>
                {
                    return Ok((id, fence, code));
                }
                // By chance: another id will do.
                Creation::Exists | Creation::Again { .. } => {}
                Creation::Lapsed => return Err(Unavailable::Store),
            }
        }
        Err(Unavailable::Store)
    }
}

/// What was asked for, at another node.
impl Forwarded {
    /// The same once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            body: self.body.clone(),
            room: self.room.clone(),
            address: self.address,
            authorization: self.authorization.clone(),
        }
    }

    /// A request for a room in particular.
    #[must_use]
    pub fn to_room(&self, RoomText(room): RoomText) -> Self {
        Self { room: Some(room.to_string()), ..self.again() }
    }
}
