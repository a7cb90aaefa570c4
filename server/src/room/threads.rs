//! The threads that rooms are spread over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Arbiter, ArbiterHandle};

/// A fixed set of arbiters, each with a count of its rooms.
pub struct RoomThreads {
    threads: Vec<(Arbiter, Arc<AtomicUsize>)>,
}

/// A room's place on a thread; gives it up when dropped.
pub struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RoomThreads {
    /// Starts `count` threads, at least one.
    #[must_use]
    pub fn start(count: usize) -> Self {
        let threads = (0..count.max(1)).map(|_| (Arbiter::new(), Arc::default())).collect();
        Self { threads }
    }

    /// A place on the thread with the fewest rooms.
    #[must_use]
    pub fn place(&self) -> (ArbiterHandle, Place) {
        #[expect(clippy::expect_used, reason = "there is at least one thread")]
        let (arbiter, rooms) = self
            .threads
            .iter()
            .min_by_key(|(_, rooms)| rooms.load(Ordering::Relaxed))
            .expect("at least one");
        rooms.fetch_add(1, Ordering::Relaxed);
        (arbiter.handle(), Place(Arc::clone(rooms)))
    }

    /// Stops the threads.
    pub fn stop(&self) {
        for (arbiter, _) in &self.threads {
            arbiter.stop();
        }
    }
}
