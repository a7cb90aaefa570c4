//! The same seed and the same calls lead to the same states; a saved game goes on as it was.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scenario;

use scenario::{HZ, Keys, Script, play, press};
use tickwire_arena::Arena;
use tickwire_arena::options::ArenaOptions;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::ViewAge;
use tickwire_simulation::game::Game;
use tickwire_simulation::harness::GameHarness;
use tickwire_simulation::side_by_side::WORTHWHILE;

const TICKS: usize = 2000;

/// Small and full, so that ships meet asteroids, pickups and each other all the time.
fn crowded() -> ArenaOptions {
    ArenaOptions { world: [1600.0, 1400.0], asteroids: 12, pickups: 20, ..ArenaOptions::default() }
}

#[test]
fn two_runs_are_equal_at_every_tick() {
    let mut runs = [(); 2].map(|()| (play(crowded(), 7), Script::new(3)));
    for tick in 0..TICKS {
        let [one, two] = runs.each_mut().map(|(play, script)| script.play_tick(play));
        assert!(one == two, "tick {tick}");
    }
    let [(first, _), (second, _)] = &mut runs;
    assert_eq!(first.snapshot(), second.snapshot());
    let pilots = first.game().pilots().list();
    assert!(pilots.iter().any(|pilot| pilot.kills > 0), "something happened in it");
}

#[test]
fn another_seed_gives_another_field() {
    let mut states = [7, 8].map(|seed| {
        let mut play = play(crowded(), seed);
        play.step();
        play.game().save()
    });
    states.sort();
    assert_ne!(states[0], states[1]);
}

#[test]
fn a_restored_game_goes_on_as_the_saved_one() {
    let mut script = Script::new(3);
    let mut original = play(crowded(), 7);
    (0..TICKS / 2).for_each(|_| drop(script.play_tick(&mut original)));
    let mut restored = original.resume_in(Box::new(Arena::new(crowded()))).unwrap();
    let mut same_script = script.clone();
    for tick in 0..TICKS / 2 {
        let one = script.play_tick(&mut original);
        let two = same_script.play_tick(&mut restored);
        assert!(one == two, "tick {tick} after restoring");
    }
}

#[test]
fn states_that_do_not_fit_are_refused_and_change_nothing() {
    let mut script = Script::new(3);
    let mut original = play(crowded(), 7);
    (0..300).for_each(|_| drop(script.play_tick(&mut original)));
    let state = original.game().save();
    let refusal = |options: ArenaOptions, state: &[u8]| {
        let mut game = Arena::new(options);
        let before = game.save();
        let error = game.restore(state).unwrap_err();
        assert!(game.save() == before, "{error}");
        error.to_string()
    };
    for other in [
        ArenaOptions { world: [1600.0, 1401.0], ..crowded() },
        ArenaOptions { asteroids: 13, ..crowded() },
        ArenaOptions { pickups: 21, ..crowded() },
        ArenaOptions { rewind_ms: 399, ..crowded() },
    ] {
        assert!(refusal(other, &state).contains("other options"));
    }
    assert!(refusal(crowded(), &state[..state.len() - 1]).contains("not a saved state"));
    assert!(refusal(crowded(), &[&state[..], &[0]].concat()).contains("1 bytes after"));
    assert!(refusal(crowded(), b"").contains("not a saved state"));

    // A pilot who is said to fly, and no ship.
    let mut torn = play(crowded(), 7);
    torn.join(PlayerId(1), "one");
    torn.game_mut().fleet_mut().retain(|_| false);
    assert!(refusal(crowded(), &torn.game().save()).contains("contradict"));
}

#[test]
fn whatever_is_accepted_can_be_played() {
    let mut script = Script::new(5);
    let mut original = play(crowded(), 7);
    (0..60).for_each(|_| drop(script.play_tick(&mut original)));
    let state = original.game().save();
    let mut accepted = 0;
    for at in 0..state.len() {
        let mut broken = state.clone();
        broken[at] ^= 0xff;
        let mut game = Arena::new(crowded());
        if game.restore(&broken).is_ok() {
            accepted += 1;
            let mut play = GameHarness::new(Box::new(game), HZ, 1);
            (0..3).for_each(|_| play.step());
            play.events();
            play.snapshot();
        }
    }
    assert!(accepted > 0, "a broken number is not always seen");
}

/// The states of a battle, tick by tick, of so many that ships and bullets are worth several threads.
fn battle() -> Vec<Vec<u8>> {
    let options = ArenaOptions {
        world: [16_000.0, 16_000.0],
        asteroids: 600,
        pickups: 900,
        ..ArenaOptions::default()
    };
    let mut play = play(options, 5);
    let players = WORTHWHILE as u32 * 3 / 2;
    (1..=players).for_each(|player| play.join(PlayerId(player), "name"));
    let mut most = [0; 2];
    let states = (0..14).map(|tick| {
        for player in 1..=players {
            let turn = (player + tick) as i32 % 3 - 1;
            press(&mut play, player, Keys { thrust: 1, turn, fire: 1, dash: 0 });
            play.view_age(PlayerId(player), ViewAge((player % 200) as u16));
        }
        play.step();
        let [ships, bullets] =
            [play.game().fleet().ships().len(), play.game().bullets().list().len()];
        most = [most[0].max(ships), most[1].max(bullets)];
        play.game().save()
    });
    let states = states.collect();
    assert!(most.iter().all(|&most| most > WORTHWHILE), "{most:?}");
    states
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let [alone, together] = [1, 2].map(|threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(battle)
    });
    let parted = alone.iter().zip(&together).position(|(one, two)| one != two);
    assert_eq!(parted, None, "the tick at which they part");
}
