//! Errors of the HTTP interface: JSON {`error`, `message`} with a fitting status.

use std::fmt;

use actix_web::http::header::RETRY_AFTER;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;

use crate::lobby::JoinError;
use crate::room::opener::OpenError;

/// Seconds after which a client that was refused for load may try again.
const RETRY_AFTER_SECONDS: &str = "2";

/// An error as clients see it.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    message: &'a str,
}

impl ApiError {
    /// 400 `bad_request`.
    #[must_use]
    pub fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 404 `not_found`: nothing is served at this path.
    #[must_use]
    pub fn not_found(method: &Method, path: &str) -> Self {
        let message = format!("{method} {path} is not served here");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    fn new(status: StatusCode, code: &'static str, message: impl fmt::Display) -> Self {
        Self { status, code, message: message.to_string() }
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
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        response.json(Body { error: self.code, message: &self.message })
    }
}

impl From<JoinError> for ApiError {
    fn from(cause: JoinError) -> Self {
        let (status, code) = match &cause {
            JoinError::NoSuchRoom(_) => (StatusCode::NOT_FOUND, "no_such_room"),
            JoinError::RoomFull => (StatusCode::CONFLICT, "room_full"),
            JoinError::TooManyPending(_) => (StatusCode::SERVICE_UNAVAILABLE, "too_many_pending"),
            JoinError::Denied(_) => (StatusCode::UNAUTHORIZED, "unauthorised"),
            JoinError::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            JoinError::Open(cause) => match cause {
                OpenError::NoSuchGame { .. } => (StatusCode::NOT_FOUND, "no_such_game"),
                OpenError::Option(_) => (StatusCode::BAD_REQUEST, "bad_option"),
                OpenError::TooManyRooms => (StatusCode::SERVICE_UNAVAILABLE, "too_many_rooms"),
                OpenError::Room(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            },
        };
        Self::new(status, code, cause)
    }
}

/// Any path that is not served.
pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    ApiError::not_found(request.method(), request.path()).error_response()
}
