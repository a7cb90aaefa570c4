//! Golden vectors: bytes that every implementation of the wire must agree on.
//!
//! `golden/*.json` holds them; this test writes them when `TICKWIRE_BLESS=1` is set and otherwise
//! holds this crate against them, as the JavaScript tests do for the SDK. A vector that changes is a
//! change of the wire: bless it only together with PROTOCOL.md and every client.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod describe;
mod frames;
mod messages;
mod world;

use std::fs;
use std::path::PathBuf;

use rand::RngExt;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;
use serde_json::{Value as Json, json};
use tickwire_protocol::bits::{BitReader, BitWriter, unzigzag, zigzag};
use tickwire_protocol::message::ServerMessage;
use tickwire_protocol::quantise::Layout;

/// Holds `vectors` against a golden file, or writes it.
fn check(file: &str, vectors: &[Json]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
    let lines: Vec<String> = vectors.iter().map(Json::to_string).collect();
    // One vector a line, so that a change shows as the lines it touches.
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let differs = golden.lines().zip(text.lines()).find(|(golden, now)| golden != now);
    assert_eq!(differs, None, "{file} differs; TICKWIRE_BLESS=1 rewrites it");
    assert_eq!(golden.len(), text.len(), "{file} differs; TICKWIRE_BLESS=1 rewrites it");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rng(seed: u64) -> Pcg32 {
    Pcg32::seed_from_u64(seed)
}

#[test]
fn bit_codes() {
    let mut vectors = Vec::new();
    for value in [0, 1, 2, 3, 6, 7, 100, 65_535, 1 << 30, u32::MAX / 2, u32::MAX - 1] {
        let mut out = BitWriter::new();
        out.gamma(value);
        let bits = out.len_bits();
        let bytes = out.finish();
        assert_eq!(BitReader::new(&bytes).gamma(), Ok(value));
        vectors.push(json!({"code": "gamma", "value": value, "bits": bits, "hex": hex(&bytes)}));
    }
    for (value, k, width) in [
        (0, 0, 8),
        (5, 0, 8),
        (11, 0, 8),
        (12, 0, 8),
        (255, 0, 8),
        (0, 3, 16),
        (95, 3, 16),
        (96, 3, 16),
        (40_000, 12, 16),
        (u32::MAX, 31, 32),
        (u32::MAX, 20, 32),
    ] {
        let mut out = BitWriter::new();
        out.rice(value, k, width);
        let bits = out.len_bits();
        let bytes = out.finish();
        assert_eq!(BitReader::new(&bytes).rice(k, width), Ok(value));
        vectors.push(json!({
            "code": "rice", "value": value, "k": k, "width": width, "bits": bits, "hex": hex(&bytes),
        }));
    }
    for value in [0, -1, 1, -2, 2, 63, -64, i32::MAX, i32::MIN] {
        assert_eq!(unzigzag(zigzag(value)), value);
        vectors.push(json!({"code": "zigzag", "value": value, "unsigned": zigzag(value)}));
    }
    vectors.push(mixed_codes());
    check("bits.json", &vectors);
}

/// Many codes in one stream, none of them beginning at a byte.
fn mixed_codes() -> Json {
    let mut rng = rng(1);
    let mut out = BitWriter::new();
    let mut fields = Vec::new();
    for _ in 0..200 {
        let value = rng.random::<u32>() >> rng.random_range(0..32);
        let width = 32 - value.leading_zeros();
        let k = rng.random_range(0..20);
        out.bits(value, width);
        out.gamma(value.min(u32::MAX - 1));
        out.rice(value, k, 32);
        fields.push(json!([value, width, k]));
    }
    json!({"code": "mixed", "fields": fields, "hex": hex(&out.finish())})
}

#[test]
fn hashes() {
    let schema = world::schema();
    let layout = Layout::new(&schema);
    let welcome = hex(&ServerMessage::Welcome(Box::new(world::welcome())).to_bytes());
    let mut vectors = vec![json!({"welcome": welcome})];
    for (seed, entities) in [(1, 0), (2, 1), (3, 5), (4, 40)] {
        let mut world = world::World::new(seed);
        world.populate(&layout, entities);
        let snapshot = world.snapshot(&layout);
        vectors.push(json!({
            "snapshot": describe::snapshot(&snapshot, &layout), "hash": snapshot.hash(&layout),
        }));
    }
    check("hashes.json", &vectors);
}
