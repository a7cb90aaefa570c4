//! JOURNAL.md's example, as it is written: `TICKWIRE_BLESS=1` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recording;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use recording::{Plan, join, send};
use tickwire_protocol::message::{InputValues, ViewAge};
use tickwire_simulation::journal::block::find_block;
use tickwire_simulation::journal::file::{End, JournalWriter};
use tickwire_simulation::room::{Room, RoomConfig};

const HEADING: &str = "<!-- golden: example -->\n```text\n";
/// Bytes in a line.
const WIDTH: usize = 32;

/// A journal of a second.
fn example() -> Vec<u8> {
    let plan = Plan {
        game: "drift",
        options: &[],
        seed: 7,
        ticks: 30,
        bots: 0,
        ends: true,
        act: |_, _, _| {},
    };
    let config = RoomConfig { seed: plan.seed, ..RoomConfig::default() };
    let header = plan.header();
    let game = header.make_game(&recording::games()).unwrap();
    let mut room = Room::new(config, game).unwrap();
    let mut bytes = Vec::new();
    let mut writer = JournalWriter::begin(&header, &mut bytes);
    room.attach_writer();
    let mut people = Vec::new();
    join(&mut room, &mut people, "Ada");
    send(&mut room, &mut people[0], InputValues::new(&[100, -20]).unwrap(), ViewAge::UNTOLD);
    for _ in 0..plan.ticks {
        room.step();
        room.take_pieces().into_iter().for_each(|piece| writer.take(piece, &mut bytes));
    }
    let end = End { tick: room.tick(), leader: None, reason: "closed".to_owned() };
    writer.end(&end, &mut bytes);
    bytes
}

/// A file as hexadecimal digits: each block under its kind.
fn told(file: &[u8]) -> String {
    let mut text = String::new();
    let mut at = 9;
    tell("the letters and the version", &file[..at], &mut text);
    for number in 0.. {
        let Some((block, end)) = find_block(file, at, number) else { break };
        tell(&format!("{number}: {:?}", block.kind), &file[at..end], &mut text);
        at = end;
    }
    assert_eq!(at, file.len());
    text
}

fn tell(name: &str, bytes: &[u8], text: &mut String) {
    writeln!(text, "{name}").unwrap();
    for line in bytes.chunks(WIDTH) {
        let digits: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "  {}", digits.join(" ")).unwrap();
    }
}

#[test]
fn the_example_is_what_is_written() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("JOURNAL.md");
    let mut document = fs::read_to_string(&path).unwrap();
    let from = document.find(HEADING).unwrap() + HEADING.len();
    let to = from + document[from..].find("```").unwrap();
    let example = told(&example());
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        document.replace_range(from..to, &example);
        fs::write(&path, document).unwrap();
        return;
    }
    assert_eq!(document[from..to], example, "TICKWIRE_BLESS=1 writes it anew");
}
