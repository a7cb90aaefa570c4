//! From rooms to sessions: one actor per worker thread, one message per room and tick.
//!
//! A room sends the frames of a tick to each thread in a single message. As a rule the outbox there
//! writes them to the connections itself, which spares waking each session's task for its actor to do the
//! same. What comes before a client is in, what finds something waiting, and what concerns the session
//! (that it is in, that it is to close) goes into a queue that its actor drains. Queues are bounded by the
//! room, which holds back from a client whose frames go unacknowledged.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use actix::{Actor, Addr, Context, Handler};
use futures_util::Stream;
use rustc_hash::FxHashMap;

use super::SessionId;
use super::downlink::Downlink;
use super::line::Sent;
use crate::messages::{Deliver, Outgoing};

thread_local! {
    static LOCAL: OnceCell<LocalOutbox> = const { OnceCell::new() };
}

type Places = Rc<RefCell<FxHashMap<SessionId, Rc<Place>>>>;

/// Where one session is reached.
struct Place {
    downlink: Downlink,
    /// The session knows that it is in its room.
    is_in: Cell<bool>,
    /// What waits for it.
    queue: RefCell<VecDeque<Outgoing>>,
    waker: RefCell<Option<Waker>>,
}

impl Place {
    fn deliver(&self, outgoing: Outgoing) {
        if let Outgoing::Binary(message) = &outgoing
            && self.is_in.get()
            && self.queue.borrow().is_empty()
        {
            match self.downlink.send(message) {
                Sent::Whole => return,
                Sent::Partly => return self.wake(),
                Sent::Nothing => {}
            }
        }
        self.queue.borrow_mut().push_back(outgoing);
        self.wake();
    }

    /// Sends a message if nothing waits. Whether it was taken.
    fn offer(&self, message: &[u8]) -> bool {
        if !self.is_in.get() || !self.queue.borrow().is_empty() || self.downlink.is_behind() {
            return false;
        }
        let sent = self.downlink.send(message);
        if sent == Sent::Partly {
            self.wake();
        }
        sent != Sent::Nothing
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

/// The outbox of one thread.
pub struct Outbox {
    places: Places,
}

/// The outbox of this thread, as its sessions reach it.
#[derive(Clone)]
pub struct LocalOutbox {
    address: Addr<Outbox>,
    places: Places,
}

/// What arrives for one session. Ends the session's place in the outbox when dropped.
pub struct Deliveries {
    session: SessionId,
    place: Rc<Place>,
    places: Places,
}

impl LocalOutbox {
    /// The outbox of the calling thread, started at the first call.
    #[must_use]
    pub fn here() -> Self {
        LOCAL.with(|local| {
            let outbox = local.get_or_init(|| {
                let places = Places::default();
                let address = Outbox { places: Rc::clone(&places) }.start();
                Self { address, places }
            });
            outbox.clone()
        })
    }

    /// Where rooms send to.
    #[must_use]
    pub fn address(&self) -> Addr<Outbox> {
        self.address.clone()
    }

    /// Delivers to one session of this thread, if it has not ended.
    pub fn deliver(&self, session: SessionId, outgoing: Outgoing) {
        if let Some(place) = self.places.borrow().get(&session) {
            place.deliver(outgoing);
        }
    }

    /// Sends a message to one session of this thread if its client keeps up, and never has it wait. Whether it
    /// was taken.
    #[must_use]
    pub fn offer(&self, session: SessionId, message: &[u8]) -> bool {
        self.places.borrow().get(&session).is_some_and(|place| place.offer(message))
    }

    /// Opens a place for a session that is reached this way.
    #[must_use]
    pub fn open(&self, session: SessionId, downlink: Downlink) -> Deliveries {
        let place = Rc::new(Place {
            downlink,
            is_in: Cell::new(false),
            queue: RefCell::default(),
            waker: RefCell::default(),
        });
        self.places.borrow_mut().insert(session, Rc::clone(&place));
        Deliveries { session, place, places: Rc::clone(&self.places) }
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;
}

impl Handler<Deliver> for Outbox {
    type Result = ();

    fn handle(&mut self, Deliver(batch): Deliver, _: &mut Self::Context) {
        let places = self.places.borrow();
        for (session, outgoing) in batch {
            // A session that has ended in the meantime has no place any more.
            if let Some(place) = places.get(&session) {
                place.deliver(outgoing);
            }
        }
    }
}

impl Stream for Deliveries {
    type Item = Outgoing;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Outgoing>> {
        let mut queue = self.place.queue.borrow_mut();
        if let Some(outgoing) = queue.pop_front() {
            if queue.is_empty() {
                // Something waits rarely, and needs no memory in between.
                *queue = VecDeque::new();
            }
            if matches!(outgoing, Outgoing::Joined(_)) {
                self.place.is_in.set(true);
            }
            return Poll::Ready(Some(outgoing));
        }
        let mut waker = self.place.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(task.waker())) {
            *waker = Some(task.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.places.borrow_mut().remove(&self.session);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpStream;

    use bytes::Bytes;
    use futures_util::StreamExt;
    use tickwire_protocol::ids::PlayerId;
    use tokio::net::TcpListener;

    use super::*;
    use crate::session::line::Line;

    fn frame(byte: u8) -> Outgoing {
        Outgoing::Binary(Bytes::from(vec![byte; 3]))
    }

    async fn place() -> (Rc<Place>, Deliveries, TcpStream, Rc<Line>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        stream.writable().await.unwrap();
        let (session, line) =
            (SessionId::random(), Rc::new(Line::new(stream.into_split().1, None)));
        let downlink = Downlink::Socket(Rc::clone(&line));
        let deliveries = LocalOutbox::here().open(session, downlink);
        (Rc::clone(&deliveries.place), deliveries, peer, line)
    }

    #[actix::test]
    async fn frames_go_down_the_line_once_the_session_is_in_and_overtake_nothing() {
        let (place, mut deliveries, mut peer, line) = place().await;
        let joined = Outgoing::Joined(PlayerId(1));
        for outgoing in [joined.clone(), frame(1), frame(2)] {
            place.deliver(outgoing);
        }
        assert_eq!(deliveries.next().await, Some(joined));
        // It is in, but the welcome waits: what comes now may not be earlier.
        place.deliver(frame(3));
        for byte in [1, 2, 3] {
            assert_eq!(deliveries.next().await, Some(frame(byte)));
        }
        place.deliver(frame(4));
        assert!(place.queue.borrow().is_empty());
        let mut read = [0; 5];
        peer.read_exact(&mut read).unwrap();
        assert_eq!(read, [0x82, 3, 4, 4, 4]);
        // Nothing follows a close frame.
        line.note_closing();
        place.deliver(frame(5));
        assert_eq!(deliveries.next().await, Some(frame(5)));
    }
}
