//! `plot`: measures how large updates are by players in a room, and draws `bytes-per-update.svg`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use tickwire_benches::plot::{self, Frame, Line};
use tickwire_benches::sizes::{self, Sizes};

/// Measures bytes per update of rooms in which everybody sees everybody and wanders, beside what
/// servers send that send all of the state, and draws a plot of it. Prints the table as well.
#[derive(Debug, Parser)]
#[command(name = "plot")]
struct Args {
    /// Where to draw [default: bytes-per-update.svg among the benches]
    file: Option<PathBuf>,
}

const PLAYERS: [usize; 7] = [10, 20, 50, 100, 200, 500, 1000];
const SEED: u64 = 1;
const FRAME: Frame = Frame {
    title: "Bytes per update, 30 times a second",
    x_label: "players in the room, who wander and all see each other",
    y_label: "bytes, WebSocket header included",
};

fn main() -> anyhow::Result<()> {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bytes-per-update.svg");
    let path = Args::parse().file.unwrap_or_else(default);
    let measured: Result<Vec<Sizes>, _> =
        PLAYERS.iter().map(|&players| sizes::measure(players, SEED)).collect();
    let measured = measured?;
    println!("| players | Tickwire | full state, binary | full state, JSON |\n|--:|--:|--:|--:|");
    for Sizes { players, tickwire, packed, json } in &measured {
        println!("| {players} | {tickwire:.1} | {packed:.0} | {json:.0} |");
    }
    let line = |name, bytes: fn(&Sizes) -> f64| Line {
        name,
        points: measured.iter().map(|sizes| (sizes.players as f64, bytes(sizes))).collect(),
    };
    let lines = [
        line("Tickwire", |sizes| sizes.tickwire),
        line("binary", |sizes| sizes.packed),
        line("JSON", |sizes| sizes.json),
    ];
    std::fs::write(&path, plot::draw(&FRAME, &lines))
        .with_context(|| format!("cannot write {}", path.display()))
}
