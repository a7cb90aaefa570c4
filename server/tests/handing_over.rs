//! Rooms that go from one server of a cluster to another, and the players who follow them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Instant;

use serde_json::{Value, json};
use support::folder::Folder;
use support::interposed::{Call, Interposed};
use support::store::{Store, cluster, open_room};
use support::{Client, RawSocket, Received, TestServer, close_code, open, open_speaking};
use tickwire_protocol::ids::{EventNumber, Fence, InputSeq, PlayerId, RoomId, Tick};
use tickwire_protocol::message::{
    ClientMessage, Event, Input, InputValues, Interruption, ServerMessage, ViewAge,
};
use tickwire_server::config::Durability;
use tickwire_server::identity::Lock;
use tickwire_server::journal::folder::Kind;
use tickwire_server::messages::{Depose, HandOver, Leave, Stay};
use tickwire_server::room::RoomHandle;
use tickwire_server::room::clustered::ClusterParts;
use tickwire_server::room::door::Terms;
use tickwire_server::room::taking_over::TakeOverError;
use tickwire_server::room::transfer::Transfer;
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::registry::{GameOptions, GameRegistry, OptionError};

const KEY: &str = "--auth-key=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn node(flags: &[&str]) -> (TestServer, Store) {
    let store = Store::default();
    let cluster = cluster(&store, Durability::Tick);
    cluster.nodes.set(["http://one:1".to_owned(), "http://other:2".to_owned()]);
    (TestServer::start_in(cluster, &[&[KEY], flags].concat()), store)
}

/// Somebody in a room, who knows where the cluster is.
struct Guest {
    client: Client,
    /// The newest event.
    event: EventNumber,
    tick: Tick,
    events: Vec<Event>,
    owner: Option<(Fence, usize)>,
    moved: Option<(Fence, String)>,
}

impl Guest {
    async fn enter(server: &TestServer, room: RoomId, name: &str) -> Self {
        let joined = server.join(json!({"name": name, "room": room.to_string()})).await;
        let socket = open_speaking(joined["ws_url"].as_str().unwrap(), "tickwire.v1.1").await;
        Self::welcomed(socket, EventNumber(0)).await
    }

    async fn welcomed(socket: RawSocket, event: EventNumber) -> Self {
        let client = Client::welcomed(socket).await;
        let (tick, events) = (client.welcome.tick, Vec::new());
        Self { client, event, tick, events, owner: None, moved: None }
    }

    /// Comes back to a server as the same player.
    async fn resume(self, server: &TestServer) -> Self {
        let (token, event) = (&self.client.welcome.resume_token, self.event);
        let url = format!("ws://{}/ws?resume={token}&event={}", server.address, event.0);
        let player = self.client.welcome.player;
        let guest = Self::welcomed(open_speaking(&url, "tickwire.v1.1").await, event).await;
        assert_eq!(guest.client.welcome.player, player);
        assert!(!guest.client.welcome.tick.is_after(self.tick.plus(60)), "time has not passed");
        guest
    }

    /// Takes in the next message.
    async fn read(&mut self) {
        match self.client.next().await {
            Received::Frame(frame) => {
                assert!(frame.tick.is_after(self.tick) || frame.is_keyframe);
                self.tick = frame.tick;
                for event in frame.events {
                    assert_eq!(event.number, self.event.plus(1), "each once");
                    self.event = event.number;
                    self.events.push(event.event);
                }
            }
            Received::Message(ServerMessage::Owner { fence, nodes }) => {
                self.owner = Some((fence, nodes.len()));
            }
            Received::Message(ServerMessage::Moved { fence, ws_url }) => {
                self.moved = Some((fence, ws_url));
            }
            Received::Message(_) => {}
        }
    }

    async fn frames(&mut self, count: u32) {
        let last = self.tick.plus(count);
        while last.is_after(self.tick) {
            self.read().await;
        }
    }

    async fn steer(&mut self, seq: u16) {
        let values = InputValues::new(&[90, -40]).unwrap();
        let seq = InputSeq(seq);
        let input = Input { seq, at: Tick(0), view_age: ViewAge::UNTOLD, values };
        self.client.send(ClientMessage::Input(input)).await;
    }
}

fn journal_flag(folder: &Folder) -> String {
    format!("--journal-dir={}", folder.path().display())
}

/// The journals of a folder, with the names of their files.
fn journals(folder: &Folder) -> Vec<(String, Journal)> {
    let paths = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let journals = paths.filter(|path| path.extension().is_some_and(|end| end == "journal"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, Journal::read(std::fs::read(path).unwrap()).unwrap())
    };
    journals.map(read).collect()
}

async fn hand_over(room: &RoomHandle) -> Option<Transfer> {
    let transfer = room.address.send(HandOver).await.unwrap()?;
    Some(Transfer::from_bytes(&transfer.to_bytes()).unwrap())
}

async fn leave(room: &RoomHandle, to: &TestServer, fence: Fence) {
    let ws_url = format!("ws://{}/ws", to.address);
    room.address.send(Leave { ws_url, fence }).await.unwrap();
}

#[tokio::test]
async fn players_follow_their_room_and_nothing_is_lost() {
    let folder = Folder::new();
    let ((here, store), (there, other)) = (node(&[&journal_flag(&folder)]), node(&[]));
    let room = open_room(&here, "drift", Terms::default());
    let mut one = Guest::enter(&here, room.id, "one").await;
    let mut old = here.join(json!({"name": "old", "room": room.id.to_string()})).await;
    let mut old = Client::connect(old["ws_url"].take().as_str().unwrap()).await;
    one.steer(1).await;
    one.frames(10).await;
    assert_eq!(one.owner, Some((Fence(1), 2)));
    old.frame().await;
    let x_before = room.board.read().tick;
    let transfer = hand_over(&room).await.unwrap();
    assert_eq!((transfer.room().unwrap(), transfer.game()), (room.id, "drift"));
    let taken = there.opener.take_over(transfer, Fence(2)).unwrap();
    leave(&room, &there, Fence(2)).await;
    while one.moved.is_none() {
        one.read().await;
    }
    assert_eq!(one.moved, Some((Fence(2), format!("ws://{}/ws", there.address))));
    assert_eq!(close_code(&mut one.client.socket).await, 1012);
    assert_eq!(close_code(&mut old.socket).await, 1012, "without a word that it does not know");
    assert!(here.directory.find(room.id).is_none());
    assert_eq!(store.newest().2, Some(false), "the match is not over");

    let mut one = one.resume(&there).await;
    assert_eq!(one.client.welcome.resumed.unwrap().lost_events, 0);
    let token = &old.welcome.resume_token;
    let url = format!("ws://{}/ws?resume={token}&event=0", there.address);
    let old = Client::connect(&url).await;
    one.frames(20).await;
    assert_eq!(one.owner, Some((Fence(2), 2)));
    assert!(!one.events.iter().any(|event| matches!(event, Event::Interrupted { .. })));
    assert!(taken.board.read().tick >= x_before);
    assert_eq!((taken.fence, old.welcome.room), (Fence(2), room.id.to_string()));
    assert_eq!(other.newest().1, Fence(2));
    here.metric_until("tickwire_rooms_handed_over_total", 1.0).await;
    there.metric_until("tickwire_rooms_taken_over_total", 1.0).await;
    // The file has an end, which says where the match is.
    drop(here);
    let [(_, journal)] = &journals(&folder)[..] else { panic!("one journal") };
    assert_eq!(journal.end().unwrap().reason, "the room went to another server");
}

#[tokio::test]
async fn a_room_that_was_refused_goes_on_as_if_nothing_was() {
    let (here, _) = node(&[]);
    let room = open_room(&here, "drift", Terms::default());
    let mut one = Guest::enter(&here, room.id, "one").await;
    one.frames(5).await;
    let waiting = here.join(json!({"name": "late", "room": room.id.to_string()})).await;
    assert!(hand_over(&room).await.is_some());
    assert!(hand_over(&room).await.is_none(), "once is enough");
    let frozen = room.board.read().tick;
    // Nobody comes in meanwhile, or back.
    let late = waiting["ws_url"].as_str().unwrap();
    assert_eq!(close_code(&mut open(late).await).await, 1012);
    let url =
        format!("ws://{}/ws?resume={}&event=0", here.address, one.client.welcome.resume_token);
    assert_eq!(close_code(&mut open(&url).await).await, 1012);
    let (status, _) =
        here.post("/api/join", json!({"name": "later", "room": room.id.to_string()})).await;
    assert_eq!(status, 409);
    assert_eq!(room.board.read().tick, frozen);
    room.address.send(Stay).await.unwrap();
    one.frames(30).await;
    let mut other = Guest::enter(&here, room.id, "other").await;
    other.frames(5).await;
    assert!(!one.events.iter().any(|event| matches!(event, Event::Interrupted { .. })));
}

#[tokio::test]
async fn a_rooms_door_comes_along() {
    let ((here, _), (there, _)) = (node(&[]), node(&[]));
    let title = Some("Zoë's".to_owned());
    let terms = Terms { title, is_private: true, lock: Some(Lock::new("open sesame").unwrap()) };
    let room = open_room(&here, "drift", terms);
    let address = "192.0.2.7".parse().unwrap();
    room.door.keep_out(address, Instant::now());
    let transfer = hand_over(&room).await.unwrap();
    let taken = there.opener.take_over(transfer, Fence(2)).unwrap();
    assert_eq!(taken.door.title(), Some("Zoë's"));
    assert_eq!((taken.door.is_private(), taken.door.code()), (true, room.door.code()));
    assert!(taken.door.lock().unwrap().opens_with("open sesame"));
    assert!(taken.door.keeps_out(address, Instant::now()));
    let found = there.directory.find_by_code(room.door.code().unwrap()).unwrap();
    assert_eq!(found.id, room.id);
}

#[tokio::test]
async fn what_cannot_go_on_is_refused() {
    let ((here, _), (there, _)) = (node(&[]), node(&["--max-rooms=1"]));
    let room = open_room(&here, "drift", Terms::default());
    let transfer = hand_over(&room).await.unwrap();
    let refused = here.opener.take_over(transfer.clone(), Fence(2)).map(drop);
    assert!(matches!(refused, Err(TakeOverError::Here(id)) if id == room.id), "{refused:?}");
    let taken = there.opener.take_over(transfer, Fence(2)).unwrap();
    let other = open_room(&here, "drift", Terms::default());
    let transfer = hand_over(&other).await.unwrap();
    let refused = there.opener.take_over(transfer, Fence(2)).map(drop);
    assert!(matches!(refused, Err(TakeOverError::Place(_))), "{refused:?}");
    // Bytes that are none.
    let bytes = hand_over(&taken).await.unwrap().to_bytes();
    for damaged in [&[][..], &bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
        assert!(Transfer::from_bytes(damaged).is_err());
    }
    // A server that has another choice of games.
    let games = GameRegistry::new().with(tickwire_arena::NAME, tickwire_arena::create);
    let elsewhere = TestServer::start_with(games, &[]);
    let refused = elsewhere.opener.take_over(Transfer::from_bytes(&bytes).unwrap(), Fence(3));
    assert!(matches!(refused.map(drop), Err(TakeOverError::Game(_))));
}

#[tokio::test]
async fn what_waited_to_be_kept_is_told_before_the_room_is_gone() {
    let ((here, store), (there, _)) = (node(&[]), node(&[]));
    let room = open_room(&here, "drift", Terms::default());
    let mut one = Guest::enter(&here, room.id, "one").await;
    one.frames(10).await;
    store.fall_silent();
    let batches = store.newest().0;
    // Told as soon as it is kept, which nobody says.
    let late = here.join(json!({"name": "late", "room": room.id.to_string()})).await;
    let late = open_speaking(late["ws_url"].as_str().unwrap(), "tickwire.v1.1").await;
    store.batches_from(batches + 8).await;
    let transfer = hand_over(&room).await.unwrap();
    there.opener.take_over(transfer, Fence(2)).unwrap();
    leave(&room, &there, Fence(2)).await;
    let mut guests = [one, Guest::welcomed(late, EventNumber(0)).await];
    for guest in &mut guests {
        while guest.moved.is_none() {
            guest.read().await;
        }
    }
    let [one, late] = guests;
    let joined =
        |events: &[Event]| events.iter().filter(|event| matches!(event, Event::Joined(_))).count();
    let told = joined(&one.events);
    let (mut one, mut late) = (one.resume(&there).await, late.resume(&there).await);
    one.frames(10).await;
    late.frames(10).await;
    assert_eq!(told + joined(&one.events), 1, "each event once, here or there");
}

/// *drift* with rules that panic when somebody's connection is lost.
fn broken(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    let before =
        |call| assert!(!matches!(call, Call::Presence { is_present: false }), "on purpose");
    Ok(Box::new(Interposed::drift("drift", options, before)?))
}

#[tokio::test]
async fn rules_that_panic_refuse_a_room_and_harm_nobody_else() {
    let (here, _) = node(&[]);
    let there = TestServer::start_with(
        GameRegistry::new().with("drift", broken),
        &[KEY, "--default-game=drift"],
    );
    let mut witness = there.enter(json!({"name": "witness", "game": "drift"})).await;
    let room = open_room(&here, "drift", Terms::default());
    let mut one = Guest::enter(&here, room.id, "one").await;
    one.frames(5).await;
    let transfer = hand_over(&room).await.unwrap();
    let refused = there.opener.take_over(transfer, Fence(2)).map(drop);
    assert!(matches!(refused, Err(TakeOverError::Rules)), "{refused:?}");
    assert!(there.directory.find(room.id).is_none());
    witness.frame().await;
    room.address.send(Stay).await.unwrap();
    one.frames(10).await;
}

#[tokio::test]
async fn a_room_goes_on_from_what_was_kept_of_it() {
    let folder = Folder::new();
    let ((here, store), (there, _)) = (node(&[&journal_flag(&folder)]), node(&[]));
    let room = open_room(&here, "drift", Terms { is_private: true, ..Terms::default() });
    let code = room.door.code().unwrap().to_string();
    let joined: Value = here.join(json!({"name": "one", "code": code})).await;
    let socket = open_speaking(joined["ws_url"].as_str().unwrap(), "tickwire.v1.1").await;
    let mut one = Guest::welcomed(socket, EventNumber(0)).await;
    one.frames(40).await;
    // It seems dead, and is not.
    room.address.send(Depose).await.unwrap();
    assert_eq!(close_code(&mut one.client.socket).await, 1012);
    assert!(here.directory.find(room.id).is_none());
    here.metric_until("tickwire_rooms_deposed_total", 1.0).await;
    let (batches, _, closed) = store.newest();
    assert_eq!(closed, None, "it says nothing more");

    let go_on = |id| there.opener.go_on(store.journal(), id, Kind::Private, Fence(2));
    let refused = go_on(RoomId::from_bits(1)).map(drop);
    assert!(matches!(refused, Err(TakeOverError::OtherRoom(_))), "{refused:?}");
    let taken = go_on(room.id).unwrap();
    assert!(matches!(go_on(room.id).map(drop), Err(TakeOverError::Here(_))));
    assert_eq!(taken.door.code(), room.door.code());
    assert!(taken.board.read().tick >= one.tick.0, "what somebody has seen is there");
    let mut one = one.resume(&there).await;
    one.frames(10).await;
    let interrupted =
        |event: &Event| matches!(event, Event::Interrupted { cause: Interruption::Server });
    assert!(one.events.iter().any(interrupted), "{:?}", one.events);
    let joined: Value = there.join(json!({"name": "other", "code": code})).await;
    assert!(joined["player"].as_u64().unwrap() > u64::from(PlayerId(1).0));
    assert_eq!(store.newest().0, batches);
    // Of the file nobody makes the match once more.
    drop(here);
    let [(name, journal)] = &journals(&folder)[..] else { panic!("one journal") };
    assert_eq!(journal.end(), None);
    assert!(name.ends_with("-cut.journal"), "{name}");
}

#[tokio::test]
async fn everybody_is_told_when_the_nodes_change() {
    let cluster = ClusterParts { is_alone: false, ..ClusterParts::none() };
    let nodes = cluster.nodes.clone();
    let server = TestServer::start_in(cluster, &[]);
    let room = open_room(&server, "drift", Terms::default());
    let mut one = Guest::enter(&server, room.id, "one").await;
    one.frames(3).await;
    assert_eq!(one.owner, Some((Fence(1), 0)));
    nodes.set(["http://a:1", "http://b:1", "http://c:1"].map(str::to_owned));
    while one.owner != Some((Fence(1), 3)) {
        one.read().await;
    }
    // A room of no cluster has none.
    let mut alone = server.enter(json!({"name": "alone", "game": "arena"})).await;
    for _ in 0..5 {
        assert!(!matches!(alone.next().await, Received::Message(ServerMessage::Owner { .. })));
    }
}
