//! Rules that panic: their room ends, its players are told so, and nobody else notices.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::cell::Cell;

use serde_json::json;
use support::interposed::{Call, Interposed};
use support::{Client, TestServer, close_code, drift, games};
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{
    ClientMessage, GameMessage, Input, InputValues, ServerMessage, Value,
};
use tickwire_protocol::schema::{MessageKind, ParamKind};
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::{GameOptions, OptionError};

/// *drift*, with rules that panic at the place that its options name, once somebody has joined.
fn broken(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    let place = options.0.get("place").cloned().unwrap_or_default();
    assert!(place != "opening", "on purpose");
    let joined = Cell::new(None);
    let before = move |call| {
        let is_there = match call {
            Call::Join(player, tick) => {
                joined.set(Some(tick));
                // Its second player breaks it, so that the first one is in.
                player.0 > 1 && place == "join"
            }
            Call::Leave => place == "leave",
            Call::Presence { is_present } => is_present && place == "presence",
            Call::Message => place == "message",
            Call::Step(tick) => {
                place == "step" && joined.get().is_some_and(|joined| tick.since(joined) > 3)
            }
            Call::Replicate => place == "replicate" && joined.get().is_some(),
            Call::View | Call::BotInput | Call::Drop => false,
        };
        assert!(!is_there, "on purpose");
    };
    let poke = MessageKind::new("poke").param("number", ParamKind::Integer { min: 0, max: 9 });
    let game = Interposed::drift("broken", &GameOptions::default(), before)?;
    Ok(Box::new(game.with_schema(|schema| schema.message(poke))))
}

/// Reads on to the word that the room has failed.
async fn failure(client: &mut Client) -> u32 {
    loop {
        if let support::Received::Message(ServerMessage::Failed { back_after_ms }) =
            client.next().await
        {
            return back_after_ms;
        }
    }
}

#[tokio::test]
async fn a_room_whose_rules_panic_is_not_opened() {
    let server = TestServer::start_with(games().with("broken", broken), &[]);
    let wanted = json!({"game": "broken", "options": {"place": "opening"}});
    let (status, answer) = server.post("/api/rooms", wanted).await;
    assert_eq!((status.as_u16(), &answer["error"]), (500, &json!("internal")));
    assert_eq!(server.metric("tickwire_rooms_failed_total").await, 1.0);
    assert_eq!(server.metric("tickwire_rooms_refused_total{cause=\"internal\"}").await, 1.0);
    server.enter(drift()).await.leave().await;
}

#[tokio::test]
async fn a_room_whose_rules_panic_ends_alone_and_says_so() {
    let server = TestServer::start_with(games().with("broken", broken), &[]);
    let mut witness = server.enter(drift()).await;
    for (count, place) in (1..).zip(["step", "message", "join", "leave", "presence", "replicate"]) {
        let opened = json!({"game": "broken", "options": {"place": place}});
        let (_, opened) = server.post("/api/rooms", opened).await;
        let room = json!({"room": opened["room"]});
        let mut victim = server.enter(room.clone()).await;
        let poke = GameMessage { kind: 0, values: vec![Value::Integer(1)] };
        match place {
            "message" => victim.send(ClientMessage::Game(poke)).await,
            // Whoever makes them panic hears of it as well.
            "join" => {
                let joined = server.join(room).await;
                let mut joiner = support::open(joined["ws_url"].as_str().unwrap()).await;
                assert_eq!(close_code(&mut joiner).await, 1011);
            }
            "presence" => {
                let other = server.enter(room).await;
                let token = other.welcome.resume_token.clone();
                drop(other);
                let url = format!("ws://{}/ws?resume={token}&event=0", server.address);
                assert_eq!(close_code(&mut support::open(&url).await).await, 1011);
            }
            "leave" => server.enter(room).await.leave().await,
            _ => {}
        }
        let back_after_ms = failure(&mut victim).await;
        assert!((250..=750).contains(&back_after_ms), "{back_after_ms}");
        assert_eq!(close_code(&mut victim.socket).await, 1011, "{place}");
        server.metric_until("tickwire_rooms_failed_total", f64::from(count)).await;
        server.metric_until("tickwire_rooms", 1.0).await;
        assert_eq!(server.room().await["game"], "drift");
    }
    let values = InputValues::new(&[10, 0]).unwrap();
    witness.send(ClientMessage::Input(Input { seq: InputSeq(1), at: Tick(0), values })).await;
    while witness.frame().await.input.is_none() {}
    server.metric_until("tickwire_sessions", 1.0).await;
}
