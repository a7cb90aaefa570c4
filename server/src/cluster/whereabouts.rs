//! Whose a room is.

use std::sync::Arc;

use tickwire_cluster::store::Owner;
use tickwire_protocol::ids::{Fence, RoomId};

use super::error::Unavailable;
use super::node::Node;
use crate::room::RoomHandle;

/// Where a room is.
#[derive(Clone)]
pub enum Whereabouts {
    /// At this node.
    Here(RoomHandle),
    /// At another one.
    There {
        /// Its address, without a slash at the end.
        url: String,
        /// The number of its ownership.
        fence: Fence,
    },
    /// Its node has died, and nobody has it yet.
    Moving,
    /// There is no such room.
    Nowhere,
}

impl Node {
    /// Where a room is.
    ///
    /// # Errors
    /// [`Unavailable::Store`], for rooms that are not here.
    pub async fn find(self: &Arc<Self>, room: RoomId) -> Result<Whereabouts, Unavailable> {
        if let Some(room) = self.home().directory.find(room) {
            return Ok(Whereabouts::Here(room));
        }
        let node = Arc::clone(self);
        self.run(async move {
            let Some(Owner { instance, fence }) = node.store.owner(room).await? else {
                return Ok(Whereabouts::Nowhere);
            };
            // Its own, and not here: it is about to be.
            if instance == node.me {
                return Ok(Whereabouts::Moving);
            }
            let owner =
                node.store.node(&instance.name).await?.filter(|owner| owner.instance == instance);
            Ok(owner
                .map_or(Whereabouts::Moving, |owner| Whereabouts::There { url: owner.url, fence }))
        })
        .await
    }

    /// The room with this code, if that is a code and there is one.
    ///
    /// # Errors
    /// [`Unavailable::Store`].
    pub async fn room_of_code(
        self: &Arc<Self>,
        code: String,
    ) -> Result<Option<RoomId>, Unavailable> {
        let node = Arc::clone(self);
        self.run(async move { Ok(node.store.room_of_code(&code).await?) }).await
    }
}
