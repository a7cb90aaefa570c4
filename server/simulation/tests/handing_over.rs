//! Rooms that go from one process to another in mid-match, and those who play in them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod virtual_clients;

use proptest::prelude::*;
use proptest::sample::Index;
use tickwire_protocol::ids::{EventNumber, PlayerId, RequestId, Tick};
use tickwire_protocol::message::{Event, Request, RequestKind, Role};
use tickwire_simulation::game::{Game, View};
use tickwire_simulation::journal::recorder::Piece;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Output, ResumeError, Room, RoomConfig, TakeOverError};
use virtual_clients::{Network, request};

fn game() -> Box<dyn Game> {
    let options = [("world", "900x900"), ("asteroids", "5"), ("pickups", "4"), ("rewind", "100ms")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
    tickwire_arena::create(&GameOptions(options.into())).unwrap()
}

fn config() -> RoomConfig {
    RoomConfig { bots: 4, seed: 11, ..RoomConfig::default() }
}

/// Four who play and one who watches, at delays of their own, after some fighting.
fn played(config: RoomConfig) -> Network {
    let mut network = Network::new(Room::new(config, game()).unwrap());
    for delay in [1, 2, 5, 9] {
        network.join(request(Role::Player, if delay == 2 { 2 } else { 1 }), delay).unwrap();
    }
    network.join(request(Role::Spectator, 1), 3).unwrap();
    fight(&mut network, 120);
    network
}

fn fight(network: &mut Network, ticks: u32) {
    for tick in 0..ticks {
        for client in 0..4 {
            let turn = i32::try_from(tick / 7 + client as u32).unwrap() % 3 - 1;
            network.send_input(client, &[1, turn, 1, 0], 3);
        }
        network.tick();
    }
}

/// The same room in another process, whose clients have lost their connections.
fn move_over(network: &mut Network) {
    let bytes = network.room.hand_over();
    for client in 0..network.clients.len() {
        network.lose(client);
    }
    network.room = Room::take_over(config(), game(), &bytes).unwrap();
}

fn come_back(network: &mut Network) {
    for client in 0..network.clients.len() {
        network.resume(client).unwrap();
        assert_eq!(network.clients[client].closed, None);
    }
}

fn check(network: &Network) {
    for client in &network.clients {
        assert_eq!(client.welcome().player, client.player);
        assert_eq!(client.welcome().resumed.map(|resumed| resumed.lost_events), Some(0));
        assert!(client.keyframes >= 1 && client.closed.is_none());
        let interrupted =
            |(_, _, event): &(_, _, Event)| matches!(event, Event::Interrupted { .. });
        assert!(!client.events.iter().any(interrupted), "nothing was lost");
    }
}

#[test]
fn a_match_goes_on_elsewhere_as_it_would_have_here() {
    let (mut moved, mut stayed) = (played(config()), played(config()));
    for _ in 0..3 {
        move_over(&mut moved);
        for client in 0..stayed.clients.len() {
            stayed.lose(client);
        }
        for network in [&mut moved, &mut stayed] {
            come_back(network);
            fight(network, 90);
            check(network);
        }
        assert_eq!(moved.room.tick(), stayed.room.tick());
        assert_eq!(moved.room.state_hash(), stayed.room.state_hash());
        for (one, other) in moved.clients.iter().zip(&stayed.clients) {
            let heard = |events: &[(EventNumber, Tick, Event)]| {
                events.iter().map(|(number, _, event)| (*number, event.clone())).collect::<Vec<_>>()
            };
            assert_eq!(heard(&one.events), heard(&other.events), "each event once");
            assert!(one.events.len() > 5, "something has happened");
        }
    }
}

#[test]
fn events_that_nobody_has_taken_in_are_told_there() {
    let mut network = played(config());
    network.clients[0].is_stalled = true;
    for delay in 0..3 {
        network.join(request(Role::Player, 1), delay).unwrap();
        network.ticks(4);
    }
    // Just now, and in no frame yet.
    network.join(request(Role::Player, 1), 1).unwrap();
    move_over(&mut network);
    network.clients[0].is_stalled = false;
    come_back(&mut network);
    network.ticks(30);
    check(&network);
    let joined = |(_, _, event): &&(_, _, Event)| matches!(event, Event::Joined(entry) if entry.role == Role::Player);
    assert_eq!(network.clients[0].events.iter().filter(joined).count(), 3 + 3 + 1);
}

#[test]
fn who_does_not_come_along_has_the_whole_window_from_then_on() {
    let config = RoomConfig { resume_ticks: 60, ..config() };
    let mut network = played(config.clone());
    let player = network.clients[0].player;
    network.lose(0);
    network.ticks(50);
    let bytes = network.room.hand_over();
    (1..5).for_each(|client| network.lose(client));
    network.room = Room::take_over(config, game(), &bytes).unwrap();
    assert_eq!(network.room.absent(), 5);
    network.ticks(59);
    assert!(network.room.seat_of(player).is_some());
    network.ticks(3);
    assert_eq!((network.room.seat_of(player), network.room.absent()), (None, 0));
    assert_eq!(network.resume(0), Err(ResumeError::Gone));
}

#[test]
fn keys_seats_and_players_to_come_are_the_same() {
    let mut network = played(config());
    // A welcome with another key is on its way.
    let key = network.clients[3].resume_key;
    network.lose(3);
    network.resume_with(3, key).unwrap();
    let reserved = network.room.handle_reserve(&request(Role::Player, 4)).unwrap();
    move_over(&mut network);
    assert_eq!(network.resume_with(3, key.wrapping_sub(1)), Err(ResumeError::Key));
    assert_eq!(network.resume_with(3, key), Ok(()), "the one before is still good");
    let now = network.room_time();
    let joined = network.room.handle_join(Some(reserved), request(Role::Player, 4), now);
    assert_eq!(joined, Ok(reserved));
    assert_eq!(network.room.seat_of(reserved).unwrap().send_every, 4);
    let next = network.room.handle_join(None, request(Role::Player, 1), now).unwrap();
    assert_eq!(next, PlayerId(reserved.0 + 1), "an id is nobody else's");
}

#[test]
fn a_seat_that_is_kept_lapses_when_it_would_have() {
    let config = RoomConfig { reservation_ticks: 40, capacity: 1, bots: 0, ..config() };
    let mut room = Room::new(config.clone(), game()).unwrap();
    room.handle_reserve(&request(Role::Player, 1)).unwrap();
    (0..20).for_each(|_| room.step());
    let mut room = Room::take_over(config, game(), &room.hand_over()).unwrap();
    (0..20).for_each(|_| room.step());
    assert_eq!(room.free_seats(), 0);
    (0..2).for_each(|_| room.step());
    assert_eq!(room.free_seats(), 1);
}

#[test]
fn the_host_and_whom_it_has_sent_away_are_the_same() {
    let mut room = Room::new(config(), game()).unwrap();
    let [host, kicked] =
        [(); 2].map(|()| room.handle_join(None, request(Role::Player, 1), now()).unwrap());
    room.handle_host(host);
    let kick = Request { id: RequestId(1), what: RequestKind::Kick { player: kicked } };
    room.handle_request(host, kick.clone()).unwrap();
    let mut room = Room::take_over(config(), game(), &room.hand_over()).unwrap();
    assert_eq!(room.host(), Some(host));
    let resumed = room.handle_resume(kicked, 0, EventNumber(0), now());
    assert_eq!(resumed, Err(ResumeError::Kicked));
    room.handle_resume(host, 0, EventNumber(0), now()).unwrap();
    // Once more, since its answer was lost: it was carried out, which it would be refused now.
    while room.poll_output().is_some() {}
    room.handle_request(host, kick).unwrap();
    let answers = std::iter::from_fn(|| room.poll_output()).filter_map(|output| {
        if let Output::Answer { answer, .. } = output { Some(answer) } else { None }
    });
    let answers: Vec<_> = answers.collect();
    assert!(answers.len() == 1 && answers[0].outcome == Ok(vec![]), "{answers:?}");
}

fn now() -> std::time::Duration {
    std::time::Duration::from_secs(1)
}

#[test]
fn what_a_spectator_looks_at_is_the_same() {
    let mut network = played(config());
    network.look(4, View { center: [100.0, 100.0], size: [50.0, 50.0] });
    network.ticks(20);
    move_over(&mut network);
    come_back(&mut network);
    // Each frame is held against what it is to show.
    network.ticks(30);
    check(&network);
}

#[test]
fn the_journal_of_the_new_room_begins_with_all_of_it() {
    let mut network = played(RoomConfig { ..config() });
    move_over(&mut network);
    network.room.attach_writer();
    let pieces = network.room.take_pieces();
    let [Piece::State { tick, state, is_keyframe: true, .. }] = &pieces[..] else {
        panic!("a keyframe, not {pieces:?}");
    };
    assert_eq!(*tick, network.room.tick());
    assert_eq!(tickwire_simulation::world::hash_of(state), network.room.state_hash());
}

#[test]
fn an_empty_room_is_as_long_empty() {
    let mut room = Room::new(config(), game()).unwrap();
    (0..25).for_each(|_| room.step());
    let room = Room::take_over(config(), game(), &room.hand_over()).unwrap();
    assert_eq!(room.empty_ticks(), 25);
}

#[test]
fn what_is_of_another_game_is_refused() {
    let bytes = played(config()).room.hand_over();
    let drift = tickwire_drift::create(&GameOptions::default()).unwrap();
    let refused = Room::take_over(config(), drift, &bytes).map(drop);
    assert!(matches!(refused, Err(TakeOverError::World(_))), "{refused:?}");
    let mut other = bytes;
    other[0] += 1;
    let refused = Room::take_over(config(), game(), &other).map(drop);
    assert!(matches!(refused, Err(TakeOverError::Sealed(_))), "{refused:?}");
}

/// The bytes with a checksum that is right.
fn sealed_anew(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() > 9 {
        let checksum = tickwire_simulation::world::hash_of(&bytes[9..]).to_le_bytes();
        bytes[1..9].copy_from_slice(&checksum);
    }
    bytes
}

thread_local! {
    static BYTES: Vec<u8> = played(config()).room.hand_over();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_cut_off_is_refused(at: Index) {
        let bytes = BYTES.with(Clone::clone);
        let cut = bytes[..at.index(bytes.len())].to_vec();
        prop_assert!(Room::take_over(config(), game(), &cut).is_err());
        prop_assert!(Room::take_over(config(), game(), &sealed_anew(cut)).is_err());
    }

    #[test]
    fn what_is_damaged_is_refused(at: Index, change in 1u8..) {
        let mut bytes = BYTES.with(Clone::clone);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(Room::take_over(config(), game(), &bytes).is_err());
    }

    #[test]
    fn garbage_is_refused(bytes: Vec<u8>) {
        prop_assert!(Room::take_over(config(), game(), &bytes).is_err());
        let bytes = sealed_anew([&[1; 9][..], &bytes].concat());
        prop_assert!(Room::take_over(config(), game(), &bytes).is_err());
    }

    /// Behind a checksum that is right everything is possible, and nothing may panic.
    #[test]
    fn what_was_altered_on_purpose_is_a_room_or_none(
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        is_late: bool,
    ) {
        let mut bytes = BYTES.with(Clone::clone);
        // What is behind the world is a small part of it, where most is to be found.
        let from = if is_late { bytes.len() * 2 / 3 } else { 9 };
        for (at, byte) in changes {
            let at = from + at.index(bytes.len() - from);
            bytes[at] = byte;
        }
        if let Ok(room) = Room::take_over(config(), game(), &sealed_anew(bytes)) {
            prop_assert!(room.world().roster().len() <= 1 << 10);
        }
    }
}
