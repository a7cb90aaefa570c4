//! A room's host over real sockets: told, sends members away, closes the room, and nobody else does.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value as Json, json};
use support::{Client, PATIENCE, Received, TestServer, close_code, open, open_speaking};
use tickwire_protocol::ids::{PlayerId, RequestId};
use tickwire_protocol::message::{ClientMessage, Reply, Request, RequestKind, ServerMessage};

async fn opened(server: &TestServer, body: Json) -> Json {
    let (status, opened) = server.post("/api/rooms", body).await;
    assert_eq!(status, 201, "{opened}");
    opened
}

/// Comes in as a client of the newest version.
async fn enter(server: &TestServer, body: Json) -> Client {
    let joined = server.join(body).await;
    connect(joined["ws_url"].as_str().unwrap()).await
}

async fn connect(ws_url: &str) -> Client {
    Client::welcomed(open_speaking(ws_url, "tickwire.v1.1").await).await
}

/// Who the host is, as a client hears it next.
async fn told(client: &mut Client) -> Option<PlayerId> {
    let heard = async {
        loop {
            if let Received::Message(ServerMessage::Host { player }) = client.next().await {
                return player;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("told who the host is")
}

async fn ask(client: &mut Client, id: u32, what: RequestKind) -> Reply {
    client.send(ClientMessage::Request(Request { id: RequestId(id), what })).await;
    let answered = async {
        loop {
            if let Received::Message(ServerMessage::Answer(answer)) = client.next().await {
                return answer.outcome;
            }
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.expect("an answer")
}

fn code(reply: Reply) -> String {
    reply.unwrap_err().code
}

#[tokio::test]
async fn whoever_has_the_key_is_the_host_and_stays_it_over_a_lost_connection() {
    let server = TestServer::start(&[]);
    let room = opened(&server, json!({"game": "drift"})).await;
    let mut guest = enter(&server, json!({"room": room["room"]})).await;
    let mut host = enter(&server, json!({"host_key": room["host_key"]})).await;
    let id = host.welcome.player;
    assert_eq!((told(&mut host).await, told(&mut guest).await), (Some(id), Some(id)));
    let mut late = enter(&server, json!({"room": room["room"]})).await;
    assert_eq!(told(&mut late).await, Some(id));
    let url = format!("ws://{}/ws?event=0&resume={}", server.address, host.welcome.resume_token);
    drop(host);
    let mut host = connect(&url).await;
    assert_eq!(told(&mut host).await, Some(id));
    assert_eq!(code(ask(&mut host, 1, RequestKind::Kick { player: id }).await), "yourself");
    host.leave().await;
    assert_eq!((told(&mut guest).await, told(&mut late).await), (None, None));
    let mut next = enter(&server, json!({"host_key": room["host_key"], "spectate": true})).await;
    let next_id = next.welcome.player;
    assert_eq!((told(&mut next).await, told(&mut guest).await), (Some(next_id), Some(next_id)));
    guest.leave().await;
}

#[tokio::test]
async fn who_is_sent_away_does_not_come_back() {
    let server = TestServer::start(&["--limit-loopback", "--joins-per-second=1000"]);
    let room = opened(&server, json!({"game": "drift"})).await;
    let body = json!({"room": room["room"]});
    let mut guest = enter(&server, body.clone()).await;
    let mut host = enter(&server, json!({"host_key": room["host_key"]})).await;
    let [spare, older] = [server.join(body.clone()).await, server.join(body.clone()).await];
    let player = guest.welcome.player;
    let kick = || RequestKind::Kick { player };
    assert_eq!(code(ask(&mut guest, 1, kick()).await), "not_host");
    assert_eq!(ask(&mut host, 1, kick()).await, Ok(vec![]));
    assert_eq!(close_code(&mut guest.socket).await, 4403);
    assert_eq!(code(ask(&mut host, 2, kick()).await), "no_such_player");
    let token = &guest.welcome.resume_token;
    let url = format!("ws://{}/ws?event=0&resume={token}", server.address);
    assert_eq!(close_code(&mut open_speaking(&url, "tickwire.v1.1").await).await, 4403);
    assert_eq!(close_code(&mut open(&url).await).await, 4411, "in the words of that version");
    let spare = spare["ws_url"].as_str().unwrap();
    assert_eq!(close_code(&mut open_speaking(spare, "tickwire.v1.1").await).await, 4403);
    let older = older["ws_url"].as_str().unwrap();
    assert_eq!(close_code(&mut open(older).await).await, 4411, "likewise");
    let (status, answer) = server.post("/api/join", body).await;
    assert_eq!((status.as_u16(), &answer["error"]), (403, &json!("kicked")));
    assert_ne!(server.join(json!({"game": "drift"})).await["room"], room["room"]);
    // The host is at the same address here.
    let key = json!({"host_key": room["host_key"]});
    assert_eq!(server.join(key).await["room"], room["room"]);
}

#[tokio::test]
async fn the_host_closes_the_room_for_all() {
    let server = TestServer::start(&[]);
    let room = opened(&server, json!({"game": "drift"})).await;
    let mut guest = enter(&server, json!({"room": room["room"]})).await;
    let mut host = enter(&server, json!({"host_key": room["host_key"]})).await;
    assert_eq!(code(ask(&mut guest, 1, RequestKind::CloseRoom).await), "not_host");
    assert_eq!(ask(&mut host, 1, RequestKind::CloseRoom).await, Ok(vec![]));
    assert_eq!(close_code(&mut host.socket).await, 4411);
    assert_eq!(close_code(&mut guest.socket).await, 4411);
    assert!(server.room().await.is_null());
}

#[tokio::test]
async fn a_room_is_closed_with_its_key_from_outside() {
    let server = TestServer::start(&["--guesses-per-minute=100"]);
    let room = opened(&server, json!({"game": "drift", "private": true})).await;
    let other = opened(&server, json!({"game": "drift"})).await;
    let mut guest = enter(&server, json!({"code": room["code"]})).await;
    let [id, key, other_key] =
        [&room["room"], &room["host_key"], &other["host_key"]].map(|text| text.as_str().unwrap());
    let delete = |id: &str, authorization: Option<String>| {
        let mut request = reqwest::Client::new().delete(server.url(&format!("/api/rooms/{id}")));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        async { request.send().await.unwrap().status().as_u16() }
    };
    assert_eq!(delete(id, None).await, 401);
    assert_eq!(delete(id, Some(format!("Basic {key}"))).await, 401);
    assert_eq!(delete(id, Some("Bearer nonsense".to_owned())).await, 403);
    assert_eq!(delete(id, Some(format!("Bearer {other_key}"))).await, 403);
    assert_eq!(delete("nonsense", Some(format!("Bearer {key}"))).await, 400);
    assert_eq!(delete(id, Some(format!("Bearer {key}"))).await, 204);
    assert_eq!(close_code(&mut guest.socket).await, 4411);
    assert_eq!(delete(id, Some(format!("Bearer {key}"))).await, 404);
    assert_eq!(server.post("/api/join", json!({"code": room["code"]})).await.0, 404);
}
