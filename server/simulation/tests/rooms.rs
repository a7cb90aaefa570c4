//! What a room promises: seats, inputs, events, spectators, slow clients, determinism.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod virtual_clients;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{FrameNumber, InputSeq, Tick};
use tickwire_protocol::message::{
    Ack, Event, GameMessage, Input, InputValues, RefusalCause, Role, RosterEntry, ViewAge,
};
use tickwire_simulation::registry::{GameFactory, GameOptions};
use tickwire_simulation::room::{MessageError, Room, RoomConfig, RoomFull};
use virtual_clients::trouble::random_input;
use virtual_clients::{Network, request};

fn room(config: RoomConfig) -> Room {
    room_of(config, tickwire_drift::create)
}

fn room_of(config: RoomConfig, create: GameFactory) -> Room {
    Room::new(config, create(&GameOptions::default()).unwrap()).unwrap()
}

fn network(config: RoomConfig) -> Network {
    Network::new(room(config))
}

/// The x lane of the only body that a player has.
fn x_of(network: &Network, client: usize) -> u32 {
    let player = network.clients[client].player;
    let (_, _, state) = network.room.parts().next().unwrap();
    state.rows().find(|row| row.lanes[0] == player.0).unwrap().lanes[1]
}

#[test]
fn a_seat_can_be_taken_once() {
    let mut room = room(RoomConfig { capacity: 2, ..RoomConfig::default() });
    let player = request(Role::Player, 1);
    let first = room.handle_reserve(&player).unwrap();
    room.handle_reserve(&player).unwrap();
    assert_eq!(room.handle_reserve(&player), Err(RoomFull));
    assert_eq!(room.handle_join(None, player.clone(), Duration::ZERO), Err(RoomFull));
    assert_eq!(room.handle_join(Some(first), player.clone(), Duration::ZERO), Ok(first));
    assert_eq!(
        room.handle_join(Some(first), player.clone(), Duration::ZERO),
        Err(RoomFull),
        "a reservation is redeemed once"
    );
    room.handle_leave(first);
    room.handle_leave(first);
    assert_eq!(room.free_seats(), 1, "leaving twice frees one seat");
}

#[test]
fn a_reservation_lapses() {
    let config = RoomConfig { capacity: 1, reservation_ticks: 3, ..RoomConfig::default() };
    let mut room = room(config);
    let player = request(Role::Player, 1);
    let reserved = room.handle_reserve(&player).unwrap();
    for _ in 0..3 {
        room.step();
        assert_eq!(room.free_seats(), 0);
    }
    room.step();
    assert_eq!(room.free_seats(), 1);
    let late = room.handle_join(Some(reserved), player.clone(), Duration::ZERO).unwrap();
    assert_ne!(late, reserved, "a seat was free still: the latecomer gets a new one");
    assert_eq!(room.handle_join(Some(reserved), player, Duration::ZERO), Err(RoomFull));
}

#[test]
fn inputs_take_effect_at_their_tick() {
    let mut network = network(RoomConfig::default());
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    network.tick();
    let start = x_of(&network, client);
    let direction = if start < 32_000 { 1 } else { -1 };
    network.send_input(client, &[127 * direction, 0], 5);
    network.ticks(4);
    assert_eq!(x_of(&network, client), start, "four ticks early");
    network.tick();
    let moved = x_of(&network, client).cast_signed() - start.cast_signed();
    assert_eq!(moved.signum(), direction);
    network.ticks(9);
    let later = x_of(&network, client).cast_signed() - start.cast_signed();
    assert!((later - 10 * moved).abs() <= 10, "the input holds: {moved} per tick, {later} in ten");
}

#[test]
fn refusals_are_told_and_bad_values_end_the_connection() {
    let mut network = network(RoomConfig::default());
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    let watcher = network.join(request(Role::Spectator, 1), 0).unwrap();
    network.send_input(client, &[1, 0], 1000);
    network.send_input(watcher, &[1, 0], 0);
    network.ticks(2);
    let causes = |client: usize| -> Vec<_> {
        network.clients[client].refusals.iter().map(|refusal| refusal.cause).collect()
    };
    assert_eq!(causes(client), [RefusalCause::FarFuture]);
    assert_eq!(causes(watcher), [RefusalCause::Spectator]);
    assert_eq!(network.room.count(Role::Spectator), 1);
    let (_, _, state) = network.room.parts().next().unwrap();
    assert_eq!(state.entities(), 1, "a spectator has no body");

    let player = network.clients[client].player;
    let values = InputValues::new(&[128, 0]).unwrap();
    let input = Input { seq: InputSeq(9), at: Tick(0), view_age: ViewAge::UNTOLD, values };
    let error = network.room.handle_input(player, input, Duration::ZERO).unwrap_err();
    assert!(matches!(error, MessageError::Schema(_)), "{error}");
    let message = GameMessage { kind: 0, values: vec![] };
    let error = network.room.handle_message(player, &message).unwrap_err();
    assert!(matches!(error, MessageError::Schema(_)), "{error}");
    let ack = Ack { frame: FrameNumber(99), ..Ack::default() };
    let error = network.room.handle_ack(player, ack, Duration::ZERO).unwrap_err();
    assert!(matches!(error, MessageError::Ack(_)), "{error}");
}

#[test]
fn everybody_hears_who_comes_and_goes() {
    let mut network = network(RoomConfig::default());
    let first = network.join(request(Role::Player, 1), 3).unwrap();
    network.ticks(5);
    let second = network.join(request(Role::Player, 1), 0).unwrap();
    network.ticks(5);
    let newcomer = network.clients[second].player;
    let roster = &network.clients[second].welcome.as_ref().unwrap().roster;
    assert_eq!(roster.len(), 2, "the welcome lists both");
    network.leave(second);
    network.ticks(5);
    let entry = RosterEntry { player: newcomer, name: "somebody".into(), role: Role::Player };
    let heard: Vec<_> =
        network.clients[first].events.iter().map(|(_, _, event)| event.clone()).collect();
    assert_eq!(heard, [Event::Joined(entry), Event::Left { player: newcomer }]);
}

#[test]
fn a_stalled_client_is_skipped_and_then_caught_up() {
    let mut network = network(RoomConfig::default());
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    let mover = network.join(request(Role::Player, 1), 0).unwrap();
    let move_on = |network: &mut Network, ticks: i32| {
        for tick in 0..ticks {
            network.send_input(mover, &[tick % 7, tick % 5], 0);
            network.tick();
        }
    };
    move_on(&mut network, 10);
    let before = network.clients[client].frames;
    network.clients[client].is_stalled = true;
    move_on(&mut network, 100);
    let counters = *network.room.counters();
    assert!(counters.frames_skipped > 60, "{counters:?}");
    network.clients[client].is_stalled = false;
    move_on(&mut network, 1);
    let waited = network.clients[client].frames - before;
    assert!(waited <= 31, "nothing is queued beyond the window: {waited} frames");
    move_on(&mut network, 3);
    let (player, replica) = (network.clients[client].player, network.clients[client].replica());
    network.states.check(player, replica, network.room.tick());
    assert_eq!(network.clients[client].keyframes, 1, "a part anew needs no keyframe of the whole");
}

#[test]
fn a_client_that_never_acknowledges_is_sent_away_as_too_slow() {
    let mut network = network(RoomConfig::default());
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    network.clients[client].is_stalled = true;
    // The heartbeat's 15 s and a quarter of a second more, from the first frame on.
    network.ticks(15 * 30 + 30 / 4 + 1);
    assert_eq!(network.clients[client].closed, None);
    network.tick();
    assert_eq!(network.clients[client].closed, Some(CloseReason::TooSlow));
    assert_eq!(network.room.count(Role::Player), 1, "it can come back");
    network.ticks(20 * 30 + 1);
    assert_eq!(network.room.count(Role::Player), 0, "the seat is free");
}

#[test]
fn a_lower_send_rate_gets_every_second_or_fourth_frame() {
    let mut network = network(RoomConfig::default());
    for send_every in [1, 2, 4] {
        network.join(request(Role::Player, send_every), 0).unwrap();
    }
    for tick in 0..40 {
        network.send_input(0, &[tick % 7, 1], 0);
        network.tick();
    }
    let frames: Vec<_> = network.clients.iter().map(|client| client.frames).collect();
    assert_eq!(frames, [40, 20, 10]);
}

#[test]
fn bots_fill_an_empty_room_and_give_way_to_people() {
    let config = RoomConfig { capacity: 4, bots: 3, ..RoomConfig::default() };
    let mut network = network(config);
    network.tick();
    assert_eq!(network.room.count(Role::Bot), 3);
    assert_eq!(network.room.empty_ticks(), 1, "bots alone do not keep a room");
    for bots in [3, 2, 1, 0] {
        network.join(request(Role::Player, 1), 0).unwrap();
        network.tick();
        assert_eq!(network.room.count(Role::Bot), bots);
    }
    assert_eq!(network.room.empty_ticks(), 0);
    assert_eq!(network.join(request(Role::Player, 1), 0), Err(RoomFull));
    network.leave(0);
    network.ticks(1);
    assert_eq!(network.room.count(Role::Bot), 1);
}

#[test]
fn the_tick_wraps_without_anybody_noticing() {
    let first_tick = Tick(u32::MAX - 20);
    let mut network = network(RoomConfig { first_tick, ..RoomConfig::default() });
    let client = network.join(request(Role::Player, 1), 2).unwrap();
    for tick in 0..60 {
        network.send_input(client, &[tick - 30, 1], 6);
        network.tick();
    }
    assert_eq!(network.room.tick(), Tick(39));
    assert!(network.clients[client].refusals.is_empty());
    assert!(network.clients[client].frames > 50);
}

/// One recorded call.
enum Call {
    Join,
    Leave(usize),
    Input(usize, Vec<i32>, u32),
}

fn replay(create: GameFactory, calls: &[(u32, Call)], ticks: u32) -> Vec<u64> {
    let config = RoomConfig { seed: 7, bots: 3, ..RoomConfig::default() };
    let mut network = Network::new(room_of(config, create));
    let mut calls = calls.iter().peekable();
    let mut hashes = Vec::new();
    for tick in 0..ticks {
        while let Some((_, call)) = calls.next_if(|(at, _)| *at == tick) {
            match call {
                Call::Join => {
                    network.join(request(Role::Player, 1), 0).unwrap();
                }
                &Call::Leave(client) if client < network.clients.len() => network.leave(client),
                Call::Input(client, values, ahead) if *client < network.clients.len() => {
                    network.send_input(*client, values, *ahead);
                }
                Call::Leave(_) | Call::Input(..) => {}
            }
        }
        network.tick();
        hashes.push(network.room.state_hash());
    }
    hashes
}

#[test]
fn the_same_calls_give_the_same_state_at_every_tick() {
    for create in [tickwire_drift::create as GameFactory, tickwire_arena::create] {
        let schema = create(&GameOptions::default()).unwrap().schema();
        let mut rng = StdRng::seed_from_u64(1);
        let mut calls = Vec::new();
        for tick in 0..600 {
            match rng.random_range(0..100) {
                0..3 => calls.push((tick, Call::Join)),
                3 => calls.push((tick, Call::Leave(rng.random_range(0..10)))),
                _ => {
                    let values = random_input(&mut rng, &schema);
                    let (client, ahead) = (rng.random_range(0..10), rng.random_range(0..5));
                    calls.push((tick, Call::Input(client, values, ahead)));
                }
            }
        }
        let hashes = replay(create, &calls, 600);
        assert_eq!(replay(create, &calls, 600), hashes);
        let different = hashes.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert_eq!(different, 599, "the hash follows the state");
    }
}

#[test]
fn every_input_is_echoed_in_order_however_it_was_stamped() {
    let mut network = network(RoomConfig::default());
    let client = network.join(request(Role::Player, 1), 0).unwrap();
    network.send_input(client, &[1, 0], 20);
    network.send_input(client, &[2, 0], 5);
    network.ticks(19);
    assert_eq!(network.clients[client].last_echo, None);
    network.tick();
    assert_eq!(network.clients[client].last_echo, Some(InputSeq(2)));
    // A client that is held back for longer than a byte can count.
    network.clients[client].is_stalled = true;
    for _ in 0..450 {
        network.send_input(client, &[3, 0], 0);
        network.tick();
    }
    network.clients[client].is_stalled = false;
    network.ticks(5);
    assert_eq!(network.clients[client].last_echo, Some(InputSeq(452)));
}

#[test]
fn a_room_without_news_is_silent_for_a_quarter_of_a_second_and_until_the_next_turn() {
    // The same as in the tests of the SDK: `web-demo/tests/link.test.js`.
    let usual = [(30, 1, 7), (30, 2, 8), (30, 4, 8), (60, 1, 15), (60, 4, 16)];
    let slow = [(7, 1, 1), (1, 1, 1), (1, 4, 4)];
    for (rate_hz, send_every, ticks) in usual.into_iter().chain(slow) {
        // Hashes would be news.
        let config =
            RoomConfig { hash_every: 0, ..RoomConfig::new(rate_hz, Duration::from_secs(15)) };
        let mut network = network(config);
        let client = network.join(request(Role::Spectator, send_every), 0).unwrap();
        let mut told = Vec::new();
        for _ in 0..100 {
            network.tick();
            told.extend(network.clients[client].frame.as_ref().map(|(frame, _)| frame.tick));
        }
        told.dedup();
        assert!(told.len() > 5, "{told:?}");
        for pair in told.windows(2).skip(1) {
            assert_eq!(pair[1].since(pair[0]), ticks, "{rate_hz} Hz, every {send_every}");
        }
    }
}
