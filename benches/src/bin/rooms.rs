//! `rooms`: prints what a tick of a large drift room costs and sends, at one density, as a table in
//! Markdown.

use clap::Parser;
use tickwire_benches::rooms;
use tickwire_bot_client::behavior::Behavior;

/// Measures drift rooms without a network: 1,000 players in 8000 × 8000 units, and as close together
/// in other numbers.
#[derive(Debug, Parser)]
#[command(name = "rooms")]
struct Args {
    /// Players of each room
    #[arg(long, value_delimiter = ',', default_value = "250,500,1000,2000,4000,8000")]
    players: Vec<usize>,
    /// What they do: nothing that needs to see the room
    #[arg(long, default_value = "wander")]
    behavior: Behavior,
    /// Ticks to measure, of 1/30 s
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    ticks: u32,
    /// Seed of the rooms
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    anyhow::ensure!(!args.behavior.needs_replica(), "{:?} needs to see the room", args.behavior);
    anyhow::ensure!(args.players.iter().all(|&players| players > 0), "a room without players");
    let figures: Result<Vec<_>, _> = args
        .players
        .iter()
        .map(|&players| rooms::measure(players, args.behavior, args.seed, args.ticks as usize))
        .collect();
    print!("{}", rooms::render(&figures?));
    Ok(())
}
