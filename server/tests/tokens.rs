//! What lets somebody in, and what does not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use support::{Client, TestServer, close, drift, open};
use tickwire_server::identity::{
    AuthKey, Authenticator, Claims, Denied, JoinAttempt, Keyring, TokenError,
};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER_KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

async fn refusal(url: &str) -> (u16, String) {
    close(&mut open(url).await).await
}

#[tokio::test]
async fn a_token_works_once_and_says_why_not() {
    let server = TestServer::start(&[]);
    let joined = server.join(drift()).await;
    let token = joined["token"].as_str().unwrap();
    let client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    let elsewhere = TestServer::start(&[]).join(drift()).await;
    // The first letters are those of the version.
    let forged = format!("B{}", &token[1..]);
    for (token, why) in [
        (token, "used"),
        ("", "a token is due"),
        ("0123abcd", "no token"),
        ("!", "no token"),
        (&forged, "not from this server"),
        (elsewhere["token"].as_str().unwrap(), "not from this server"),
    ] {
        let (code, text) = refusal(&format!("ws://{}/ws?token={token}", server.address)).await;
        assert_eq!(code, 4001, "{token}");
        assert!(text.contains(why), "{token}: {text}");
    }
    let (code, text) = refusal(&format!("ws://{}/ws", server.address)).await;
    assert!(code == 4001 && text.contains("a token is due"), "{text}");
    let room = server.room().await;
    assert_eq!((&room["players"], &room["free_seats"]), (&json!(1), &json!(49)), "nothing else");
    client.leave().await;
}

#[tokio::test]
async fn a_token_holds_wherever_its_key_is_known() {
    let [one, two] = [KEY, &format!("{OTHER_KEY},{KEY}")]
        .map(|keys| TestServer::start(&[&format!("--auth-key={keys}")]));
    // The room is not there, but the token is good.
    let joined = one.join(drift()).await;
    let token = joined["token"].as_str().unwrap();
    let (code, _) = refusal(&format!("ws://{}/ws?token={token}", two.address)).await;
    assert_eq!(code, 4404);
    let joined = two.join(drift()).await;
    let token = joined["token"].as_str().unwrap();
    let (code, _) = refusal(&format!("ws://{}/ws?token={token}", one.address)).await;
    assert_eq!(code, 4001, "the new key is not known here");
}

/// An application that knows its people, and whose tokens have an ending of their own.
struct Club(Keyring);

impl Authenticator for Club {
    fn admit(&self, attempt: &JoinAttempt<'_>) -> Result<(), Denied> {
        match attempt.authorization {
            Some("Bearer member") => Ok(()),
            _ => Err(Denied(format!("{} is not a member", attempt.name))),
        }
    }

    fn issue(&self, claims: &Claims) -> String {
        format!("{}.club", self.0.issue(claims))
    }

    fn verify(&self, token: &str, now: Duration) -> Result<Claims, TokenError> {
        self.0.verify(token.strip_suffix(".club").ok_or(TokenError::Malformed)?, now)
    }
}

#[tokio::test]
async fn an_application_can_decide_by_itself() {
    let keyring = Keyring::new(AuthKey::random(), []);
    let server = TestServer::start_authenticated(Arc::new(Club(keyring)), &[]);
    let (status, answer) = server.post("/api/join", json!({"name": "Eve", "game": "drift"})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer, json!({"error": "unauthorised", "message": "Eve is not a member"}));
    let request = reqwest::Client::new()
        .post(server.url("/api/join"))
        .header("authorization", "Bearer member")
        .header("content-type", "application/json")
        .body(drift().to_string());
    let joined = request.send().await.unwrap().text().await.unwrap();
    let joined: serde_json::Value = serde_json::from_str(&joined).unwrap();
    assert!(joined["token"].as_str().unwrap().ends_with(".club"), "{joined}");
    Client::connect(joined["ws_url"].as_str().unwrap()).await.leave().await;
}

#[tokio::test]
async fn only_so_many_joins_wait() {
    let server = TestServer::start(&["--max-pending-joins=2"]);
    server.join(drift()).await;
    let waiting = server.join(drift()).await;
    let (status, answer) = server.post("/api/join", drift()).await;
    assert_eq!(
        (status, &answer["error"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("too_many_pending"))
    );
    let _client = Client::connect(waiting["ws_url"].as_str().unwrap()).await;
    server.join(drift()).await;
}
