//! What the fuzz targets do with bytes: read them as a journal, and compute the match. Each panics if
//! something is wrong. `tests/corpus.rs` of the simulation does the same on stable Rust.

use std::sync::Arc;

use tickwire_protocol::ids::Tick;
use tickwire_simulation::journal::block::{BlockKind, write_block};
use tickwire_simulation::journal::file::{Journal, MAGIC, VERSION};
use tickwire_simulation::journal::playback::{MakeGame, Playback};
use tickwire_simulation::journal::table::Table;
use tickwire_simulation::registry::GameRegistry;

/// Ticks after which a match is left alone: a tick takes a byte, and a file has many.
const MAX_TICKS: usize = 300;

/// A journal's file.
pub fn journal(bytes: &[u8]) {
    let Ok(journal) = Journal::read(bytes.to_vec()) else { return };
    let (sound, lost) = journal.sound_and_lost();
    assert_eq!(sound + lost, bytes.len());
    let (last, marks) = (journal.last_tick(), journal.marks().count());
    assert!(marks <= journal.blocks());
    let games = GameRegistry::new()
        .with(tickwire_arena::NAME, tickwire_arena::create)
        .with(tickwire_drift::NAME, tickwire_drift::create);
    let header = journal.header().clone();
    let make: MakeGame = Arc::new(move || header.make_game(&games));
    let journal = Arc::new(journal);
    let Ok(mut playback) = Playback::new(Arc::clone(&journal), Arc::clone(&make)) else { return };
    let first = playback.world().tick();
    for _ in 0..MAX_TICKS {
        match playback.step() {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    // Whatever it has become, it is looked at.
    let _ = (playback.divergence(), Table::of(playback.world()).to_string());
    // From anywhere to anywhere, unless that is far away.
    if (0..MAX_TICKS as i32).contains(&last.since(first)) {
        let _ = playback.seek(last);
        let _ = playback.seek(Tick(last.0.wrapping_sub(1)));
    }
    let _ = Playback::at_last_keyframe(journal, make);
}

/// The blocks of a journal, each as its kind (a byte), the length of its contents (`u16`, little-endian) and
/// its contents: a file is made of them whose checksums are right, so that what is behind them is reached.
pub fn blocks(bytes: &[u8]) {
    journal(&file_of(bytes));
}

/// The file that is made of blocks.
#[must_use]
pub fn file_of(mut bytes: &[u8]) -> Vec<u8> {
    let mut file = [&MAGIC[..], &[VERSION]].concat();
    for number in 0.. {
        let [kind, low, high, rest @ ..] = bytes else { break };
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (contents, rest) = rest.split_at(length);
        write_block(kind_of(*kind), number, contents, &mut file);
        bytes = rest;
    }
    file
}

fn kind_of(byte: u8) -> BlockKind {
    match byte % 6 {
        1 => BlockKind::Header,
        2 => BlockKind::Tape,
        3 => BlockKind::Keyframe,
        4 => BlockKind::Hash,
        5 => BlockKind::Mark,
        _ => BlockKind::End,
    }
}
