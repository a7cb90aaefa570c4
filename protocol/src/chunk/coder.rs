//! Who codes a chunk's decisions: the model is written once, for both directions.
//!
//! `numbers`, `motion` and `fields` say which decisions there are and in which context. They ask a
//! [`Coder`], which writes a decision and returns it, or reads and returns it, or only counts what it
//! would cost. So encoder and decoder cannot come to differ.

use std::sync::LazyLock;

use super::contexts::{CONTEXTS, POSITIONS};
use super::prior::{PRIOR, PriorSet};
use crate::range::{PROBABILITY_BITS, RangeDecoder, RangeEncoder};

/// Codes decisions. What is handed in is what to write; what is returned is what was written or
/// read. A reader ignores what is handed in.
pub trait Coder {
    /// A decision whose likelihood adapts, in one of [`CONTEXTS`] contexts.
    fn decide(&mut self, context: usize, yes: bool) -> bool;
    /// A decision of fixed likelihood `p` / 2¹⁵.
    fn decide_fixed(&mut self, p: u32, yes: bool) -> bool;
    /// A number of `bits` bits, 0 to 32, all values equally likely.
    fn direct(&mut self, value: u32, bits: u32) -> u32;
    /// Begins anew with the likelihoods of a set.
    fn load(&mut self, set: PriorSet);
}

/// Seen decisions after which a likelihood adapts no slower.
const COUNT_LIMIT: u8 = 255;
/// 2¹⁶ / (n + 1.5): how far a likelihood moves at its n-th decision.
const RATES: [u16; COUNT_LIMIT as usize + 1] = rates();

const fn rates() -> [u16; COUNT_LIMIT as usize + 1] {
    let mut rates = [0; COUNT_LIMIT as usize + 1];
    let mut n = 0;
    while n <= COUNT_LIMIT as usize {
        rates[n] = ((2 << 16) / (2 * n + 3)) as u16;
        n += 1;
    }
    rates
}

/// Least likelihood of either outcome, of 2¹⁵.
const LEAST: u32 = 32;
const MOST: u32 = (1 << PROBABILITY_BITS) - LEAST;

/// A likelihood that follows what was decided: the mean of what was seen, the prior counting as
/// `count` decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Likelihood {
    /// Of "yes", of 2¹⁵; 32 to 2¹⁵ − 32.
    pub p: u16,
    /// Decisions it rests on.
    pub count: u8,
}

impl Likelihood {
    /// Moves towards what was decided.
    #[inline]
    pub fn update(&mut self, yes: bool) {
        let rate = u32::from(RATES[usize::from(self.count)]);
        let p = u32::from(self.p);
        let distance = if yes { (1 << PROBABILITY_BITS) - p } else { p };
        let way = (distance * rate) >> 16;
        let moved = if yes { p + way } else { p - way };
        self.p = moved.clamp(LEAST, MOST) as u16;
        self.count = self.count.saturating_add(1);
    }
}

/// The likelihoods of one chunk.
pub(super) type Likelihoods = [Likelihood; CONTEXTS];

/// Writes.
pub(super) struct Writer<'a> {
    range: RangeEncoder<'a>,
    likelihoods: Likelihoods,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { range: RangeEncoder::new(out), likelihoods: PRIOR[0] }
    }

    pub(super) fn finish(self) {
        self.range.finish();
    }
}

impl Coder for Writer<'_> {
    #[inline(always)]
    fn decide(&mut self, context: usize, yes: bool) -> bool {
        let likelihood = &mut self.likelihoods[context];
        self.range.decide(likelihood.p.into(), yes);
        likelihood.update(yes);
        yes
    }

    #[inline]
    fn decide_fixed(&mut self, p: u32, yes: bool) -> bool {
        self.range.decide(p, yes);
        yes
    }

    #[inline]
    fn direct(&mut self, value: u32, bits: u32) -> u32 {
        self.range.direct(value, bits);
        value
    }

    fn load(&mut self, set: PriorSet) {
        if set != PriorSet(0) {
            self.likelihoods = PRIOR[usize::from(set.0)];
        }
    }
}

/// Reads.
pub(super) struct Reader<'a> {
    range: RangeDecoder<'a>,
    likelihoods: Likelihoods,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { range: RangeDecoder::new(bytes), likelihoods: PRIOR[0] }
    }

    /// Whether the bytes have turned out to be cut off.
    pub(super) const fn is_overdrawn(&self) -> bool {
        self.range.is_overdrawn()
    }

    pub(super) const fn position(&self) -> usize {
        self.range.position()
    }

    /// The chunk's length; `None` when the bytes are cut off.
    pub(super) fn finish(self) -> Option<usize> {
        self.range.finish()
    }
}

impl Coder for Reader<'_> {
    #[inline(always)]
    fn decide(&mut self, context: usize, _: bool) -> bool {
        let likelihood = &mut self.likelihoods[context];
        let yes = self.range.decide(likelihood.p.into());
        likelihood.update(yes);
        yes
    }

    #[inline]
    fn decide_fixed(&mut self, p: u32, _: bool) -> bool {
        self.range.decide(p)
    }

    #[inline]
    fn direct(&mut self, _: u32, bits: u32) -> u32 {
        self.range.direct(bits)
    }

    fn load(&mut self, set: PriorSet) {
        if set != PriorSet(0) {
            self.likelihoods = PRIOR[usize::from(set.0)];
        }
    }
}

/// Adds up what decisions would cost, in bits.
pub struct Gauge {
    likelihoods: Likelihoods,
    bits: f32,
    position_bits: f32,
    /// Whether the last decision was about a position.
    is_position: bool,
}

impl Gauge {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self { likelihoods: PRIOR[0], bits: 0.0, position_bits: 0.0, is_position: false }
    }

    /// What was counted so far.
    #[must_use]
    pub const fn bits(&self) -> f32 {
        self.bits
    }

    /// The part of it that tells how positions moved.
    #[must_use]
    pub const fn position_bits(&self) -> f32 {
        self.position_bits
    }

    fn add(&mut self, bits: f32) {
        self.bits += bits;
        if self.is_position {
            self.position_bits += bits;
        }
    }

    fn add_decision(&mut self, p: u32, yes: bool) {
        let p = if yes { p } else { (1 << PROBABILITY_BITS) - p };
        self.add(COSTS[(p >> COST_SHIFT) as usize]);
    }
}

/// Low bits of a likelihood that a cost does not depend on.
const COST_SHIFT: u32 = 2;

/// What a decision of a likelihood costs, in bits: the likelihood's binary logarithm, looked up since
/// it is asked for millions of times a second.
static COSTS: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let steps = 1 << (PROBABILITY_BITS - COST_SHIFT);
    (0..=steps).map(|step| -((step as f32 + 0.5) / steps as f32).min(1.0).log2()).collect()
});

impl Default for Gauge {
    fn default() -> Self {
        Self::new()
    }
}

impl Coder for Gauge {
    fn decide(&mut self, context: usize, yes: bool) -> bool {
        self.is_position = POSITIONS.contains(&context);
        self.add_decision(self.likelihoods[context].p.into(), yes);
        self.likelihoods[context].update(yes);
        yes
    }

    fn decide_fixed(&mut self, p: u32, yes: bool) -> bool {
        self.is_position = false;
        self.add_decision(p, yes);
        yes
    }

    fn direct(&mut self, value: u32, bits: u32) -> u32 {
        self.add(bits as f32);
        value
    }

    fn load(&mut self, set: PriorSet) {
        self.likelihoods = PRIOR[usize::from(set.0)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_likelihood_nears_what_was_seen_and_stays_in_bounds() {
        // A step of less than one is none: a likelihood settles where its rate says so.
        let slack = (1 << 16) / u32::from(RATES[usize::from(COUNT_LIMIT)]) + 1;
        let mut likelihood = Likelihood { p: 1 << 14, count: 2 };
        for _ in 0..1000 {
            likelihood.update(true);
        }
        assert!((MOST - slack..=MOST).contains(&likelihood.p.into()), "{likelihood:?}");
        for _ in 0..3000 {
            likelihood.update(false);
        }
        assert!((LEAST..=LEAST + slack).contains(&likelihood.p.into()), "{likelihood:?}");
        assert_eq!(likelihood.count, COUNT_LIMIT);
    }
}
