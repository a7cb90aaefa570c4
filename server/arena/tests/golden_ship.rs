//! Golden motions of a ship, which every twin in another language must repeat bit for bit.
//!
//! `golden/ship.json` is read by `web-demo/tests/ship-twin.test.js` as well. After a deliberate change of the
//! rules, `TICKWIRE_BLESS=1 cargo test -p tickwire-arena --test golden_ship` writes it anew.
//!
//! Numbers whose every bit counts are the eight hexadecimal digits of an f32.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use glam::Vec2;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tickwire_arena::ship::{ShipMotion, Steering, bounce_off_rock, bounce_off_walls, step_ship};
use tickwire_arena::sine::sine;

const WORLD: [f32; 2] = [4000.0, 4000.0];
const TICKS: u32 = 40;

fn bits(number: f32) -> String {
    format!("{:08x}", number.to_bits())
}

fn motion(ship: &ShipMotion) -> Value {
    let pair = |vector: Vec2| vector.to_array().map(bits);
    json!({
        "position": pair(ship.position),
        "velocity": pair(ship.velocity),
        "angle": ship.angle,
    })
}

/// The motion that two strings of bits each for position and velocity, and an angle, stand for.
fn parse_motion(value: &Value) -> ShipMotion {
    let pair = |name: &str| Vec2::new(parse_bits(&value[name][0]), parse_bits(&value[name][1]));
    let angle = value["angle"].as_u64().unwrap() as u16;
    ShipMotion { position: pair("position"), velocity: pair("velocity"), angle }
}

fn parse_bits(value: &Value) -> f32 {
    f32::from_bits(u32::from_str_radix(value.as_str().unwrap(), 16).unwrap())
}

fn number(value: &Value) -> f32 {
    value.as_f64().unwrap() as f32
}

/// A case as it should be: the same start and inputs, and what they lead to.
fn played(case: &Value) -> Value {
    let mut case = case.clone();
    let mut ship = parse_motion(&case["start"]);
    let dt = parse_bits(&case["dt"]);
    let rock = case["rock"].as_object().map(|rock| {
        (Vec2::new(number(&rock["center"][0]), number(&rock["center"][1])), number(&rock["radius"]))
    });
    for tick in case["ticks"].as_array_mut().unwrap() {
        let steering = Steering {
            thrust: tick["thrust"] == 1,
            turn: tick["turn"].as_i64().unwrap() as i32,
            dash: tick["dash"] == 1,
        };
        step_ship(&mut ship, steering, dt);
        bounce_off_walls(&mut ship, WORLD.into());
        let impact = rock.map(|(center, radius)| bounce_off_rock(&mut ship, center, radius));
        tick["impact"] = json!(impact.map(bits));
        tick["after"] = motion(&ship);
    }
    case
}

/// A ship that is steered at random from some start, with an asteroid that it may run into.
fn run(name: &str, hz: u16, start: ShipMotion, rock: Option<(Vec2, f32)>, seed: u64) -> Value {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut turn = 0;
    let ticks: Vec<_> = (0..TICKS)
        .map(|tick| {
            if tick % 4 == 0 {
                turn = rng.random_range(-127..=127);
            }
            let [thrust, dash] = [0.8, 0.08].map(|often| u8::from(rng.random_bool(often)));
            json!({ "thrust": thrust, "turn": turn, "dash": dash })
        })
        .collect();
    let dt = bits(1.0 / f32::from(hz));
    let rock =
        rock.map(|(center, radius)| json!({ "center": center.to_array(), "radius": radius }));
    played(&json!({
        "name": name, "dt": dt, "rock": rock, "start": motion(&start), "ticks": ticks,
    }))
}

fn golden() -> Value {
    let ship = |position: [f32; 2], velocity: [f32; 2], angle| ShipMotion {
        position: position.into(),
        velocity: velocity.into(),
        angle,
    };
    let rock = (Vec2::new(1500.125, 1500.0), 90.0);
    json!({
        "about": "Motions of a ship: per tick step_ship, bounce_off_walls, then bounce_off_rock. \
                  Strings are the bits of an f32 in hexadecimal.",
        "world": WORLD,
        "quarter_wave": quarter_wave(),
        "cases": [
            run("open space", 30, ship([2000.0, 2000.0], [0.0, 0.0], 0), None, 1),
            run("fast", 30, ship([1234.567, 987.654], [-610.5, 333.25], 50_000), None, 2),
            run("corner", 30, ship([40.0, 3950.0], [-300.0, 350.0], 24_000), None, 3),
            run("other corner", 60, ship([3980.0, 20.0], [222.2, -111.1], 60_000), None, 4),
            run("asteroid", 30, ship([1380.0, 1490.0], [390.0, 12.5], 300), Some(rock), 5),
            run("inside an asteroid", 20, ship([1500.125, 1500.0], [7.0, -9.0], 9), Some(rock), 6),
        ],
    })
}

/// The table of sines, in units of 2⁻¹⁴.
fn quarter_wave() -> Vec<i32> {
    (0..=256).map(|index| (sine(index << 6) * 16_384.0) as i32).collect()
}

#[test]
fn a_ship_moves_as_the_golden_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/ship.json");
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string(&golden()).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(json!(quarter_wave()), expected["quarter_wave"]);
    let cases = expected["cases"].as_array().unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        assert_eq!(&played(case), case, "{}", case["name"]);
    }
    let ticks = |case: &Value| case["ticks"].as_array().unwrap().clone();
    let bumps = cases.iter().flat_map(ticks).filter(|tick| parse_bits_or_zero(tick) > 0.0);
    assert!(bumps.count() >= 2, "some ships run into an asteroid");
}

fn parse_bits_or_zero(tick: &Value) -> f32 {
    tick["impact"].as_str().map_or(0.0, |_| parse_bits(&tick["impact"]))
}
