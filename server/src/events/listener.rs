//! Listeners: each answer's own place in a feed, and the relay that all of a thread share.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, watch};

use super::Feed;
use super::feed::{Listening, frame};
use super::ring::{EventId, Ring};

/// Silence after which a listener is sent a comment: proxies close what is silent for long, and who is gone is
/// found out by writing.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Time after which a browser comes back that has lost its stream, in milliseconds.
const RETRY_MS: u32 = 2000;
/// Shortest time from one hand-over to the next. What happens in between goes together: a write for each
/// listener costs more than all else, and a tenth of a second is no time for who looks on from outside.
const PACE: Duration = Duration::from_millis(100);
/// Most bytes that are handed over at once.
const MAX_CHUNK_BYTES: usize = 32 * 1024;

thread_local! {
    /// The relays of this thread, by where their feeds are.
    static RELAYS: RefCell<BTreeMap<usize, Weak<Relay>>> = const { RefCell::new(BTreeMap::new()) };
}

/// What a feed keeps, once more for the listeners of one thread.
struct Relay {
    feed: Arc<Feed>,
    ring: RefCell<Ring>,
    /// What was handed over last: as a rule the next listener gets the same.
    batch: RefCell<Option<Batch>>,
    news: Notify,
}

/// Some events in a row.
struct Batch {
    /// Number of the first.
    from: u64,
    /// Number of the one after the last.
    to: u64,
    bytes: Bytes,
}

impl Relay {
    /// The relay of a feed on the calling thread.
    fn here(feed: &Arc<Feed>) -> Rc<Self> {
        let key = Arc::as_ptr(feed).addr();
        RELAYS.with_borrow_mut(|relays| {
            if let Some(relay) = relays.get(&key).and_then(Weak::upgrade) {
                return relay;
            }
            let news = feed.news();
            let ring = RefCell::new(feed.ring().clone());
            let relay = Rc::new(Self {
                feed: Arc::clone(feed),
                ring,
                batch: RefCell::default(),
                news: Notify::new(),
            });
            relays.insert(key, Rc::downgrade(&relay));
            actix::spawn(follow(Rc::downgrade(&relay), news));
            relay
        })
    }

    /// What a listener gets whose next event has this number; `None` while there is nothing.
    fn chunk(&self, next: &mut u64) -> Option<Bytes> {
        let from = *next;
        if let Some(batch) = self.batch.borrow().as_ref().filter(|batch| batch.from == from) {
            *next = batch.to;
            return Some(batch.bytes.clone());
        }
        let bytes = chunk_from(&self.ring.borrow(), next)?;
        let batch = Batch { from, to: *next, bytes: bytes.clone() };
        *self.batch.borrow_mut() = Some(batch);
        Some(bytes)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let key = Arc::as_ptr(&self.feed).addr();
        // At the thread's own end there may be no list any more.
        let _ = RELAYS.try_with(|relays| relays.borrow_mut().remove(&key));
    }
}

/// Keeps a relay up with its feed for as long as anybody here listens.
async fn follow(relay: Weak<Relay>, mut news: watch::Receiver<()>) {
    while news.changed().await.is_ok() {
        let Some(relay) = relay.upgrade() else { return };
        relay.ring.borrow_mut().catch_up(&relay.feed.ring());
        relay.news.notify_waiters();
        drop(relay);
        actix::clock::sleep(PACE).await;
    }
}

/// One who listens.
pub struct Listener {
    relay: Rc<Relay>,
    /// Number of the next event that it is to have.
    next: u64,
    /// What it is told before that.
    greeting: Option<String>,
    _listening: Listening,
}

impl Listener {
    /// Listens to a feed from now on, or, whoever comes back, from after its last event on. `last` is what its
    /// client says of that.
    #[must_use]
    pub fn begin(feed: &Arc<Feed>, last: Option<&str>) -> Self {
        let _listening = Listening::begin(Arc::clone(feed));
        let relay = Relay::here(feed);
        // Others may have listened here for long, and what came a moment ago not be here yet.
        relay.ring.borrow_mut().catch_up(&feed.ring());
        let mut greeting = format!("retry: {RETRY_MS}\n\n");
        let next = {
            let ring = relay.ring.borrow();
            match last {
                None => ring.next_id().number,
                Some(last) => match last.parse::<EventId>() {
                    Ok(EventId { epoch, number })
                        if epoch == ring.epoch && number < ring.next_id().number =>
                    {
                        number + 1
                    }
                    _ => {
                        greeting.push_str(&gap(None));
                        ring.first()
                    }
                },
            }
        };
        Self { relay, next, greeting: Some(greeting), _listening }
    }

    /// What is to be sent next; `None` when nothing follows. Waits until there is something.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting.into());
        }
        loop {
            // Made before looking: what comes in between wakes it.
            let news = self.relay.news.notified();
            if let Some(chunk) = self.relay.chunk(&mut self.next) {
                return Some(chunk);
            }
            if self.relay.ring.borrow().is_over {
                return None;
            }
            if tokio::time::timeout(HEARTBEAT, news).await.is_err() {
                return Some(Bytes::from_static(b": still here\n\n"));
            }
        }
    }
}

/// The same as written anew.
fn chunk_from(ring: &Ring, next: &mut u64) -> Option<Bytes> {
    if ring.next_id().number == *next + 1 && *next >= ring.first() {
        // One needs no copy.
        let event = ring.from(*next).next().cloned();
        *next += 1;
        return event;
    }
    let mut chunk = BytesMut::new();
    if *next < ring.first() {
        chunk.extend_from_slice(gap(Some(ring.first() - *next)).as_bytes());
        *next = ring.first();
    }
    for event in ring.from(*next) {
        if !chunk.is_empty() && chunk.len() + event.len() > MAX_CHUNK_BYTES {
            break;
        }
        chunk.extend_from_slice(event);
        *next += 1;
    }
    (!chunk.is_empty()).then(|| chunk.freeze())
}

/// Says that events are missing, and how many, where that is known.
fn gap(missed: Option<u64>) -> String {
    frame(None, "gap", &serde_json::json!({ "missed": missed }).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn heard(listener: &mut Listener) -> String {
        String::from_utf8(listener.next().await.unwrap().to_vec()).unwrap()
    }

    fn publish(feed: &Feed, events: std::ops::RangeInclusive<u32>) {
        events.for_each(|event| feed.publish("n", &json!(event)));
    }

    fn data(text: &str) -> Vec<&str> {
        text.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    }

    #[actix::test]
    async fn all_listeners_of_a_thread_are_sent_the_same_bytes() {
        let feed = Arc::new(Feed::new(8));
        let mut two = [(); 2].map(|()| Listener::begin(&feed, None));
        for listener in &mut two {
            assert_eq!(heard(listener).await, "retry: 2000\n\n");
        }
        for events in [1..=1, 2..=5] {
            publish(&feed, events);
            let [one, other] = &mut two;
            let (one, other) = (one.next().await.unwrap(), other.next().await.unwrap());
            assert_eq!(one.as_ptr(), other.as_ptr());
        }
    }

    #[actix::test]
    async fn whoever_comes_back_goes_on_where_it_was() {
        let feed = Arc::new(Feed::new(8));
        publish(&feed, 1..=5);
        let last = EventId { epoch: feed.ring().epoch, number: 3 }.to_string();
        let mut listener = Listener::begin(&feed, Some(&last));
        heard(&mut listener).await;
        assert_eq!(data(&heard(&mut listener).await), ["4", "5"]);
        let mut newcomer = Listener::begin(&feed, None);
        heard(&mut newcomer).await;
        publish(&feed, 6..=6);
        assert_eq!(data(&heard(&mut newcomer).await), ["6"]);
    }

    #[actix::test]
    async fn who_is_further_behind_than_the_history_is_told_how_much_is_missing() {
        let feed = Arc::new(Feed::new(3));
        publish(&feed, 1..=1);
        let epoch = feed.ring().epoch;
        let mut lagging = Listener::begin(&feed, Some(&EventId { epoch, number: 1 }.to_string()));
        heard(&mut lagging).await;
        publish(&feed, 2..=9);
        lagging.relay.ring.borrow_mut().catch_up(&feed.ring());
        let text = heard(&mut lagging).await;
        assert_eq!(data(&text), [r#"{"missed":5}"#, "7", "8", "9"]);
        assert!(text.starts_with("event: gap\n"), "{text}");
    }

    #[actix::test]
    async fn ids_of_another_life_are_recognised() {
        let feed = Arc::new(Feed::new(3));
        publish(&feed, 1..=2);
        let epoch = feed.ring().epoch;
        let foreign = EventId { epoch: epoch ^ 1, number: 1 }.to_string();
        let future = EventId { epoch, number: 3 }.to_string();
        for last in [&foreign[..], &future, "nonsense", ""] {
            let mut listener = Listener::begin(&feed, Some(last));
            assert_eq!(data(&heard(&mut listener).await), [r#"{"missed":null}"#], "{last}");
            assert_eq!(data(&heard(&mut listener).await), ["1", "2"], "{last}");
        }
    }

    #[actix::test]
    async fn a_feed_that_ends_ends_with_its_last_event() {
        let feed = Arc::new(Feed::new(3));
        let mut listener = Listener::begin(&feed, None);
        heard(&mut listener).await;
        publish(&feed, 1..=1);
        feed.end();
        assert_eq!(data(&heard(&mut listener).await), ["1"]);
        assert_eq!(listener.next().await, None);
        assert_eq!(Listener::begin(&feed, None).next().await.unwrap(), "retry: 2000\n\n");
    }
}
