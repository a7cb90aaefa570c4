//! What is said wrong: each fault has a code and says what to change.

use serde_json::json;
use tickwire_protocol::json::{ClientReader, JsonError};
use tickwire_protocol::message::ClientMessage;

use super::{block, reader};

fn code(text: &str) -> &'static str {
    reader().read(text).unwrap_err().code()
}

#[test]
fn each_fault_has_its_code() {
    let faults = [
        (r#"hello"#, "bad_json"),
        (r#"[1, 2]"#, "not_an_object"),
        (r#"{"type": [[[[[[[[1]]]]]]]]}"#, "too_deep"),
        (r#"{"type": "ping", "nonce": 1, "nonce": 2}"#, "duplicate_key"),
        (r#"{"type": "dance"}"#, "unknown_type"),
        (r#"{"type": "message", "name": "dance"}"#, "unknown_message"),
        (r#"{"values": {}}"#, "missing_field"),
        (r#"{"type": "ping", "nonsense": 1}"#, "unknown_field"),
        (r#"{"type": "ping", "nonce": "x"}"#, "bad_value"),
    ];
    for (text, expected) in faults {
        assert_eq!(code(text), expected, "{text}");
    }
    let early = ClientReader::new().read(r#"{"type": "ping"}"#).unwrap_err();
    let others = [early.code(), JsonError::TooEarly.code()];
    let late = [code(r#"{"type": "enter", "token": "x"}"#), JsonError::Binary.code()];
    let codes = faults.map(|(_, code)| code).into_iter().chain(others).chain(late);
    let table = block("codes").lines().skip(2);
    let listed = table.map(|row| row.trim_start_matches("| `").split('`').next().unwrap());
    assert_eq!(listed.collect::<Vec<_>>(), codes.collect::<Vec<_>>());
}

#[test]
fn a_value_that_does_not_fit_is_named_with_what_it_may_be() {
    let say = |text: String| {
        format!(r#"{{"type": "message", "name": "say", "values": {{"text": {text}}}}}"#)
    };
    let mark =
        |values: &str| format!(r#"{{"type": "message", "name": "mark", "values": {{{values}}}}}"#);
    for (text, message) in [
        (r#"{"type": 7}"#.into(), "type is to be text"),
        (r#"{"type": null}"#.into(), "type is to be text"),
        (r#"{"type": "input", "values": []}"#.into(), "values is to be an object"),
        (
            r#"{"type": "input", "values": {"turn": 128}}"#.into(),
            "values.turn is to be a whole number from -127 to 127",
        ),
        (
            r#"{"type": "input", "values": {"turn": 1.5}}"#.into(),
            "values.turn is to be a whole number from -127 to 127",
        ),
        (
            r#"{"type": "input", "values": {"turn": "1"}}"#.into(),
            "values.turn is to be a whole number from -127 to 127",
        ),
        (
            r#"{"type": "input", "values": {"dash": true}}"#.into(),
            "values.dash is to be a whole number from 0 to 1",
        ),
        (r#"{"type": "input", "values": {"jump": 1}}"#.into(), "there is no \"values.jump\" here"),
        (
            r#"{"type": "input", "seq": 65536}"#.into(),
            "seq is to be a whole number from 0 to 65535",
        ),
        (
            r#"{"type": "input", "at": -1}"#.into(),
            "at is to be a whole number from 0 to 4294967295",
        ),
        (
            r#"{"type": "ping", "nonce": 1e300}"#.into(),
            "nonce is to be a whole number from 0 to 4294967295",
        ),
        (say("7".into()), "values.text is to be text of at most 120 characters"),
        (
            say(format!("{:?}", "ä".repeat(121))),
            "values.text is to be text of at most 120 characters",
        ),
        (say("null".into()), "values.text is to be text of at most 120 characters"),
        (mark(r#""x": 1, "level": 1"#), "values.whom is missing"),
        (
            mark(r#""x": 4000.5, "level": 1, "whom": 1"#),
            "values.x is to be a number from 0 to 4000",
        ),
        (mark(r#""x": 1e300, "level": 1, "whom": 1"#), "values.x is to be a number from 0 to 4000"),
        (
            mark(r#""x": 1, "level": 1e10, "whom": 1"#),
            "values.level is to be a whole number from -1000 to 100000",
        ),
        (mark(r#""x": 1, "level": 1, "whom": -1"#), "values.whom is to be a player's id"),
        (r#"{"type": "rename", "name": "x"}"#.into(), "id is missing"),
        (r#"{"type": "rename", "name": "x", "id": 0}"#.into(), "id is to be above 0"),
        (
            r#"{"type": "look", "center": [0], "size": [1, 1]}"#.into(),
            "center is to be two numbers",
        ),
        (
            r#"{"type": "look", "center": [0, 1e39], "size": [1, 1]}"#.into(),
            "center is to be two numbers",
        ),
        (
            r#"{"type": "look", "center": [0, 0], "size": [1, -1]}"#.into(),
            "size is to be two numbers, neither below 0",
        ),
    ] {
        let text: String = text;
        assert_eq!(reader().read(&text).unwrap_err().to_string(), message, "{text}");
    }
    let long = "x".repeat(1025);
    let token = ClientReader::new().read(&format!(r#"{{"type": "enter", "token": "{long}"}}"#));
    assert_eq!(token.unwrap_err().to_string(), "token is to be text of at most 1024 bytes");
}

#[test]
fn an_answer_repeats_little_of_what_was_said() {
    let long = format!("\u{1}{}", "y".repeat(4000));
    for text in [
        json!({ "type": long }),
        json!({ "type": "message", "name": long }),
        json!({ "type": "ping", long: 1 }),
    ] {
        let error = reader().read(&text.to_string()).unwrap_err().to_string();
        assert!(error.len() < 250 && !error.contains('\u{1}'), "{error}");
    }
}

#[test]
fn inputs_are_counted_for_who_does_not_count_them_and_requests_go_upwards() {
    let mut reader = reader();
    let mut seq = |text: &str| match reader.read(text) {
        Ok(ClientMessage::Input(input)) => input.seq.0,
        other => panic!("{other:?}"),
    };
    assert_eq!(seq(r#"{"type": "input"}"#), 1);
    assert_eq!(seq(r#"{"type": "input", "values": {}}"#), 2);
    assert_eq!(seq(r#"{"type": "input", "seq": 65535}"#), 65_535);
    assert_eq!(seq(r#"{"type": "input"}"#), 0);
    let mut rename = |id: u32| {
        let read = reader.read(&format!(r#"{{"type": "rename", "name": "x", "id": {id}}}"#));
        read.map_err(|error| error.to_string())
    };
    assert!(rename(5).is_ok());
    assert_eq!(rename(5), Err("id is to be above 5".to_owned()));
    assert!(rename(6).is_ok());
}
