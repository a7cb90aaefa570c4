//! Recordings: what of the journals' folder is listed and shown, where the server is told to.
//!
//! ```text
//! GET  /api/replays       → Library::list    → a summary of each, kept by the file's length and time
//! GET  /api/replays/NAME  → Library::details → what happened when
//! POST /api/join {replay} → Library::showing → a game that shows the match → a room of its own
//! ```
//!
//! Files are read away from the threads that serve, one at a time, and never written. A name from outside is
//! a [`RecordingName`] before it becomes a part of a path.

mod library;
mod name;
mod summary;

use thiserror::Error;
use tickwire_simulation::journal::file::JournalError;
use tickwire_simulation::journal::header::GameError;
use tickwire_simulation::journal::playback::PlaybackError;

pub use library::{Library, Listing, Showing, Unreadable};
pub use name::{NameError, RecordingName};
pub use summary::{Details, MarkEntry, Summary};

/// Why there is nothing to be shown.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The server keeps its recordings to itself.
    #[error("this server shows no recordings: it would with --serve-replays")]
    Disabled,
    /// It is no name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// There is no such file, or it is not a plain one.
    #[error("there is no recording {0}")]
    Missing(RecordingName),
    /// It would tell whoever watches what the players do now.
    #[error("the match of {0} is still being played")]
    Played(RecordingName),
    /// The file is larger than any that is read.
    #[error("the recording is too large to be shown")]
    TooLarge,
    /// The file is no journal, or none of this version.
    #[error("the recording cannot be read: {0}")]
    Journal(#[from] JournalError),
    /// Its numbers make no sense.
    #[error("the recording cannot be read: {0}")]
    Nonsense(&'static str),
    /// Its game is not here, or another one by now.
    #[error("the recording cannot be played: {0}")]
    Game(#[from] GameError),
    /// Its first state is none.
    #[error("the recording cannot be played: {0}")]
    Playback(PlaybackError),
    /// The game's rules panicked.
    #[error("the recording cannot be played: the game's rules failed at it")]
    Rules,
    /// The system does not let it be read.
    #[error("the recording cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

impl From<PlaybackError> for RecordingError {
    fn from(cause: PlaybackError) -> Self {
        match cause {
            PlaybackError::Game(cause) => Self::Game(cause),
            cause => Self::Playback(cause),
        }
    }
}
