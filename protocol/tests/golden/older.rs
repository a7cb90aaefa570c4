//! What the minor version before this one said, as it was written then: it is read, and written, in the same
//! way for as long as that version is spoken. These vectors are never blessed.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use tickwire_protocol::message::{ClientMessage, ServerMessage};

use super::{describe, hex};

/// A file's vectors, each with its line.
fn vectors(file: &str) -> Vec<(Json, String)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1.0").join(file);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| line.starts_with('{'));
    let lines = lines.map(|line| line.trim_end_matches(',').to_owned());
    let vectors: Vec<_> = lines.map(|line| (serde_json::from_str(&line).unwrap(), line)).collect();
    assert!(vectors.len() > 10, "{file}");
    vectors
}

fn bytes(vector: &Json) -> Vec<u8> {
    let hex = vector["hex"].as_str().unwrap();
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn client_messages_of_the_version_before_are_what_they_were() {
    for (vector, line) in vectors("client-messages.json") {
        let message = ClientMessage::from_bytes(&bytes(&vector)).unwrap();
        let described = describe::client_message(&message);
        let again = json!({"message": described, "hex": hex(&message.to_bytes())});
        assert_eq!(again.to_string(), line);
    }
}

#[test]
fn server_messages_of_the_version_before_are_what_they_were() {
    for (vector, line) in vectors("server-messages.json") {
        let message = ServerMessage::from_bytes(&bytes(&vector)).unwrap();
        let described = describe::server_message(&message);
        let again = json!({"message": described, "hex": hex(&message.to_bytes())});
        assert_eq!(again.to_string(), line);
    }
}
