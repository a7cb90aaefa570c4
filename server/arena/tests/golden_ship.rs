//! Golden ticks of a ship, which every twin in another language must repeat bit for bit.
//!
//! `golden/ship.json` is read by `web-demo/tests/ship.test.js` as well. After a deliberate change of the
//! rules, `TICKWIRE_BLESS=1 cargo test -p tickwire-arena --test golden_ship` writes it anew.
//!
//! What lies on the grid is written as it is; of other numbers, whose every bit counts, there are the
//! eight hexadecimal digits of an f32.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use glam::Vec2;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tickwire_arena::bullets::Bullet;
use tickwire_arena::field::{Field, Rock};
use tickwire_arena::fleet::{Fleet, Ship};
use tickwire_arena::options::ArenaOptions;
use tickwire_arena::pace::Pace;
use tickwire_arena::sine::sine;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::{InputValues, ViewAge};
use tickwire_simulation::inputs::{Inputs, PlayerInput};

const WORLD: [f32; 2] = [4000.0, 4000.0];
const TICKS: u32 = 90;
const PLAYER: PlayerId = PlayerId(1);

fn bits(number: f32) -> String {
    format!("{:08x}", number.to_bits())
}

fn state(ship: &Ship) -> Value {
    json!({
        "position": ship.motion.position.to_array(),
        "velocity": ship.motion.velocity.to_array(),
        "angle": ship.motion.angle,
        "energy": ship.energy,
        "gun_wait": ship.gun_wait,
        "dash_wait": ship.dash_wait,
        "protection": ship.protection,
        "shots": ship.shots,
    })
}

fn bullet(bullet: &Bullet) -> Value {
    let pair = |vector: Vec2| vector.to_array().map(bits);
    let next = bullet.position + bullet.velocity * (1.0 / 30.0);
    json!({
        "position": pair(bullet.position), "velocity": pair(bullet.velocity), "next": pair(next),
        "shot": bullet.shot,
    })
}

fn number(value: &Value) -> f32 {
    value.as_f64().unwrap() as f32
}

fn ship_of(value: &Value, pace: &Pace) -> Ship {
    let pair = |name: &str| Vec2::new(number(&value[name][0]), number(&value[name][1]));
    let whole = |name: &str| value[name].as_u64().unwrap() as u16;
    let mut ship = Ship::new(PLAYER, EntityId(1), pair("position"), whole("angle"), pace);
    ship.motion.velocity = pair("velocity");
    (ship.energy, ship.gun_wait) = (number(&value["energy"]), number(&value["gun_wait"]));
    (ship.dash_wait, ship.protection) = (whole("dash_wait"), whole("protection"));
    ship.shots = whole("shots") as u8;
    ship
}

fn field_with(rock: &Value) -> Field {
    let options =
        ArenaOptions { world: WORLD, asteroids: 1, pickups: 0, ..ArenaOptions::default() };
    let mut field = Field::new(options);
    let rocks = rock.as_object().map(|rock| Rock {
        entity: EntityId(2),
        center: Vec2::new(number(&rock["center"][0]), number(&rock["center"][1])),
        radius: rock["radius"].as_u64().unwrap() as u8,
        shape: 0,
    });
    assert!(field.restore((true, rocks.into_iter().collect(), Vec::new())));
    field
}

/// A case as it should be: the same start and inputs, and what they lead to.
fn played(case: &Value) -> Value {
    let mut case = case.clone();
    let pace = Pace::of(1.0 / number(&case["hz"]));
    let field = field_with(&case["rock"]);
    let mut fleet = Fleet::default();
    fleet.launch(vec![ship_of(&case["start"], &pace)]);
    for tick in case["ticks"].as_array_mut().unwrap() {
        let control = |name: &str| tick[name].as_i64().unwrap() as i32;
        let values = ["thrust", "turn", "fire", "dash"].map(control);
        let values = InputValues::new(&values).unwrap();
        let input = PlayerInput { player: PLAYER, values, view_age: ViewAge::UNTOLD };
        fleet.fly(&Inputs::new(&[input], &[0]), &field, &pace);
        let ship = &mut fleet.ships_mut()[0];
        let shot = ship.fire(&pace).then(|| Bullet::shot_of(ship, EntityId(3)));
        tick["after"] = state(ship);
        tick["bullet"] = json!(shot.as_ref().map(bullet));
    }
    case
}

/// A ship that is steered at random from some start, with an asteroid that it may run into.
fn run(name: &str, hz: u16, start: Value, rock: &Value, seed: u64) -> Value {
    let mut rng = SmallRng::seed_from_u64(seed);
    let (mut turn, mut fire) = (0, 0);
    let ticks: Vec<_> = (0..TICKS)
        .map(|tick| {
            if tick % 4 == 0 {
                turn = rng.random_range(-127..=127);
            }
            if tick % 12 == 0 {
                fire = u8::from(rng.random_bool(0.6));
            }
            let [thrust, dash] = [0.8, 0.2].map(|often| u8::from(rng.random_bool(often)));
            json!({ "thrust": thrust, "turn": turn, "fire": fire, "dash": dash })
        })
        .collect();
    played(&json!({ "name": name, "hz": hz, "rock": rock, "start": start, "ticks": ticks }))
}

fn golden() -> Value {
    let ship = |position: [f32; 2], velocity: [f32; 2], angle: u16, waits: [f32; 4]| {
        let [energy, gun_wait, dash_wait, protection] = waits;
        json!({
            "position": position, "velocity": velocity, "angle": angle, "energy": energy,
            "gun_wait": gun_wait, "dash_wait": dash_wait as u16, "protection": protection as u16,
            "shots": 250,
        })
    };
    let rock = json!({ "center": [1500.125, 1500.0], "radius": 90 });
    let none = Value::Null;
    let fresh = [100.0, 0.0, 0.0, 60.0];
    let worn = [33.625, 3.25, 7.0, 0.0];
    json!({
        "about": "Ticks of a ship, as the head of server/arena/src/ship.rs tells them. Strings are \
                  the bits of an f32 in hexadecimal; `next` is a bullet's position 1/30 s later.",
        "world": WORLD,
        "quarter_wave": quarter_wave(),
        "paces": paces(),
        "cases": [
            run("open space", 30, ship([2000.0, 2000.0], [0.0, 0.0], 0, fresh), &none, 1),
            run("fast", 30, ship([1234.5, 987.625], [-610.5, 333.25], 50_000, worn), &none, 2),
            run("corner", 30, ship([40.0, 3950.0], [-300.0, 350.0], 24_000, fresh), &none, 3),
            run("other corner", 60, ship([3980.0, 20.0], [222.25, -111.5], 60_000, worn), &none, 4),
            run("asteroid", 30, ship([1380.0, 1490.0], [390.0, 12.5], 300, worn), &rock, 5),
            run("inside it", 20, ship([1500.125, 1500.0], [7.0, -9.0], 9, fresh), &rock, 6),
            run("little left", 30, ship([1300.0, 1500.0], [800.0, 0.0], 0, [2.5, 0.0, 0.0, 0.0]), &rock, 7),
            run("to rest", 30, ship([900.0, 900.0], [0.5, -0.75], 7, [99.984_375, -1.0, 45.0, 1.0]), &none, 8),
        ],
    })
}

fn paces() -> Vec<Value> {
    let pace = |hz: u16| {
        let pace = Pace::of(1.0 / f32::from(hz));
        json!({
            "hz": hz, "regeneration": pace.regeneration, "gun_cooldown": pace.gun_cooldown,
            "dash_cooldown": pace.dash_cooldown, "protection": pace.protection,
        })
    };
    [10, 20, 30, 60, 240].map(pace).to_vec()
}

/// The table of sines, in units of 2⁻¹⁴.
fn quarter_wave() -> Vec<i32> {
    (0..=256).map(|index| (sine(index << 6) * 16_384.0) as i32).collect()
}

#[test]
fn a_ship_does_as_the_golden_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/ship.json");
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string(&golden()).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(json!(quarter_wave()), expected["quarter_wave"]);
    let cases = expected["cases"].as_array().unwrap();
    assert!(cases.len() >= 8);
    for case in cases {
        assert_eq!(&played(case), case, "{}", case["name"]);
    }
    // It all happens in them.
    let ticks: Vec<_> = cases.iter().flat_map(|case| case["ticks"].as_array().unwrap()).collect();
    assert!(ticks.iter().filter(|tick| !tick["bullet"].is_null()).count() > 50, "shots");
    let falls = ticks.windows(2).filter(|pair| {
        let energy = |at: usize| number(&pair[at]["after"]["energy"]);
        let loss = energy(0) - energy(1);
        loss > 0.0 && loss.fract() != 0.0 && loss < 15.0
    });
    assert!(falls.count() > 3, "impacts that hurt, beside dashes");
    let dashes = ticks.windows(2).filter(|pair| {
        let wait = |at: usize| number(&pair[at]["after"]["dash_wait"]);
        wait(1) > wait(0) + 20.0
    });
    assert!(dashes.count() > 8, "dashes");
}
