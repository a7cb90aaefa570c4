//! Connections that never get to the end of a request.
//!
//! Whoever sends a request's head too slowly is answered with 408 and closed by actix-http, without a word
//! to anybody else; this is how it is counted. Whoever sends the body too slowly meets [`deadline`].

use std::cell::Cell;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::{Api, ApiError};

use crate::metrics::Metrics;

/// Lives as long as its connection is one of HTTP, and counts it unless a request came.
pub struct Handshake {
    metrics: Arc<Metrics>,
    is_done: Cell<bool>,
}

impl Handshake {
    /// A connection begins.
    #[must_use]
    pub const fn begin(metrics: Arc<Metrics>) -> Self {
        Self { metrics, is_done: Cell::new(false) }
    }

    /// A whole request is there.
    pub fn note_request(&self) {
        self.is_done.set(true);
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if !self.is_done.get() {
            self.metrics.handshakes_failed.inc();
        }
    }
}

/// Gives a request so much time from its head to its answer, body included, and tells its connection that
/// it has come.
///
/// # Errors
/// 408 past that time, and what the request itself leads to.
pub async fn deadline<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if let Some(handshake) = request.conn_data::<Handshake>() {
        handshake.note_request();
    }
    let Some(api) = request.app_data::<Data<Api>>().cloned() else {
        return next.call(request).await;
    };
    let time = api.lobby.config().limits.handshake_timeout;
    actix::clock::timeout(time, next.call(request)).await.unwrap_or_else(|_| {
        api.metrics.handshakes_failed.inc();
        Err(ApiError::timed_out(time).into())
    })
}
