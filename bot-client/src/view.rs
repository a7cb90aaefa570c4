//! What a client makes of state frames: a whole replica, or only what stands in front of the chunk.

use tickwire_protocol::frame::{Frame, FrameCursor, FrameError};
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_protocol::schema::Schema;

/// How much of a frame a client reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Everything: it keeps a replica of the room and checks it against the server's hashes.
    #[default]
    Whole,
    /// The prefix only: ticks, input feedback and events. Costs next to nothing.
    Prefix,
}

/// A client's side of the state stream of one connection.
#[derive(Clone, Debug)]
pub enum View {
    /// Every frame is decoded.
    Whole(Box<Replica>),
    /// Only prefixes are.
    Prefix(FrameCursor),
}

impl View {
    /// A view for the frames that follow a welcome with this (valid) schema.
    #[must_use]
    pub fn new(detail: Detail, schema: &Schema) -> Self {
        match detail {
            Detail::Whole => Self::Whole(Box::new(Replica::new(schema))),
            Detail::Prefix => Self::Prefix(FrameCursor::default()),
        }
    }

    /// Takes in the next frame.
    ///
    /// # Errors
    /// [`FrameError`]; the view is then as it was before.
    pub fn handle_frame(&mut self, bytes: &[u8]) -> Result<(Frame, Agreement), FrameError> {
        match self {
            Self::Whole(replica) => replica.handle_frame(bytes),
            Self::Prefix(cursor) => {
                cursor.read(bytes).map(|(frame, _)| (frame, Agreement::NotChecked))
            }
        }
    }

    /// The replica, where one is kept.
    #[must_use]
    pub fn replica(&self) -> Option<&Replica> {
        match self {
            Self::Whole(replica) => Some(replica),
            Self::Prefix(_) => None,
        }
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn cursor(&self) -> &FrameCursor {
        match self {
            Self::Whole(replica) => replica.cursor(),
            Self::Prefix(cursor) => cursor,
        }
    }
}
