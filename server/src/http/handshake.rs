//! Connections that never get to the end of a request.
//!
//! Whoever sends a request's head too slowly is answered with 408 and closed by actix-http, without a word
//! to anybody else; this is how it is counted. Whoever sends the body too slowly meets [`deadline`]. Answers
//! that go on for long on purpose say so by a [`Busy`].

use std::cell::Cell;
use std::net::Shutdown;
use std::pin::pin;
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
    activity: Activity,
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
            activity: Activity::default(),
            stream: socket.try_clone().ok(),
            _place: place.ok(),
        });
        actix::spawn(end_when_idle(Rc::downgrade(&handshake)));
        handshake
    }

    /// A whole request is there.
    pub fn note_request(&self) {
        self.activity.note(Instant::now());
    }

    /// Its answer will go on for long: from now on, until what this returns is dropped, the connection is
    /// neither idle nor held to a deadline.
    #[must_use]
    pub fn busy(self: &Rc<Self>) -> Busy {
        self.activity.begin_answer();
        Busy(Rc::clone(self))
    }
}

/// An answer that goes on for long. For its body to hold, or for a handler that waits.
pub struct Busy(Rc<Handshake>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.activity.end_answer(Instant::now());
    }
}

/// What goes on on a connection.
#[derive(Debug, Default)]
struct Activity {
    /// When something last began or ended.
    last: Cell<Option<Instant>>,
    /// Answers that go on for long.
    answers: Cell<usize>,
}

impl Activity {
    fn note(&self, now: Instant) {
        self.last.set(Some(now));
    }

    fn begin_answer(&self) {
        self.answers.set(self.answers.get() + 1);
    }

    fn end_answer(&self, now: Instant) {
        self.answers.set(self.answers.get() - 1);
        self.note(now);
    }

    fn is_busy(&self) -> bool {
        self.answers.get() > 0
    }

    /// Whether a request has come at all.
    fn has_begun(&self) -> bool {
        self.last.get().is_some()
    }

    /// How long the connection may still go without a request. `None` when it has for too long.
    fn patience(&self, now: Instant) -> Option<Duration> {
        if self.is_busy() {
            return Some(IDLE_TIMEOUT);
        }
        let idle = now.saturating_duration_since(self.last.get()?);
        IDLE_TIMEOUT.checked_sub(idle).filter(|left| !left.is_zero())
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if !self.activity.has_begun() {
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
        let Some(patience) = handshake.activity.patience(Instant::now()) else {
            if let Some(stream) = &handshake.stream {
                let _ = stream.shutdown(Shutdown::Both);
            }
            return;
        };
        wait = patience;
    }
}

/// Gives a request so much time from its head to its answer, body included, and tells its connection that
/// it has come. The time does not run while the connection is [`Busy`].
///
/// # Errors
/// 408 past that time, and what the request itself leads to.
pub async fn deadline<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let handshake = request.conn_data::<Rc<Handshake>>().map(Rc::clone);
    if let Some(handshake) = &handshake {
        handshake.note_request();
    }
    let Some(api) = request.app_data::<Data<Api>>().cloned() else {
        return next.call(request).await;
    };
    let time = api.lobby.config().limits.handshake_timeout;
    let path = request.path().to_owned();
    let mut answer = pin!(next.call(request));
    loop {
        if let Ok(answer) = actix::clock::timeout(time, &mut answer).await {
            return answer;
        }
        if !handshake.as_ref().is_some_and(|handshake| handshake.activity.is_busy()) {
            let refusal = ApiError::timed_out(time);
            api.metrics.note_refused(&path, refusal.code());
            return Err(refusal.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_from_its_last_request_on_but_never_while_it_is_busy() {
        let activity = Activity::default();
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(activity.patience(begin), None, "nothing came in the time that there was");
        assert!(!activity.has_begun());
        activity.note(begin);
        assert_eq!(activity.patience(at(5)), Some(IDLE_TIMEOUT - Duration::from_secs(5)));
        assert_eq!(activity.patience(begin + IDLE_TIMEOUT), None);
        activity.begin_answer();
        activity.begin_answer();
        assert_eq!(activity.patience(at(3600)), Some(IDLE_TIMEOUT));
        activity.end_answer(at(3600));
        assert!(activity.is_busy(), "one of two has ended");
        activity.end_answer(at(3700));
        assert!(!activity.is_busy());
        assert_eq!(activity.patience(at(3700)), Some(IDLE_TIMEOUT), "a next request is awaited");
        assert_eq!(activity.patience(at(3700) + IDLE_TIMEOUT), None);
    }
}
