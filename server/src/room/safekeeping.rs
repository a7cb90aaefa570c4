//! A room's journal on its way to where another server can go on from it, and what waits for that: with
//! [`Durability::Tick`] nobody is told of anything before it is kept.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_simulation::journal::file::End;
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::journal::recorder::Piece;
use tickwire_simulation::journal::stream::{Batch, StreamWriter};

use super::routes::Batches;
use crate::config::Durability;
use crate::journal::keeper::Keeping;

/// Batches without an answer, of a tick each as a rule, from which on no further tick is computed: a quarter of a
/// second at 30 Hz. A store that answers takes a millisecond or a few.
const MOST_BEHIND: u64 = 8;

/// What is handed over once a batch is kept.
struct Held {
    until: u64,
    batches: Batches,
}

/// One room's journal at its keeper.
pub(super) struct Safekeeping {
    stream: StreamWriter,
    keeping: Box<dyn Keeping>,
    durability: Durability,
    /// The number of the next batch.
    next: u64,
    /// That of the newest batch that is kept.
    kept: u64,
    is_away: bool,
    /// When the next batch is due, where that is not each tick.
    due: Duration,
    held: VecDeque<Held>,
}

impl Safekeeping {
    pub(super) fn new(header: Header, keeping: Box<dyn Keeping>, durability: Durability) -> Self {
        Self {
            stream: StreamWriter::new(header),
            keeping,
            durability,
            next: 1,
            kept: 0,
            is_away: false,
            due: Duration::ZERO,
            held: VecDeque::new(),
        }
    }

    /// Takes what there is for the journal, and keeps it if it is time.
    pub(super) fn take(&mut self, pieces: &[Piece], now: Duration) {
        pieces.iter().for_each(|piece| self.stream.take(piece.clone()));
        if let Durability::Interval(interval) = self.durability {
            if now < self.due {
                return;
            }
            self.due = now + interval;
        }
        let batch = self.stream.flush();
        self.keep(batch);
    }

    /// The match is over. What waited goes out with its end.
    pub(super) fn end(mut self, end: &End) -> impl Iterator<Item = Batches> {
        let batch = self.stream.end(end);
        self.keep(batch);
        self.close(true)
    }

    /// Nothing comes any more. What waited goes out.
    pub(super) fn close(mut self, is_over: bool) -> impl Iterator<Item = Batches> {
        self.keeping.close(is_over);
        self.held.into_iter().map(|held| held.batches)
    }

    fn keep(&mut self, batch: Option<Batch>) {
        if let Some(batch) = batch {
            self.keeping.keep(self.next, batch);
            self.next += 1;
        }
    }

    /// Whether what leaves the room has to wait.
    pub(super) const fn holds(&self) -> bool {
        matches!(self.durability, Durability::Tick)
    }

    /// What is to be handed over waits for the next batch.
    pub(super) fn hold(&mut self, batches: Batches) {
        if !batches.is_empty() {
            self.held.push_back(Held { until: self.next, batches });
        }
    }

    /// What need not wait any more, in order.
    pub(super) fn release(&mut self) -> Option<Batches> {
        let is_kept = self.held.front().is_some_and(|held| held.until <= self.kept);
        if is_kept { self.held.pop_front().map(|held| held.batches) } else { None }
    }

    /// What waits, the oldest first.
    pub(super) fn held(&self) -> impl Iterator<Item = &Batches> {
        self.held.iter().map(|held| &held.batches)
    }

    /// All up to the batch of this number are kept.
    pub(super) const fn handle_kept(&mut self, number: u64) {
        if self.kept < number && number < self.next {
            self.kept = number;
        }
    }

    /// The store is away, or back.
    pub(super) const fn set_away(&mut self, is_away: bool) {
        self.is_away = is_away;
    }

    /// Whether the room has to wait for a store that does not answer.
    pub(super) const fn is_cut_off(&self) -> bool {
        self.holds() && self.is_away
    }

    /// Whether the room has to wait for what it has computed already.
    pub(super) const fn is_behind(&self) -> bool {
        self.holds() && self.next - 1 - self.kept >= MOST_BEHIND
    }
}
