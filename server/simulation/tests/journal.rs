//! The journal: matches of all kinds are computed again to the same hash at every tick, whatever happens to
//! the file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod recording;

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use recording::{Match, Plan, disturb};
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, InputValues, Role, ViewAge};
use tickwire_simulation::journal::difference::first_difference;
use tickwire_simulation::journal::file::{Journal, JournalError, MarkKind};
use tickwire_simulation::journal::playback::{MakeGame, Playback};
use tickwire_simulation::journal::tape::{Record, TapedInput};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::world::{Happening, World};

/// A match in which everything happens.
fn plan(game: &str, seed: u64, ticks: u32, ends: bool) -> Plan<'_> {
    Plan { game, options: &[], seed, ticks, bots: 2, ends, act: disturb }
}

fn play(game: &str, seed: u64, ticks: u32, ends: bool) -> Match {
    plan(game, seed, ticks, ends).play()
}

fn make(game: &str) -> MakeGame {
    recording::make(&plan(game, 0, 0, false).header())
}

/// Computes a match again, and says up to which tick.
fn replay(game: &str, bytes: &[u8]) -> u32 {
    let journal = Arc::new(Journal::read(bytes.to_vec()).unwrap());
    let mut playback = Playback::new(journal, make(game)).unwrap();
    while playback.step().unwrap().is_some() {}
    assert_eq!(playback.divergence(), None);
    playback.world().tick().0
}

#[test]
fn a_match_is_computed_again_to_the_same_hash_at_every_tick() {
    for game in ["drift", "arena"] {
        for seed in 0..12 {
            let original = play(game, seed, 400, seed % 2 == 0);
            let journal = Arc::new(Journal::read(original.bytes.clone()).unwrap());
            assert_eq!(journal.sound_and_lost(), (original.bytes.len(), 0));
            assert_eq!(journal.end().is_some(), seed % 2 == 0);
            let mut playback = Playback::new(Arc::clone(&journal), make(game)).unwrap();
            let mut ticks = 0;
            while playback.step().unwrap().is_some() {
                ticks += 1;
                let tick = playback.world().tick().0;
                assert_eq!(
                    Some(&playback.world().hash()),
                    original.hashes.get(&tick),
                    "{game} {seed} {tick}"
                );
            }
            assert_eq!((ticks, playback.divergence()), (400, None), "{game}, seed {seed}");
            assert!(journal.marks().any(|mark| matches!(mark.what, MarkKind::Joined { .. })));
        }
    }
}

#[test]
fn any_tick_is_found_from_any_other() {
    let original = play("arena", 5, 700, true);
    let journal = Arc::new(Journal::read(original.bytes.clone()).unwrap());
    let mut playback = Playback::new(journal, make("arena")).unwrap();
    for tick in [3, 500, 499, 650, 1, 151, 150, 149, 700, 0] {
        playback.seek(Tick(tick)).unwrap();
        assert_eq!(playback.world().tick(), Tick(tick));
        assert_eq!(playback.world().hash(), original.hashes[&tick], "tick {tick}");
    }
    playback.seek(Tick(9000)).unwrap();
    assert_eq!((playback.world().tick(), playback.divergence()), (Tick(700), None));
}

static ORIGINAL: LazyLock<Match> = LazyLock::new(|| play("drift", 9, 400, true));

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_cut_off_or_changed_never_leads_to_a_wrong_state(
        cut in any::<prop::sample::Index>(),
        change in prop::option::of((any::<prop::sample::Index>(), 1_u8..)),
    ) {
        let mut bytes = ORIGINAL.bytes.clone();
        bytes.truncate(cut.index(bytes.len() + 1));
        if let (Some((at, change)), false) = (change, bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] ^= change;
        }
        if let Ok(journal) = Journal::read(bytes) {
            let mut playback = Playback::new(Arc::new(journal), make("drift")).unwrap();
            while playback.step().unwrap().is_some() {
                let tick = playback.world().tick().0;
                prop_assert_eq!(playback.world().hash(), ORIGINAL.hashes[&tick]);
            }
            prop_assert_eq!(playback.divergence(), None);
        }
    }
}

#[test]
fn what_is_no_journal_says_why() {
    let read = |bytes: &[u8]| Journal::read(bytes.to_vec()).unwrap_err();
    assert_eq!(read(b""), JournalError::Foreign);
    assert_eq!(read(b"#!/bin/sh\nexit 1"), JournalError::Foreign);
    let mut newer = ORIGINAL.bytes.clone();
    newer[8] = 200;
    assert_eq!(read(&newer), JournalError::Version(200));
    assert_eq!(read(&ORIGINAL.bytes[..20]), JournalError::Beginning);
    let other: MakeGame = Arc::new(|| Ok(tickwire_arena::create(&GameOptions::default())?));
    let journal = Arc::new(Journal::read(ORIGINAL.bytes.clone()).unwrap());
    assert!(Playback::new(journal, other).is_err(), "a keyframe of another game");
}

#[test]
fn what_differs_is_named() {
    let original = play("drift", 3, 200, true);
    let journal = Arc::new(Journal::read(original.bytes).unwrap());
    let mut one = Playback::new(Arc::clone(&journal), make("drift")).unwrap();
    let mut other = Playback::new(journal, make("drift")).unwrap();
    one.seek(Tick(100)).unwrap();
    other.seek(Tick(100)).unwrap();
    assert_eq!(first_difference(one.world(), other.world()), None);
    other.seek(Tick(101)).unwrap();
    let difference = first_difference(one.world(), other.world()).unwrap();
    assert_eq!((difference.field.as_str(), difference.first.as_str()), ("the tick", "100"));
}

#[test]
fn replay_reads_up_to_the_last_good_block() {
    let whole = replay("drift", &ORIGINAL.bytes);
    let half = replay("drift", &ORIGINAL.bytes[..ORIGINAL.bytes.len() / 2]);
    assert!(half > whole / 4 && half < whole, "{half} of {whole} ticks");
}

#[test]
fn what_does_not_fit_a_world_is_refused_and_changes_nothing() {
    let game = tickwire_drift::create(&GameOptions::default()).unwrap();
    let mut world = World::new(game, 1, Tick(0), 30).unwrap();
    let join = |player, name: &str, role| {
        let name = name.to_owned();
        Record::Happening(Happening::Join { player: PlayerId(player), name, role })
    };
    world.play(join(1, "Ada", Role::Player)).unwrap();
    world.play(join(2, "Vega", Role::Bot)).unwrap();
    world.play(join(3, "Zoë", Role::Spectator)).unwrap();
    let input = |values: &[i32]| TapedInput {
        values: InputValues::new(values).unwrap(),
        view_age: ViewAge::UNTOLD,
        held_age: ViewAge::UNTOLD,
    };
    let nobody = PlayerId(9);
    let message = GameMessage { kind: 0, values: Vec::new() };
    for record in [
        Record::Tick(vec![(1, input(&[1, 1]))]),
        Record::Tick(vec![(2, input(&[1, 1]))]),
        Record::Tick(vec![(0, input(&[1, 1])), (0, input(&[2, 2]))]),
        Record::Tick(vec![(0, input(&[128, 0]))]),
        Record::Tick(vec![(0, input(&[1]))]),
        join(1, "Ada", Role::Player),
        join(3, "Zoë", Role::Player),
        join(4, &"x".repeat(2000), Role::Player),
        Record::Happening(Happening::Leave { player: nobody }),
        Record::Happening(Happening::Presence { player: nobody, is_present: true }),
        Record::Happening(Happening::Rename { player: nobody, name: "Bob".to_owned() }),
        Record::Happening(Happening::Message { player: PlayerId(1), message }),
    ] {
        let before = (world.hash(), world.recorded().len());
        assert!(world.play(record.clone()).is_err(), "{record:?}");
        assert_eq!((world.hash(), world.recorded().len()), before, "{record:?}");
    }
    assert!(world.play(Record::Tick(vec![(0, input(&[127, -127]))])).unwrap());
}
