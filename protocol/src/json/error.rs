//! What is wrong with a client's text: a code for programs and a text for people.

use thiserror::Error;

/// Most characters of a client's own words that an answer repeats.
const MAX_QUOTED: usize = 40;

/// Why a text is no message. The client is told, and the connection goes on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JsonError {
    /// It is no JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// It is JSON, but no object.
    #[error("a message is an object: {{\"type\": …}}")]
    NotAnObject,
    /// Arrays and objects lie too deep in each other.
    #[error("arrays and objects lie more than {} deep in each other", super::MAX_DEPTH)]
    TooDeep,
    /// An object has a key twice.
    #[error("{0} is there twice")]
    DuplicateKey(String),
    /// The type is none that clients send.
    #[error("there is no type {0}; there are: {types}", types = super::read::TYPES.join(", "))]
    UnknownType(String),
    /// The game has no such message.
    #[error("the game has no message {name}; {known}")]
    UnknownMessage {
        /// What was sent.
        name: String,
        /// What the game has.
        known: String,
    },
    /// A field that has to be there is not.
    #[error("{0} is missing")]
    MissingField(String),
    /// There is no such field.
    #[error("there is no {0} here")]
    UnknownField(String),
    /// A field's value is of another type, or out of its range.
    #[error("{field} is to be {expected}")]
    BadValue {
        /// The field.
        field: String,
        /// What it may be.
        expected: String,
    },
    /// The first message has to be a token.
    #[error("come in first: {{\"type\": \"enter\", \"token\": …}}")]
    NotIn,
    /// The room has not let the client in yet.
    #[error("wait for the welcome")]
    TooEarly,
    /// A token from somebody who is in already.
    #[error("you are in already")]
    AlreadyIn,
    /// Bytes where text is due.
    #[error("send text: this connection speaks tickwire.v1.json")]
    Binary,
}

impl JsonError {
    /// A short name, which stays as it is.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "bad_json",
            Self::NotAnObject => "not_an_object",
            Self::TooDeep => "too_deep",
            Self::DuplicateKey(_) => "duplicate_key",
            Self::UnknownType(_) => "unknown_type",
            Self::UnknownMessage { .. } => "unknown_message",
            Self::MissingField(_) => "missing_field",
            Self::UnknownField(_) => "unknown_field",
            Self::BadValue { .. } => "bad_value",
            Self::NotIn => "not_in",
            Self::TooEarly => "too_early",
            Self::AlreadyIn => "already_in",
            Self::Binary => "binary",
        }
    }
}

/// A client's own words, for an answer: in quotation marks, without control characters, and cut.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

/// What a parser says, which may repeat what it has read, cut likewise.
pub(super) fn quoted_cause(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    text.chars().filter(|letter| !letter.is_control()).take(2 * MAX_QUOTED).collect()
}
