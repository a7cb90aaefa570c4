//! What a recording's bytes are spent on, in bits of the model: a range coder has no bytes that tell
//! this or that.

use std::ops::Range;

use tickwire_protocol::chunk::coder::{Coder, Gauge};
use tickwire_protocol::chunk::contexts::{EXACT, JUMP};
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::chunk::{Baseline, write_chunk};
use tickwire_protocol::quantise::{KindLayout, Manner};
use tickwire_protocol::snapshot::Snapshot;

use super::Sent;
use crate::recording::Recording;

/// The decision with which an entity begins that does nothing but move.
const BEGIN: Range<usize> = EXACT..JUMP;

/// Bits by what they tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shares {
    /// How positions moved, of entities that stay.
    pub(super) position_bits: f64,
    /// The part of it that goes to entities that rest.
    resting_bits: f64,
    /// Entities that rest, added up over all ticks.
    resting: usize,
}

impl Shares {
    /// Weighs the chunks of a recording. Resting entities are found where entities do nothing but
    /// move in the plane.
    pub(super) fn of(recording: &Recording, sent: &[Sent]) -> Self {
        let mut shares = Self::default();
        let only_moves = recording.layout().kinds.iter().all(only_moves);
        for ((from, to), sent) in recording.ticks().zip(&sent[1..]) {
            let stays = if only_moves { stays(from.snapshot, to) } else { Vec::new() };
            shares.resting += stays.iter().filter(|&&rests| rests).count();
            if sent.chunk.is_some() {
                shares.add(recording, sent.prior, from, to, &stays);
            }
        }
        shares
    }

    fn add(
        &mut self,
        recording: &Recording,
        prior: PriorSet,
        from: Baseline<'_>,
        to: &Snapshot,
        stays: &[bool],
    ) {
        let mut gauge = EntityGauge { gauge: Gauge::new(), begins: Vec::new() };
        write_chunk(&mut gauge, recording.layout(), prior, Some(from), to, &|_| false);
        self.position_bits += f64::from(gauge.gauge.position_bits());
        gauge.begins.push(gauge.gauge.position_bits());
        let bits = gauge.begins.windows(2).map(|ends| f64::from(ends[1] - ends[0]));
        let resting = stays.iter().zip(bits).filter(|&(&rests, _)| rests);
        self.resting_bits += resting.map(|(_, bits)| bits).sum::<f64>();
    }

    /// `None` when none rests.
    pub(super) fn resting_bytes_per_entity(&self) -> Option<f64> {
        (self.resting > 0).then(|| self.resting_bits / 8.0 / self.resting as f64)
    }
}

/// Whether a kind is a position in the plane and nothing else.
fn only_moves(kind: &KindLayout) -> bool {
    matches!(&kind.fields[..], [field] if field.manner == Manner::Moves2 && field.moves())
}

/// Whether each entity that stays rests: is where it was, and was so at the tick before. By slot.
fn stays(from: &Snapshot, to: &Snapshot) -> Vec<bool> {
    let pairs = to.rows().filter_map(|row| Some((from.row(row.slot)?, row)));
    let stays = pairs.filter(|(before, after)| before.id == after.id);
    stays.map(|(before, after)| before == after && before.lanes[2..4] == [0, 0]).collect()
}

/// Notes what was spent before each entity.
struct EntityGauge {
    gauge: Gauge,
    begins: Vec<f32>,
}

impl Coder for EntityGauge {
    fn decide(&mut self, context: usize, yes: bool) -> bool {
        if BEGIN.contains(&context) {
            self.begins.push(self.gauge.position_bits());
        }
        self.gauge.decide(context, yes)
    }

    fn decide_fixed(&mut self, p: u32, yes: bool) -> bool {
        self.gauge.decide_fixed(p, yes)
    }

    fn direct(&mut self, value: u32, bits: u32) -> u32 {
        self.gauge.direct(value, bits)
    }

    fn load(&mut self, set: PriorSet) {
        self.gauge.load(set);
    }
}
