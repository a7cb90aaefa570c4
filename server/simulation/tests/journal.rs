//! The journal: matches of all kinds are computed again to the same hash at every tick, whatever happens to
//! the file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tickwire_protocol::ids::RequestId;
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{
    GameMessage, Input, InputValues, Request, RequestKind, Role, Value, ViewAge,
};
use tickwire_protocol::schema::InputKind;
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::difference::first_difference;
use tickwire_simulation::journal::file::{End, Journal, JournalError, JournalWriter, MarkKind};
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::journal::playback::{MakeGame, Playback};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Room, RoomConfig, SeatRequest};

type Factory =
    fn(&GameOptions) -> Result<Box<dyn Game>, tickwire_simulation::registry::OptionError>;

fn factory(game: &str) -> Factory {
    if game == "arena" { tickwire_arena::create } else { tickwire_drift::create }
}

fn make(game: &str) -> MakeGame {
    let factory = factory(game);
    Arc::new(move || Ok(factory(&GameOptions::default())?))
}

/// A match that was played, and its hash after each tick.
struct Match {
    bytes: Vec<u8>,
    hashes: BTreeMap<u32, u64>,
}

/// Plays a match at random: people come, play, talk, are renamed, lose their connection, come back and go.
fn play(game: &str, seed: u64, ticks: u32, end: bool) -> Match {
    let config = RoomConfig { seed, bots: 2, resume_ticks: 40, ..RoomConfig::default() };
    let mut room = Room::new(config, factory(game)(&GameOptions::default()).unwrap()).unwrap();
    let header = Header {
        game: game.to_owned(),
        options: BTreeMap::new(),
        schema_hash: schema_hash(room.schema()),
        tick_rate_hz: 30,
        seed,
        first_tick: room.tick(),
        room: "room".to_owned(),
        opened_at_ms: 1_764_000_000_000,
        capacity: 50,
        spectator_capacity: 50,
        bots: 2,
        server: "0".to_owned(),
    };
    let mut bytes = Vec::new();
    let mut writer = JournalWriter::begin(&header, &mut bytes);
    room.attach_writer();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut hashes = BTreeMap::from([(room.tick().0, room.state_hash())]);
    // Players, their next numbers, and the key of each.
    let mut people: Vec<(PlayerId, u16, u32)> = Vec::new();
    for _ in 0..ticks {
        disturb(&mut room, &mut people, &mut rng);
        room.step();
        while room.poll_output().is_some() {}
        hashes.insert(room.tick().0, room.state_hash());
        room.take_pieces().into_iter().for_each(|piece| writer.take(piece, &mut bytes));
        if rng.random_ratio(1, 3) {
            writer.flush(&mut bytes);
        }
    }
    writer.flush(&mut bytes);
    if end {
        let end = End { tick: room.tick(), leader: None, reason: "empty".to_owned() };
        writer.end(&end, &mut bytes);
    }
    Match { bytes, hashes }
}

fn disturb(room: &mut Room, people: &mut Vec<(PlayerId, u16, u32)>, rng: &mut StdRng) {
    let now = Duration::from_millis(33 * u64::from(room.tick().0));
    if rng.random_ratio(1, 12) && people.len() < 12 {
        let role = if rng.random_ratio(1, 5) { Role::Spectator } else { Role::Player };
        let request = SeatRequest { name: format!("Zoë {}", people.len()), role, send_every: 1 };
        people.push((room.handle_join(None, request, now).unwrap(), 1, 0));
    }
    let neutral = InputValues::neutral(room.schema());
    let ranges: Vec<_> = room.schema().inputs.iter().map(|input| input.kind).collect();
    let messages = room.schema().messages.len();
    for (player, seq, key) in people.iter_mut() {
        if rng.random_ratio(2, 3) {
            let mut values = neutral;
            for (field, kind) in ranges.iter().enumerate() {
                let value = match *kind {
                    InputKind::Integer { min, max } if rng.random_ratio(1, 2) => {
                        rng.random_range(min..=max)
                    }
                    InputKind::Button => rng.random_range(0..=1),
                    InputKind::Integer { .. } => 0,
                };
                values.set(field, value);
            }
            let ahead = rng.random_range(0..4);
            let at = if ahead == 0 { Tick(0) } else { room.tick().plus(ahead - 1) };
            let view_age = ViewAge(rng.random_range(0..100));
            let input = Input { seq: InputSeq(*seq), at, view_age, values };
            let _ = room.handle_input(*player, input, now);
            *seq += 1;
        }
        if messages > 0 && rng.random_ratio(1, 40) {
            let what = GameMessage { kind: 0, values: vec![Value::Text("hello 🚀".to_owned())] };
            let _ = room.handle_message(*player, &what);
        }
        if rng.random_ratio(1, 60) {
            let name = format!("Ada {}", rng.random_range(0..99));
            let id = RequestId(u32::from(*seq));
            let _ =
                room.handle_request(*player, Request { id, what: RequestKind::Rename { name } });
        }
        if rng.random_ratio(1, 80) {
            room.handle_drop(*player);
        } else if rng.random_ratio(1, 30)
            && room.handle_resume(*player, *key, EventNumber(0), now).is_ok()
        {
            (*key, *seq) = (*key + 1, 1);
        }
    }
    if rng.random_ratio(1, 25) && !people.is_empty() {
        let (player, ..) = people.swap_remove(rng.random_range(0..people.len()));
        room.handle_leave(player);
    }
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
