//! Health, readiness and metrics.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};

use super::{Api, ApiError};
use crate::lobby::JoinError;

/// The process runs.
#[get("/healthz")]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// People can join.
#[get("/readyz")]
pub(super) async fn readyz(api: Data<Api>) -> Result<&'static str, ApiError> {
    if api.lobby.is_open() { Ok("ready\n") } else { Err(JoinError::ShuttingDown.into()) }
}

/// Prometheus' text format.
#[get("/metrics")]
pub(super) async fn metrics(api: Data<Api>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(api.metrics.render())
}
