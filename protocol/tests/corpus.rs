//! Every file of the fuzz targets' corpora, on stable Rust: what fuzzing has found once stays found.
//!
//! `TICKWIRE_BLESS=1` writes the corpora's `golden-*` files anew from the golden vectors, from which
//! fuzzing sets out; so bless those first (`--test golden`).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Hands every file of a target's corpus to it.
fn feed(target: &str, seeds: impl FnOnce() -> Vec<Vec<u8>>, run: fn(&[u8])) {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    if std::env::var_os("TICKWIRE_BLESS").is_some() {
        write_seeds(&corpus, &seeds());
    }
    let mut files = 0;
    for entry in fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        // Told when the test fails.
        println!("{}", path.display());
        run(&read(&path));
        files += 1;
    }
    assert!(files > 10, "the corpus of {target} is gone");
}

fn write_seeds(corpus: &Path, seeds: &[Vec<u8>]) {
    fs::create_dir_all(corpus).unwrap();
    for entry in fs::read_dir(corpus).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().starts_with("golden-") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(corpus.join(format!("golden-{number:02}")), seed).unwrap();
    }
}

fn golden(file: &str) -> Vec<Json> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
    serde_json::from_slice(&read(&path)).unwrap()
}

fn bytes(hex: &Json) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// The bytes of a golden file's messages, sound and malformed ones.
fn messages(from: &str) -> Vec<Vec<u8>> {
    let sound = golden(&format!("{from}-messages.json"));
    let malformed = golden("malformed-messages.json");
    let malformed = malformed.iter().filter(|vector| vector["from"] == from);
    sound.iter().chain(malformed).map(|vector| bytes(&vector["hex"])).collect()
}

/// Most frames of a connection that fuzzing sets out from.
const FRAMES: usize = 12;

/// Connections, as the target takes them: from each keyframe on, and malformed frames a few at a
/// time after the keyframe before them.
fn connections() -> Vec<Vec<u8>> {
    let files = [("small", [1, 1, 8]), ("grid", [4, 3, 12]), ("malformed", [100, 100, 1])];
    files.into_iter().flat_map(|(file, room)| connections_of(file, room)).collect()
}

fn connections_of(file: &str, room: [u8; 3]) -> Vec<Vec<u8>> {
    let vectors = golden(&format!("frames-{file}.json"));
    let mut connections = Vec::new();
    let (mut keyframe, mut current, mut frames) = (Vec::new(), piece(&room), 0);
    for vector in &vectors[1..] {
        let frame = piece(&bytes(&vector["hex"]));
        let is_sound = vector["malformed"].is_null();
        if vector["frame"]["is_keyframe"] == true {
            keyframe = [piece(&room), frame].concat();
            connections.push(std::mem::replace(&mut current, keyframe.clone()));
            frames = 0;
        } else if frames < FRAMES {
            current.extend(frame);
            frames += 1;
        } else if !is_sound {
            connections.push(std::mem::replace(&mut current, [&keyframe[..], &frame].concat()));
            frames = 1;
        }
    }
    connections.push(current);
    connections.retain(|connection| *connection != piece(&room));
    connections
}

fn piece(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_le_bytes(), bytes].concat()
}

#[test]
fn client_messages() {
    feed("client_message", || messages("client"), targets::client_message);
}

#[test]
fn server_messages() {
    feed("server_message", || messages("server"), targets::server_message);
}

#[test]
fn frames() {
    feed("frame", connections, targets::frame);
}
