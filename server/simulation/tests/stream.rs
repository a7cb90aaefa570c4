//! Journals in batches: what a store elsewhere has of a match, and what is left of it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{Input, InputValues, Role, ViewAge};
use tickwire_simulation::journal::file::{End, Journal, JournalError};
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::journal::playback::Playback;
use tickwire_simulation::journal::stream::{Batch, StreamError, StreamWriter, journal_of};
use tickwire_simulation::registry::{GameOptions, GameRegistry};
use tickwire_simulation::room::{Room, RoomConfig, SeatRequest};

/// A keyframe of a room is every five seconds.
const SEGMENT_TICKS: u32 = 150;

fn room() -> (Room, StreamWriter) {
    let game = tickwire_drift::create(&GameOptions::default()).unwrap();
    let mut room = Room::new(RoomConfig { bots: 2, ..RoomConfig::default() }, game).unwrap();
    let header = Header {
        game: tickwire_drift::NAME.to_owned(),
        options: BTreeMap::new(),
        schema_hash: schema_hash(room.schema()),
        tick_rate_hz: 30,
        seed: 0,
        first_tick: Tick(0),
        room: "room".to_owned(),
        opened_at_ms: 0,
        capacity: 8,
        spectator_capacity: 0,
        bots: 2,
        server: String::new(),
    };
    room.attach_writer();
    (room, StreamWriter::new(header))
}

/// Plays on, and flushes every so many ticks.
fn play(room: &mut Room, writer: &mut StreamWriter, ticks: u32, every: u32) -> Vec<Batch> {
    let mut batches = Vec::new();
    for tick in 1..=ticks {
        room.step();
        while room.poll_output().is_some() {}
        room.take_pieces().into_iter().for_each(|piece| writer.take(piece));
        if tick % every == 0 {
            batches.push(writer.flush().expect("each tick is something"));
        }
    }
    batches
}

fn join_and_steer(room: &mut Room) {
    let request = SeatRequest { name: "somebody".to_owned(), role: Role::Player, send_every: 1 };
    let player = room.handle_join(None, request, Duration::ZERO).unwrap();
    let values = InputValues::new(&[70, -20]).unwrap();
    let input = Input { seq: InputSeq(1), at: Tick(0), view_age: ViewAge::UNTOLD, values };
    room.handle_input(player, input, Duration::ZERO).unwrap();
}

/// The tick and the hash of the match, computed from its last keyframe.
fn computed(journal: Journal) -> (Tick, u64) {
    let games = GameRegistry::new().with(tickwire_drift::NAME, tickwire_drift::create);
    let header = journal.header().clone();
    let make = Arc::new(move || header.make_game(&games));
    let mut playback = Playback::at_last_keyframe(Arc::new(journal), make).unwrap();
    while playback.step().unwrap().is_some() {}
    assert_eq!(playback.divergence(), None);
    (playback.world().tick(), playback.world().hash())
}

#[test]
fn a_match_is_computed_from_its_newest_segment() {
    let (mut room, mut writer) = room();
    let mut batches = play(&mut room, &mut writer, 20, 1);
    join_and_steer(&mut room);
    batches.extend(play(&mut room, &mut writer, 2 * SEGMENT_TICKS, 1));
    let begins: Vec<_> =
        batches.iter().enumerate().filter(|(_, batch)| batch.begins_segment).collect();
    assert_eq!(begins.iter().map(|&(at, _)| at).collect::<Vec<_>>(), [0, 149, 299]);
    let journal = journal_of(&batches).unwrap();
    assert_eq!(journal.header().first_tick, Tick(2 * SEGMENT_TICKS));
    assert_eq!(journal.end(), None);
    assert_eq!(computed(journal), (room.tick(), room.state_hash()));
    // What is before the newest segment may be gone.
    let journal = journal_of(&batches[299..]).unwrap();
    assert_eq!(computed(journal), (room.tick(), room.state_hash()));
}

#[test]
fn batches_of_many_ticks_are_as_good() {
    let (mut room, mut writer) = room();
    let batches = play(&mut room, &mut writer, SEGMENT_TICKS + 20, 17);
    assert_eq!(computed(journal_of(&batches).unwrap()), (room.tick(), room.state_hash()));
    assert!(writer.flush().is_none(), "nothing since");
}

#[test]
fn what_is_done_between_two_ticks_can_be_kept_before_the_next() {
    let (mut room, mut writer) = room();
    let mut batches = play(&mut room, &mut writer, 10, 1);
    join_and_steer(&mut room);
    room.record_happenings();
    room.take_pieces().into_iter().for_each(|piece| writer.take(piece));
    batches.extend(writer.flush());
    assert_eq!(batches.len(), 11);
    assert_eq!(computed(journal_of(&batches).unwrap()), (Tick(10), room.state_hash()));
    room.record_happenings();
    assert!(room.take_pieces().is_empty(), "once");
    batches.extend(play(&mut room, &mut writer, 10, 1));
    assert_eq!(computed(journal_of(&batches).unwrap()), (Tick(20), room.state_hash()));
}

#[test]
fn an_end_closes_it() {
    let (mut room, mut writer) = room();
    let mut batches = play(&mut room, &mut writer, 10, 5);
    let end = End { tick: room.tick(), leader: None, reason: "over".to_owned() };
    batches.extend(writer.end(&end));
    assert_eq!(journal_of(&batches).unwrap().end(), Some(&end));
    room.step();
    room.take_pieces().into_iter().for_each(|piece| writer.take(piece));
    assert!(writer.flush().is_none() && writer.end(&end).is_none(), "nothing is behind it");
}

#[test]
fn a_tail_that_is_missing_or_torn_is_done_without() {
    let (mut room, mut writer) = room();
    let mut batches = play(&mut room, &mut writer, 40, 1);
    assert_eq!(computed(journal_of(&batches[..30]).unwrap()).0, Tick(30));
    // One in between is gone: what is behind it does not count.
    let mut holed = batches.clone();
    holed.remove(30);
    assert_eq!(computed(journal_of(&holed).unwrap()).0, Tick(30));
    let torn = &mut batches[39].bytes;
    torn.truncate(torn.len() - 1);
    assert_eq!(computed(journal_of(&batches).unwrap()).0, Tick(39));
}

#[test]
fn a_segment_whose_beginning_is_torn_gives_way_to_the_one_before() {
    let (mut room, mut writer) = room();
    let mut batches = play(&mut room, &mut writer, SEGMENT_TICKS, 1);
    let last = batches.last_mut().unwrap();
    assert!(last.begins_segment);
    last.bytes.truncate(40);
    assert_eq!(computed(journal_of(&batches).unwrap()).0, Tick(SEGMENT_TICKS - 1));
    assert_eq!(
        journal_of(&batches[SEGMENT_TICKS as usize - 1..]).map(drop),
        Err(StreamError::Journal(JournalError::Beginning))
    );
}

#[test]
fn what_is_no_stream_is_refused() {
    assert_eq!(journal_of::<Batch>(&[]).map(drop), Err(StreamError::NoSegment));
    let batch = |begins_segment| Batch { bytes: vec![7; 20], begins_segment };
    assert_eq!(journal_of(&[batch(false)]).map(drop), Err(StreamError::NoSegment));
    assert_eq!(
        journal_of(&[batch(true), batch(false)]).map(drop),
        Err(StreamError::Journal(JournalError::Foreign))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_damaged_it_is_an_earlier_state_or_none(
        batch: Index,
        byte: Index,
        change in 1u8..,
    ) {
        let (mut room, mut writer) = room();
        let mut batches = play(&mut room, &mut writer, 12, 1);
        let batch = batch.index(batches.len());
        let bytes = &mut batches[batch].bytes;
        let byte = byte.index(bytes.len());
        bytes[byte] ^= change;
        if let Ok(journal) = journal_of(&batches) {
            prop_assert!(computed(journal).0.0 <= batch as u32);
        } else {
            prop_assert_eq!(batch, 0);
        }
    }

    #[test]
    fn garbage_is_none(bytes: Vec<Vec<u8>>, begins: Vec<bool>) {
        let batches = bytes.into_iter().zip(begins);
        let batches: Vec<_> = batches
            .map(|(bytes, begins_segment)| Batch { bytes, begins_segment })
            .collect();
        prop_assert!(journal_of(&batches).is_err());
    }
}
