//! Errors of the HTTP interface: JSON {`error`, `message`} with a fitting status.

use std::fmt;
use std::time::Duration;

use actix_web::error::JsonPayloadError;
use actix_web::http::header::RETRY_AFTER;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use tickwire_protocol::version::Subprotocol;

use super::origin::OriginError;
use crate::admission::NotAdmitted;
use crate::cluster::Unavailable;
use crate::cluster::handing_over::NotTaken;
use crate::identity::TokenError;
use crate::lobby::{JoinError, code_of_recording};
use crate::recordings::RecordingError;
use crate::room::opener::OpenError;
use crate::session::over_http::carrier::CarryError;

/// Time after which a client that was refused for load may try again.
const RETRY_AFTER_LOAD: Duration = Duration::from_secs(2);
/// Time after which it is known where a room goes on whose server has died, or that is not known yet.
const RETRY_AFTER_MOVE: Duration = Duration::from_millis(250);
/// Time after which an address that has too many connections may try again.
const RETRY_AFTER_CROWD: Duration = Duration::from_secs(5);

/// An error as clients see it. Its message is for them alone: it can quote what they have sent, which may be a
/// password.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// What in the request is at fault.
    field: Option<String>,
    /// Time after which to try again.
    retry_after: Option<Duration>,
    /// Whether that is in the body, too: where a second is long.
    is_brief: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl ApiError {
    /// 400 `bad_request`.
    #[must_use]
    pub fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 413 `too_large`, or 400 `bad_request`: a body that is not the JSON that is due.
    #[must_use]
    pub fn body(cause: &JsonPayloadError) -> Self {
        match cause {
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", cause)
            }
            _ => Self::bad_request(&cause.to_string()),
        }
    }

    /// 400 `version`: a client that speaks only these, of which none is spoken here.
    #[must_use]
    pub fn version(offered: &str) -> Self {
        let spoken = Subprotocol::names();
        let message = format!("this client speaks {offered}; this server speaks {spoken}");
        Self::new(StatusCode::BAD_REQUEST, "version", message)
    }

    /// 413 `too_large`: a body of more than `most` bytes.
    #[must_use]
    pub fn body_too_large(most: usize) -> Self {
        let message = format!("a body has at most {most} bytes here");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 403 `origin_not_allowed`.
    #[must_use]
    pub fn origin(cause: &OriginError) -> Self {
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", cause)
    }

    /// 404 `not_found`: nothing is served at this path.
    #[must_use]
    pub fn not_found(method: &Method, path: &str) -> Self {
        let message = format!("{method} {path} is not served here");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 408 `timed_out`: the rest of a request has not come.
    #[must_use]
    pub fn timed_out(after: Duration) -> Self {
        let message = format!("the request was not there after {} ms", after.as_millis());
        Self::new(StatusCode::REQUEST_TIMEOUT, "timed_out", message)
    }

    /// 401 `unauthorised`: a token that is none, or not good.
    #[must_use]
    pub fn token(cause: &TokenError) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", cause)
    }

    /// 401 `unauthorised`: without the token of those who run the server.
    #[must_use]
    pub fn admin_token() -> Self {
        let message = "the administrators' token is due: Authorization: Bearer TOKEN";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", message)
    }

    /// 404 `no_cluster`.
    #[must_use]
    pub fn no_cluster() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no_cluster", "this server is in no cluster")
    }

    /// 409 `not_taken`: a room of another node.
    #[must_use]
    pub fn not_taken(cause: &NotTaken) -> Self {
        Self::new(StatusCode::CONFLICT, "not_taken", cause)
    }

    fn new(status: StatusCode, code: &'static str, message: impl fmt::Display) -> Self {
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_LOAD);
        let message = message.to_string();
        Self { status, code, message, field: None, retry_after, is_brief: false }
    }

    /// The same, with the field of the request that is at fault.
    #[must_use]
    pub fn in_field(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// The field that is at fault, as in the body.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Whether it says that a room is none for whoever asked, of whom another one may be.
    #[must_use]
    pub fn is_of_the_room(&self) -> bool {
        ["room_full", "no_such_room", "kicked", "password_required"].contains(&self.code)
    }

    /// The error's name, as in the body.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.insert_header((RETRY_AFTER, seconds));
        }
        let field = self.field.as_deref();
        let retry_after_ms = self.retry_after.filter(|_| self.is_brief);
        let retry_after_ms = retry_after_ms.and_then(|after| u64::try_from(after.as_millis()).ok());
        response.json(Body { error: self.code, message: &self.message, field, retry_after_ms })
    }
}

impl From<NotAdmitted> for ApiError {
    fn from(cause: NotAdmitted) -> Self {
        let (status, code) = match cause {
            NotAdmitted::ServerFull => (StatusCode::SERVICE_UNAVAILABLE, "server_full"),
            NotAdmitted::TooManyListeners => {
                (StatusCode::SERVICE_UNAVAILABLE, "too_many_listeners")
            }
            NotAdmitted::TooManyConnections => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_connections")
            }
            NotAdmitted::TooManyJoins => (StatusCode::TOO_MANY_REQUESTS, "too_many_joins"),
            NotAdmitted::TooManyUpgrades => (StatusCode::TOO_MANY_REQUESTS, "too_many_upgrades"),
        };
        let error = Self::new(status, code, cause);
        Self { retry_after: error.retry_after.or(Some(RETRY_AFTER_CROWD)), ..error }
    }
}

impl From<(NotAdmitted, Duration)> for ApiError {
    fn from((cause, wait): (NotAdmitted, Duration)) -> Self {
        Self { retry_after: Some(wait), ..Self::from(cause) }
    }
}

impl From<CarryError> for ApiError {
    fn from(cause: CarryError) -> Self {
        let (status, code) = match cause {
            CarryError::NoSuchSession => (StatusCode::NOT_FOUND, "no_such_session"),
            CarryError::NoSuchAnswer => (StatusCode::BAD_REQUEST, "bad_request"),
            CarryError::OutOfOrder(..) => (StatusCode::CONFLICT, "out_of_order"),
            CarryError::Superseded => (StatusCode::CONFLICT, "superseded"),
        };
        Self::new(status, code, cause)
    }
}

impl From<RecordingError> for ApiError {
    fn from(cause: RecordingError) -> Self {
        Self::new(status_of_recording(&cause), code_of_recording(&cause), cause)
    }
}

impl From<JoinError> for ApiError {
    fn from(cause: JoinError) -> Self {
        if let JoinError::TooOften(limit, wait) = cause {
            return (limit, wait).into();
        }
        let error = Self::new(status_of_join(&cause), cause.code(), &cause);
        match cause {
            JoinError::Open(OpenError::Option(cause)) => {
                error.in_field(&format!("options.{}", cause.option()))
            }
            JoinError::TooManyGuesses(cause) => Self { retry_after: Some(cause.wait), ..error },
            JoinError::Cluster(Unavailable::Moving) => {
                Self { retry_after: Some(RETRY_AFTER_MOVE), is_brief: true, ..error }
            }
            _ => error,
        }
    }
}

const fn status_of_join(cause: &JoinError) -> StatusCode {
    match cause {
        JoinError::NoSuchRoom(_) | JoinError::WrongCode => StatusCode::NOT_FOUND,
        // Who says nothing is asked for it; who says something wrong is turned away.
        JoinError::PasswordRequired | JoinError::HostKeyRequired | JoinError::Denied(_) => {
            StatusCode::UNAUTHORIZED
        }
        JoinError::WrongPassword
        | JoinError::WrongHostKey
        | JoinError::Kicked
        | JoinError::Delayed => StatusCode::FORBIDDEN,
        JoinError::TooManyGuesses(_) | JoinError::TooOften(..) => StatusCode::TOO_MANY_REQUESTS,
        JoinError::RoomFull => StatusCode::CONFLICT,
        JoinError::TooManyPending(_) | JoinError::ShuttingDown | JoinError::Cluster(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        JoinError::Recording(cause) => status_of_recording(cause),
        JoinError::Open(cause) => match cause {
            OpenError::NoSuchGame { .. } => StatusCode::NOT_FOUND,
            OpenError::Option(_) => StatusCode::BAD_REQUEST,
            OpenError::TooManyRooms => StatusCode::SERVICE_UNAVAILABLE,
            OpenError::Here(_) | OpenError::Room(_) | OpenError::Rules => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        },
    }
}

const fn status_of_recording(cause: &RecordingError) -> StatusCode {
    match cause {
        RecordingError::Disabled | RecordingError::Missing(_) => StatusCode::NOT_FOUND,
        RecordingError::Name(_) => StatusCode::BAD_REQUEST,
        RecordingError::Played(_) => StatusCode::FORBIDDEN,
        RecordingError::TooLarge
        | RecordingError::Journal(_)
        | RecordingError::Nonsense(_)
        | RecordingError::Playback(_)
        | RecordingError::Rules
        | RecordingError::Game(_) => StatusCode::UNPROCESSABLE_ENTITY,
        RecordingError::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Any path that is not served.
pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    ApiError::not_found(request.method(), request.path()).error_response()
}
