//! The protocol as text: section 22 of PROTOCOL.md, and whatever else anybody might send.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod examples;
mod faults;
mod properties;
#[path = "../golden/schema.rs"]
#[allow(dead_code, reason = "the golden vectors use more of it")]
mod schema;

use tickwire_protocol::ids::{InputSeq, RequestId, Tick};
use tickwire_protocol::json::ClientReader;
use tickwire_protocol::message::{
    ClientMessage, Input, InputValues, Request, RequestKind, ViewAge,
};

const DOCUMENT: &str = include_str!("../../PROTOCOL.md");

/// What follows a comment in the document, up to the next blank line, or between fences.
fn block(mark: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("<!-- json: {mark} -->\n")).unwrap();
    match rest.strip_prefix("```json\n") {
        Some(fenced) => fenced.split_once("```").unwrap().0,
        None => rest.split_once("\n\n").unwrap().0,
    }
}

fn reader() -> ClientReader {
    let mut reader = ClientReader::new();
    reader.handle_welcome(&schema::welcome());
    reader
}

fn input(seq: u16, at: u32, values: &[i32]) -> ClientMessage {
    let values = InputValues::new(values).unwrap();
    ClientMessage::Input(Input {
        seq: InputSeq(seq),
        at: Tick(at),
        view_age: ViewAge::UNTOLD,
        values,
    })
}

fn request(id: u32, what: RequestKind) -> ClientMessage {
    ClientMessage::Request(Request { id: RequestId(id), what })
}
