//! Journals that nobody has written: every file of the fuzz targets' corpus, and matches that are altered at
//! random behind checksums that are right. None leads to a panic.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

mod recording;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use recording::{Plan, disturb};
use tickwire_simulation::journal::block::{BlockKind, find_block};
use tickwire_simulation::journal::file::{MAGIC, VERSION};

/// What a change writes, beside single bytes: the ends of ranges, as bincode writes them, and as a `f32`.
const EXTREMES: [&[u8]; 9] = [
    &[0],
    &[250],
    &[251, 0xFF, 0xFF],
    &[252, 0xFF, 0xFF, 0xFF, 0xFF],
    &[253, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    &[0xFF, 0xFF, 0x7F, 0x7F],
    &[0, 0, 0xC0, 0x7F],
    &[0, 0, 0x80, 0xFF],
    &[1, 0, 0, 0],
];

/// What does something with a file.
type Target = fn(&[u8]);

/// A match as the target `blocks` takes it.
type Blocks = Vec<(u8, Vec<u8>)>;

fn plan(game: &str, ticks: u32, seed: u64) -> Plan<'_> {
    // Small worlds: many meet in few ticks, and a file is small.
    let options: &[_] = if game == "arena" {
        &[("world", "900x900"), ("asteroids", "3"), ("pickups", "4"), ("rewind", "100ms")]
    } else {
        &[]
    };
    Plan { game, options, seed, ticks, bots: 4, ends: true, act: disturb }
}

fn blocks_of(file: &[u8]) -> Blocks {
    let mut at = MAGIC.len() + size_of_val(&VERSION);
    let mut blocks = Vec::new();
    while let Some((block, end)) = find_block(file, at, blocks.len() as u64) {
        blocks.push((block.kind as u8, block.contents(file).unwrap()));
        at = end;
    }
    assert_eq!(at, file.len());
    blocks
}

fn put_together(blocks: &Blocks) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, contents) in blocks {
        bytes.push(*kind);
        bytes.extend_from_slice(&u16::try_from(contents.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(contents);
    }
    bytes
}

static MATCHES: LazyLock<Vec<Blocks>> = LazyLock::new(|| {
    let plans =
        ["arena", "drift"].into_iter().flat_map(|game| (1..4).map(move |seed| (game, seed)));
    plans.map(|(game, seed)| blocks_of(&plan(game, 200, seed).play().bytes)).collect()
});

#[test]
fn files_found_by_fuzzing() {
    let targets: [(&str, Target); 2] = [("journal", targets::journal), ("blocks", targets::blocks)];
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        for game in ["arena", "drift"] {
            let file = plan(game, 40, 1).play().bytes;
            fs::write(folder.join(format!("blocks/match-{game}")), put_together(&blocks_of(&file)))
                .unwrap();
            fs::write(folder.join(format!("journal/match-{game}")), file).unwrap();
        }
    }
    for (name, target) in targets {
        let mut files = 0;
        for entry in fs::read_dir(folder.join(name)).unwrap() {
            let path = entry.unwrap().path();
            // Told when the test fails.
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            files += 1;
        }
        assert!(files >= 2, "the corpus of {name} is gone");
    }
}

/// What is done to the contents of a block.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Replace(Index, &'static [u8]),
    Insert(Index, &'static [u8]),
    Remove(Index),
    CutOff(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let extreme = || prop::sample::select(&EXTREMES[..]);
    prop_oneof![
        4 => (at(), 1_u8..).prop_map(|(at, change)| Change::Flip(at, change)),
        4 => (at(), extreme()).prop_map(|(at, bytes)| Change::Replace(at, bytes)),
        1 => (at(), extreme()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => at().prop_map(Change::Remove),
        1 => at().prop_map(Change::CutOff),
    ]
}

fn alter(contents: &mut Vec<u8>, change: &Change) {
    let length = contents.len();
    if length == 0 {
        return;
    }
    match change {
        Change::Flip(at, change) => contents[at.index(length)] ^= change,
        Change::Replace(at, bytes) => {
            let at = at.index(length);
            contents.splice(at..(at + bytes.len()).min(length), bytes.iter().copied());
        }
        Change::Insert(at, bytes) => {
            let at = at.index(length);
            contents.splice(at..at, bytes.iter().copied());
        }
        Change::Remove(at) => drop(contents.remove(at.index(length))),
        Change::CutOff(at) => contents.truncate(at.index(length)),
    }
}

/// The kinds whose contents are worth most changes: the world, and what is done to it.
fn is_of_weight(kind: u8) -> bool {
    kind == BlockKind::Keyframe as u8 || kind == BlockKind::Tape as u8
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn whatever_is_behind_the_checksums_harms_nobody(
        which in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<bool>(), change()), 1..5),
    ) {
        let mut blocks = which.get(&MATCHES).clone();
        for (at, is_first, change) in &changes {
            let weighty: Vec<_> = (0..blocks.len())
                .filter(|&index| is_of_weight(blocks[index].0) || at.index(20) == 0)
                .collect();
            // The first keyframe is where a world comes from.
            let index = if *is_first { 1.min(blocks.len() - 1) } else { *at.get(&weighty) };
            alter(&mut blocks[index].1, change);
        }
        targets::blocks(&put_together(&blocks));
    }
}
