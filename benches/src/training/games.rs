//! What the prior learns from this project's own games: rooms in which bots play, part by part.

use std::collections::{HashSet, VecDeque};

use tickwire_bot_client::behavior::Behavior;
use tickwire_protocol::chunk::Baseline;
use tickwire_protocol::ids::EntityId;
use tickwire_simulation::game::{Game, View};
use tickwire_simulation::interest::{Cells, Interest};
use tickwire_simulation::registry::GameOptions;

use super::corpus::{CorpusError, GAPS, KEYFRAME_EVERY, NamedSource};
use super::{Source, Theme};
use crate::replication::{PartStates, RoomState};
use crate::scene::Scene;

/// Ticks before a room is recorded, in which it comes to life: 10 s.
const SETTLING_TICKS: u32 = 300;
/// Side of every world, in units.
const WORLD: f32 = 4000.0;
/// Side of the cells of those that are cut, in units.
const CELL_SIDE: f32 = 500.0;

/// A room to record.
#[derive(Clone, Copy)]
struct Play {
    name: &'static str,
    create: fn() -> Result<Box<dyn Game>, CorpusError>,
    players: usize,
    behavior: Behavior,
    is_cut: bool,
    ticks: u32,
}

fn drift() -> Result<Box<dyn Game>, CorpusError> {
    Ok(tickwire_drift::create(&GameOptions::default())?)
}

fn arena() -> Result<Box<dyn Game>, CorpusError> {
    Ok(tickwire_arena::create(&GameOptions::default())?)
}

fn plays() -> [Play; 8] {
    let drift = Play {
        name: "drift, 50 in a room",
        create: drift,
        players: 50,
        behavior: Behavior::Wander,
        is_cut: false,
        ticks: 300,
    };
    let arena = Play { name: "arena, 50 in a room", create: arena, ticks: 240, ..drift };
    [
        drift,
        Play { name: "drift, noise", behavior: Behavior::Noise, ..drift },
        Play { name: "drift, cells", players: 250, is_cut: true, ticks: 120, ..drift },
        Play { name: "drift, full cells", players: 1000, is_cut: true, ticks: 30, ..drift },
        Play {
            name: "drift, cells, noise",
            players: 250,
            is_cut: true,
            behavior: Behavior::Noise,
            ticks: 60,
            ..drift
        },
        arena,
        Play { name: "arena, 8 in a room", players: 8, ..arena },
        Play { name: "arena, cells", is_cut: true, ..arena },
    ]
}

/// The sources of all rooms; what is one player's own is a source of its own.
///
/// # Errors
/// [`CorpusError`] when a game takes no more part in this.
pub(super) fn sources() -> Result<Vec<NamedSource>, CorpusError> {
    let mut sources = Vec::new();
    for (number, play) in (0..).zip(plays()) {
        let [shared, own] = record(&play, number)?;
        let theme = if play.behavior == Behavior::Noise { Theme::Jumpy } else { Theme::None };
        let named = |name, source| NamedSource { name, theme, weight: 0.0, source };
        sources.push(named(play.name.to_owned(), shared));
        if !own.is_empty() {
            sources.push(named(format!("{}, own", play.name), own));
        }
    }
    Ok(sources)
}

/// The chunks of a room's shared parts, and of those that are one player's own.
fn record(play: &Play, seed: u64) -> Result<[Source; 2], CorpusError> {
    let game = (play.create)()?;
    let mut scene = Scene::new(game, play.players, play.behavior, seed);
    let advance = |scene: &mut Scene| {
        scene.send_inputs();
        scene.step();
        scene.forget_events();
    };
    for _ in 0..SETTLING_TICKS {
        advance(&mut scene);
    }
    let cells = Cells {
        min: [0.0; 2],
        max: [WORLD; 2],
        side: CELL_SIDE,
        spectator: View { center: [WORLD / 2.0; 2], size: [WORLD; 2] },
    };
    let interest = if play.is_cut { Interest::Cells(cells) } else { Interest::Everything };
    let mut state = RoomState::new(scene.game(), interest)?;
    let mut sources = [(); 2].map(|()| Source::new(state.layout()));
    let longest = GAPS.iter().map(|&(gap, _)| gap).max().unwrap_or(1) as usize;
    let mut history: VecDeque<PartStates> = VecDeque::new();
    for tick in 0..play.ticks {
        advance(&mut scene);
        state.record(scene.game());
        history.push_front(state.states());
        history.truncate(longest + 1);
        let due = GAPS.iter().filter(|(_, every)| tick % every == 0);
        for &(gap, _) in due {
            if let Some(before) = history.get(gap as usize) {
                add_deltas(&mut sources, &history[0], before, gap);
            }
        }
        if tick % KEYFRAME_EVERY == 0 {
            let filled = history[0].iter().filter(|(_, state)| state.slots() > 0);
            for ((_, owner), state) in filled {
                sources[usize::from(owner.is_some())].add(None, state, &|_| false);
            }
        }
    }
    Ok(sources)
}

fn add_deltas(sources: &mut [Source; 2], newest: &PartStates, before: &PartStates, gap: u32) {
    let ids: HashSet<EntityId> =
        newest.values().flat_map(|state| state.rows().map(|row| row.id)).collect();
    for (key, state) in newest {
        let from = before.get(key).map(|snapshot| Baseline { snapshot, gap });
        sources[usize::from(key.1.is_some())].add(from, state, &|id| ids.contains(&id));
    }
}
