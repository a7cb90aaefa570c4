//! Training of the chunks' prior: from recorded chunks to sets of likelihoods.
//!
//! ```text
//! corpus → snapshots → Source: the decisions of each chunk → Trainer
//!   set 0: the shares of "yes" per context, over everything
//!   the other sets: the same over the sources of a theme
//!   per context, how many decisions its likelihood counts for: whichever costs the fewest bits
//! → PriorTable → the files that Rust and JavaScript read
//! ```

pub mod corpus;
mod games;
mod table;

use std::sync::LazyLock;

use tickwire_protocol::chunk::coder::{Coder, Likelihood};
use tickwire_protocol::chunk::contexts::{CONTEXTS, POSITIONS};
use tickwire_protocol::chunk::prior::{PRIOR_SETS, PriorSet};
use tickwire_protocol::chunk::{Baseline, is_as_predicted, write_chunk};
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::range::PROBABILITY_BITS;
use tickwire_protocol::snapshot::Snapshot;

pub use table::PriorTable;

/// Decisions for which a likelihood can count at the start.
const COUNTS: [u8; 8] = [2, 4, 8, 16, 32, 64, 128, 255];
/// Decisions that every context is taken to have seen, as they were expected.
const SMOOTHING: f64 = 0.8;
/// Decisions that everything together counts for.
const TOTAL_WEIGHT: f64 = 5e6;

/// The decisions of one chunk, in order: context and outcome.
type Decisions = Vec<(u16, bool)>;

/// The chunks of one recording.
#[derive(Clone, Debug)]
pub struct Source {
    layout: Layout,
    chunks: Vec<Decisions>,
    /// Entities at the ends of the chunks.
    entities: usize,
}

impl Source {
    /// A source without chunks.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        Self { layout: layout.clone(), chunks: Vec::new(), entities: 0 }
    }

    /// Adds the chunk that leads to a snapshot, unless a room would send none, since everything is
    /// as predicted. `has_moved` is as for [`write_chunk`].
    pub fn add(
        &mut self,
        from: Option<Baseline<'_>>,
        to: &Snapshot,
        has_moved: &dyn Fn(EntityId) -> bool,
    ) {
        if from.is_some_and(|from| is_as_predicted(&self.layout, from, to)) {
            return;
        }
        let mut recorder = Recorder(Vec::new());
        write_chunk(&mut recorder, &self.layout, PriorSet(0), from, to, has_moved);
        self.chunks.push(recorder.0);
        self.entities += to.entities();
    }
}

impl Source {
    /// Whether there is nothing to learn from it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

/// Writes decisions down.
struct Recorder(Decisions);

impl Coder for Recorder {
    fn decide(&mut self, context: usize, yes: bool) -> bool {
        self.0.push((context as u16, yes));
        yes
    }

    fn decide_fixed(&mut self, _: u32, yes: bool) -> bool {
        yes
    }

    fn direct(&mut self, value: u32, _: u32) -> u32 {
        value
    }

    fn load(&mut self, _: PriorSet) {}
}

/// Likelihoods to begin with.
type Set = Vec<Likelihood>;

/// What a source is about: which set it belongs to, beside the first one, which is for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Of no set in particular.
    None,
    /// What goes by jumps: streams that repeat their samples, steps that have nothing to do with the
    /// last ones.
    Jumpy = 1,
    /// What jumps and falls.
    Falling = 2,
    /// People on a grid that is about as fine as they are known.
    People = 3,
}

/// Learns from sources.
#[derive(Clone, Debug, Default)]
pub struct Trainer {
    chunks: Vec<Chunk>,
}

/// A chunk to learn from.
#[derive(Clone, Debug)]
struct Chunk {
    theme: Theme,
    /// Weight of each of its decisions.
    weight: f64,
    decisions: Decisions,
}

impl Trainer {
    /// Takes in a source. Its weight is that of all its decisions together.
    pub fn push(&mut self, theme: Theme, weight: f64, source: Source) {
        let decisions: usize = source.chunks.iter().map(Vec::len).sum();
        let weight = weight * TOTAL_WEIGHT / decisions.max(1) as f64;
        let chunk = |decisions| Chunk { theme, weight, decisions };
        self.chunks.extend(source.chunks.into_iter().map(chunk));
    }

    /// Learns.
    #[must_use]
    pub fn train(&self) -> PriorTable {
        let even = vec![1 << 14; CONTEXTS];
        let first = learn(self.chunks.iter(), &even);
        let shares: Vec<u16> = first.iter().map(|likelihood| likelihood.p).collect();
        let themed = (1..PRIOR_SETS).map(|number| {
            let own = self.chunks.iter().filter(|chunk| chunk.theme as usize == number);
            let mut set = first.clone();
            // Who comes and goes, and what other fields do, has nothing to do with how things move.
            set[POSITIONS].copy_from_slice(&learn(own, &shares)[POSITIONS]);
            set
        });
        PriorTable { sets: std::iter::once(first.clone()).chain(themed).collect() }
    }
}

impl PriorTable {
    /// What a source costs with each set, in bytes per entity and tick; numbers that are told as they
    /// are do not count.
    #[must_use]
    pub fn costs(&self, source: &Source) -> Vec<f64> {
        let bits = |set: &Set| source.chunks.iter().map(|chunk| cost(set, chunk)).sum::<f64>();
        self.sets.iter().map(|set| bits(set) / 8.0 / source.entities.max(1) as f64).collect()
    }
}

/// A set made of some chunks; of what they hardly do, it expects these shares of "yes".
fn learn<'a>(chunks: impl Iterator<Item = &'a Chunk> + Clone, expected: &[u16]) -> Set {
    let certainty = f64::from(1 << PROBABILITY_BITS);
    let mut seen: Vec<[f64; 2]> = expected
        .iter()
        .map(|&p| [certainty - f64::from(p), f64::from(p)].map(|p| SMOOTHING * p / certainty))
        .collect();
    for Chunk { weight, decisions, .. } in chunks.clone() {
        for &(context, yes) in decisions {
            seen[usize::from(context)][usize::from(yes)] += weight;
        }
    }
    let share = |[no, yes]: [f64; 2]| (certainty * yes / (no + yes)).clamp(32.0, 32_736.0) as u16;
    choose_counts(&seen.into_iter().map(share).collect::<Vec<_>>(), chunks)
}

/// Per context, a likelihood of this share of "yes", resting on the count with which its decisions
/// cost the fewest bits: a small one nears what the chunk at hand does.
fn choose_counts<'a>(shares: &[u16], chunks: impl Iterator<Item = &'a Chunk>) -> Set {
    let begin: Vec<[Likelihood; COUNTS.len()]> =
        shares.iter().map(|&p| COUNTS.map(|count| Likelihood { p, count })).collect();
    let mut costs = vec![[0.0; COUNTS.len()]; CONTEXTS];
    let mut state = begin.clone();
    for Chunk { weight, decisions, .. } in chunks {
        for &(context, yes) in decisions {
            let context = usize::from(context);
            for (likelihood, cost) in state[context].iter_mut().zip(&mut costs[context]) {
                *cost += weight * f64::from(bits(*likelihood, yes));
                likelihood.update(yes);
            }
        }
        for &(context, _) in decisions {
            state[usize::from(context)] = begin[usize::from(context)];
        }
    }
    let best = |(costs, likelihoods): (&[f64; COUNTS.len()], &[Likelihood; COUNTS.len()])| {
        // Of what makes no difference, the first one: the readiest to adapt.
        let numbers = 0..COUNTS.len();
        let best = numbers.min_by(|&one, &other| costs[one].total_cmp(&costs[other]));
        likelihoods[best.unwrap_or(0)]
    };
    costs.iter().zip(&begin).map(best).collect()
}

/// What a chunk's decisions cost, in bits.
fn cost(set: &Set, chunk: &Decisions) -> f64 {
    let mut state = set.clone();
    let mut total = 0.0;
    for &(context, yes) in chunk {
        let likelihood = &mut state[usize::from(context)];
        total += f64::from(bits(*likelihood, yes));
        likelihood.update(yes);
    }
    total
}

fn bits(likelihood: Likelihood, yes: bool) -> f32 {
    let p = if yes { likelihood.p } else { (1 << PROBABILITY_BITS) - likelihood.p };
    BITS[usize::from(p)]
}

/// Bits of what has this likelihood, of 2¹⁵.
static BITS: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..=1 << PROBABILITY_BITS).map(|p: u16| 15.0 - f32::from(p).log2()).collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::platform::Platform;
    use crate::movement::synthetic::Synthetic;
    use crate::training::corpus::source;

    fn sources() -> [(Theme, Source); 2] {
        let players: Synthetic = "players=12,hz=20,seconds=20,seed=9".parse().unwrap();
        let platform = Platform { players: 6, seconds: 20.0, seed: 9, ..Platform::QUICK };
        let recordings = [players.movement().quantise(0.25), platform.movement().quantise(1.0)];
        let [players, platform] = recordings.map(|recording| source(&recording.unwrap()));
        [(Theme::None, players), (Theme::Falling, platform)]
    }

    fn train() -> PriorTable {
        let mut trainer = Trainer::default();
        for (theme, source) in sources() {
            trainer.push(theme, 0.5, source);
        }
        trainer.train()
    }

    #[test]
    fn a_theme_is_coded_best_with_its_own_set() {
        let table = train();
        assert_eq!(table.sets.len(), PRIOR_SETS);
        let [(_, players), (_, platform)] = sources();
        let (players, platform) = (table.costs(&players), table.costs(&platform));
        assert!(platform[2] < 0.97 * platform[0], "{platform:?}");
        assert!(players[0] < players[2], "{players:?}");
    }

    #[test]
    fn what_nobody_does_is_open_and_adapts_at_once() {
        let table = train();
        let unseen = Likelihood { p: 1 << 14, count: COUNTS[0] };
        assert_eq!(table.sets[0][CONTEXTS - 1], unseen);
        // A theme without sources is as everything is.
        assert_eq!(table.sets[1][0], table.sets[0][0]);
        let positions = table.sets[1][POSITIONS].iter().zip(&table.sets[0][POSITIONS]);
        assert!(positions.clone().all(|(one, other)| one.p.abs_diff(other.p) <= 1));
    }

    #[test]
    fn the_same_sources_make_the_same_table_in_both_languages() {
        let table = train();
        assert_eq!(table, train());
        let numbers = |text: &str| -> Vec<u32> {
            let lines = text.lines().filter(|line| line.starts_with("    "));
            let words = lines.flat_map(|line| line.split([',', ' ']));
            words.filter(|word| !word.is_empty()).map(|word| word.parse().unwrap()).collect()
        };
        let rust = numbers(&table.to_rust("command"));
        assert_eq!(rust.len(), 2 * PRIOR_SETS * CONTEXTS);
        assert_eq!(rust[..3], [0, 1, 2].map(|context| u32::from(table.sets[0][context].p)));
        assert_eq!(rust, numbers(&table.to_javascript("command")));
    }
}
