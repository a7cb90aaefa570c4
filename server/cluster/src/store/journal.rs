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

/// What keeping pieces of a journal has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// They are kept.
    Kept,
    /// The store has nothing of the room: it has ended; or data were lost, and the journal is to be kept from the
    /// beginning of its segment once the room is claimed again.
    Forgotten,
    /// The room is another node's.
    Lost,
}

impl Store {
    /// Keeps pieces of a room's journal, in order, as long as the room is this node's under this fence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(
        &self,
        room: RoomId,
        fence: Fence,
        pieces: &[JournalPiece],
    ) -> Result<Keeping, StoreError> {
        let mut append = self.scripts.append.key(keys::owner(room));
        append
            .key(keys::journal(room))
            .arg(self.me.to_string())
            .arg(fence.0)
            .arg(millis(keys::ROOM_STAYS));
        for piece in pieces {
            append.arg(u8::from(piece.begins)).arg(&piece.bytes);
        }
        match append.invoke_async(&mut self.bulk.clone()).await? {
            0 => Ok(Keeping::Lost),
            1 => Ok(Keeping::Kept),
            2 => Ok(Keeping::Forgotten),
            _ => Err(StoreError::foreign(keys::journal(room))),
        }
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
