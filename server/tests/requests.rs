//! Requests over real sockets: answers, refusals, and names that others get to see.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use serde_json::json;
use support::{Client, PATIENCE, Received, TestServer};
use tickwire_protocol::ids::RequestId;
use tickwire_protocol::message::{
    Answer, ClientMessage, Event, GameMessage, Reply, Request, RequestKind, ServerMessage, Value,
};

async fn ask(client: &mut Client, id: u32, what: RequestKind) -> Reply {
    client.send(ClientMessage::Request(Request { id: RequestId(id), what })).await;
    let answered = async {
        loop {
            if let Received::Message(ServerMessage::Answer(answer)) = client.next().await {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(PATIENCE, answered).await.expect("an answer");
    let Answer { id: RequestId(answered), outcome } = answer;
    assert_eq!(answered, id);
    outcome
}

fn say(text: &str) -> RequestKind {
    RequestKind::Game(GameMessage { kind: 0, values: vec![Value::Text(text.to_owned())] })
}

fn rename(name: &str) -> RequestKind {
    RequestKind::Rename { name: name.to_owned() }
}

#[tokio::test]
async fn the_arena_says_why_a_line_is_not_said() {
    let server = TestServer::start(&["--bots=0"]);
    let mut client = server.enter(json!({"name": "Ada"})).await;
    let code = |outcome: Reply| outcome.unwrap_err().code;
    assert_eq!(code(ask(&mut client, 1, say(" \u{202e}\n")).await), "empty");
    for id in 2..6 {
        assert_eq!(ask(&mut client, id, say("gg")).await, Ok(vec![]));
    }
    assert_eq!(code(ask(&mut client, 6, say("gg")).await), "too_fast");
    let mut spectator = server.enter(json!({"name": "Eve", "spectate": true})).await;
    assert_eq!(code(ask(&mut spectator, 1, say("gg")).await), "spectator");
    server.metric_until("tickwire_requests_total", 7.0).await;
    assert_eq!(server.metric("tickwire_requests_refused_total").await, 3.0);
}

#[tokio::test]
async fn everybody_hears_of_a_new_name_and_newcomers_see_it() {
    let server = TestServer::start(&["--bots=0"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let mut client = server.enter(json!({"name": "Ada"})).await;
    let name = "<i>Countess</i>".to_owned();
    let outcome = ask(&mut client, 1, rename(" <i>Countess</i>\u{202e} ")).await;
    assert_eq!(outcome, Ok(vec![Value::Text(name.clone())]));
    let renamed = Event::Renamed { player: client.welcome.player, name: name.clone() };
    let heard = async {
        while !witness.frame().await.events.iter().any(|received| received.event == renamed) {}
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("the witness hears of it");
    let newcomer = server.enter(json!({"name": "newcomer"})).await;
    let names: Vec<_> = newcomer.welcome.roster.iter().map(|entry| &entry.name[..]).collect();
    assert_eq!(names, ["witness", &name, "newcomer"]);
}

fn elsewhere(room: Option<&str>, game: Option<&str>) -> RequestKind {
    let [room, game] = [room, game].map(|text| text.map(str::to_owned));
    RequestKind::ChangeRoom { room, game, code: None, password: None }
}

#[tokio::test]
async fn who_asks_for_another_room_stays_until_a_seat_there_is_taken() {
    let server = TestServer::start(&["--bots=0"]);
    let mut client = server.enter(json!({"name": "Ada"})).await;
    let outcome = ask(&mut client, 1, elsewhere(None, Some("drift"))).await.unwrap();
    let [Value::Text(token), Value::Text(room)] = &outcome[..] else {
        panic!("a token and a room are due, not {outcome:?}");
    };
    client.frame().await;
    let there = Client::connect(&format!("ws://{}/ws?token={token}", server.address)).await;
    assert_eq!((&there.welcome.room, &there.welcome.schema.game[..]), (room, "drift"));
    assert_eq!(there.welcome.roster[0].name, "Ada");
    // Still in the first one, which answers as before; an earlier number is not answered.
    let request = Request { id: RequestId(1), what: elsewhere(None, None) };
    client.send(ClientMessage::Request(request)).await;
    let code = |outcome: Reply| outcome.unwrap_err().code;
    assert_eq!(
        code(ask(&mut client, 2, elsewhere(Some("0000000000"), None)).await),
        "no_such_room"
    );
    assert_eq!(code(ask(&mut client, 3, elsewhere(Some("x"), None)).await), "bad_request");
    assert_eq!(code(ask(&mut client, 4, elsewhere(None, Some("chess"))).await), "no_such_game");
    assert!(ask(&mut client, 5, rename("Countess")).await.is_ok());
}

#[tokio::test]
async fn a_number_that_was_used_is_not_answered_again_whoever_would_answer() {
    let server = TestServer::start(&["--bots=0"]);
    let mut client = server.enter(json!({"name": "Ada"})).await;
    let nowhere = || elsewhere(Some("x"), None);
    let again = |id, what| ClientMessage::Request(Request { id: RequestId(id), what });
    // The room answers the first one, and the lobby is not asked.
    assert!(ask(&mut client, 1, rename("Countess")).await.is_ok());
    client.send(again(1, nowhere())).await;
    // And the other way round. (Each asks for the answer that comes next.)
    assert!(ask(&mut client, 2, nowhere()).await.is_err());
    client.send(again(2, say("gg"))).await;
    client.send(again(1, say("gg"))).await;
    assert!(ask(&mut client, 3, say("gg")).await.is_ok());
}

#[tokio::test]
async fn one_change_of_room_is_asked_for_at_a_time() {
    let server = TestServer::start(&["--bots=0"]);
    let mut client = server.enter(json!({"name": "Ada"})).await;
    for id in 1..=20 {
        let request = Request { id: RequestId(id), what: elsewhere(None, Some("drift")) };
        client.send(ClientMessage::Request(request)).await;
    }
    let mut answers = Vec::new();
    while answers.len() < 20 {
        if let Received::Message(ServerMessage::Answer(answer)) = client.next().await {
            answers.push(answer);
        }
    }
    answers.sort_by_key(|answer| answer.id);
    assert!(answers.iter().map(|answer| answer.id.0).eq(1..=20), "each is answered once");
    assert!(answers[0].outcome.is_ok());
    let refused = answers.iter().filter_map(|answer| answer.outcome.as_ref().err());
    assert!(refused.into_iter().all(|rejection| rejection.code == "busy"));
}
