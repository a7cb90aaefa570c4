//! Where likelihoods begin: sets trained on recorded and made-up movement, one of which a chunk
//! chooses.
//!
//! Every chunk begins anew with a set, so that each can be read by itself and by whoever comes
//! along; within a chunk the likelihoods follow what is decided. Set 0 was trained on everything and
//! suits small chunks; the others on what they describe better than the rest, such as movement
//! whose steps are fine or coarse on the grid. `generated/prior_table.rs` is made by
//! `cargo run --release -p tickwire-benches --bin train-prior`.

use super::coder::{Coder, Likelihood, Likelihoods};
use super::generated::prior_table::{COUNTS, PROBABILITIES};

/// Sets of likelihoods that a chunk can begin with.
pub const PRIOR_SETS: usize = 4;

/// One of the sets, 0 to 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriorSet(pub u8);

/// Likelihood that a chunk begins with set 0, of 2¹⁵: most chunks are small.
const FIRST_SET: u32 = 26_000;
/// Likelihood of set 1 among the others, then of set 2 among the rest.
const NEXT_SETS: [u32; 2] = [10_923, 16_384];

pub(super) static PRIOR: [Likelihoods; PRIOR_SETS] = table();

const fn table() -> [Likelihoods; PRIOR_SETS] {
    let mut sets = [[Likelihood { p: 0, count: 0 }; super::contexts::CONTEXTS]; PRIOR_SETS];
    let mut set = 0;
    while set < PRIOR_SETS {
        let mut context = 0;
        while context < super::contexts::CONTEXTS {
            sets[set][context] =
                Likelihood { p: PROBABILITIES[set][context], count: COUNTS[set][context] };
            context += 1;
        }
        set += 1;
    }
    sets
}

/// Codes which set a chunk begins with, and begins with it.
pub(super) fn choose(coder: &mut impl Coder, PriorSet(set): PriorSet) {
    let mut chosen = 0;
    if !coder.decide_fixed(FIRST_SET, set == 0) {
        chosen = 1;
        for p in NEXT_SETS {
            if coder.decide_fixed(p, set == chosen) {
                break;
            }
            chosen += 1;
        }
    }
    coder.load(PriorSet(chosen));
}
