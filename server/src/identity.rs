//! Who somebody is: tokens that say so, and who gives them out.
//!
//! ```text
//! POST /api/join → Authenticator::admit → a seat → Authenticator::issue → token
//! WebSocket with the token → Authenticator::verify → Ledger: used before? → the seat
//! ```
//!
//! A token is all that a connection needs to be let in, wherever it was given out: it holds what it
//! stands for. By default it is signed ([`Keyring`]); an application that embeds the server can put its
//! own [`Authenticator`] in that place. Tokens never appear in logs.

mod code;
mod key;
mod keyring;
mod ledger;
mod password;
mod request;

use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, RoomId};
use tickwire_simulation::room::SeatRequest;

pub use code::{ParseCodeError, RoomCode};
pub use key::{AuthKey, KeyError};
pub use keyring::Keyring;
pub(crate) use ledger::Ledger;
pub use ledger::LedgerFull;
pub use password::{Lock, NoPassword};

/// How long a token lets somebody in. The seat is kept for 10 s of that: see
/// [`RoomConfig::reservation_ticks`](tickwire_simulation::room::RoomConfig::reservation_ticks).
pub const TOKEN_LIFETIME: Duration = Duration::from_secs(60);

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The room.
    pub room: RoomId,
    /// The player's id there: the seat that is kept.
    pub player: PlayerId,
    /// Name, role and send rate, should the seat have lapsed by then.
    pub request: SeatRequest,
    /// Whether the player is the room's host.
    pub hosts: bool,
    /// Where the request came from, if its address is counted: whom the host sends away is kept out by it.
    pub address: Option<IpAddr>,
    /// When it was given out, since 1970.
    pub issued: Duration,
    /// Tells tokens apart, so that each is used once.
    pub nonce: u64,
}

/// What a token to come back with stands for. Always the server's own: it is given out in the welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResumeClaims {
    /// The room.
    pub room: RoomId,
    /// The player.
    pub player: PlayerId,
    /// The room's key for it: see
    /// [`Room::handle_resume`](tickwire_simulation::room::Room::handle_resume).
    pub key: u32,
}

/// Somebody who wants to join.
#[derive(Clone, Copy, Debug)]
pub struct JoinAttempt<'a> {
    /// The name wanted, fit to be shown.
    pub name: &'a str,
    /// The game named, if any.
    pub game: Option<&'a str>,
    /// The room named, if any.
    pub room: Option<RoomId>,
    /// The recording named, if any: it is watched.
    pub replay: Option<&'a str>,
    /// The request's `Authorization` header, such as an application's own login token.
    pub authorization: Option<&'a str>,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
}

/// Somebody who wants a room opened.
#[derive(Clone, Copy, Debug)]
pub struct RoomAttempt<'a> {
    /// The game named, if any.
    pub game: Option<&'a str>,
    /// The request's `Authorization` header.
    pub authorization: Option<&'a str>,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
}

/// Somebody may not join. The text is told to them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Denied(pub String);

/// Why a token does not let anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// There is none.
    #[error("a token is due: join first")]
    Missing,
    /// It is no token.
    #[error("this is no token: join again")]
    Malformed,
    /// It was not given out here, or with another key.
    #[error("the token is not from this server: join again")]
    Foreign,
    /// It is too old, or from the future.
    #[error("the token has expired: join again")]
    Expired,
    /// It has let somebody in already.
    #[error("the token has been used: join again")]
    Used,
}

/// Gives tokens out and takes them.
pub trait Authenticator: Send + Sync {
    /// Decides whether somebody may join at all. Everybody may by default.
    ///
    /// # Errors
    /// [`Denied`], which is answered with 401.
    fn admit(&self, attempt: &JoinAttempt<'_>) -> Result<(), Denied> {
        let _ = attempt;
        Ok(())
    }

    /// Decides whether somebody may open a room. Everybody may by default.
    ///
    /// # Errors
    /// [`Denied`], which is answered with 401.
    fn admit_room(&self, attempt: &RoomAttempt<'_>) -> Result<(), Denied> {
        let _ = attempt;
        Ok(())
    }

    /// Makes a token: letters, digits, `-`, `_` and `.`, at most
    /// [`MAX_TOKEN_BYTES`](tickwire_protocol::message::MAX_TOKEN_BYTES) of them.
    fn issue(&self, claims: &Claims) -> String;

    /// What a token stands for. Whether it has been used, or is older than [`TOKEN_LIFETIME`], is looked at
    /// elsewhere as well. `now` is the time
    /// since 1970.
    ///
    /// # Errors
    /// [`TokenError`].
    fn verify(&self, token: &str, now: Duration) -> Result<Claims, TokenError>;
}
