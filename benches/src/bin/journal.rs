//! `journal`: prints what a journal adds to a tick, how large it is, and how fast it is computed again, as a
//! table in Markdown.

use clap::Parser;
use tickwire_benches::journal::{JournalPlan, render};
use tickwire_bot_client::behavior::Behavior;
use tickwire_simulation::registry::GameFactory;

/// Measures the journals of rooms of drift and arena, without a network and without a disk.
#[derive(Debug, Parser)]
#[command(name = "journal")]
struct Args {
    /// Players of each room
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    players: u16,
    /// Length of each match, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Seed of the matches
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let Args { players, seconds, seed } = Args::parse();
    let players = usize::from(players);
    let drift: GameFactory = tickwire_drift::create;
    let arena: GameFactory = tickwire_arena::create;
    let rooms = [
        (tickwire_drift::NAME, drift, Behavior::Wander),
        (tickwire_drift::NAME, drift, Behavior::Noise),
        (tickwire_arena::NAME, arena, Behavior::Wander),
        (tickwire_arena::NAME, arena, Behavior::Noise),
    ];
    let mut figures = Vec::new();
    for (game, factory, behavior) in rooms {
        let plan = JournalPlan { game, factory, behavior, players, seconds, seed };
        figures.push((plan, plan.measure()?));
    }
    print!("{}", render(&figures));
    Ok(())
}
