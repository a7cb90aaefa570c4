//! What the prior is trained on: movement of many kinds, at many rates and grids. All of it is made
//! up here or recorded from this project's own games, never the movement that the codec is measured
//! on.

use std::ops::{Range, RangeInclusive};

use thiserror::Error;
use tickwire_protocol::watch::GridError;
use tickwire_simulation::registry::OptionError;

use super::{Source, Theme, games};
use crate::movement::Movement;
use crate::movement::cars::Cars;
use crate::movement::hold::Hold;
use crate::movement::movers::{Movers, Style};
use crate::movement::platform::Platform;
use crate::movement::quantise::QuantiseError;
use crate::movement::space::Space;
use crate::recording::Recording;

/// How much each movement lasts, in entity-ticks.
const ENTITY_TICKS: f64 = 16_000.0;
/// Shares of everything: players, people, platforms, cars, space, and this project's own games.
const SHARES: [f64; 6] = [0.2, 0.3, 0.08, 0.07, 0.07, 0.28];
/// Seeds of each group, the first of which is that many times the group's number, from 1 on.
const SEEDS_PER_GROUP: u64 = 1000;
/// Seeds of all movement that is made up here. What is measured has others.
pub const SEEDS: Range<u64> = SEEDS_PER_GROUP..6 * SEEDS_PER_GROUP;
/// Error of measurement, in steps of the grid, of people who make up a theme: less of it leaves
/// nothing but the grid's own rounding, more is noise.
const USUAL_JITTER: RangeInclusive<f64> = 0.09..=0.21;
/// Gaps of a recording's chunks, and every how many ticks there is one: most clients get every tick.
pub(super) const GAPS: [(u32, u32); 4] = [(1, 1), (2, 48), (4, 96), (7, 192)];
/// Every so many ticks there is a keyframe, as for clients who come along.
pub(super) const KEYFRAME_EVERY: u32 = 100;

/// The corpus cannot be made: a game or a grid is not what this file takes it for.
#[derive(Debug, Error)]
pub enum CorpusError {
    /// A game refuses its options.
    #[error("{0}")]
    Options(#[from] OptionError),
    /// A world cannot be cut.
    #[error("{0}")]
    Grid(#[from] GridError),
    /// A movement cannot be quantised.
    #[error("{0}")]
    Quantise(#[from] QuantiseError),
}

/// A source, what it is called, and what it is to learn from.
#[derive(Clone, Debug)]
pub struct NamedSource {
    /// What moves there.
    pub name: String,
    /// The set that it belongs to.
    pub theme: Theme,
    /// Its share of everything.
    pub weight: f64,
    /// Its chunks.
    pub source: Source,
}

/// Everything that the prior is trained on.
///
/// # Errors
/// [`CorpusError`].
pub fn sources() -> Result<Vec<NamedSource>, CorpusError> {
    let groups = [players()?, people()?, platforms()?, cars()?, spaces(), games::sources()?];
    let mut sources = Vec::new();
    for (mut group, share) in groups.into_iter().zip(SHARES) {
        let weight = share / group.len() as f64;
        group.iter_mut().for_each(|source| source.weight = weight);
        sources.extend(group);
    }
    Ok(sources)
}

/// The chunks of a recording.
#[must_use]
pub fn source(recording: &Recording) -> Source {
    let mut source = Source::new(recording.layout());
    for (gap, every) in GAPS {
        let deltas = recording.gaps(gap).step_by((every / gap).max(1) as usize);
        deltas.for_each(|(from, to)| source.add(Some(from), to, &|_| false));
    }
    for snapshot in recording.snapshots().iter().step_by(KEYFRAME_EVERY as usize) {
        source.add(None, snapshot, &|_| false);
    }
    source
}

/// Sources of one kind, in the making.
struct Group {
    sources: Vec<NamedSource>,
    seed: u64,
}

impl Group {
    const fn new(number: u64) -> Self {
        Self { sources: Vec::new(), seed: number * SEEDS_PER_GROUP }
    }

    /// A seed that no other movement has.
    const fn next_seed(&mut self) -> u64 {
        self.seed += 1;
        self.seed
    }

    /// Adds a movement on a grid of `step`.
    fn add(
        &mut self,
        name: &str,
        theme: Theme,
        movement: &Movement,
        step: f64,
    ) -> Result<(), CorpusError> {
        let source = source(&movement.quantise(step)?);
        self.sources.push(NamedSource {
            name: format!("{name}, {step}"),
            theme,
            weight: 0.0,
            source,
        });
        Ok(())
    }

    /// Makes movement of a style up. Of every fifth, some rest.
    fn movers(&mut self, players: u32, hz: f64, style: Style) -> Movement {
        let seed = self.next_seed();
        let movers = Movers {
            players,
            hz,
            seconds: seconds(players, hz),
            seed,
            resting: if seed.is_multiple_of(5) { 0.3 } else { 0.0 },
            life_s: if style == Style::BULLETS { 1.2 } else { 60.0 },
            style,
        };
        movers.movement()
    }
}

/// How long so many have to move.
fn seconds(players: u32, hz: f64) -> f64 {
    ENTITY_TICKS / f64::from(players) / hz
}

/// Ships and shooters.
fn players() -> Result<Vec<NamedSource>, CorpusError> {
    let mut group = Group::new(1);
    let ships = Style { acceleration: 300.0, turn: 4.0, ..Style::PLAYERS };
    let restless = Style { teleport: 0.2, stop: 0.3, ..Style::PLAYERS };
    for (hz, step) in
        [(20.0, 0.25), (30.0, 0.25), (60.0, 0.25), (30.0, 0.0625), (20.0, 1.0), (10.0, 0.25)]
    {
        for (name, players, style) in [
            ("players", 40, Style::PLAYERS),
            ("ships", 40, ships),
            ("players who teleport", 20, restless),
        ] {
            let movement = group.movers(players, hz, style);
            group.add(name, Theme::None, &movement, step)?;
        }
    }
    // Ships whose speed and direction change at every decision.
    let abrupt = Style {
        speed: [127.0; 2],
        hold_s: 1.1,
        stop: 0.0,
        steer: 0.0,
        veer: 1.0,
        ..Style::PLAYERS
    };
    let noise = Style { speed: [0.0, 180.0], hold_s: 0.05, ..abrupt };
    for hz in [20.0, 30.0, 60.0] {
        for (name, theme, players, step, style) in [
            ("abrupt turns", Theme::None, 50, 0.0625, abrupt),
            ("noise", Theme::Jumpy, 40, 0.0625, noise),
            ("bullets", Theme::None, 30, 0.125, Style::BULLETS),
        ] {
            let movement = group.movers(players, hz, style);
            group.add(name, theme, &movement, step)?;
        }
    }
    Ok(group.sources)
}

/// People in streets, squares and crowds, and on a pitch.
fn people() -> Result<Vec<NamedSource>, CorpusError> {
    let mut group = Group::new(2);
    let brisk = Style { speed: [0.9, 1.7], stop: 0.02, ..Style::WALKERS };
    let gliding = Style { sway: 0.006, stop: 0.01, hold_s: 4.0, ..brisk };
    // How far they are off the grid's points by error of measurement.
    for (hz, step, jitter) in [
        (16.0, 0.01, 0.0),
        (16.0, 0.01, 0.001),
        (16.0, 0.01, 0.002),
        (20.0, 0.01, 0.0015),
        (25.0, 0.01, 0.0005),
        (25.0, 0.01, 0.002),
        (30.0, 0.01, 0.001),
        (12.0, 0.01, 0.001),
        (10.0, 0.02, 0.002),
        (20.0, 0.02, 0.004),
        (8.0, 0.05, 0.01),
        (25.0, 0.01, 0.004),
    ] {
        let is_usual = USUAL_JITTER.contains(&(jitter / step)) && hz >= 15.0;
        let theme = if is_usual { Theme::People } else { Theme::None };
        for (name, style) in [
            ("walkers", Style::WALKERS),
            ("people in a hurry", brisk),
            ("a crowd", Style::CROWD),
            ("people at their ease", gliding),
        ] {
            for street in [false, true] {
                let movement = group.movers(36, hz, Style { jitter, street, ..style });
                group.add(name, theme, &movement, step)?;
            }
        }
    }
    for (hz, step) in [(20.0, 0.1), (25.0, 0.1), (10.0, 0.1), (20.0, 0.05), (30.0, 0.05)] {
        for jitter in [0.0, Style::RUNNERS.jitter] {
            let movement = group.movers(23, hz, Style { jitter, ..Style::RUNNERS });
            group.add("runners", Theme::None, &movement, step)?;
        }
    }
    Ok(group.sources)
}

/// Runners who jump and fall.
fn platforms() -> Result<Vec<NamedSource>, CorpusError> {
    let mut group = Group::new(3);
    let games = [
        Platform::QUICK,
        Platform { run: 220.0, gravity: 900.0, jump: 110.0, hold_s: 0.8, ..Platform::QUICK },
        Platform { run: 300.0, gravity: 2000.0, jump: 120.0, ..Platform::QUICK },
        Platform { run: 160.0, gravity: 420.0, jump: 90.0, hold_s: 1.0, ..Platform::SLOW },
        Platform::SLOW,
    ];
    for (hz, step, players, whole_pixels) in [
        (25.0, 0.25, 8, false),
        (25.0, 0.25, 16, true),
        (25.0, 1.0, 16, false),
        (50.0, 0.25, 6, false),
        (30.0, 0.0625, 6, false),
    ] {
        for game in games {
            let (seconds, seed) = (seconds(players, hz), group.next_seed());
            let platform = Platform { players, hz, seconds, seed, whole_pixels, ..game };
            group.add("platforms", Theme::Falling, &platform.movement(), step)?;
        }
    }
    Ok(group.sources)
}

/// Cars, as they are and through streams that repeat samples; and others through such streams.
fn cars() -> Result<Vec<NamedSource>, CorpusError> {
    let mut group = Group::new(4);
    for (hz, step, cars) in [
        (30.0, 1.0, Cars::BALL),
        (30.0, 4.0, Cars { cars: 9, speed: 2200.0, thrust: 900.0, ..Cars::BALL }),
        (20.0, 0.25, Cars::ROAD),
        (60.0, 0.25, Cars { cars: 16, speed: 500.0, thrust: 220.0, ..Cars::ROAD }),
        (20.0, 2.0, Cars { cars: 24, turn: 1.5, ..Cars::ROAD }),
    ] {
        let (seconds, seed) = (seconds(cars.cars, hz), group.next_seed());
        let movement = Cars { hz, seconds, seed, ..cars }.movement();
        group.add("cars", Theme::None, &movement, step)?;
        for hold in [
            Hold::Random(0.85),
            Hold::Random(0.6),
            Hold::Random(0.35),
            Hold::Even(2, 3),
            Hold::Even(1, 2),
        ] {
            let held = movement.held(hold, group.next_seed());
            group.add("held cars", Theme::Jumpy, &held, step)?;
        }
    }
    for (name, hz, step, players, style, hold) in [
        ("held players", 30.0, 0.25, 40, Style::PLAYERS, Hold::Random(0.7)),
        ("held players", 30.0, 0.25, 40, Style::PLAYERS, Hold::Even(2, 3)),
        ("held walkers", 25.0, 0.01, 40, Style::WALKERS, Hold::Even(1, 2)),
        ("held runners", 20.0, 0.1, 23, Style::RUNNERS, Hold::Random(0.8)),
    ] {
        let movement = group.movers(players, hz, style).held(hold, group.next_seed());
        group.add(name, Theme::Jumpy, &movement, step)?;
    }
    Ok(group.sources)
}

/// Bodies in space.
fn spaces() -> Vec<NamedSource> {
    let seed = 5 * SEEDS_PER_GROUP;
    let space = Space {
        bodies: 30,
        hz: 20.0,
        ticks: 300,
        seed,
        step: 0.25,
        rotation_bits: 10,
        has_gauges: false,
    };
    let spaces = [
        ("space", space),
        ("space, with gauges", Space { seed: seed + 1, has_gauges: true, ..space }),
        (
            "space, finely",
            Space { seed: seed + 2, hz: 60.0, step: 0.0625, rotation_bits: 12, ..space },
        ),
    ];
    let named = spaces.map(|(name, space)| NamedSource {
        name: name.to_owned(),
        theme: Theme::None,
        weight: 0.0,
        source: source(&space.recording()),
    });
    named.into()
}
