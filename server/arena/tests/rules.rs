//! The rules of the arena, one by one, through the calls that a room makes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scenario;

use scenario::{
    Keys, Script, change, empty_field, events, outlast_protection, pass, pilot, play, press, put,
    say, ship,
};
use tickwire_arena::combat::{KILL_SCORE, LOOT_DIVISOR, PICKUP_SCORE};
use tickwire_arena::options::ArenaOptions;
use tickwire_arena::pilots::Life;
use tickwire_arena::plane::length;
use tickwire_arena::schema::{kind, ship_flag};
use tickwire_arena::ship::SHIP_RADIUS;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Reply, Value};
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::GameOptions;

const FIRE: Keys = Keys { thrust: 0, turn: 0, fire: 1, dash: 0 };
const DASH: Keys = Keys { thrust: 0, turn: 0, fire: 0, dash: 1 };
const REST: Keys = Keys { thrust: 0, turn: 0, fire: 0, dash: 0 };

#[test]
fn no_ship_is_ever_inside_an_asteroid_or_outside_the_world() {
    let options = ArenaOptions {
        world: [1600.0, 1400.0],
        asteroids: 14,
        pickups: 5,
        ..ArenaOptions::default()
    };
    let mut play = play(options, 11);
    let mut script = Script::new(12);
    let mut touched = 0;
    for tick in 0..3000 {
        script.play_tick(&mut play);
        let game = play.game();
        for ship in game.fleet().ships() {
            let place = ship.motion.position;
            for rock in game.field().rocks() {
                // Rounding may leave it inside by less than what clients can see.
                let gap = length(place - rock.center) - f32::from(rock.radius) - SHIP_RADIUS;
                assert!(gap > -0.02, "tick {tick}: player {} is {gap} inside", ship.player);
                touched += u32::from(gap < 0.5);
            }
            let [width, height] = options.world;
            assert!((SHIP_RADIUS..=width - SHIP_RADIUS).contains(&place.x), "{place}");
            assert!((SHIP_RADIUS..=height - SHIP_RADIUS).contains(&place.y), "{place}");
        }
    }
    assert!(touched > 100, "ships did run into asteroids: {touched}");
}

#[test]
fn running_into_an_asteroid_hurts_a_little_and_never_kills() {
    let options = ArenaOptions {
        world: [2000.0, 2000.0],
        asteroids: 1,
        pickups: 0,
        ..ArenaOptions::default()
    };
    let mut play = play(options, 1);
    play.join(PlayerId(1), "one");
    outlast_protection(&mut play);
    let rock = play.game().field().rocks()[0];
    let mut crash = |speed: f32, energy| {
        let place = rock.center - glam::Vec2::new(f32::from(rock.radius) + 20.0, 0.0);
        put(&mut play, 1, place.to_array(), 0);
        change(&mut play, 1, |ship| {
            ship.motion.velocity.x = speed;
            ship.energy = energy;
        });
        pass(&mut play, 2);
        let ship = ship(&play, 1).unwrap();
        assert!(ship.motion.velocity.x < 0.0, "it bounces");
        ship.energy - energy
    };
    assert!(crash(150.0, 50.0) >= 0.0, "a gentle touch is free");
    assert!((-12.0..-4.0).contains(&crash(400.0, 50.0)));
    assert!(crash(800.0, 2.0) > -2.0);
}

#[test]
fn the_gun_fires_at_its_own_rate_while_the_trigger_is_held() {
    let mut play = empty_field(1);
    put(&mut play, 1, [100.0, 500.0], 0);
    press(&mut play, 1, FIRE);
    play.step();
    assert_eq!(play.game().bullets().list().len(), 1, "the first shot comes at once");
    let mut shots = std::collections::BTreeSet::new();
    for _ in 0..180 {
        play.step();
        shots.extend(play.game().bullets().list().iter().map(|bullet| bullet.entity));
    }
    // Six seconds at one shot every 0.18 s.
    assert!((33..=35).contains(&shots.len()), "{}", shots.len());
    press(&mut play, 1, REST);
    pass(&mut play, 40);
    assert!(play.game().bullets().list().is_empty(), "bullets end");
}

#[test]
fn asteroids_stop_bullets() {
    let options = ArenaOptions {
        world: [2000.0, 2000.0],
        asteroids: 1,
        pickups: 0,
        ..ArenaOptions::default()
    };
    let mut play = play(options, 1);
    (1..=2).for_each(|player| play.join(PlayerId(player), "name"));
    outlast_protection(&mut play);
    let rock = play.game().field().rocks()[0];
    let aside = f32::from(rock.radius) + 60.0;
    put(&mut play, 1, (rock.center - glam::Vec2::new(aside, 0.0)).to_array(), 0);
    put(&mut play, 2, (rock.center + glam::Vec2::new(aside, 0.0)).to_array(), 0);
    events(&mut play);
    press(&mut play, 1, FIRE);
    pass(&mut play, 60);
    assert_eq!(events(&mut play), []);
}

#[test]
fn a_dash_costs_energy_and_has_to_cool_down() {
    let mut play = empty_field(1);
    put(&mut play, 1, [100.0, 500.0], 0);
    let mut dash_at = |energy: f32| {
        change(&mut play, 1, |ship| ship.energy = energy);
        press(&mut play, 1, DASH);
        play.step();
        let ship = ship(&play, 1).unwrap();
        (ship.motion.velocity.x, ship.energy, ship.flags() & ship_flag::DASHING)
    };
    let (speed, energy, flag) = dash_at(60.0);
    assert!(speed > 350.0, "{speed}");
    assert!((45.0..45.5).contains(&energy), "{energy}");
    assert_eq!(flag, ship_flag::DASHING);
    let (slower, energy, _) = dash_at(60.0);
    assert!(slower < speed, "not again at once");
    assert!(energy >= 60.0);
    pass(&mut play, 45);
    put(&mut play, 1, [100.0, 500.0], 0);
    let mut dash_at = |energy: f32| {
        change(&mut play, 1, |ship| ship.energy = energy);
        press(&mut play, 1, DASH);
        play.step();
        ship(&play, 1).unwrap().motion.velocity.x
    };
    assert!(dash_at(20.0) < 1.0, "too little energy");
    assert!(dash_at(30.0) > 350.0);
}

#[test]
fn hits_kills_scores_and_the_next_ship() {
    let mut play = empty_field(2);
    outlast_protection(&mut play);
    put(&mut play, 1, [300.0, 500.0], 0);
    put(&mut play, 2, [500.0, 500.0], 0);
    play.game_mut().pilots_mut().of_mut(PlayerId(2)).unwrap().gain(250);
    let lost = ship(&play, 2).unwrap().entity;
    events(&mut play);
    press(&mut play, 1, FIRE);
    let mut ticks = 0;
    while ship(&play, 2).is_some() {
        play.step();
        ticks += 1;
        assert!(ticks < 90, "six hits take a second and a half");
    }
    press(&mut play, 1, REST);
    let seen = events(&mut play);
    let hit = ("hit".to_owned(), vec![1, 2]);
    assert_eq!(seen[..seen.len() - 1], vec![hit; 6]);
    assert_eq!(seen[6], ("kill".to_owned(), vec![1, 2]));

    let loot = 250 / LOOT_DIVISOR;
    let standing = |player| {
        let pilot = pilot(&play, player);
        (pilot.score, pilot.kills, pilot.deaths)
    };
    assert_eq!(standing(1), (KILL_SCORE + loot, 1, 0));
    assert_eq!(standing(2), (250 - loot, 0, 1));
    let view = play.game().view_of(PlayerId(2)).unwrap();
    assert_eq!(view.center, [500.0, 500.0], "the place of the loss stays in view");

    // Of sixty ticks of waiting the sixtieth may miss the end by a rounding.
    pass(&mut play, 59);
    assert!(ship(&play, 2).is_none());
    pass(&mut play, 2);
    let back = ship(&play, 2).unwrap();
    assert_ne!(back.entity, lost);
    assert_eq!(back.flags() & ship_flag::PROTECTED, ship_flag::PROTECTED);
    assert_eq!(pilot(&play, 2).life, Life::Flying);
    assert_eq!(events(&mut play), [("respawn".to_owned(), vec![2])]);
}

#[test]
fn who_is_away_is_harmless_unharmed_and_finds_the_ship_again() {
    let mut play = empty_field(2);
    put(&mut play, 1, [300.0, 500.0], 0);
    put(&mut play, 2, [400.0, 500.0], 0x8000);
    play.presence(PlayerId(2), false);
    press(&mut play, 1, FIRE);
    pass(&mut play, 20);
    press(&mut play, 1, REST);
    pass(&mut play, 100);
    let away = ship(&play, 2).unwrap();
    assert_eq!(away.flags() & ship_flag::AWAY, ship_flag::AWAY);
    assert_eq!((away.energy, pilot(&play, 2).deaths), (100.0, 0));
    play.presence(PlayerId(2), true);
    pass(&mut play, 1);
    let back = ship(&play, 2).unwrap();
    assert_eq!(back.flags() & (ship_flag::AWAY | ship_flag::PROTECTED), ship_flag::PROTECTED);
    // One that was lost just before is replaced when its player is back.
    change(&mut play, 2, |ship| ship.protection = 0);
    change(&mut play, 2, |ship| ship.energy = 1.0);
    press(&mut play, 1, FIRE);
    pass(&mut play, 30);
    press(&mut play, 1, REST);
    assert!(ship(&play, 2).is_none());
    play.presence(PlayerId(2), false);
    pass(&mut play, 200);
    assert!(ship(&play, 2).is_none());
    play.presence(PlayerId(2), true);
    pass(&mut play, 1);
    assert!(ship(&play, 2).is_some());
}

#[test]
fn protection_swallows_bullets_until_its_ship_fires() {
    let mut play = empty_field(2);
    let duel = |play: &mut scenario::Play| {
        put(play, 1, [300.0, 500.0], 0);
        put(play, 2, [400.0, 500.0], 0x4000);
        press(play, 1, FIRE);
        pass(play, 20);
        press(play, 1, REST);
        pass(play, 10);
        events(play).len()
    };
    assert_eq!(duel(&mut play), 0);
    assert_eq!(ship(&play, 2).unwrap().energy, 100.0);
    change(&mut play, 2, |ship| ship.protection = 60);
    press(&mut play, 2, FIRE);
    play.step();
    assert_eq!(ship(&play, 2).unwrap().flags() & ship_flag::PROTECTED, 0);
    press(&mut play, 2, REST);
    assert!(duel(&mut play) > 0);
}

#[test]
fn protection_lasts_two_seconds() {
    let mut play = empty_field(1);
    pass(&mut play, 58);
    assert!(ship(&play, 1).unwrap().protection > 0);
    pass(&mut play, 3);
    assert_eq!(ship(&play, 1).unwrap().protection, 0);
}

#[test]
fn pickups_give_energy_and_points_and_appear_elsewhere() {
    let options = ArenaOptions {
        world: [1000.0, 1000.0],
        asteroids: 0,
        pickups: 3,
        ..ArenaOptions::default()
    };
    let mut play = play(options, 4);
    play.join(PlayerId(1), "one");
    events(&mut play);
    let taken = play.game().field().pickups()[1];
    put(&mut play, 1, taken.position.to_array(), 0);
    change(&mut play, 1, |ship| ship.energy = 20.0);
    play.step();
    assert_eq!(events(&mut play), [("collect".to_owned(), vec![1])]);
    assert!((50.0..51.0).contains(&ship(&play, 1).unwrap().energy));
    assert_eq!(pilot(&play, 1).score, PICKUP_SCORE);
    let pickups = play.game().field().pickups();
    assert_eq!(pickups.len(), 3);
    assert!(pickups.iter().all(|pickup| pickup.entity != taken.entity));
}

#[test]
fn new_ships_keep_away_from_asteroids_and_others() {
    let mut play = play(ArenaOptions::default(), 9);
    (1..=12).for_each(|player| play.join(PlayerId(player), "name"));
    let game = play.game();
    assert_eq!((game.field().rocks().len(), game.field().pickups().len()), (26, 40));
    for ship in game.fleet().ships() {
        let place = ship.motion.position;
        let clear = |rock: &tickwire_arena::field::Rock| {
            length(rock.center - place) >= f32::from(rock.radius) + 100.0
        };
        assert!(game.field().rocks().iter().all(clear));
        let others = game.fleet().ships().iter().filter(|other| other.player != ship.player);
        assert!(others.into_iter().all(|other| length(other.motion.position - place) > 300.0));
    }
}

#[test]
fn leaving_removes_everything_of_a_player() {
    let mut play = empty_field(3);
    put(&mut play, 2, [100.0, 500.0], 0);
    play.bot(PlayerId(2));
    press(&mut play, 2, FIRE);
    pass(&mut play, 10);
    let of_player = |play: &mut scenario::Play| {
        let constant_player = [0, 1, 4];
        let rows = play.snapshot().rows();
        rows.filter(|row| constant_player.contains(&row.kind) && row.lanes[0] == 2).count()
    };
    assert!(of_player(&mut play) >= 3, "a ship, bullets, a pilot");
    play.leave(PlayerId(2));
    assert_eq!(of_player(&mut play), 0);
    play.step();
    assert_eq!(of_player(&mut play), 0);
    assert_eq!(play.game().view_of(PlayerId(2)), None);
}

#[test]
fn chat_is_cleaned_limited_and_sent_to_all() {
    let mut play = empty_field(1);
    assert_eq!(play.message(PlayerId(1), &say("  hi\u{202e}\n there ")), Ok(vec![]));
    let [event] = &play.events()[..] else { panic!("one event") };
    assert_eq!(event.values, [Value::Player(PlayerId(1)), Value::Text("hi there".to_owned())]);
    let code = |reply: Reply| reply.err().map(|rejection| rejection.code);
    assert_eq!(code(play.message(PlayerId(1), &say(" \u{200f} "))).as_deref(), Some("empty"));
    assert_eq!(events(&mut play), []);
    let spam = |play: &mut scenario::Play| {
        let codes = (0..10).filter_map(|_| code(play.message(PlayerId(1), &say("spam"))));
        let codes: Vec<_> = codes.collect();
        assert!(codes.iter().all(|code| code == "too_fast"), "{codes:?}");
        codes.len()
    };
    assert_eq!(spam(&mut play), 7, "four at once, one of which was said before");
    assert_eq!(events(&mut play).len(), 3);
    pass(&mut play, 65);
    assert_eq!(spam(&mut play), 9);
    assert_eq!(events(&mut play).len(), 1);
}

#[test]
fn the_factory_reads_options_and_refuses_unknown_ones() {
    let create = |option: &str, value: &str| {
        let options = GameOptions([(option.to_owned(), value.to_owned())].into());
        tickwire_arena::create(&options).map(|game| game.schema())
    };
    let schema = create("world", "6000x3000").unwrap();
    assert_eq!(schema, tickwire_arena::schema::schema([6000.0, 3000.0]));
    let error = create("wrold", "1x1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown option \"wrold\"; known: asteroids, pickups, rewind, world"
    );
}

#[test]
fn a_player_is_sent_a_screen_around_their_ship_and_what_reaches_into_it() {
    let mut play = empty_field(1);
    put(&mut play, 1, [300.0, 400.0], 0);
    let view = play.game().view_of(PlayerId(1)).unwrap();
    assert_eq!((view.center, view.size), ([300.0, 400.0], [2320.0, 1480.0]));
}

#[test]
fn each_player_alone_is_told_what_their_ship_does_exactly() {
    let mut play = empty_field(2);
    put(&mut play, 1, [300.0, 400.0], 0x1234);
    put(&mut play, 2, [900.0, 900.0], 0);
    let layout = play.layout().kinds[kind::HELM].clone();
    let own = play.own(PlayerId(1)).clone();
    let rows: Vec<_> = own.rows().collect();
    let [helm] = &rows[..] else { panic!("one helm: {rows:?}") };
    assert_eq!(usize::from(helm.kind), kind::HELM);
    let value = |at: usize| layout.lanes[at].value(helm.lanes[at]);
    let values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(value);
    let gauges = [100.0, 0.0, 0.0, 60.0, 0.0];
    assert_eq!(values[..5], [300.0, 400.0, 0.0, 0.0, f64::from(0x1234)]);
    assert_eq!(values[5..], gauges);
    // Nobody else is, and who has no ship is told nothing.
    assert!(play.snapshot().rows().all(|row| usize::from(row.kind) != kind::HELM));
    play.game_mut().fleet_mut().retain(|ship| ship.player != PlayerId(1));
    assert_eq!(play.own(PlayerId(1)).entities(), 0);
    assert_eq!(play.own(PlayerId(2)).entities(), 1);
}
