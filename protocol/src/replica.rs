//! A client's copy of the room: frames in, the same snapshot as the server's out.

use crate::chunk::ChunkDecoder;
use crate::frame::{Frame, FrameCursor, FrameError};
use crate::quantise::Layout;
use crate::schema::Schema;
use crate::snapshot::Snapshot;

/// A client's copy of a room's state.
#[derive(Clone, Debug)]
pub struct Replica {
    cursor: FrameCursor,
    decoder: ChunkDecoder,
    snapshot: Snapshot,
}

/// Whether a replica agrees with the server, where the frame said what the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The frame carried no hash.
    NotChecked,
    /// The hashes are equal.
    Equal,
    /// The replica differs from the server: a desync.
    Different,
}

impl Replica {
    /// An empty replica, for the frames that follow a welcome with this (valid) schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let layout = Layout::new(schema);
        Self {
            cursor: FrameCursor::default(),
            snapshot: Snapshot::new(&layout),
            decoder: ChunkDecoder::new(layout),
        }
    }

    /// Takes in the next frame of the connection.
    ///
    /// # Errors
    /// [`FrameError`]; the replica is then as it was before.
    pub fn handle_frame(&mut self, bytes: &[u8]) -> Result<(Frame, Agreement), FrameError> {
        let mut cursor = self.cursor;
        let (frame, chunk) = cursor.read(bytes)?;
        self.decoder.decode(&mut self.snapshot, frame.is_keyframe, chunk)?;
        self.cursor = cursor;
        let agreement = match frame.hash {
            None => Agreement::NotChecked,
            Some(hash) if hash == self.snapshot.hash(self.layout()) => Agreement::Equal,
            Some(_) => Agreement::Different,
        };
        Ok((frame, agreement))
    }

    /// The state after the newest frame.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The schema's layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.decoder.layout()
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn cursor(&self) -> &FrameCursor {
        &self.cursor
    }
}
