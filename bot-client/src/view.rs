//! What a client makes of state frames: a whole replica, or only what stands in front of the chunks.

use tickwire_protocol::frame::{Frame, FrameCursor, FrameError};
use tickwire_protocol::message::{ClientMessage, Welcome};
use tickwire_protocol::replica::{Agreement, Replica};

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
    /// A view for the frames that follow a (valid) welcome.
    #[must_use]
    pub fn new(detail: Detail, welcome: &Welcome) -> Self {
        match detail {
            Detail::Whole => Self::Whole(Box::new(Replica::new(welcome))),
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

    /// What to tell the server of a part that differed in the newest frame: one is enough for it to
    /// send all of them anew.
    #[must_use]
    pub fn report(&self) -> Option<ClientMessage> {
        let replica = self.replica()?;
        replica.differing().first().and_then(|&part| replica.report(part))
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
