//! Clients that stop reading while the server has more to say than the kernel takes: their sessions go
//! on, notice, and end with everything that is theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use futures_util::SinkExt;
use rand::RngExt;
use serde_json::json;
use support::{Client, RawSocket, TestServer};
use tickwire_protocol::ids::{EntityId, EventNumber, FrameNumber, PlayerId};
use tickwire_protocol::message::{Ack, ClientMessage};
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::registry::{GameOptions, GameRegistry, OptionError};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;
use tokio_tungstenite::tungstenite::Message;

/// Entities of eight random numbers each: some 65 KB per frame, so that a client's window of state is more
/// than the kernel takes, and less than what stops the server from reading.
const GRAINS: u32 = 2000;
const NUMBERS: u32 = 8;

/// A game that has a great deal to tell in every tick.
struct Loud {
    salt: u32,
}

impl Game for Loud {
    fn schema(&self) -> Schema {
        let number = FieldKind::Integer { min: i32::MIN / 2, max: i32::MAX / 2 };
        let grain = (0..NUMBERS)
            .fold(EntityKind::new("grain"), |kind, at| kind.field(&format!("n{at}"), number));
        Schema::new("loud").input_integer("nothing", -1, 1).entity(grain)
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}
    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn step(&mut self, context: &mut Context<'_>, _: &Inputs<'_>) {
        self.salt = context.rng().random();
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for id in 1..=GRAINS {
            let mut entity = out.entity(EntityId(id), 0);
            for at in 0..NUMBERS {
                let noise = (id * NUMBERS + at).wrapping_mul(0x9e37_79b9) ^ self.salt;
                entity.integer(noise.wrapping_mul(0x85eb_ca6b).cast_signed() >> 2);
            }
        }
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Err(RestoreError::Mismatch("it is for tests only"))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a game's factory can refuse its options")]
fn loud(_: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    Ok(Box::new(Loud { salt: 0 }))
}

fn start() -> TestServer {
    let games = GameRegistry::new().with("loud", loud);
    let flags = [
        "--default-game=loud",
        "--heartbeat-interval=100ms",
        "--heartbeat-timeout=1500ms",
        "--resume-window=200ms",
    ];
    TestServer::start_with(games, &flags)
}

async fn enter(server: &TestServer) -> RawSocket {
    let joined = server.join(json!({"name": "tester"})).await;
    // Nobody speaks before the welcome.
    Client::connect(joined["ws_url"].as_str().unwrap()).await.socket
}

#[tokio::test]
async fn a_session_goes_on_while_its_client_does_not_read() {
    let server = start();
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(enter(&server).await);
    }
    // Not a word from the client: the session, and nobody else, notices its silence.
    server.metric_until("tickwire_closes_total{cause=\"silent\"}", 5.0).await;
    // The close frames cannot get out; the connections end all the same.
    server.metric_until("tickwire_sessions", 0.0).await;
    server.room_until(|room| room["players"] == 0).await;
}

#[tokio::test]
async fn who_acknowledges_what_it_does_not_read_does_not_fill_the_memory() {
    let server = start();
    let mut socket = enter(&server).await;
    let lie = async {
        for frame in 1.. {
            let ack = Ack { frame: FrameNumber(frame), event: EventNumber(0) };
            let ack = Message::Binary(ClientMessage::Ack(ack).to_bytes().into());
            // As fast as frames are made, but not faster: what was never sent is a bad message.
            let before = server.metric("tickwire_frames_total").await;
            while server.metric("tickwire_frames_total").await == before {
                tokio::task::yield_now().await;
            }
            if socket.send(ack).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = lie => {}
        () = server.metric_until("tickwire_closes_total{cause=\"silent\"}", 1.0) => {}
    }
    let bytes = server.metric("tickwire_frame_bytes_total").await;
    assert!(bytes < 2.0e6, "{bytes} bytes were queued for it");
    server.metric_until("tickwire_sessions", 0.0).await;
}

#[tokio::test]
async fn who_talks_but_does_not_read_is_too_slow() {
    let server = start();
    let mut socket = enter(&server).await;
    let mut beats = tokio::time::interval(Duration::from_millis(50));
    let talk = async {
        loop {
            beats.tick().await;
            let ping = Message::Binary(ClientMessage::Ping { nonce: 1 }.to_bytes().into());
            if socket.send(ping).await.is_err() {
                return std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = talk => {}
        () = server.metric_until("tickwire_closes_total{cause=\"too_slow\"}", 1.0) => {}
    }
    server.metric_until("tickwire_sessions", 0.0).await;
}
