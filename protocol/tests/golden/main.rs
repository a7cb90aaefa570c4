//! Golden vectors: bytes that every implementation of the wire must agree on.
//!
//! `golden/*.json` holds them; this test writes them when `TICKWIRE_BLESS=1` is set and otherwise
//! holds this crate against them, as the JavaScript tests do for the SDK. A vector that changes is a
//! change of the wire: bless it only together with PROTOCOL.md and every client.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chunks;
mod describe;
mod frames;
mod lanes;
mod malformed;
mod messages;
mod older;
mod range;
mod records;
mod schema;
mod server;
mod state;
mod world;

use std::fs;
use std::path::PathBuf;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;
use serde_json::Value as Json;

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
