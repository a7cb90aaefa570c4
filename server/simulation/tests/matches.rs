//! Matches that were recorded once are computed again to the same states: rules that change by accident are
//! found here.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recording;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use rand::RngExt;
use rand::rngs::StdRng;
use recording::{Person, Plan, disturb, join, send};
use tickwire_protocol::message::{InputValues, Role, ViewAge};
use tickwire_protocol::schema::InputKind;
use tickwire_simulation::journal::file::{Contents, Journal, MarkKind};
use tickwire_simulation::journal::playback::Playback;
use tickwire_simulation::journal::tape::{Record, TapeReader};
use tickwire_simulation::room::Room;
use tickwire_simulation::world::{Happening, World};

const HOW_TO_BLESS: &str = "a recorded match comes out otherwise, or is missing. If the rules were changed on \
     purpose, record new ones: TICKWIRE_BLESS=1 cargo test -p tickwire-simulation --test matches";

const MATCHES: [(&str, Plan<'static>); 5] = [
    (
        // Ten pilots in a narrow field, who keep shooting.
        "arena-fight",
        Plan {
            game: "arena",
            options: &[("world", "1200x1200"), ("asteroids", "4"), ("pickups", "8")],
            seed: 1,
            ticks: 750,
            bots: 0,
            ends: true,
            act: fight,
        },
    ),
    (
        // The server's own pilots, and somebody who comes and goes.
        "arena-bots",
        Plan { game: "arena", options: &[], seed: 2, ticks: 900, bots: 10, ends: true, act: visit },
    ),
    (
        // Spectators, lost connections, returns, new names, talk.
        "arena-crowd",
        Plan {
            game: "arena",
            options: &[("world", "1600x900"), ("rewind", "200ms")],
            seed: 3,
            ticks: 600,
            bots: 3,
            ends: false,
            act: disturb,
        },
    ),
    (
        "drift-wander",
        Plan {
            game: "drift",
            options: &[],
            seed: 4,
            ticks: 1200,
            bots: 0,
            ends: true,
            act: wander,
        },
    ),
    (
        // A world of cells.
        "drift-cells",
        Plan {
            game: "drift",
            options: &[("world", "16000x16000")],
            seed: 5,
            ticks: 600,
            bots: 1,
            ends: false,
            act: disturb,
        },
    ),
];

/// Ten people come, one after the other; all shoot, and now and then change their minds and their courses.
fn fight(room: &mut Room, people: &mut Vec<Person>, rng: &mut StdRng) {
    come_and_go(room, people, rng, 10);
    for person in people.iter_mut() {
        if rng.random_ratio(1, 12) {
            let values = [1, rng.random_range(-127..=127), 1, i32::from(rng.random_ratio(1, 6))];
            let values = InputValues::new(&values).unwrap();
            send(room, person, values, ViewAge(rng.random_range(0..60)));
        }
    }
}

/// Somebody comes, flies a little, and goes.
fn visit(room: &mut Room, people: &mut Vec<Person>, rng: &mut StdRng) {
    come_and_go(room, people, rng, 2);
    wander_about(room, people, rng);
}

/// Eight people who keep a course for a while.
fn wander(room: &mut Room, people: &mut Vec<Person>, rng: &mut StdRng) {
    come_and_go(room, people, rng, 8);
    wander_about(room, people, rng);
}

fn come_and_go(room: &mut Room, people: &mut Vec<Person>, rng: &mut StdRng, most: usize) {
    if people.len() < most && rng.random_ratio(1, 15) {
        let name = format!("Ada {}", rng.random_range(0..99));
        join(room, people, &name);
    }
    if rng.random_ratio(1, 300) && !people.is_empty() {
        let gone = people.swap_remove(rng.random_range(0..people.len()));
        room.handle_leave(gone.player);
    }
}

fn wander_about(room: &mut Room, people: &mut [Person], rng: &mut StdRng) {
    for person in people {
        if rng.random_ratio(1, 30) {
            let mut values = InputValues::neutral(room.schema());
            for (field, input) in room.schema().inputs.iter().enumerate() {
                let value = match input.kind {
                    InputKind::Integer { min, max } => rng.random_range(min..=max),
                    InputKind::Button => rng.random_range(0..=1),
                };
                values.set(field, value);
            }
            send(room, person, values, ViewAge::UNTOLD);
        }
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/matches/{name}.journal"))
}

/// The recorded matches; those that have been recorded just now where that is wanted.
static RECORDED: LazyLock<Vec<(&str, Arc<Journal>)>> = LazyLock::new(|| {
    let is_blessing = std::env::var_os("TICKWIRE_BLESS").is_some();
    let recorded = MATCHES.into_iter().map(|(name, plan)| {
        if is_blessing {
            fs::write(path(name), plan.play().bytes).unwrap();
        }
        let bytes = fs::read(path(name)).unwrap_or_else(|error| panic!("{HOW_TO_BLESS}\n{error}"));
        (name, Arc::new(Journal::read(bytes).unwrap()))
    });
    recorded.collect()
});

#[test]
fn recorded_matches_come_out_as_they_did() {
    for (name, journal) in &*RECORDED {
        let header = journal.header();
        // The schema and the options may have changed, too.
        let playback = Playback::new(Arc::clone(journal), recording::make(header));
        let mut playback =
            playback.unwrap_or_else(|error| panic!("{HOW_TO_BLESS}\n{name}: {error}"));
        let mut ticks = 0;
        loop {
            match playback.step() {
                Ok(Some(_)) => ticks += 1,
                Ok(None) => break,
                Err(error) => panic!("{HOW_TO_BLESS}\n{name}: {error}"),
            }
        }
        let divergence = playback.divergence();
        assert_eq!(divergence, None, "{HOW_TO_BLESS}\n{name}");
        let plan = &MATCHES.iter().find(|(known, _)| known == name).unwrap().1;
        assert_eq!(ticks, plan.ticks, "{HOW_TO_BLESS}\n{name}");
        check_marks(name, journal);
    }
}

/// Every match has what it was recorded for.
fn check_marks(name: &str, journal: &Journal) {
    let count =
        |wanted: fn(&MarkKind) -> bool| journal.marks().filter(|mark| wanted(&mark.what)).count();
    let joined = count(|mark| matches!(mark, MarkKind::Joined { .. }));
    let left = count(|mark| matches!(mark, MarkKind::Left { .. }));
    let kills = count(|mark| matches!(mark, MarkKind::Event(_)));
    assert!(joined >= 2 && left >= 1, "{name}: {joined} came, {left} went");
    let is_fought = matches!(name, "arena-fight" | "arena-bots");
    assert!(!is_fought || kills >= 3, "{name}: {kills} kills");
}

/// How often what happens between ticks happened.
#[derive(Debug, Default)]
struct Census {
    spectators: u32,
    lost: u32,
    back: u32,
    renamed: u32,
    said: u32,
}

#[test]
fn recorded_matches_hold_whatever_can_happen() {
    let mut census = Census::default();
    for (_, journal) in &*RECORDED {
        let header = journal.header();
        let Some(Contents::Keyframe(first)) = journal.block(0) else { panic!("no keyframe") };
        let game = recording::make(header)().unwrap();
        let mut world = World::restore(game, header.tick_rate_hz, &first.state).unwrap();
        let reader = TapeReader::new(world.schema());
        for index in 1..journal.blocks() {
            let Some(Contents::Tape(tape)) = journal.block(index) else { continue };
            let mut rest = &tape[..];
            while let Some((record, behind)) = reader.read(rest, world.inputs()).unwrap() {
                census.take(&record);
                world.play(record).unwrap();
                rest = behind;
            }
        }
    }
    let Census { spectators, lost, back, renamed, said } = census;
    assert!([spectators, lost, back, renamed, said].iter().all(|&count| count >= 2), "{census:?}");
}

impl Census {
    fn take(&mut self, record: &Record) {
        let Record::Happening(happening) = record else { return };
        match happening {
            Happening::Join { role: Role::Spectator, .. } => self.spectators += 1,
            Happening::Presence { is_present: false, .. } => self.lost += 1,
            Happening::Presence { is_present: true, .. } => self.back += 1,
            Happening::Rename { .. } => self.renamed += 1,
            Happening::Message { .. } => self.said += 1,
            Happening::Join { .. } | Happening::Leave { .. } => {}
        }
    }
}
