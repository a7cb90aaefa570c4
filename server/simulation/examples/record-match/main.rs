//! Writes the journal of a match of the arena, and says what was to be seen at some of its ticks: for tests
//! of whatever shows recordings.
//!
//! ```text
//! record-match FILE --seconds 600 --ticks 300,9000
//!   → { "length": ticks, "ticks": { "300": [ { "id", "kind", fields… }, … ] } }
//! ```

#![allow(clippy::unwrap_used, reason = "made of tests, which fail by panicking")]

#[path = "../../tests/recorded_match/mod.rs"]
mod recorded_match;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use serde_json::{Map, Value, json};
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::journal::playback::{MakeGame, Playback};
use tickwire_simulation::journal::table::Table;
use tickwire_simulation::registry::GameOptions;

use recorded_match::{RATE, Script, record};

#[derive(Debug, Parser)]
#[command(about = "Writes the journal of a match, and what was to be seen at some of its ticks")]
struct Args {
    /// Where to write it
    file: PathBuf,
    /// How long the match is
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Ticks to tell of
    #[arg(long, value_delimiter = ',')]
    ticks: Vec<u32>,
}

fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let make: MakeGame = Arc::new(|| Ok(tickwire_arena::create(&GameOptions::default())?));
    let length = args.seconds * u32::from(RATE);
    // One who tries what the page makes of a name.
    let names = ["Ada", "Bo", "<b>Cy</b>"];
    let bytes = record(&Script { ticks: length, names, ..Script::default() }, make().unwrap());
    std::fs::write(&args.file, &bytes)?;
    let mut playback = Playback::new(Arc::new(Journal::read(bytes).unwrap()), make).unwrap();
    let first = playback.world().tick();
    let mut ticks = Map::new();
    for tick in args.ticks {
        playback.seek(first.plus(tick)).unwrap();
        ticks.insert(tick.to_string(), seen(&Table::of(playback.world())));
    }
    println!("{}", json!({ "length": length, "ticks": ticks }));
    Ok(())
}

/// What everybody sees.
fn seen(table: &Table) -> Value {
    let public = table.0.iter().filter(|(_, entity)| entity.owner.is_none());
    public
        .map(|(id, entity)| {
            let mut told = Map::from_iter([
                ("id".to_owned(), json!(id)),
                ("kind".to_owned(), json!(entity.kind)),
            ]);
            let fields = entity.fields.iter();
            told.extend(fields.map(|(name, value)| (name.clone(), json!(value))));
            Value::Object(told)
        })
        .collect()
}
