//! Rooms of a cluster: where a client looks for one whose server is gone, and whom it refuses.

use std::time::Duration;

use serde_json::{Value, json};
use tickwire_bot_client::backoff::Backoff;
use tickwire_bot_client::client::Client;
use tickwire_bot_client::end::End;
use tickwire_bot_client::entry::Entry;
use tickwire_bot_client::join::{JoinRequest, Lobby, ServerUrl};
use tickwire_bot_client::view::Detail;
use tickwire_protocol::ids::PlayerId;
use tokio::task::LocalSet;
use tokio::time::timeout;

use crate::client::{end_of, next_update};
use crate::fake_server::{Close, FakeServer, LOST, Script};
use crate::swarm::{read, spawn_at};

/// Nobody waits for so long here: only what happens without a backoff is seen.
const HANG: Duration = Duration::from_secs(30);
/// Nothing listens there: it takes root to.
const NOBODY: &str = "http://127.0.0.1:1";

/// Two servers of a cluster; the first one ends its first connections after some frames.
async fn pair(connections: usize, code: u16) -> [FakeServer; 2] {
    let kept = Script { resume_window_ms: 20_000, ..Script::default() };
    let close = Some(Close { connections, after_frames: 3, code });
    [FakeServer::start(Script { close, ..kept }).await, FakeServer::start(kept).await]
}

fn url(text: &str) -> ServerUrl {
    text.parse().unwrap()
}

fn ws_url(server: &FakeServer) -> String {
    format!("ws://{}/ws", server.address())
}

/// The answer that a room is at a server.
fn at(server: &FakeServer, fence: u64) -> (u16, Value) {
    let body = json!({"room": "r", "player": 1, "ws_url": ws_url(server), "fence": fence});
    (200, body)
}

fn refused(status: u16, error: &str) -> (u16, Value) {
    (status, json!({"error": error, "message": "in words", "retry_after_ms": 60}))
}

/// A client of a server, whose user knows these.
async fn join(server: &FakeServer, given: &[&str], backoff: Backoff) -> Client {
    let request = JoinRequest {
        name: "tester".into(),
        room: Some("r".into()),
        game: Some("drift".into()),
        ..JoinRequest::default()
    };
    let lobby = Lobby::new(url(&server.url()));
    let given = given.iter().map(|&text| url(text)).collect();
    let mut entry = Entry::new(lobby, request, Detail::Whole, backoff).among(given);
    let connection = entry.attempt().await.unwrap();
    Client::new(entry, connection)
}

async fn patient(server: &FakeServer, given: &[&str]) -> Client {
    join(server, given, Backoff::between(HANG * 4, HANG * 4, 1)).await
}

/// Loses its connection and comes back.
async fn come_back(client: &mut Client) -> End {
    let end = end_of(client).await;
    let told = end.to_string();
    timeout(HANG, client.reconnect(end)).await.unwrap().unwrap();
    End::Lost(told)
}

async fn here<T>(test: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(test).await
}

#[tokio::test]
async fn a_room_that_has_moved_is_followed_at_once() {
    here(async {
        let [one, other] = pair(1, 1012).await;
        one.cluster.borrow_mut().moved = Some(ws_url(&other));
        let mut client = patient(&one, &[]).await;
        come_back(&mut client).await;
        let update = next_update(&mut client).await.unwrap();
        assert!(update.frame.is_keyframe);
        assert_eq!(client.connection().welcome().player, PlayerId(1));
        assert_eq!(other.log.entries().resumes, ["resume=r0-r&event=1"]);
        let log = one.log.entries();
        assert_eq!((log.joins.len(), log.resumes.len(), log.questions.len()), (1, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn the_servers_that_an_owner_knows_are_asked_in_turn_until_one_has_the_room() {
    here(async {
        let [one, other] = pair(1, LOST).await;
        {
            let mut cluster = one.cluster.borrow_mut();
            (cluster.fence, cluster.nodes) = (5, vec![one.url(), NOBODY.to_owned(), other.url()]);
            cluster.places = [refused(503, "room_moving")].into();
        }
        let places = [refused(503, "room_moving"), at(&other, 6)];
        other.cluster.borrow_mut().places = places.into();
        other.cluster.borrow_mut().fence = 6;
        let mut client = patient(&one, &[]).await;
        come_back(&mut client).await;
        assert_eq!(next_update(&mut client).await.unwrap().frame.fence.unwrap().0, 6);
        assert!(client.connection().welcome().resumed.is_some());
        let question = json!({"token": "r0-r"});
        assert_eq!(one.log.entries().questions, [question.clone(), question.clone()]);
        assert_eq!(other.log.entries().questions, [question.clone(), question]);
        assert_eq!(one.log.entries().joins.len(), 1);
        assert_eq!(client.take_stale_owners(), 0);
    })
    .await;
}

#[tokio::test]
async fn the_servers_that_a_user_knows_are_asked_where_no_owner_told_any() {
    here(async {
        let [one, other] = pair(1, LOST).await;
        one.cluster.borrow_mut().places = [refused(503, "shutting_down")].into();
        other.cluster.borrow_mut().places = [at(&other, 2)].into();
        let given = [one.url(), NOBODY.to_owned(), other.url()];
        let mut client = patient(&one, &given.each_ref().map(String::as_str)).await;
        come_back(&mut client).await;
        assert_eq!(other.log.entries().resumes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_owner_that_is_not_there_is_asked_for_again() {
    here(async {
        let [one, other] = pair(1, LOST).await;
        let dead = json!({"ws_url": "ws://127.0.0.1:1/ws", "fence": 1});
        one.cluster.borrow_mut().places = [(200, dead), at(&other, 2)].into();
        one.cluster.borrow_mut().nodes = vec![one.url()];
        let mut client = patient(&one, &[]).await;
        come_back(&mut client).await;
        assert_eq!(one.log.entries().questions.len(), 2);
        assert_eq!(other.log.entries().resumes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn who_asks_for_a_room_that_has_ended_joins_anew() {
    here(async {
        let [one, other] = pair(1, LOST).await;
        one.cluster.borrow_mut().nodes = vec![one.url(), other.url()];
        one.cluster.borrow_mut().places = [refused(404, "no_such_room")].into();
        let mut client = patient(&one, &[]).await;
        come_back(&mut client).await;
        assert!(client.connection().welcome().resumed.is_none());
        let log = one.log.entries();
        assert_eq!((log.joins.len(), log.resumes.len()), (2, 0));
        assert_eq!(other.log.entries().questions.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_owner_that_was_replaced_is_refused_wherever_it_shows() {
    here(async {
        let [one, other] = pair(2, LOST).await;
        let places = [at(&other, 4), at(&other, 5), at(&one, 5), at(&other, 6)];
        {
            let mut cluster = one.cluster.borrow_mut();
            (cluster.fence, cluster.nodes) = (5, vec![one.url()]);
            cluster.places = places.into();
        }
        // It tells its fence in keyframes alone, and has not heard that it was replaced.
        other.cluster.borrow_mut().fence = 4;
        let mut client = patient(&one, &[]).await;
        come_back(&mut client).await;
        assert_eq!(client.take_stale_owners(), 1, "the answer with fence 4");
        let end = client.next().await.unwrap_err();
        assert!(matches!(end, End::Stale(_)), "{end}");
        assert_eq!(client.connection().view().replica().unwrap().entity_count(), 0);
        // It has shown no state: not at once.
        let mut quick = join(&one, &[], Backoff::between(Duration::ZERO, Duration::ZERO, 1)).await;
        come_back(&mut quick).await;
        assert_eq!(other.log.entries().goodbyes, 0);
    })
    .await;
}

#[tokio::test]
async fn a_bot_that_was_refused_the_newest_owner_says_so() {
    let run = here(async {
        let [one, other] = pair(1, LOST).await;
        {
            let mut cluster = one.cluster.borrow_mut();
            (cluster.fence, cluster.nodes) = (5, vec![one.url(), other.url()]);
            cluster.places = [at(&other, 4), at(&other, 6)].into();
        }
        other.cluster.borrow_mut().places = [refused(503, "room_moving")].into();
        let flags = format!("--url {} --bots 1 --duration 2s", other.url());
        let output = spawn_at(&one.url(), &flags).wait_with_output().await.unwrap();
        assert_eq!(other.log.entries().resumes.len(), 1);
        read(&output, &one)
    })
    .await;
    run.assert(0, 1, 0);
    let numbers = ["/stale_owners", "/reconnects", "/resumed", "/desyncs"];
    assert_eq!(numbers.map(|name| run.number(name)), [1.0, 1.0, 1.0, 0.0]);
    // The other server has begun later.
    assert!(run.number("/ticks_lost") >= run.number("/ticks_taken_back"));
}
