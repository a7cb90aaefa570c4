//! The threads that rooms are spread over, by how busy they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::{Arbiter, ArbiterHandle};

/// What a room is taken to need until it has been measured: a hundredth of a thread.
const FIRST_GUESS: f64 = 0.01;
/// Shares are counted in millionths of a thread's time.
const MILLIONTHS: f64 = 1e6;

/// A fixed set of arbiters, each with the share of its time that its rooms take.
pub struct RoomThreads {
    threads: Vec<(Arbiter, Load)>,
}

/// Share of a thread's time that is taken, in millionths.
type Load = Arc<AtomicU64>;

/// A room's place on a thread; gives it up when dropped.
pub struct Place {
    load: Load,
    /// What the room counts for in it.
    noted: u64,
}

impl Place {
    fn on(load: &Load) -> Self {
        let mut place = Self { load: Arc::clone(load), noted: 0 };
        place.note_share(FIRST_GUESS);
        place
    }

    /// Notes which share of its thread's time the room takes, 0 to 1.
    pub fn note_share(&mut self, share: f64) {
        let noted = (share.clamp(0.0, 1.0) * MILLIONTHS) as u64;
        // In this order the sum never goes below what it is without the room.
        self.load.fetch_add(noted, Ordering::Relaxed);
        self.load.fetch_sub(self.noted, Ordering::Relaxed);
        self.noted = noted;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.load.fetch_sub(self.noted, Ordering::Relaxed);
    }
}

impl RoomThreads {
    /// Starts `count` threads, at least one.
    #[must_use]
    pub fn start(count: usize) -> Self {
        let threads = (0..count.max(1)).map(|_| (Arbiter::new(), Load::default())).collect();
        Self { threads }
    }

    /// A place on the thread that has most time left.
    #[must_use]
    pub fn place(&self) -> (ArbiterHandle, Place) {
        #[expect(clippy::expect_used, reason = "there is at least one thread")]
        let (arbiter, load) = self
            .threads
            .iter()
            .min_by_key(|(_, load)| load.load(Ordering::Relaxed))
            .expect("at least one");
        (arbiter.handle(), Place::on(load))
    }

    /// The share of its time that the busiest thread spends on ticks.
    #[must_use]
    pub fn busiest(&self) -> f64 {
        let shares = self.threads.iter().map(|(_, load)| load.load(Ordering::Relaxed));
        shares.max().unwrap_or_default() as f64 / MILLIONTHS
    }

    /// Stops the threads.
    pub fn stop(&self) {
        for (arbiter, _) in &self.threads {
            arbiter.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(load: &Load) -> u64 {
        load.load(Ordering::Relaxed)
    }

    #[test]
    fn a_room_counts_for_what_it_takes_as_long_as_it_is_there() {
        let load = Load::default();
        let [mut quiet, mut busy] = [Place::on(&load), Place::on(&load)];
        assert_eq!(taken(&load), 20_000, "a guess for each");
        quiet.note_share(0.001);
        busy.note_share(0.6);
        assert_eq!(taken(&load), 601_000);
        busy.note_share(7.0);
        assert_eq!(taken(&load), 1_001_000, "more than all of it there is not");
        drop(busy);
        assert_eq!(taken(&load), 1000);
        drop(quiet);
        assert_eq!(taken(&load), 0);
    }

    #[actix::test]
    async fn rooms_go_where_there_is_time() {
        let threads = RoomThreads::start(2);
        let (_, mut first) = threads.place();
        first.note_share(0.5);
        // Five quiet rooms beside one busy one.
        let quiet: Vec<_> = (0..5).map(|_| threads.place().1).collect();
        assert!(quiet.iter().all(|place| !Arc::ptr_eq(&place.load, &first.load)));
        threads.stop();
    }
}
