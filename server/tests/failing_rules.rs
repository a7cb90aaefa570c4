//! Rules that panic: their room is made anew, or it ends, its players are told so, and nobody else notices.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::cell::Cell;

use serde_json::json;
use support::interposed::{Call, Interposed};
use support::{Client, TestServer, close_code, drift, games};
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{
    ClientMessage, Event, GameMessage, Input, InputValues, Interruption, ServerMessage, Value,
    ViewAge,
};
use tickwire_protocol::schema::{MessageKind, ParamKind};
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::{GameOptions, OptionError};

/// *drift* in a world of many cells, with rules that panic at the places that its options name, such as
/// `step+drop`, once somebody has joined.
fn broken(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    let places = options.0.get("place").cloned().unwrap_or_default();
    let is_broken = move |place| places.split('+').any(|broken| broken == place);
    assert!(!is_broken("opening"), "on purpose");
    let newest = Cell::new(None);
    let before = move |call| {
        let is_there = match call {
            Call::Join(player, tick) => {
                newest.set(Some((player, tick)));
                // Its second player breaks it, so that the first one is in.
                player.0 > 1 && is_broken("join")
            }
            Call::Leave => is_broken("leave"),
            Call::Presence { is_present } => is_present && is_broken("presence"),
            Call::Message => is_broken("message"),
            Call::Step(tick) => {
                newest.get().is_some_and(|(_, joined)| tick.since(joined) > 3) && is_broken("step")
            }
            Call::Replicate => newest.get().is_some() && is_broken("replicate"),
            Call::View => is_broken("view"),
            // The bot is the room's first player.
            Call::BotInput => {
                newest.get().is_some_and(|(player, _)| player.0 > 1) && is_broken("bot")
            }
            Call::Drop => is_broken("drop"),
        };
        assert!(!is_there, "on purpose");
    };
    let world = GameOptions([("world".to_owned(), "8000x8000".to_owned())].into());
    let poke = MessageKind::new("poke").param("number", ParamKind::Integer { min: 0, max: 9 });
    let game = Interposed::drift("broken", &world, before)?;
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

/// Opens a room whose rules panic there, and says how to join it.
async fn open_room(server: &TestServer, place: &str) -> serde_json::Value {
    let wanted = json!({"game": "broken", "options": {"place": place}});
    let (_, opened) = server.post("/api/rooms", wanted).await;
    json!({"room": opened["room"]})
}

/// The room ends with the word to its player, as the server's failure of this number, and the witness's
/// room is the only one that is left.
async fn expect_failed_alone(server: &TestServer, victim: &mut Client, failures: u32) {
    let back_after_ms = failure(victim).await;
    assert!((250..=750).contains(&back_after_ms), "{back_after_ms}");
    assert_eq!(close_code(&mut victim.socket).await, 1011);
    server.metric_until("tickwire_rooms_failed_total", failures.into()).await;
    server.metric_until("tickwire_rooms", 1.0).await;
    assert_eq!(server.room().await["game"], "drift");
}

/// The witness's room still takes inputs in.
async fn expect_undisturbed(witness: &mut Client) {
    let values = InputValues::new(&[10, 0]).unwrap();
    let seq = InputSeq(1);
    witness
        .send(ClientMessage::Input(Input { seq, at: Tick(0), view_age: ViewAge::UNTOLD, values }))
        .await;
    while witness.frame().await.input.is_none() {}
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
    let places = ["step", "join", "leave", "presence", "replicate", "view", "step+drop"];
    for (count, place) in (1..).zip(places) {
        let room = open_room(&server, place).await;
        let mut victim = server.enter(room.clone()).await;
        match place {
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
        expect_failed_alone(&server, &mut victim, count).await;
    }
    expect_undisturbed(&mut witness).await;
    server.metric_until("tickwire_sessions", 1.0).await;
}

#[tokio::test]
async fn a_room_whose_rules_panic_at_a_message_goes_on_without_it() {
    let server = TestServer::start_with(games().with("broken", broken), &[]);
    let room = open_room(&server, "message").await;
    let mut other = server.enter(room.clone()).await;
    let mut culprit = server.enter(room).await;
    let poke = GameMessage { kind: 0, values: vec![Value::Integer(1)] };
    culprit.send(ClientMessage::Game(poke)).await;
    let interrupted = Event::Interrupted { cause: Interruption::Rules };
    for client in [&mut culprit, &mut other] {
        loop {
            let frame = client.frame().await;
            if frame.events.iter().any(|received| received.event == interrupted) {
                assert!(frame.is_keyframe);
                break;
            }
        }
    }
    assert_eq!(server.metric("tickwire_rooms_mended_total").await, 1.0);
    assert_eq!(server.metric("tickwire_rooms_failed_total").await, 0.0);
    expect_undisturbed(&mut other).await;
}

#[tokio::test]
async fn a_room_whose_bots_rules_panic_ends_alone_and_says_so() {
    let flags = ["--default-game=broken", "--bots=1", "--room-threads=1"];
    let server = TestServer::start_with(games().with("broken", broken), &flags);
    let mut witness = server.enter(drift()).await;
    let room = open_room(&server, "bot").await;
    let mut victim = server.enter(room).await;
    expect_failed_alone(&server, &mut victim, 1).await;
    expect_undisturbed(&mut witness).await;
}

#[tokio::test]
async fn a_room_whose_game_panics_as_it_is_dropped_disturbs_nobody() {
    let flags = ["--room-threads=1", "--empty-room-timeout=1s"];
    let mut server = TestServer::start_with(games().with("broken", broken), &flags);
    let mut witness = server.enter(drift()).await;
    let room = open_room(&server, "drop").await;
    server.enter(room).await.leave().await;
    server.metric_until("tickwire_rooms", 1.0).await;
    expect_undisturbed(&mut witness).await;
    // The thread that it was on takes further rooms, and ends like any other.
    let room = open_room(&server, "drop").await;
    let mut other = server.enter(room).await;
    other.frame().await;
    server.begin_shutdown();
    assert_eq!(close_code(&mut other.socket).await, 1012);
    assert_eq!(close_code(&mut witness.socket).await, 1012);
}
