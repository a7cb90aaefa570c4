//! Where bots of all threads write down how they fare, and where the swarm reads it.
//!
//! What changes with every message is not here but in each thread's own [`Stats`]: the lock is taken
//! only when a bot comes, goes, or loses its connection.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

use crate::stats::Stats;

/// The swarm's notice board.
#[derive(Debug)]
pub struct Board {
    /// Bots that are on their way in hold a permit, so that hundreds do not arrive at once.
    pub entrance: Semaphore,
    roll: Mutex<Roll>,
    phase: AtomicU8,
    /// Bots of this number and above are to leave.
    wanted: AtomicUsize,
    /// When the measuring window began.
    began: watch::Sender<Option<Instant>>,
    changed: Notify,
}

/// Who is where, and what became of the others.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    /// How many there are in each state.
    pub count: HeadCount,
    /// Why bots failed, and how many.
    pub failures: BTreeMap<String, usize>,
    /// Numbers of those that are in, or on their way.
    present: BTreeSet<usize>,
    /// Numbers of those that failed.
    failed: BTreeSet<usize>,
    /// The rooms that bots were in.
    pub rooms: BTreeSet<RoomUsed>,
}

/// How many bots there are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadCount {
    /// On their way in for the first time.
    pub joining: usize,
    /// Connected, and receiving state.
    pub playing: usize,
    /// On their way back after a lost connection.
    pub away: usize,
    /// Given up.
    pub failed: usize,
    /// Left, because they were to.
    pub gone: usize,
    /// Those that ever played, whatever became of them.
    pub ever_played: usize,
}

/// A room that bots were in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomUsed {
    /// Index of its server among those given.
    pub server: usize,
    /// The room.
    pub room: String,
}

/// What the run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Bots are getting in; nothing is measured yet.
    Gathering,
    /// The measuring window.
    Measuring,
    /// It has passed; bots that cut their own connections have time to come back.
    Returning,
    /// Bots are to leave.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Joining,
    Playing,
    Away,
    Failed,
    Gone,
}

/// A bot's own line on the board, and its thread's numbers.
#[derive(Debug)]
pub struct Place {
    board: Arc<Board>,
    stats: Rc<RefCell<Stats>>,
    number: usize,
    state: State,
    has_played: bool,
}

impl Board {
    /// A board for a run into which so many bots may enter at the same time.
    #[must_use]
    pub fn new(entering_at_once: usize) -> Self {
        Self {
            entrance: Semaphore::new(entering_at_once),
            roll: Mutex::default(),
            phase: AtomicU8::new(Phase::Gathering as u8),
            wanted: AtomicUsize::new(usize::MAX),
            began: watch::Sender::default(),
            changed: Notify::new(),
        }
    }

    /// So many more bots are to come: each takes a [`Place`] later.
    pub fn expect(&self, bots: usize) {
        self.roll().count.joining += bots;
    }

    /// The line of a bot that was expected.
    #[must_use]
    pub fn place(self: &Arc<Self>, number: usize, stats: &Rc<RefCell<Stats>>) -> Place {
        self.roll().present.insert(number);
        let (board, stats) = (Arc::clone(self), Rc::clone(stats));
        Place { board, stats, number, state: State::Joining, has_played: false }
    }

    /// How the bots fare.
    #[must_use]
    pub fn head_count(&self) -> HeadCount {
        self.roll().count
    }

    /// Whether there still is a bot of this number or above.
    #[must_use]
    pub fn has_any_from(&self, number: usize) -> bool {
        self.roll().present.range(number..).next().is_some()
    }

    /// How the bots fare, and what became of them, all at one moment.
    #[must_use]
    pub fn snapshot(&self) -> Roll {
        self.roll().clone()
    }

    /// Forgets bots that failed; those whose number is below this are returned, to be sent anew.
    pub fn take_failed(&self, below: usize) -> Vec<usize> {
        let mut roll = self.roll();
        let failed = std::mem::take(&mut roll.failed);
        roll.failures.clear();
        roll.count.failed -= failed.len();
        failed.into_iter().filter(|&number| number < below).collect()
    }

    /// What the run is at.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let all = [Phase::Gathering, Phase::Measuring, Phase::Returning, Phase::Over];
        all[usize::from(self.phase.load(Ordering::Relaxed)).min(all.len() - 1)]
    }

    /// Goes on to a phase.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        if phase == Phase::Measuring {
            self.began.send_replace(Some(Instant::now()));
        }
    }

    /// Bots of this number and above are to leave.
    pub fn set_wanted(&self, bots: usize) {
        self.wanted.store(bots, Ordering::Relaxed);
    }

    /// When the measuring window began, if it has.
    #[must_use]
    pub fn began_at(&self) -> Option<Instant> {
        *self.began.borrow()
    }

    /// Waits for the measuring window to begin, and says when it did.
    pub async fn began(&self) -> Instant {
        let mut changes = self.began.subscribe();
        loop {
            if let Some(at) = self.began_at() {
                return at;
            }
            // The sender is this board's: it lives as long as this future.
            let _ = changes.changed().await;
        }
    }

    /// Waits until a bot has changed its state since this was last waited for.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        // Nothing that can panic is done under the lock.
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeadCount {
    /// Those in a run: playing, or on their way.
    #[must_use]
    pub const fn present(&self) -> usize {
        self.joining + self.playing + self.away
    }

    /// Those that are not in, but may yet be.
    #[must_use]
    pub const fn on_the_way(&self) -> usize {
        self.joining + self.away
    }

    const fn of(&mut self, state: State) -> &mut usize {
        match state {
            State::Joining => &mut self.joining,
            State::Playing => &mut self.playing,
            State::Away => &mut self.away,
            State::Failed => &mut self.failed,
            State::Gone => &mut self.gone,
        }
    }
}

impl Place {
    /// The board.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The thread's numbers; not to be held across an await.
    pub fn stats(&self) -> RefMut<'_, Stats> {
        self.stats.borrow_mut()
    }

    /// Whether the bot is to leave.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.number >= self.board.wanted.load(Ordering::Relaxed)
            || self.board.phase() == Phase::Over
    }

    /// The bot has received its first state on a connection to this room.
    pub fn playing(&mut self, room: RoomUsed) {
        let is_first = !std::mem::replace(&mut self.has_played, true);
        self.move_to(State::Playing, |roll| {
            roll.count.ever_played += usize::from(is_first);
            roll.rooms.insert(room);
        });
    }

    /// The bot has lost its connection and is trying to come back.
    pub fn away(&mut self) {
        // One that has never received anything is still on its way in.
        if self.has_played {
            self.move_to(State::Away, |_| {});
        }
    }

    /// The bot gives up.
    pub fn failed(&mut self, cause: &str) {
        let number = self.number;
        self.move_to(State::Failed, |roll| {
            roll.failed.insert(number);
            *roll.failures.entry(cause.to_owned()).or_default() += 1;
        });
    }

    fn move_to(&mut self, state: State, note: impl FnOnce(&mut Roll)) {
        let mut roll = self.board.roll();
        *roll.count.of(self.state) -= 1;
        *roll.count.of(state) += 1;
        self.state = state;
        if matches!(state, State::Failed | State::Gone) {
            roll.present.remove(&self.number);
        }
        note(&mut roll);
        drop(roll);
        self.board.changed.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // One that has failed is to be found.
        if self.state != State::Failed {
            self.move_to(State::Gone, |_| {});
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> RoomUsed {
        RoomUsed { server: 0, room: "a".to_owned() }
    }

    fn board_of_three() -> (Arc<Board>, [Place; 3]) {
        let board = Arc::new(Board::new(1));
        board.expect(3);
        let stats = Rc::default();
        let places = [0, 1, 2].map(|number| board.place(number, &stats));
        (board, places)
    }

    #[test]
    fn every_bot_is_counted_in_one_state() {
        let (board, [mut one, mut two, mut three]) = board_of_three();
        one.playing(room());
        two.away();
        three.failed("full");
        let count =
            HeadCount { joining: 1, playing: 1, failed: 1, ever_played: 1, ..HeadCount::default() };
        assert_eq!(board.head_count(), count);
        one.away();
        assert_eq!(board.head_count(), HeadCount { playing: 0, away: 1, ..count });
        one.playing(room());
        assert_eq!(board.head_count(), count);
        let Roll { failures, rooms, .. } = board.snapshot();
        assert_eq!((failures, rooms.len()), (BTreeMap::from([("full".to_owned(), 1)]), 1));
        drop((one, two, three));
        let count = HeadCount { failed: 1, gone: 2, ever_played: 1, ..HeadCount::default() };
        assert_eq!(board.head_count(), count);
    }

    #[test]
    fn those_above_the_number_wanted_leave_and_those_that_failed_are_sent_anew() {
        let (board, [mut one, two, mut three]) = board_of_three();
        assert!(![&one, &two, &three].iter().any(|place| place.is_over()));
        board.set_wanted(2);
        assert_eq!([&one, &two, &three].map(Place::is_over), [false, false, true]);
        assert!(board.has_any_from(2));
        one.failed("full");
        three.failed("full");
        assert!(board.has_any_from(1) && !board.has_any_from(2));
        assert_eq!(board.take_failed(2), [0]);
        assert_eq!((board.head_count().failed, board.snapshot().failures.len()), (0, 0));
        board.set_phase(Phase::Over);
        assert!(two.is_over());
    }
}
