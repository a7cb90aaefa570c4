//! The recipes for proxies: a real nginx before a real server, by the very file that is handed out.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::net::Ipv4Addr;
use std::process::Command;

use serde_json::Value;
use support::folder::Folder;
use support::https::{Body, Https};
use support::nginx::Nginx;
use support::{Client, PATIENCE, TestServer, drift};
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::message::{ClientMessage, ServerMessage};
use tickwire_protocol::record::{Head, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Error;

/// Two players, each at an address of its own.
const ONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// A server behind nginx, as the recipe has it.
fn proxied(flags: &[&str]) -> (TestServer, Nginx) {
    let server = TestServer::start(&[&["--trusted-proxy=127.0.0.1"], flags].concat());
    let nginx = Nginx::before(server.address);
    (server, nginx)
}

fn ws_url(seat: &Value) -> &str {
    seat["ws_url"].as_str().unwrap()
}

/// The status that an upgrade is refused with.
async fn refusal(https: &Https, ws_url: &str, forwarded_for: Option<&str>) -> u16 {
    match https.open_claiming(ws_url, forwarded_for).await {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        other => panic!("a refusal is due, not {other:?}"),
    }
}

#[tokio::test]
async fn players_come_in_by_nginx_and_are_told_to_stay_there() {
    let (server, nginx) = proxied(&[]);
    assert!(nginx.https.get("/").await.body.contains("<canvas"), "the demo is there");
    let seat = nginx.https.join(&drift()).await;
    let begin = format!("wss://localhost:{}/ws?token=", nginx.address.port());
    assert!(ws_url(&seat).starts_with(&begin), "{seat}");
    let mut client = Client::welcomed(nginx.https.open(ws_url(&seat)).await.unwrap()).await;
    let tick = client.frame().await.tick;
    while client.frame().await.tick == tick {}
    client.leave().await;
    server.metric_until("tickwire_sessions", 0.0).await;
}

#[tokio::test]
async fn pages_of_the_public_host_are_the_servers_own() {
    let (_server, nginx) = proxied(&[]);
    let seat = nginx.https.join(&drift()).await;
    let own = format!("https://localhost:{}", nginx.address.port());
    for (origin, status) in [(own.as_str(), 101), ("https://elsewhere.example", 403)] {
        let head = format!(
            "GET {} HTTP/1.1\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            &ws_url(&seat)[own.len() - 2..]
        );
        assert_eq!(nginx.https.upgrade(&head).await, status, "{origin}");
    }
}

#[tokio::test]
async fn connections_are_counted_to_who_is_behind_nginx() {
    let (server, nginx) = proxied(&["--limit-loopback", "--max-sessions-per-address=1"]);
    let [one, other] = [ONE, OTHER].map(|address| nginx.https.from(address));
    let first = one.enter(&drift()).await;
    let seat = one.join(&drift()).await;
    assert_eq!(refusal(&one, ws_url(&seat), None).await, 429);
    // What it claims to be does not help it.
    assert_eq!(refusal(&one, ws_url(&seat), Some("192.0.2.7")).await, 429);
    assert_eq!(refusal(&one, ws_url(&seat), Some("127.0.0.1, garbage")).await, 429);
    let second = other.enter(&drift()).await;
    first.leave().await;
    server.metric_until("tickwire_sessions", 1.0).await;
    Client::welcomed(one.open(ws_url(&seat)).await.unwrap()).await.leave().await;
    second.leave().await;
}

#[tokio::test]
async fn joins_are_counted_to_who_is_behind_nginx() {
    let (_server, nginx) = proxied(&["--limit-loopback", "--joins-per-second=1"]);
    let [one, other] = [ONE, OTHER].map(|address| nginx.https.from(address));
    for _ in 0..4 {
        one.join(&drift()).await;
    }
    let refused = one.post("/api/join", &drift()).await;
    assert!(refused.status == 429 && refused.body.contains("too_many_joins"), "{refused:?}");
    assert!(refused.head.to_lowercase().contains("retry-after: 1"), "{refused:?}");
    other.join(&drift()).await;
}

#[tokio::test]
async fn answers_that_go_on_are_passed_on_as_they_come() {
    for path in ["/stream?token=x", "/poll?token=x", "/api/events", "/api/rooms/00ff/events"] {
        let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nginx = Nginx::before(upstream.local_addr().unwrap());
        let answer = async {
            let (mut stream, _) = upstream.accept().await.unwrap();
            let request = head_of(&mut stream).await;
            assert!(request.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{request}");
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            stream
        };
        let both = async { tokio::join!(nginx.https.stream(path), answer) };
        let both = tokio::time::timeout(PATIENCE, both);
        let (mut body, mut stream) = both.await.expect("the head is passed on");
        assert!(body.head.starts_with("HTTP/1.1 200"), "{}", body.head);
        // Each is read before the next one is sent: nothing waits until there is more.
        for said in ["a", "bc"] {
            let chunk = format!("{:x}\r\n{said}\r\n", said.len());
            stream.write_all(chunk.as_bytes()).await.unwrap();
            assert_eq!(body.next().await, said.as_bytes(), "{path}");
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        assert_eq!(body.next().await, b"");
    }
}

/// Records of a stream that comes through nginx, as they come.
struct Records {
    body: Body,
    bytes: Vec<u8>,
}

impl Records {
    /// Reads on to a record of which something is wanted.
    async fn find<T>(&mut self, wanted: impl Fn(Record<'_>) -> Option<T>) -> T {
        loop {
            while let Some((record, used)) = Record::read(&self.bytes, 1 << 20).unwrap() {
                let found = wanted(record);
                self.bytes.drain(..used);
                if let Some(found) = found {
                    return found;
                }
            }
            let chunk = self.body.next().await;
            assert!(!chunk.is_empty(), "the stream goes on");
            self.bytes.extend(chunk);
        }
    }
}

#[tokio::test]
async fn a_stream_plays_through_nginx() {
    let (server, nginx) = proxied(&["--limit-loopback", "--max-sessions-per-address=1"]);
    let [one, other] = [ONE, OTHER].map(|address| nginx.https.from(address));
    let seat = one.join(&drift()).await;
    let (_, query) = ws_url(&seat).split_once('?').unwrap();
    let stream = |https: Https| async move { https.stream(&format!("/stream?{query}")).await };
    let mut records = Records { body: stream(one.clone()).await, bytes: Vec::new() };
    let key = records.find(|record| match record {
        Record::Opened { key, .. } => Some(key),
        _ => None,
    });
    let key = key.await;
    // Its address is the client's, not nginx's: it has no other session, and somebody else has one.
    assert!(stream(one.clone()).await.head.starts_with("HTTP/1.1 429"));
    other.enter(&drift()).await.leave().await;
    let mut batch = Head { key, number: 1 }.to_bytes().to_vec();
    Record::Message(&ClientMessage::Ping { nonce: 7 }.to_bytes()).write(&mut batch);
    assert_eq!(one.post_bytes("/send", &batch).await.status, 204);
    let pong = |record: Record<'_>| match record {
        Record::Message(bytes) if bytes[0] < FRAME_TAG => {
            let message = ServerMessage::from_bytes(bytes).unwrap();
            matches!(message, ServerMessage::Pong { nonce: 7, .. }).then_some(())
        }
        _ => None,
    };
    records.find(pong).await;
    let is_state = |record: Record<'_>| match record {
        Record::Message(bytes) => (bytes[0] >= FRAME_TAG).then_some(()),
        _ => None,
    };
    records.find(is_state).await;
    drop(records);
    server.metric_until("tickwire_sessions", 0.0).await;
}

/// Reads a request's head.
async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn caddy_understands_its_recipe() {
    let home = Folder::new();
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/../recipes/Caddyfile");
    let validate = Command::new("caddy")
        .args(["validate", "--adapter", "caddyfile", "--config", recipe])
        .env("HOME", home.path())
        .output();
    match validate {
        Ok(told) => {
            assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        }
        Err(error) => println!("skipped: caddy is not installed ({error})"),
    }
}
