//! The server's own players: they fight, look alive, and get stuck nowhere.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scenario;

use std::collections::BTreeMap;

use scenario::{HZ, events, play};
use tickwire_arena::options::ArenaOptions;
use tickwire_arena::plane::length;
use tickwire_protocol::ids::PlayerId;

/// What happened in some minutes of play among bots.
#[derive(Debug, Default)]
struct Match {
    kills: usize,
    hits: usize,
    collects: usize,
    /// Longest time that a ship stayed near a wall, and in one place, in ticks.
    longest_at_wall: u32,
    longest_in_place: u32,
    mean_speed: f32,
}

fn watch(bots: u32, seconds: u32, seed: u64) -> Match {
    let mut play = play(ArenaOptions::default(), seed);
    (1..=bots).for_each(|bot| play.join(PlayerId(bot), "bot"));
    let mut seen = Match::default();
    let mut at_wall: BTreeMap<PlayerId, u32> = BTreeMap::new();
    let mut anchors = BTreeMap::new();
    let (mut speeds, mut samples) = (0.0, 0);
    for tick in 0..seconds * u32::from(HZ) {
        (1..=bots).for_each(|bot| play.bot(PlayerId(bot)));
        play.step();
        for (name, _) in events(&mut play) {
            match name.as_str() {
                "kill" => seen.kills += 1,
                "hit" => seen.hits += 1,
                "collect" => seen.collects += 1,
                _ => {}
            }
        }
        anchors.retain(|&player, _| scenario::ship(&play, player).is_some());
        for ship in play.game().fleet().ships() {
            let place = ship.motion.position;
            let [width, height] = ArenaOptions::default().world;
            let margin = place.x.min(place.y).min(width - place.x).min(height - place.y);
            let ticks = at_wall.entry(ship.player).or_default();
            *ticks = if margin < 60.0 { *ticks + 1 } else { 0 };
            seen.longest_at_wall = seen.longest_at_wall.max(*ticks);
            let anchor = anchors.entry(ship.player.0).or_insert((place, tick));
            if length(anchor.0 - place) > 120.0 {
                *anchor = (place, tick);
            }
            seen.longest_in_place = seen.longest_in_place.max(tick - anchor.1);
            speeds += length(ship.motion.velocity);
            samples += 1;
        }
    }
    seen.mean_speed = speeds / samples as f32;
    seen
}

#[test]
fn six_bots_make_a_lively_minute() {
    for seed in 1..=5 {
        let seen = watch(6, 60, seed);
        println!("seed {seed}: {seen:?}");
        assert!((3..=60).contains(&seen.kills), "seed {seed}: {seen:?}");
        assert!(seen.collects > 0, "seed {seed}: {seen:?}");
        assert!(seen.longest_at_wall < 5 * u32::from(HZ), "seed {seed}: {seen:?}");
        assert!(seen.longest_in_place < 8 * u32::from(HZ), "seed {seed}: {seen:?}");
        assert!(seen.mean_speed > 100.0, "seed {seed}: {seen:?}");
    }
}

#[test]
fn a_lone_bot_wanders_and_collects() {
    let seen = watch(1, 60, 3);
    println!("{seen:?}");
    assert_eq!(seen.kills, 0);
    assert!(seen.collects > 0, "{seen:?}");
    assert!(seen.mean_speed > 150.0, "{seen:?}");
}
