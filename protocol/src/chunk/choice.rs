//! Which prior suits a room: tried out now and then, and kept.
//!
//! Weighing every prior for every chunk would cost as much as encoding several times over. Movement
//! in a room is much the same from tick to tick, so it is enough to compare the prior in use with
//! one other on one chunk in [`TRIAL_EVERY`], and to change when the other has been better for a
//! while. Small and large chunks choose apart, since to name a prior other than the first costs some
//! bits.

use super::coder::Gauge;
use super::encode::{Baseline, encode_chunk, write_chunk};
use super::prior::{PRIOR_SETS, PriorSet};
use crate::ids::EntityId;
use crate::quantise::Layout;
use crate::snapshot::Snapshot;

/// Chunks from one trial to the next, after the first ones.
const TRIAL_EVERY: u32 = 128;
/// Chunks that all try a prior, so that a room does not go on with a wrong one.
const FIRST_TRIALS: u32 = 4 * PRIOR_SETS as u32;
/// Entities from which on a chunk is large.
const LARGE: usize = 12;
/// Bits by which another prior must have been better, all trials taken together.
const LEAD_BITS: f32 = 4.0;
/// Share of a prior's lead that counts on at its next trial.
const MEMORY: f32 = 0.9;

/// Encodes a room's chunks, each with the prior that has suited lately.
#[derive(Clone, Debug)]
pub struct ChunkEncoder {
    layout: Layout,
    small: Choice,
    large: Choice,
}

/// The prior in use, and how the others compare.
#[derive(Clone, Debug, Default)]
struct Choice {
    set: PriorSet,
    /// Slots of the chunk with which the trials last began.
    slots: usize,
    chunks: u32,
    /// By how many bits each prior has been better than the one in use.
    leads: [f32; PRIOR_SETS],
}

impl Choice {
    /// The prior to try on a chunk of so many slots, if it is time.
    fn rival(&mut self, slots: usize) -> Option<PriorSet> {
        if slots >= 2 * self.slots {
            // A part that has grown that much is another one.
            (self.slots, self.chunks) = (slots.max(1), 0);
        }
        self.chunks = self.chunks.wrapping_add(1);
        let is_early = self.chunks <= FIRST_TRIALS;
        if !is_early && !self.chunks.is_multiple_of(TRIAL_EVERY) {
            return None;
        }
        let turn = if is_early { self.chunks } else { self.chunks / TRIAL_EVERY };
        let by_turn = (turn / 2) as usize % PRIOR_SETS;
        // Every other time the one that has been best so far.
        let leader = (0..PRIOR_SETS)
            .filter(|&set| set != usize::from(self.set.0))
            .max_by(|&one, &other| self.leads[one].total_cmp(&self.leads[other]));
        let rival = if turn % 2 == 0 { by_turn } else { leader.unwrap_or(by_turn) };
        let rival = PriorSet(rival as u8);
        (rival != self.set).then_some(rival)
    }

    fn handle_trial(&mut self, rival: PriorSet, lead: f32) {
        let total = &mut self.leads[usize::from(rival.0)];
        *total = *total * MEMORY + lead;
        if *total > LEAD_BITS {
            self.set = rival;
            self.leads = [0.0; PRIOR_SETS];
        }
    }
}

impl ChunkEncoder {
    /// An encoder for a room's layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout, small: Choice::default(), large: Choice::default() }
    }

    /// The layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Appends a chunk, as [`encode_chunk`] does, and says which prior it begins with.
    pub fn encode(
        &mut self,
        from: Option<Baseline<'_>>,
        to: &Snapshot,
        has_moved: &dyn Fn(EntityId) -> bool,
        out: &mut Vec<u8>,
    ) -> PriorSet {
        let choice = if to.slots() < LARGE { &mut self.small } else { &mut self.large };
        if from.is_some()
            && let Some(rival) = choice.rival(to.slots())
        {
            let weigh = |set| {
                let mut gauge = Gauge::new();
                write_chunk(&mut gauge, &self.layout, set, from, to, has_moved);
                gauge.bits()
            };
            choice.handle_trial(rival, weigh(choice.set) - weigh(rival));
        }
        encode_chunk(&self.layout, choice.set, from, to, has_moved, out);
        choice.set
    }
}
