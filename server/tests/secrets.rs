//! What lets somebody in is never in the log, however much is logged.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use support::process::Process;
use support::{Client, close, open};
use tickwire_protocol::ids::EventNumber;
use tickwire_protocol::message::ClientMessage;

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Letters of a token that stand for it: the signature at its end is in no other.
const TELLING: usize = 16;

struct Tokens {
    address: String,
    /// All that were seen.
    seen: Vec<String>,
}

impl Tokens {
    async fn join(&mut self, process: &Process) -> String {
        let token = process.join().await["token"].as_str().unwrap().to_owned();
        self.seen.push(token.clone());
        token
    }

    fn note(&mut self, client: &Client) -> String {
        let token = client.welcome.resume_token.clone();
        self.seen.push(token.clone());
        token
    }

    fn url(&self, query: &str) -> String {
        format!("{}/ws{query}", self.address)
    }

    /// Connects with this first message.
    async fn enter_with(&self, message: ClientMessage) -> Client {
        use futures_util::SinkExt;
        let mut socket = open(&self.url("")).await;
        socket.send(message.to_bytes().into()).await.unwrap();
        Client::welcomed(socket).await
    }

    async fn refused(&self, query: &str) -> u16 {
        close(&mut open(&self.url(query)).await).await.0
    }
}

#[tokio::test]
async fn no_token_and_no_key_is_ever_logged() {
    let key = format!("--auth-key={KEY}");
    let mut process = Process::start(&[&key, "--log=trace"]);
    let address = process.url.replace("http://", "ws://");
    let mut tokens = Tokens { address, seen: Vec::new() };

    // In, by the URL and by the first message; and not in, with a token that was used or is none.
    let token = tokens.join(&process).await;
    let by_url = Client::connect(&tokens.url(&format!("?token={token}"))).await;
    assert_eq!(tokens.refused(&format!("?token={token}")).await, 4001);
    assert_eq!(tokens.refused(&format!("?token=A{token}")).await, 4001);
    let token = tokens.join(&process).await;
    let enter = ClientMessage::Enter { token };
    let by_message = tokens.enter_with(enter.clone()).await;

    // Back, by the URL and by the first message; each replaces the connection before it.
    let resume = tokens.note(&by_url);
    let back = Client::connect(&tokens.url(&format!("?resume={resume}&event=0"))).await;
    let resume = tokens.note(&back);
    assert_eq!(tokens.refused(&format!("?resume=A{resume}")).await, 4001);
    tokens.note(&by_message);
    let token = by_message.welcome.resume_token.clone();
    drop(by_message);
    let resume = ClientMessage::Resume { token, event: EventNumber(0) };
    let again = tokens.enter_with(resume).await;
    tokens.note(&again);

    // A token where none is due, which is a bad message.
    let mut offender = back;
    offender.send(enter).await;
    assert_eq!(close(&mut offender.socket).await.0, 4400);

    process.signal("-TERM");
    assert_eq!(process.exit_code(), Some(0));
    assert!(process.log.iter().any(|line| line.contains("TRACE")), "all of it was logged");
    for secret in tokens.seen.iter().map(String::as_str).chain([KEY]) {
        let telling = &secret[secret.len() - TELLING..];
        let line = process.log.iter().find(|line| line.contains(telling));
        assert_eq!(line, None, "the log has {secret}");
    }
}
