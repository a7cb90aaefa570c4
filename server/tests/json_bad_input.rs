//! What is said wrong in text: an answer that says what to change, an end for who goes on and on, and nothing
//! for anybody else to notice.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::SinkExt;
use serde_json::json;
use support::text::TextClient;
use support::{Client, TestServer, close, close_code, drift, tcp};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

/// Reads on as somebody whose frames must not miss a tick, nor begin anew.
async fn watch_every_tick(witness: &mut Client) {
    let mut last = witness.frame().await.tick;
    loop {
        let frame = witness.frame().await;
        assert_eq!(frame.tick.since(last), 1, "the witness has missed something");
        last = frame.tick;
    }
}

#[tokio::test]
async fn each_fault_is_answered_and_the_connection_lives_on() {
    let server = TestServer::start(&["--bots=2"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let deep = format!("{}{}", "{\"a\":".repeat(500), "}".repeat(500));
    let wide = format!("{{\"type\": \"ping\", \"x\": [{}]}}", "1,".repeat(1500) + "1");
    let say = |text: &str| {
        json!({"type": "message", "name": "say", "values": {"text": text}}).to_string()
    };
    let faults = [
        ("no JSON", "hello".to_owned(), "bad_json"),
        ("nothing", String::new(), "bad_json"),
        ("half of a message", "{\"type\": \"ping\"".to_owned(), "bad_json"),
        ("two messages", r#"{"type":"ping"} {"type":"ping"}"#.to_owned(), "bad_json"),
        ("half of a character", r#"{"type": "\ud800"}"#.to_owned(), "bad_json"),
        ("NaN", r#"{"type": "input", "values": {"turn": NaN}}"#.to_owned(), "bad_json"),
        ("a list", "[]".to_owned(), "not_an_object"),
        ("too deep", deep, "too_deep"),
        ("a long list of brackets", "[".repeat(4096), "too_deep"),
        ("a key twice", r#"{"type": "ping", "type": "ping"}"#.to_owned(), "duplicate_key"),
        (
            "a value twice",
            r#"{"type": "input", "values": {"turn": 1, "turn": 2}}"#.to_owned(),
            "duplicate_key",
        ),
        ("an unknown type", r#"{"type": "dance"}"#.to_owned(), "unknown_type"),
        ("a type of the server's", r#"{"type": "welcome"}"#.to_owned(), "unknown_type"),
        ("a type that is a number", r#"{"type": 7}"#.to_owned(), "bad_value"),
        ("no type", "{}".to_owned(), "missing_field"),
        ("an unknown field", wide, "unknown_field"),
        (
            "an unknown input",
            r#"{"type": "input", "values": {"fly": 1}}"#.to_owned(),
            "unknown_field",
        ),
        (
            "an input out of range",
            r#"{"type": "input", "values": {"turn": 128}}"#.to_owned(),
            "bad_value",
        ),
        (
            "an input that is text",
            r#"{"type": "input", "values": {"turn": "1"}}"#.to_owned(),
            "bad_value",
        ),
        (
            "an unknown message",
            r#"{"type": "message", "name": "dance"}"#.to_owned(),
            "unknown_message",
        ),
        (
            "a message without its text",
            r#"{"type": "message", "name": "say"}"#.to_owned(),
            "missing_field",
        ),
        ("a line that is too long", say(&"x".repeat(121)), "bad_value"),
        (
            "a request without a number",
            r#"{"type": "rename", "name": "x"}"#.to_owned(),
            "missing_field",
        ),
        (
            "a view without end",
            r#"{"type": "look", "center": [0, 1e39], "size": [1, 1]}"#.to_owned(),
            "bad_value",
        ),
        ("a token", r#"{"type": "enter", "token": "x"}"#.to_owned(), "already_in"),
    ];
    let going_on = async {
        let mut client = TextClient::enter(&server, json!({"name": "clumsy"})).await;
        for (what, text, code) in faults {
            client.say_text(&text).await;
            let error = client.told("error").await;
            assert_eq!(error["code"], code, "{what}");
            assert!(!error["message"].as_str().unwrap().is_empty());
            // In between something sound, which ends the row.
            client.say(json!({"type": "ping", "nonce": 5})).await;
            assert_eq!(client.told("pong").await["nonce"], 5, "after {what}");
        }
        client.socket.send(Message::Binary(vec![2, 7].into())).await.unwrap();
        assert_eq!(client.told("error").await["code"], "binary");
        client.told("state").await;
        // Pongs that answer nothing acknowledge nothing.
        for pong in [vec![], vec![1; 3], vec![0xff; 4], vec![0x7f; 125]] {
            client.socket.send(Message::Pong(pong.into())).await.unwrap();
        }
        client.told("state").await;
        client.told("state").await;
    };
    tokio::select! {
        () = going_on => {}
        () = watch_every_tick(&mut witness) => {}
    }
    assert_eq!(server.metric("tickwire_closes_total{cause=\"bad_message\"}").await, 0.0);
}

#[tokio::test]
async fn fragments_of_text_are_put_together() {
    let server = TestServer::start(&[]);
    let mut client = TextClient::enter(&server, drift()).await;
    let text = "{\"type\": \"rename\", \"name\": \"Zo\u{eb}\", \"id\": 1}".as_bytes();
    // In the middle of a character, and with a ping of the client's in between.
    let cut = text.iter().position(|&byte| byte == 0xc3).unwrap() + 1;
    let frame = |first: u8, payload: &[u8]| {
        [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
    };
    let frames =
        [frame(0x01, &text[..cut]), frame(0x89, b"hi"), frame(0x80, &text[cut..])].concat();
    tcp(&mut client.socket).write_all(&frames).await.unwrap();
    assert_eq!(client.told("answer").await["values"], json!(["Zoë"]));
    let binary = [frame(0x02, &[2]), frame(0x80, &[7])].concat();
    tcp(&mut client.socket).write_all(&binary).await.unwrap();
    assert_eq!(client.told("error").await["code"], "binary");
}

#[tokio::test]
async fn what_is_too_long_or_no_text_ends_the_connection() {
    let server = TestServer::start(&["--bots=2"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let raw = |first: u8, payload: &[u8]| {
        [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
    };
    let long = format!("{{\"type\": \"{}\"}}", "x".repeat(4096));
    let mut fragments = raw(0x01, b"{");
    fragments.extend(raw(0x00, b" ").repeat(64));
    let offences = [
        ("a message that is too long", None, 1009),
        ("too many fragments", Some(fragments), 1009),
        ("text that is not UTF-8", Some(raw(0x81, &[0xff])), 1007),
        ("the same in fragments", Some([raw(0x01, &[0xff]), raw(0x80, &[])].concat()), 1007),
        ("half a character", Some([raw(0x01, &[0xc3]), raw(0x80, &[])].concat()), 1007),
        ("reserved bits", Some(raw(0xf1, b"{}")), 1002),
        ("a continuation of nothing", Some(raw(0x80, b"{}")), 1002),
    ];
    let offending = async {
        for (what, bytes, code) in offences {
            let mut client = TextClient::enter(&server, json!({"name": "offender"})).await;
            match bytes {
                Some(bytes) => tcp(&mut client.socket).write_all(&bytes).await.unwrap(),
                None => client.say_text(&long).await,
            }
            assert_eq!(close_code(&mut client.socket).await, code, "{what}");
        }
    };
    tokio::select! {
        () = offending => {}
        () = watch_every_tick(&mut witness) => {}
    }
}

#[tokio::test]
async fn who_goes_on_and_on_is_cut_off() {
    let server = TestServer::start(&["--bots=2"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let flooding = async {
        let mut client = TextClient::enter(&server, json!({"name": "clumsy"})).await;
        for _ in 0..19 {
            client.say_text("nonsense").await;
        }
        client.say(json!({"type": "ping"})).await;
        client.told("pong").await;
        for _ in 0..20 {
            client.say_text("nonsense").await;
        }
        let (code, _) = close(&mut client.socket).await;
        assert_eq!(code, 4429, "twenty in a row");
        for flood in [Message::text(r#"{"type":"ping"}"#), Message::Pong("made up".into())] {
            let mut client = TextClient::enter(&server, json!({"name": "flood"})).await;
            for _ in 0..1000 {
                let _ = client.socket.send(flood.clone()).await;
            }
            assert_eq!(close_code(&mut client.socket).await, 4429);
        }
    };
    tokio::select! {
        () = flooding => {}
        () = watch_every_tick(&mut witness) => {}
    }
}
