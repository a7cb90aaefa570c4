//! Golden motions of a ship, which every twin in another language must repeat bit for bit.
//!
//! `golden/ship.json` is read by the browser's tests as well. After a deliberate change of the
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

/// A ship that is steered at random from some start, with an asteroid that it may run into.
fn run(name: &str, hz: u16, start: ShipMotion, rock: Option<(Vec2, f32)>, seed: u64) -> Value {
    let mut rng = SmallRng::seed_from_u64(seed);
    let dt = 1.0 / f32::from(hz);
    let mut ship = start;
    let mut turn = 0;
    let ticks: Vec<_> = (0..TICKS)
        .map(|tick| {
            if tick % 4 == 0 {
                turn = rng.random_range(-127..=127);
            }
            let thrust = rng.random_bool(0.8);
            let dash = rng.random_bool(0.08);
            step_ship(&mut ship, Steering { thrust, turn, dash }, dt);
            bounce_off_walls(&mut ship, WORLD.into());
            let impact = rock.map(|(center, radius)| bounce_off_rock(&mut ship, center, radius));
            json!({
                "thrust": u8::from(thrust), "turn": turn, "dash": u8::from(dash),
                "impact": impact.map(bits), "after": motion(&ship),
            })
        })
        .collect();
    let rock =
        rock.map(|(center, radius)| json!({ "center": center.to_array(), "radius": radius }));
    json!({ "name": name, "dt": bits(dt), "rock": rock, "start": motion(&start), "ticks": ticks })
}

fn golden() -> Value {
    let ship = |position: [f32; 2], velocity: [f32; 2], angle| ShipMotion {
        position: position.into(),
        velocity: velocity.into(),
        angle,
    };
    let rock = (Vec2::new(1500.125, 1500.0), 90.0);
    let quarter: Vec<_> = (0..=256).map(|i| (sine(i << 6) * 16_384.0) as i32).collect();
    json!({
        "about": "Motions of a ship: per tick step_ship, bounce_off_walls, then bounce_off_rock. \
                  Strings are the bits of an f32 in hexadecimal.",
        "world": WORLD,
        "quarter_wave": quarter,
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

#[test]
fn a_ship_moves_as_the_golden_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/ship.json");
    let golden = golden();
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&golden).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(golden["quarter_wave"], expected["quarter_wave"]);
    let cases = |value: &Value| value["cases"].as_array().unwrap().clone();
    for (computed, expected) in cases(&golden).iter().zip(&cases(&expected)) {
        assert_eq!(computed, expected, "{}", computed["name"]);
    }
    assert_eq!(golden, expected);
}
