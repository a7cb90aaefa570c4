//! The members on one thread, and its copy of the newest lines.
//!
//! Whoever publishes wakes a relay for each thread, however many members there are; the relay hands each of
//! them the same bytes. Members are reached by the thread's [`LocalOutbox`]. One who takes nothing is asked
//! again after a while, and never waited for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::{Notify, watch};

use super::Channel;
use super::ring::{Place, Ring};
use crate::session::SessionId;
use crate::session::outbox::LocalOutbox;

/// Time after which somebody is asked again who took nothing.
const RETRY: Duration = Duration::from_millis(100);

thread_local! {
    /// The relays of this thread, by their channels' numbers.
    static RELAYS: RefCell<FxHashMap<u64, Rc<Relay>>> = RefCell::default();
}

/// The members on one thread.
#[derive(Default)]
pub struct Relay {
    ring: RefCell<Ring>,
    members: RefCell<FxHashMap<SessionId, Place>>,
    /// Somebody has taken nothing.
    is_awaited: Cell<bool>,
    /// Tells that this has become so.
    awaits: Notify,
}

/// A session is in the lobby while it has this.
pub struct Membership {
    session: SessionId,
    relay: Rc<Relay>,
    channel: Arc<Channel>,
}

impl Membership {
    /// Lets a session of this thread hear the channel, beginning with the newest lines.
    #[must_use]
    pub fn begin(channel: &Arc<Channel>, session: SessionId) -> Self {
        let relay = Relay::here(channel);
        relay.ring.borrow_mut().catch_up(&channel.ring());
        let place = Place::of_newcomer(&relay.ring.borrow());
        relay.members.borrow_mut().insert(session, place);
        channel.note_entered();
        relay.deliver();
        Self { session, relay, channel: Arc::clone(channel) }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.relay.members.borrow_mut().remove(&self.session);
        self.channel.note_left();
    }
}

impl Relay {
    /// The relay of a channel on the calling thread.
    fn here(channel: &Arc<Channel>) -> Rc<Self> {
        RELAYS.with_borrow_mut(|relays| {
            let relay = relays.entry(channel.number).or_insert_with(|| {
                let relay = Rc::<Self>::default();
                let news = channel.news();
                actix::spawn(follow(Rc::clone(&relay), Arc::downgrade(channel), news));
                relay
            });
            Rc::clone(relay)
        })
    }

    /// Tells all members what they have not been told yet, as far as they take it.
    fn deliver(&self) {
        let (outbox, ring) = (LocalOutbox::here(), self.ring.borrow());
        let mut is_awaited = false;
        for (&session, place) in &mut *self.members.borrow_mut() {
            is_awaited |= !place.serve(&ring, |message| outbox.offer(session, message));
        }
        self.is_awaited.set(is_awaited);
        if is_awaited {
            self.awaits.notify_one();
        }
    }
}

/// Keeps a relay up with its channel for as long as there is one.
async fn follow(relay: Rc<Relay>, channel: Weak<Channel>, mut news: watch::Receiver<()>) {
    loop {
        let is_awaited = relay.is_awaited.get();
        tokio::select! {
            changed = news.changed() => {
                if changed.is_err() {
                    break;
                }
            }
            () = actix::clock::sleep(RETRY), if is_awaited => {}
            () = relay.awaits.notified(), if !is_awaited => continue,
        }
        let Some(channel) = channel.upgrade() else { break };
        if relay.members.borrow().is_empty() {
            relay.is_awaited.set(false);
            continue;
        }
        relay.ring.borrow_mut().catch_up(&channel.ring());
        relay.deliver();
    }
    // At the thread's own end there may be no list any more.
    let _ = RELAYS.try_with(|relays| {
        relays.borrow_mut().retain(|_, listed| !Rc::ptr_eq(listed, &relay));
    });
}
