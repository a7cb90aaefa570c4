//! Rooms and seats, over HTTP: what comes before a connection.
//!
//! HTTP/1.1 with JSON bodies. A seat's token is good for one connection, within ten seconds.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use http::{Method, Uri};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tickwire_protocol::ids::PlayerId;

use crate::call::{Answer, Caller};
use crate::come_back::ComeBack;
use crate::refusal::Refusal;
use crate::server_metrics::ServerMetrics;
use crate::trust::Trust;

/// Where a server is: `http://HOST:PORT`, or `https://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(String);

/// Why a text does not say where a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write it as http://HOST:PORT or https://HOST:PORT")]
pub struct ParseServerUrlError;

impl FromStr for ServerUrl {
    type Err = ParseServerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Uri = text.parse().map_err(|_| ParseServerUrlError)?;
        let is_spoken = matches!(url.scheme_str(), Some("http" | "https"));
        if is_spoken && url.query().is_none() && !text.contains('#') {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(ParseServerUrlError)
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a player asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JoinRequest {
    /// The player's name.
    pub name: String,
    /// A room; without one the server picks or starts one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// A game, where no room is named; without one it is the server's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub game: Option<String>,
    /// State frames per second that are wanted; without it, the server's choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_hz: Option<u16>,
    /// Only to watch.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spectate: bool,
}

/// A reserved place in a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Seat {
    /// Proves the reservation.
    pub token: String,
    /// The room.
    pub room: String,
    /// The player's id there.
    pub player: PlayerId,
    /// Where to connect; the token is part of it.
    pub ws_url: String,
}

/// A room that was created.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NewRoom {
    /// The room.
    pub room: String,
    /// What is played there.
    pub game: String,
}

/// A room as the server lists it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RoomStatus {
    /// The room.
    pub room: String,
    /// What is played there.
    pub game: String,
    /// How long a tick takes, where the server tells.
    pub tick_ms: Option<TickTime>,
}

/// How long a room's ticks take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct TickTime {
    /// Half of them at most this long.
    pub p50: f64,
    /// 99 of 100 at most this long.
    pub p99: f64,
}

/// Why a call had no usable answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// Nobody answered, or not in time.
    #[error("{url} cannot be reached: {cause}")]
    Unreachable {
        /// What was called.
        url: String,
        /// Why.
        cause: String,
    },
    /// The server refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer is not what was asked for.
    #[error("the answer makes no sense: {0}")]
    Malformed(String),
}

/// Why there is no seat.
#[derive(Debug, Error)]
pub enum JoinError {
    /// The request itself is wrong (400).
    #[error("the server does not understand the join: {0}")]
    BadRequest(String),
    /// No such room (404).
    #[error("no such room")]
    NoSuchRoom,
    /// No such game (404); the server says which ones there are.
    #[error("no such game: {0}")]
    NoSuchGame(String),
    /// Every seat of the room is taken (409).
    #[error("the room is full")]
    RoomFull,
    /// Anything else, such as a server that has no time for it now.
    #[error(transparent)]
    Call(CallError),
}

impl CallError {
    /// Whether and when the same call may succeed.
    #[must_use]
    pub fn come_back(&self) -> ComeBack {
        match self {
            Self::Unreachable { .. } => ComeBack::AFTER_LOSS,
            Self::Refused(refusal) => refusal.come_back(),
            Self::Malformed(_) => ComeBack::Never,
        }
    }
}

impl JoinError {
    /// Whether and when the same request may succeed.
    #[must_use]
    pub fn come_back(&self) -> ComeBack {
        match self {
            Self::BadRequest(_) | Self::NoSuchRoom | Self::NoSuchGame(_) => ComeBack::Never,
            Self::RoomFull => ComeBack::after_status(409),
            Self::Call(error) => error.come_back(),
        }
    }
}

impl From<CallError> for JoinError {
    fn from(error: CallError) -> Self {
        let CallError::Refused(refusal) = error else { return Self::Call(error) };
        match refusal.status {
            400 => Self::BadRequest(refusal.message),
            404 if refusal.code == "no_such_game" => Self::NoSuchGame(refusal.message),
            404 => Self::NoSuchRoom,
            409 => Self::RoomFull,
            _ => Self::Call(refusal.into()),
        }
    }
}

#[derive(Serialize)]
struct RoomRequest<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    game: Option<&'a str>,
}

#[derive(Deserialize)]
struct RoomList {
    rooms: Vec<RoomStatus>,
    /// What the next page is asked for with, where there is one.
    next: Option<String>,
}

/// A server's HTTP side. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Lobby {
    server: ServerUrl,
    http: Caller,
    trust: Trust,
}

impl Lobby {
    /// The lobby of a server. Nothing is sent yet. By TLS, whom the system trusts is believed.
    #[must_use]
    pub fn new(server: ServerUrl) -> Self {
        Self::trusting(server, Trust::system())
    }

    /// The same, and by TLS these are believed.
    #[must_use]
    pub fn trusting(server: ServerUrl, trust: Trust) -> Self {
        Self { server, http: Caller::new(&trust), trust }
    }

    /// Who is believed.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Where the server is.
    #[must_use]
    pub const fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// That of another server, by the same connections.
    #[must_use]
    pub fn at(&self, server: &ServerUrl) -> Self {
        Self { server: server.clone(), ..self.clone() }
    }

    /// Reserves a seat.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn join(&self, request: &JoinRequest) -> Result<Seat, JoinError> {
        Ok(self.post("/api/join", request).await?)
    }

    /// Starts a room; of the server's default game when none is named.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn create_room(&self, game: Option<&str>) -> Result<NewRoom, CallError> {
        self.post("/api/rooms", &RoomRequest { game }).await
    }

    /// All rooms.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn rooms(&self) -> Result<Vec<RoomStatus>, CallError> {
        let mut rooms = Vec::new();
        let mut page = "/api/rooms?limit=200".to_owned();
        loop {
            let list: RoomList = read(&self.call(Method::GET, &page, None).await?)?;
            rooms.extend(list.rooms);
            let Some(next) = list.next else { return Ok(rooms) };
            page = format!("/api/rooms?limit=200&after={next}");
        }
    }

    /// What the server measures of itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metrics(&self) -> Result<ServerMetrics, CallError> {
        let answer = self.call(Method::GET, "/metrics", None).await?;
        Ok(ServerMetrics::parse(&String::from_utf8_lossy(&answer.body)))
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        said: &impl Serialize,
    ) -> Result<T, CallError> {
        let said = serde_json::to_vec(said).map_err(malformed)?;
        read(&self.call(Method::POST, path, Some(said)).await?)
    }

    /// The answer, if it is a success.
    async fn call(
        &self,
        method: Method,
        path: &str,
        said: Option<Vec<u8>>,
    ) -> Result<Answer, CallError> {
        let url = format!("{}{path}", self.server);
        let answer = self.http.ask(method, &url, said).await.map_err(|error| {
            CallError::Unreachable { url: self.server.to_string(), cause: root_cause(&error) }
        })?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(Refusal::new(answer.status, &answer.headers, &answer.body).into())
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, CallError> {
    serde_json::from_slice(&answer.body).map_err(malformed)
}

fn malformed(error: serde_json::Error) -> CallError {
    CallError::Malformed(error.to_string())
}

/// The innermost cause: the client's own text says no more than that a request failed.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_urls_say_where_and_no_more() {
        let url = |text: &str| text.parse::<ServerUrl>();
        assert_eq!(url("http://127.0.0.1:8080/").unwrap().to_string(), "http://127.0.0.1:8080");
        assert!(url("http://[::1]:8080").is_ok());
        assert!(url("https://example.org").is_ok());
        for bad in ["", "127.0.0.1:8080", "http://", "http://a/?b", "http://a/#b", "ftp://a"] {
            assert_eq!(url(bad), Err(ParseServerUrlError), "{bad}");
        }
    }

    #[test]
    fn refusals_that_mean_something_have_names() {
        let error = |status, code: &str| {
            let [code, message] = [code, "words"].map(str::to_owned);
            JoinError::from(CallError::from(Refusal { status, code, message, retry_after: None }))
        };
        assert!(
            matches!(error(400, "bad_option"), JoinError::BadRequest(words) if words == "words")
        );
        assert!(matches!(error(404, "no_such_game"), JoinError::NoSuchGame(_)));
        assert!(matches!(error(404, "no_such_room"), JoinError::NoSuchRoom));
        assert!(matches!(error(409, "room_full"), JoinError::RoomFull));
        let busy = error(503, "too_many_pending");
        assert_eq!(busy.to_string(), "the server answered 503: words");
        assert_eq!(busy.come_back(), ComeBack::Backoff);
    }

    #[test]
    fn only_what_is_wanted_is_sent() {
        let request = JoinRequest { name: "bot".into(), ..JoinRequest::default() };
        assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"name":"bot"}"#);
    }
}
