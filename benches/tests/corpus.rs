//! Every file of the fuzz target's corpus, on stable Rust: what fuzzing has found once stays found.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::PathBuf;

#[test]
fn movement_files() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/trace");
    let mut files = 0;
    for entry in fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        // Told when the test fails.
        println!("{}", path.display());
        targets::trace(&fs::read(path).unwrap());
        files += 1;
    }
    assert!(files > 10, "the corpus is gone");
}
