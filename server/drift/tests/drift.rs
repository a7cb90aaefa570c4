//! Drift through the trait alone, as a room drives it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::InputValues;
use tickwire_simulation::game::Game;
use tickwire_simulation::harness::GameHarness;
use tickwire_simulation::registry::{GameOptions, OptionError};

fn options(world: &str) -> GameOptions {
    GameOptions(BTreeMap::from([("world".to_owned(), world.to_owned())]))
}

fn game(world: &str) -> Box<dyn Game> {
    tickwire_drift::create(&options(world)).unwrap()
}

fn velocity(vx: i32, vy: i32) -> InputValues {
    InputValues::new(&[vx, vy]).unwrap()
}

/// Players and positions as clients see them, in the order of the slots.
fn seen(harness: &mut GameHarness) -> Vec<(u32, [f64; 2])> {
    let lanes = harness.layout().kinds[0].lanes.clone();
    let place = |row: &[u32]| [lanes[1].value(row[1]), lanes[2].value(row[2])];
    harness.snapshot().rows().map(|row| (row.lanes[0], place(row.lanes))).collect()
}

#[test]
fn an_input_is_a_velocity_that_holds() {
    let mut harness = GameHarness::new(game("4000x4000"), 32, 7);
    harness.join(PlayerId(3), "three");
    let [(player, [x, y])] = seen(&mut harness)[..] else { panic!("one body") };
    assert_eq!(player, 3);
    // Away from the nearer edge; 32 ticks are a second.
    let [vx, vy] = [x, y].map(|place| if place < 2000.0 { 127 } else { -127 });
    harness.input(PlayerId(3), velocity(vx, vy));
    (0..32).for_each(|_| harness.step());
    let [(_, moved)] = seen(&mut harness)[..] else { panic!("one body") };
    assert!((moved[0] - x - f64::from(vx)).abs() <= 0.1, "{x} {moved:?}");
    assert!((moved[1] - y - f64::from(vy)).abs() <= 0.1, "{y} {moved:?}");
    harness.input(PlayerId(3), velocity(0, 0));
    (0..32).for_each(|_| harness.step());
    assert_eq!(seen(&mut harness), [(3, moved)]);
}

#[test]
fn the_edge_of_the_world_stops_a_body() {
    let mut harness = GameHarness::new(game("100x60"), 30, 7);
    harness.join(PlayerId(1), "one");
    harness.input(PlayerId(1), velocity(127, -127));
    (0..60).for_each(|_| harness.step());
    assert_eq!(seen(&mut harness), [(1, [100.0, 0.0])]);
    harness.input(PlayerId(1), velocity(-127, 127));
    (0..60).for_each(|_| harness.step());
    assert_eq!(seen(&mut harness), [(1, [0.0, 60.0])]);
}

#[test]
fn only_the_changed_input_of_the_right_player_counts_after_somebody_left() {
    let mut harness = GameHarness::new(game("4000x4000"), 30, 7);
    (1..=3).for_each(|player| harness.join(PlayerId(player), "name"));
    harness.leave(PlayerId(2));
    let before = seen(&mut harness);
    assert_eq!(before.iter().map(|(player, _)| *player).collect::<Vec<_>>(), [1, 3]);
    harness.input(PlayerId(3), velocity(10, 0));
    harness.step();
    let after = seen(&mut harness);
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1], before[1]);
}

/// Joins, leaves and inputs at random, the same for the same state of `script`.
fn play(harness: &mut GameHarness, script: &mut SmallRng, ticks: u32) -> Vec<Vec<u8>> {
    let mut next = harness.players().map(|player| player.0).max().unwrap_or(0) + 1;
    (0..ticks)
        .map(|_| {
            if script.random_range(0..4) == 0 {
                harness.join(PlayerId(next), "name");
                next += 1;
            }
            let players: Vec<_> = harness.players().collect();
            for player in players {
                match script.random_range(0..40) {
                    0 => harness.leave(player),
                    1..20 => {
                        let [vx, vy] = [0; 2].map(|_| script.random_range(-127..=127));
                        harness.input(player, velocity(vx, vy));
                    }
                    _ => {}
                }
            }
            harness.step();
            harness.game().save()
        })
        .collect()
}

#[test]
fn the_same_seed_and_inputs_lead_to_the_same_states() {
    let run = |seed| {
        let mut script = SmallRng::seed_from_u64(99);
        play(&mut GameHarness::new(game("300x300"), 30, seed), &mut script, 2000)
    };
    let states = run(5);
    assert!(states == run(5));
    assert!(states != run(6), "the seed decides where bodies appear");
}

#[test]
fn a_restored_game_goes_on_as_the_saved_one() {
    let mut script = SmallRng::seed_from_u64(42);
    let mut first = GameHarness::new(game("300x300"), 30, 5);
    play(&mut first, &mut script, 200);
    let mut second = first.resume_in(game("300x300")).unwrap();
    let again = &mut script.clone();
    assert!(play(&mut first, &mut script, 200) == play(&mut second, again, 200));
}

#[test]
fn states_that_do_not_fit_are_refused() {
    let mut harness = GameHarness::new(game("300x300"), 30, 5);
    harness.join(PlayerId(1), "one");
    let state = harness.game().save();
    let refused = |world: &str, state: &[u8]| {
        let mut game = game(world);
        let before = game.save();
        let error = game.restore(state).unwrap_err();
        assert_eq!(game.save(), before, "a refused state changes nothing");
        error.to_string()
    };
    assert!(refused("300x301", &state).contains("another size"));
    assert!(refused("300x300", &state[1..]).contains("saved state"));
    assert!(refused("300x300", &[&state[..], &[0]].concat()).contains("1 bytes after"));
    // The last component written is the velocity of the one body.
    let infinite = [&state[..state.len() - 4], &f32::INFINITY.to_le_bytes()].concat();
    assert!(refused("300x300", &infinite).contains("out of the world"));
    assert!(refused("300x300", b"").contains("not a saved state"));
}

#[test]
fn options_are_checked() {
    for good in ["16x16", "65536x65536", "8000x6000.5"] {
        assert!(tickwire_drift::create(&options(good)).is_ok(), "{good}");
    }
    for bad in ["", "15x16", "16x65537", "NaNx16", "16"] {
        let error = tickwire_drift::create(&options(bad)).err().unwrap();
        assert!(matches!(error, OptionError::Invalid { .. }), "{bad}: {error}");
    }
    let unknown = GameOptions(BTreeMap::from([("size".to_owned(), "1".to_owned())]));
    let error = tickwire_drift::create(&unknown).err().unwrap();
    assert_eq!(error.to_string(), "unknown option \"size\"; known: world");
}
