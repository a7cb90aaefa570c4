//! Journals of rooms in the store.

use redis::AsyncCommands;
use redis::streams::StreamRangeReply;
use tickwire_protocol::ids::{Fence, RoomId};

use super::{Store, StoreError, millis};
use crate::keys;

/// A piece of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPiece {
    /// Whether a match can be gone on with from here on: nothing before it is needed then, or kept.
    pub begins: bool,
    /// It.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Keeps pieces of a room's journal, in order, unless the room is not this node's under this fence any more:
    /// then it returns false.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(
        &self,
        room: RoomId,
        fence: Fence,
        pieces: &[JournalPiece],
    ) -> Result<bool, StoreError> {
        let mut append = self.scripts.append.key(keys::owner(room));
        append
            .key(keys::journal(room))
            .arg(self.me.to_string())
            .arg(fence.0)
            .arg(millis(keys::ROOM_STAYS));
        for piece in pieces {
            append.arg(u8::from(piece.begins)).arg(&piece.bytes);
        }
        Ok(append.invoke_async(&mut self.bulk.clone()).await?)
    }

    /// What is kept of a room's journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal(&self, room: RoomId) -> Result<Vec<JournalPiece>, StoreError> {
        let reply: StreamRangeReply = self.bulk.clone().xrange_all(keys::journal(room)).await?;
        let pieces = reply.ids.into_iter().map(|entry| {
            let bytes = entry.get::<Vec<u8>>("b").unwrap_or_default();
            JournalPiece { begins: entry.get::<u8>("s") == Some(1), bytes }
        });
        Ok(pieces.collect())
    }
}
