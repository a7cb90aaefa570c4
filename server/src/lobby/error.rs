//! Why somebody does not get what they ask the lobby for.

use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::RoomId;
use tickwire_simulation::journal::file::JournalError;

use crate::admission::{NotAdmitted, TooManyGuesses};
use crate::cluster::Unavailable;
use crate::identity::{Denied, LedgerFull, TokenError};
use crate::recordings::RecordingError;
use crate::room::opener::OpenError;

/// Why a token does not let anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RedeemError {
    /// The token is none, or not good any more.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The room has ended since.
    #[error("no such room: it may have ended; join again")]
    NoSuchRoom,
    /// The host has sent the address away that the token was given to.
    #[error("the host has sent you away")]
    Kicked,
    /// The server is about to stop.
    #[error("the server restarts; come back in a moment")]
    ShuttingDown,
    /// The room is not here, but may be at another server of the cluster.
    #[error("the room is not here: ask where it is")]
    Elsewhere,
}

impl RedeemError {
    /// The close code for it.
    #[must_use]
    pub const fn reason(&self) -> CloseReason {
        match self {
            Self::Token(_) => CloseReason::Unauthorised,
            Self::NoSuchRoom => CloseReason::NoSuchRoom,
            Self::Kicked => CloseReason::Kicked,
            Self::ShuttingDown | Self::Elsewhere => CloseReason::Restarting,
        }
    }
}

/// Why somebody cannot join, or has no say in a room.
#[derive(Debug, Error)]
pub enum JoinError {
    /// No room with this id, as far as those who know no more than that are concerned.
    #[error("there is no room {0}: it may have ended")]
    NoSuchRoom(RoomId),
    /// No room with this code.
    #[error("there is no room with this code: it may have ended")]
    WrongCode,
    /// The room has a password, and none was given.
    #[error("the room has a password: give it as `password`")]
    PasswordRequired,
    /// It is another one.
    #[error("this is not the room's password")]
    WrongPassword,
    /// It is no host's key, or another room's.
    #[error("this is not the key of the room's host")]
    WrongHostKey,
    /// None was given where one is due.
    #[error("the key of the room's host is due: Authorization: Bearer KEY")]
    HostKeyRequired,
    /// The address has guessed wrong too often.
    #[error(transparent)]
    TooManyGuesses(#[from] TooManyGuesses),
    /// The host has sent the address away.
    #[error("the host has sent you away: try another room, or again in a minute")]
    Kicked,
    /// Those who watch see it later, and are told of it when they see it.
    #[error("this match is shown some time later: what happens in it is not told before")]
    Delayed,
    /// The address joins too often.
    #[error("{0}")]
    TooOften(NotAdmitted, Duration),
    /// All seats are taken.
    #[error("the room is full")]
    RoomFull,
    /// Too many tokens wait for their connections.
    #[error(transparent)]
    TooManyPending(#[from] LedgerFull),
    /// The application does not let them in.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The server is about to stop.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// No room could be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The cluster cannot do it now.
    #[error(transparent)]
    Cluster(#[from] Unavailable),
    /// There is no such recording, or it cannot be shown.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

impl JoinError {
    /// A short name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchRoom(_) | Self::WrongCode => "no_such_room",
            Self::PasswordRequired => "password_required",
            Self::WrongPassword => "wrong_password",
            Self::WrongHostKey => "wrong_host_key",
            Self::Kicked => "kicked",
            Self::Delayed => "delayed",
            Self::TooManyGuesses(_) => "too_many_guesses",
            Self::TooOften(..) => "too_many_joins",
            Self::RoomFull => "room_full",
            Self::TooManyPending(_) => "too_many_pending",
            Self::HostKeyRequired | Self::Denied(_) => "unauthorised",
            Self::ShuttingDown => "shutting_down",
            Self::Open(cause) => match cause {
                OpenError::NoSuchGame { .. } => "no_such_game",
                OpenError::Option(_) => "bad_option",
                OpenError::TooManyRooms => "too_many_rooms",
                OpenError::Here(_) | OpenError::Room(_) | OpenError::Rules => "internal",
            },
            Self::Cluster(cause) => cause.code(),
            Self::Recording(cause) => code_of_recording(cause),
        }
    }

    /// Whether it says that something was guessed wrong.
    pub(super) const fn is_wrong_guess(&self) -> bool {
        matches!(self, Self::WrongCode | Self::WrongPassword | Self::WrongHostKey)
    }
}

/// A short name for programs.
#[must_use]
pub const fn code_of_recording(cause: &RecordingError) -> &'static str {
    match cause {
        RecordingError::Disabled => "replays_disabled",
        RecordingError::Name(_) => "bad_replay_name",
        RecordingError::Missing(_) => "no_such_replay",
        RecordingError::Played(_) => "replay_goes_on",
        RecordingError::TooLarge => "replay_too_large",
        RecordingError::Journal(JournalError::Foreign) => "replay_foreign",
        RecordingError::Journal(JournalError::Version(_)) => "replay_version",
        RecordingError::Journal(JournalError::Beginning | JournalError::TickRate(_))
        | RecordingError::Nonsense(_)
        | RecordingError::Playback(_) => "replay_damaged",
        RecordingError::Rules => "replay_rules",
        RecordingError::Game(_) => "replay_game",
        RecordingError::Io(_) => "internal",
    }
}
