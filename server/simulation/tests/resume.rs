//! Connections that break, and clients that come back as the same players.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod virtual_clients;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EventNumber, PlayerId};
use tickwire_protocol::message::{Event, Role};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{ResumeError, Room, RoomConfig};
use virtual_clients::{Network, request};

fn network(config: RoomConfig) -> Network {
    let game = tickwire_drift::create(&GameOptions::default()).unwrap();
    Network::new(Room::new(config, game).unwrap())
}

fn join(network: &mut Network) -> usize {
    network.join(request(Role::Player, 1), 1).unwrap()
}

fn player(network: &Network, client: usize) -> PlayerId {
    network.clients[client].player
}

#[test]
fn a_player_comes_back_again_and_again() {
    let mut network = network(RoomConfig::default());
    let [lost, witness] = [(); 2].map(|()| join(&mut network));
    network.ticks(20);
    for round in 1..=5 {
        network.lose(lost);
        network.ticks(100);
        assert_eq!(network.room.count(Role::Player), 2, "the seat is kept");
        network.resume(lost).unwrap();
        network.ticks(20);
        let client = &network.clients[lost];
        assert_eq!(client.welcome().player, client.player);
        assert_eq!(client.welcome().resumed.map(|resumed| resumed.lost_events), Some(0));
        assert_eq!(client.keyframes, 1 + round);
        assert_eq!(client.replica().entity_count(), 2);
    }
    assert_eq!(network.room.counters().resumes, 5);
    let left = |(_, _, event): &(_, _, Event)| matches!(event, Event::Left { .. });
    assert!(!network.clients[witness].events.iter().any(left), "nobody has left");
}

#[test]
fn a_player_comes_back_after_a_long_time_connected() {
    let mut network = network(RoomConfig::default());
    let client = join(&mut network);
    // Ten minutes, in which somebody comes and goes now and then.
    for _ in 0..20 {
        let guest = join(&mut network);
        network.ticks(30 * 15);
        network.leave(guest);
        network.ticks(30 * 15);
    }
    network.lose(client);
    network.ticks(30 * 19);
    network.resume(client).unwrap();
    network.ticks(20);
    let client = &network.clients[client];
    assert_eq!(client.welcome().resumed.map(|resumed| resumed.lost_events), Some(0));
    assert_eq!(client.welcome().player, client.player);
    assert!(client.closed.is_none() && client.keyframes == 2);
}

#[test]
fn what_happened_meanwhile_is_told() {
    let mut network = network(RoomConfig::default());
    let lost = join(&mut network);
    network.ticks(10);
    network.lose(lost);
    for _ in 0..5 {
        join(&mut network);
        network.ticks(3);
    }
    network.resume(lost).unwrap();
    network.ticks(10);
    let events = &network.clients[lost].events;
    let joined = events.iter().filter(|(_, _, event)| matches!(event, Event::Joined(_)));
    assert_eq!(joined.count(), 5, "each once: {events:?}");
}

#[test]
fn what_is_too_much_to_be_kept_is_counted() {
    let mut config = RoomConfig { capacity: 4, spectator_capacity: 0, ..RoomConfig::default() };
    config.flow.events = 8;
    let mut network = network(config);
    let lost = join(&mut network);
    network.ticks(10);
    network.lose(lost);
    for _ in 0..10 {
        let other = join(&mut network);
        network.ticks(3);
        network.leave(other);
    }
    network.resume(lost).unwrap();
    network.ticks(10);
    let client = &network.clients[lost];
    assert_eq!(client.welcome().resumed.unwrap().lost_events, 12, "of 20");
    assert_eq!(client.events.last().unwrap().0, EventNumber(20));
}

#[test]
fn who_does_not_come_back_in_time_has_left() {
    let mut network = network(RoomConfig { resume_ticks: 60, ..RoomConfig::default() });
    let [lost, _] = [(); 2].map(|()| join(&mut network));
    network.ticks(10);
    network.lose(lost);
    network.ticks(60);
    assert_eq!(network.room.count(Role::Player), 2);
    network.ticks(2);
    assert_eq!(network.room.count(Role::Player), 1);
    assert_eq!(network.resume(lost), Err(ResumeError::Gone));
}

#[test]
fn without_a_window_who_is_lost_has_left() {
    let mut network = network(RoomConfig { resume_ticks: 0, ..RoomConfig::default() });
    let lost = join(&mut network);
    network.ticks(10);
    assert_eq!(network.clients[lost].welcome().resume_window_ms, 0);
    network.lose(lost);
    assert_eq!(network.room.count(Role::Player), 0);
    assert_eq!(network.resume(lost), Err(ResumeError::Gone));
}

#[test]
fn a_wrong_key_neither_prolongs_nor_ends_the_time() {
    let mut network = network(RoomConfig { resume_ticks: 60, ..RoomConfig::default() });
    let lost = join(&mut network);
    network.ticks(10);
    let key = network.clients[lost].resume_key;
    network.lose(lost);
    for _ in 0..50 {
        network.tick();
        assert_eq!(network.resume_with(lost, key.wrapping_add(1)), Err(ResumeError::Key));
        assert_eq!(network.resume_with(lost, key.wrapping_sub(1)), Err(ResumeError::Key));
    }
    assert_eq!(network.resume_with(lost, key), Ok(()));
    network.ticks(5);
    network.lose(lost);
    network.ticks(50);
    assert_eq!(network.resume_with(lost, key), Err(ResumeError::Key), "it was used and confirmed");
    network.ticks(12);
    assert_eq!(network.room.count(Role::Player), 0);
}

#[test]
fn a_connection_that_dies_in_between_shuts_nobody_out() {
    let mut network = network(RoomConfig::default());
    let lost = join(&mut network);
    network.ticks(10);
    let key = network.clients[lost].resume_key;
    for _ in 0..3 {
        // The welcome with the next key does not get through.
        network.lose(lost);
        network.resume_with(lost, key).unwrap();
    }
    network.ticks(10);
    assert_ne!(network.clients[lost].resume_key, key);
    network.lose(lost);
    assert_eq!(network.resume_with(lost, key), Err(ResumeError::Key));
    assert_eq!(network.resume(lost), Ok(()));
}

#[test]
fn who_was_too_slow_comes_back() {
    let mut network = network(RoomConfig::default());
    let slow = join(&mut network);
    network.ticks(10);
    network.clients[slow].is_stalled = true;
    network.ticks(600);
    assert_eq!(network.clients[slow].closed, Some(CloseReason::TooSlow));
    assert_eq!(network.room.count(Role::Player), 1);
    network.clients[slow].is_stalled = false;
    network.resume(slow).unwrap();
    network.ticks(20);
    let (now, client) = (network.room.tick(), &network.clients[slow]);
    network.states.check(client.player, client.replica(), now);
    assert_eq!(player(&network, slow), client.welcome().player);
}
