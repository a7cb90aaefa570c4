//! A feed: events are numbered and written down once, and the newest kept for those who come back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::watch;
use tracing::error;

use super::ring::{EventId, Ring};

/// How long a feed goes on when its last listener has left: a page that is loaded again misses nothing.
const LINGER: Duration = Duration::from_secs(60);

/// Events of one room, or of the server.
#[derive(Debug)]
pub struct Feed {
    /// Most events that are kept.
    most: usize,
    ring: Mutex<Ring>,
    listeners: AtomicUsize,
    /// When the last listener left.
    left: Mutex<Option<Instant>>,
    /// Changes with every event. Watched by one relay of each thread.
    news: watch::Sender<()>,
}

/// Counts as a listener while it lives.
#[derive(Debug)]
pub(super) struct Listening(pub(super) std::sync::Arc<Feed>);

impl Feed {
    /// A feed that keeps its newest `most` events.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            ring: Mutex::new(Ring::new()),
            listeners: AtomicUsize::new(0),
            left: Mutex::new(None),
            news: watch::Sender::new(()),
        }
    }

    /// Whether anybody listens, or did a moment ago. Until then nothing need be published.
    #[must_use]
    pub fn is_wanted(&self, now: Instant) -> bool {
        if self.listeners.load(Ordering::Relaxed) > 0 {
            return true;
        }
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.is_some_and(|left| now.saturating_duration_since(left) < LINGER)
    }

    /// Adds an event. Its data is written down once, whoever gets it.
    pub fn publish(&self, event: &str, data: &impl Serialize) {
        let data = match serde_json::to_string(data) {
            Ok(data) => data,
            Err(cause) => return error!(event, %cause, "an event cannot be written down"),
        };
        let mut ring = self.ring();
        if ring.is_over {
            return;
        }
        let id = ring.next_id();
        ring.push(Bytes::from(frame(Some(id), event, &data)), self.most);
        drop(ring);
        self.news.send_replace(());
    }

    /// None follows: the answers to all who listen end with the last one.
    pub fn end(&self) {
        self.ring().is_over = true;
        self.news.send_replace(());
    }

    /// Forgets its events, which from now on are not complete: nobody is told what happens until somebody
    /// listens again, and whoever comes back then is told so.
    pub fn forget(&self) {
        let mut ring = self.ring();
        if self.listeners.load(Ordering::Relaxed) == 0 && !ring.is_over {
            *ring = Ring::new();
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    pub(super) fn ring(&self) -> MutexGuard<'_, Ring> {
        // A panic with the lock held cannot leave it half-changed.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }
}

impl Listening {
    pub(super) fn begin(feed: std::sync::Arc<Feed>) -> Self {
        // Not while it forgets.
        let ring = feed.ring();
        feed.listeners.fetch_add(1, Ordering::Relaxed);
        drop(ring);
        Self(feed)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = Some(Instant::now());
        self.0.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One event as it is sent. `data` has no line breaks: JSON has none.
pub(super) fn frame(id: Option<EventId>, event: &str, data: &str) -> String {
    match id {
        Some(id) => format!("id: {id}\nevent: {event}\ndata: {data}\n\n"),
        None => format!("event: {event}\ndata: {data}\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_feed_is_wanted_while_somebody_listens_and_for_a_while_after() {
        let feed = Arc::new(Feed::new(4));
        let now = Instant::now();
        assert!(!feed.is_wanted(now));
        let one = Listening::begin(Arc::clone(&feed));
        assert!(feed.is_wanted(now));
        feed.publish("x", &json!({"text": "a\nb"}));
        let epoch = feed.ring().epoch;
        feed.forget();
        assert_eq!(feed.ring().epoch, epoch, "somebody listens");
        drop(one);
        assert!(feed.is_wanted(Instant::now()));
        assert!(!feed.is_wanted(Instant::now() + LINGER));
        feed.forget();
        assert!(!feed.is_wanted(Instant::now()));
        assert_eq!(feed.ring().next_id().number, 1);
    }

    #[test]
    fn an_event_is_one_frame_whatever_its_data() {
        let feed = Feed::new(4);
        feed.publish("said", &json!({"text": "a\r\n\n\ndata: b"}));
        feed.end();
        feed.publish("late", &json!({}));
        let ring = feed.ring();
        let events: Vec<_> = ring.from(1).collect();
        assert_eq!(events.len(), 1, "none follows the end");
        let text = std::str::from_utf8(events[0]).unwrap();
        let id = EventId { epoch: ring.epoch, number: 1 };
        let data = r#"{"text":"a\r\n\n\ndata: b"}"#;
        assert_eq!(text, format!("id: {id}\nevent: said\ndata: {data}\n\n"));
    }
}
