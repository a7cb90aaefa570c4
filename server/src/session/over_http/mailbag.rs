//! What waits for a client over HTTP: records, until a body takes them.
//!
//! It is bounded by the room, which holds back from a client whose frames go unacknowledged; and by the session
//! for one that says it has read what it has not, or asks for answers that it does not take.

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::record::{Record, SessionKey};
use tickwire_protocol::version::Subprotocol;
use tokio::time::Instant;

/// What waits for a client.
#[derive(Debug)]
pub struct Mailbag {
    /// What the first record tells, unless the session is over before it has begun.
    key: SessionKey,
    speaks: Subprotocol,
    is_opened: Cell<bool>,
    is_over: Cell<bool>,
    records: RefCell<Vec<u8>>,
    /// When too much was first found to wait.
    piled_up: Cell<Option<Instant>>,
    waker: RefCell<Option<Waker>>,
}

impl Mailbag {
    /// An empty one.
    #[must_use]
    pub fn new(key: SessionKey, speaks: Subprotocol) -> Self {
        Self {
            key,
            speaks,
            is_opened: Cell::new(false),
            is_over: Cell::new(false),
            records: RefCell::default(),
            piled_up: Cell::new(None),
            waker: RefCell::default(),
        }
    }

    /// Adds a message. False once it is over.
    pub fn push(&self, message: &[u8]) -> bool {
        self.write(Record::Message(message))
    }

    /// Asks for a sign of life.
    pub fn push_ping(&self) {
        self.write(Record::Ping);
    }

    /// Adds the end, unless it is there already.
    pub fn close(&self, reason: CloseReason, text: &str) {
        // A session that never was has no key.
        self.is_opened.set(true);
        self.write(Record::Closed { code: reason.code(), reason: text });
        self.is_over.set(true);
    }

    fn write(&self, record: Record<'_>) -> bool {
        if self.is_over.get() {
            return false;
        }
        let mut records = self.records.borrow_mut();
        if !self.is_opened.replace(true) {
            Record::Opened { key: self.key, speaks: self.speaks.name() }.write(&mut records);
        }
        record.write(&mut records);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        true
    }

    /// Bytes that wait.
    pub fn waiting_bytes(&self) -> usize {
        self.records.borrow().len()
    }

    /// How long ago this was first asked since when more than `most` bytes wait, and none were taken.
    pub fn piled_up_for(&self, most: usize, now: Instant) -> Duration {
        let since = (self.records.borrow().len() > most)
            .then(|| self.piled_up.get().map_or(now, |since| since.min(now)));
        self.piled_up.set(since);
        since.map_or(Duration::ZERO, |since| now - since)
    }

    /// Waits until there is something, or never will be again.
    pub fn poll_ready(&self, task: &mut Context<'_>) -> Poll<()> {
        if self.is_over.get() || !self.records.borrow().is_empty() {
            return Poll::Ready(());
        }
        *self.waker.borrow_mut() = Some(task.waker().clone());
        Poll::Pending
    }

    /// Takes out what there is; `None` when that was the end.
    pub fn take(&self) -> Option<Bytes> {
        let records = self.records.take();
        self.piled_up.set(None);
        (!records.is_empty() || !self.is_over.get()).then(|| records.into())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    fn mailbag() -> Mailbag {
        Mailbag::new(SessionKey([7; 16]), Subprotocol::V1_1)
    }

    fn taken(mailbag: &Mailbag) -> Vec<String> {
        let bytes = mailbag.take().unwrap();
        Record::all(&bytes, 200).map(|record| format!("{:?}", record.unwrap())).collect()
    }

    #[test]
    fn a_session_is_opened_by_its_first_message() {
        let mailbag = mailbag();
        let mut task = Context::from_waker(Waker::noop());
        assert_eq!(mailbag.poll_ready(&mut task), Poll::Pending);
        assert!(mailbag.push(b"a"));
        mailbag.push_ping();
        assert_eq!(mailbag.poll_ready(&mut task), Poll::Ready(()));
        let records = taken(&mailbag);
        assert!(records[0].starts_with("Opened"), "{records:?}");
        assert_eq!(records[1..], ["Message([97])", "Ping"]);
        assert_eq!(mailbag.poll_ready(&mut task), Poll::Pending);
    }

    #[test]
    fn what_is_not_taken_piles_up_until_it_is() {
        let mailbag = mailbag();
        let begin = Instant::now();
        let piled_up =
            |seconds| mailbag.piled_up_for(100, begin + Duration::from_secs(seconds)).as_secs();
        mailbag.push(&[0; 50]);
        assert_eq!([0, 1].map(piled_up), [0, 0], "not that much");
        mailbag.push(&[0; 50]);
        assert_eq!([2, 3, 5].map(piled_up), [0, 1, 3]);
        taken(&mailbag);
        mailbag.push(&[0; 101]);
        assert_eq!([6, 7].map(piled_up), [0, 1], "this is something else");
    }

    #[test]
    fn nothing_follows_the_end_and_a_session_that_never_was_has_nothing_else() {
        let mailbag = mailbag();
        mailbag.close(CloseReason::Unauthorised, "no");
        assert!(!mailbag.push(b"late"));
        mailbag.close(CloseReason::Normal, "later");
        assert_eq!(taken(&mailbag), ["Closed { code: 4001, reason: \"no\" }"]);
        assert_eq!(mailbag.take(), None);
        let mut task = Context::from_waker(Waker::noop());
        assert_eq!(mailbag.poll_ready(&mut task), Poll::Ready(()));
    }
}
