//! Where bots write down how they fare, and where the swarm reads it. One thread, so plain cells.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

use crate::stats::Stats;

/// The swarm's notice board.
#[derive(Debug)]
pub struct Board {
    /// Bots that are on their way in hold a permit, so that hundreds do not arrive at once.
    pub entrance: Semaphore,
    stats: RefCell<Stats>,
    head_count: Cell<HeadCount>,
    failures: RefCell<BTreeMap<String, usize>>,
    rooms: RefCell<BTreeSet<RoomUsed>>,
    phase: Cell<Phase>,
    /// When the measuring window began.
    began: watch::Sender<Option<Instant>>,
    changed: Notify,
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
}

/// A bot's own line on the board.
#[derive(Debug)]
pub struct Place {
    board: Rc<Board>,
    state: State,
    has_played: bool,
}

impl Board {
    /// A board for so many bots, of which so many may enter at the same time.
    #[must_use]
    pub fn new(bots: usize, entering_at_once: usize) -> Self {
        Self {
            entrance: Semaphore::new(entering_at_once),
            stats: RefCell::default(),
            head_count: Cell::new(HeadCount { joining: bots, ..HeadCount::default() }),
            failures: RefCell::default(),
            rooms: RefCell::default(),
            phase: Cell::new(Phase::Gathering),
            began: watch::Sender::default(),
            changed: Notify::new(),
        }
    }

    /// A bot's line, to be taken once by each of them.
    #[must_use]
    pub fn place(self: &Rc<Self>) -> Place {
        Place { board: Rc::clone(self), state: State::Joining, has_played: false }
    }

    /// The numbers; not to be held across an await.
    pub fn stats(&self) -> RefMut<'_, Stats> {
        self.stats.borrow_mut()
    }

    /// How the bots fare.
    #[must_use]
    pub fn head_count(&self) -> HeadCount {
        self.head_count.get()
    }

    /// What the run is at.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// Goes on to a phase.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.set(phase);
        if phase == Phase::Measuring {
            self.began.send_replace(Some(Instant::now()));
        }
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

    /// Why bots failed, and how many.
    #[must_use]
    pub fn failures(&self) -> BTreeMap<String, usize> {
        self.failures.borrow().clone()
    }

    /// The rooms that bots were in.
    #[must_use]
    pub fn rooms(&self) -> BTreeSet<RoomUsed> {
        self.rooms.borrow().clone()
    }
}

impl HeadCount {
    const fn of(&mut self, state: State) -> &mut usize {
        match state {
            State::Joining => &mut self.joining,
            State::Playing => &mut self.playing,
            State::Away => &mut self.away,
            State::Failed => &mut self.failed,
        }
    }
}

impl Place {
    /// The board.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The bot has received its first state on a connection to this room.
    pub fn playing(&mut self, room: RoomUsed) {
        self.move_to(State::Playing);
        if !self.has_played {
            self.has_played = true;
            let mut count = self.board.head_count.get();
            count.ever_played += 1;
            self.board.head_count.set(count);
        }
        self.board.rooms.borrow_mut().insert(room);
    }

    /// The bot has lost its connection and is trying to come back.
    pub fn away(&mut self) {
        // One that has never received anything is still on its way in.
        if self.has_played {
            self.move_to(State::Away);
        }
    }

    /// The bot gives up.
    pub fn failed(&mut self, cause: &str) {
        self.move_to(State::Failed);
        *self.board.failures.borrow_mut().entry(cause.to_owned()).or_default() += 1;
    }

    fn move_to(&mut self, state: State) {
        let mut count = self.board.head_count.get();
        *count.of(self.state) -= 1;
        *count.of(state) += 1;
        self.board.head_count.set(count);
        self.state = state;
        self.board.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bot_is_counted_in_one_state() {
        let board = Rc::new(Board::new(3, 1));
        let room = || RoomUsed { server: 0, room: "a".to_owned() };
        let [mut one, mut two, mut three] = [board.place(), board.place(), board.place()];
        one.playing(room());
        two.away();
        three.failed("full");
        let count = HeadCount { joining: 1, playing: 1, failed: 1, ever_played: 1, away: 0 };
        assert_eq!(board.head_count(), count);
        one.away();
        assert_eq!(board.head_count(), HeadCount { playing: 0, away: 1, ..count });
        one.playing(room());
        assert_eq!(board.head_count(), count);
        assert_eq!(board.failures(), BTreeMap::from([("full".to_owned(), 1)]));
        assert_eq!(board.rooms().len(), 1);
    }
}
