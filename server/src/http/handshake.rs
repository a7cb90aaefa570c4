//! Connections that never get to the end of a request.
//!
//! Whoever sends a request's head too slowly is answered with 408 and closed by actix-http, without a word
//! to anybody else; this is how it is counted. Whoever sends the body too slowly meets [`deadline`].

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;

use super::{Api, ApiError};
use crate::admission::RequestPlace;

use crate::metrics::Metrics;

/// How long a connection may go without another request: longer than a browser keeps one that it does not
/// use.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Lives as long as its connection is one of HTTP: holds its place, counts it unless a request came, and
/// ends it when none comes any more. (actix-http times the head of a connection's first request alone.)
pub struct Handshake {
    metrics: Arc<Metrics>,
    last_request: Cell<Option<Instant>>,
    /// The connection once more, for it to be ended from outside.
    stream: Option<Socket>,
    _place: Option<RequestPlace>,
}

impl Handshake {
    /// A connection begins. Where its address has too many it ends at once.
    #[must_use]
    pub fn begin(stream: &TcpStream, api: &Api) -> Rc<Self> {
        let peer = stream.peer_addr().ok().map(|peer| peer.ip());
        let place = api.admission.admit_request(peer);
        let socket = SockRef::from(stream);
        if place.is_err() {
            let _ = socket.shutdown(Shutdown::Both);
        }
        let handshake = Rc::new(Self {
            metrics: Arc::clone(&api.metrics),
            last_request: Cell::new(None),
            stream: socket.try_clone().ok(),
            _place: place.ok(),
        });
        actix::spawn(end_when_idle(Rc::downgrade(&handshake)));
        handshake
    }

    /// A whole request is there.
    pub fn note_request(&self) {
        self.last_request.set(Some(Instant::now()));
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if self.last_request.get().is_none() {
            self.metrics.handshakes_failed.inc();
        }
    }
}

/// Ends a connection on which there has been no request for too long.
async fn end_when_idle(handshake: Weak<Handshake>) {
    let mut wait = IDLE_TIMEOUT;
    loop {
        actix::clock::sleep(wait).await;
        let Some(handshake) = handshake.upgrade() else { return };
        let idle = handshake.last_request.get().map_or(IDLE_TIMEOUT, |last| last.elapsed());
        if idle >= IDLE_TIMEOUT {
            if let Some(stream) = &handshake.stream {
                let _ = stream.shutdown(Shutdown::Both);
            }
            return;
        }
        wait = IDLE_TIMEOUT - idle;
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
    if let Some(handshake) = request.conn_data::<Rc<Handshake>>() {
        handshake.note_request();
    }
    let Some(api) = request.app_data::<Data<Api>>().cloned() else {
        return next.call(request).await;
    };
    let time = api.lobby.config().limits.handshake_timeout;
    let path = request.path().to_owned();
    actix::clock::timeout(time, next.call(request)).await.unwrap_or_else(|_| {
        let refusal = ApiError::timed_out(time);
        api.metrics.note_refused(&path, refusal.code());
        Err(refusal.into())
    })
}
