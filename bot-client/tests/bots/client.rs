//! The client library: joining, taking in state, coming back.

use std::time::Duration;

use tickwire_bot_client::backoff::Backoff;
use tickwire_bot_client::client::Client;
use tickwire_bot_client::connection::{Incoming, Update};
use tickwire_bot_client::end::End;
use tickwire_bot_client::entry::EnterError;
use tickwire_bot_client::join::{JoinError, JoinRequest, Lobby};
use tickwire_bot_client::view::Detail;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::{Event, InputValues};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::Agreement;
use tokio::task::LocalSet;

use crate::fake_room::{schema, snapshot};
use crate::fake_server::{Close, FakeServer, Script};

/// A client whose backoff takes next to no time.
pub async fn join(server: &FakeServer) -> Result<Client, EnterError> {
    let [first, longest] = [1, 4].map(Duration::from_millis);
    join_with(server, Backoff::between(first, longest, 1)).await
}

pub async fn join_with(server: &FakeServer, backoff: Backoff) -> Result<Client, EnterError> {
    let lobby = Lobby::new(server.url().parse().unwrap());
    let request = JoinRequest {
        name: "tester".into(),
        room: Some("r".into()),
        game: Some("drift".into()),
        ..JoinRequest::default()
    };
    Client::join(lobby, request, Detail::Whole, backoff).await
}

pub async fn next_update(client: &mut Client) -> Result<Update, End> {
    loop {
        if let Incoming::Update(update) = client.next().await? {
            return Ok(update);
        }
    }
}

/// Reads until the connection ends.
pub async fn end_of(client: &mut Client) -> End {
    loop {
        if let Err(end) = client.next().await {
            return end;
        }
    }
}

pub async fn with_server<T>(script: Script, test: impl AsyncFnOnce(FakeServer) -> T) -> T {
    LocalSet::new().run_until(async { test(FakeServer::start(script).await).await }).await
}

#[tokio::test]
async fn a_replica_is_the_servers_state() {
    with_server(Script::default(), async |server| {
        let mut client = join(&server).await.unwrap();
        let first = next_update(&mut client).await.unwrap();
        assert!(first.frame.is_keyframe);
        assert!(matches!(first.frame.events[0].event, Event::Joined(_)));
        let mut checked = 0;
        while checked < 5 {
            let update = next_update(&mut client).await.unwrap();
            assert_ne!(update.agreement, Agreement::Different);
            checked += u32::from(update.agreement == Agreement::Equal);
            let replica = client.connection().view().replica().unwrap();
            let layout = Layout::new(&schema());
            let cell = replica.part(PartNumber::cell(0)).unwrap();
            assert_eq!(*cell.snapshot(), snapshot(&layout, update.frame.tick));
        }
    })
    .await;
}

#[tokio::test]
async fn inputs_are_echoed_and_frames_acknowledged() {
    with_server(Script::default(), async |server| {
        let mut client = join(&server).await.unwrap();
        let values = InputValues::new(&[5, -5]).unwrap();
        let seq = client.connection_mut().send_input(Tick(0), values).await.unwrap();
        while next_update(&mut client).await.unwrap().frame.input.is_none_or(|echo| echo.seq != seq)
        {
        }
        let mut acknowledged =
            std::pin::pin!(server.log.wait_for(|log| log.acknowledged_event == 1));
        loop {
            tokio::select! {
                () = &mut acknowledged => break,
                update = next_update(&mut client) => { update.unwrap(); }
            }
        }
        client.close().await;
        assert_eq!(server.log.entries().wrong, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_client_comes_back_to_its_room() {
    let close = Some(Close { connections: 2, after_frames: 3, code: 1012 });
    with_server(Script { close, ..Script::default() }, async |server| {
        let mut client = join(&server).await.unwrap();
        for _ in 0..2 {
            let end = end_of(&mut client).await;
            assert!(matches!(end, End::Closed { code: 1012, .. }), "{end}");
            client.reconnect(end).await.unwrap();
        }
        assert!(next_update(&mut client).await.unwrap().frame.is_keyframe);
        let joins = server.log.entries().joins;
        assert_eq!(joins.len(), 3);
        for join in joins {
            assert_eq!(join, serde_json::json!({"name": "tester", "room": "r"}));
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_whose_room_is_gone_finds_another_of_the_same_game() {
    let close = Some(Close { connections: 1, after_frames: 3, code: 1001 });
    with_server(Script { close, rooms_vanish: true, ..Script::default() }, async |server| {
        let mut client = join(&server).await.unwrap();
        let end = end_of(&mut client).await;
        client.reconnect(end).await.unwrap();
        assert_eq!(client.connection().welcome().room, "anyroom");
        let last = server.log.entries().joins.pop().unwrap();
        assert_eq!(last, serde_json::json!({"name": "tester", "game": "drift"}));
    })
    .await;
}

#[tokio::test]
async fn a_client_that_was_replaced_stays_away() {
    let close = Some(Close { connections: 9, after_frames: 1, code: 4409 });
    with_server(Script { close, ..Script::default() }, async |server| {
        let mut client = join(&server).await.unwrap();
        let end = end_of(&mut client).await;
        let error = client.reconnect(end).await.unwrap_err();
        assert!(matches!(error, EnterError::Ended(End::Closed { code: 4409, .. })), "{error}");
        assert_eq!(server.log.entries().joins.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_full_room_is_an_error_of_its_own() {
    with_server(Script { refused_joins: 1, ..Script::default() }, async |server| {
        let error = join(&server).await.unwrap_err();
        assert!(matches!(error, EnterError::Join(JoinError::RoomFull)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_frame_ends_the_connection() {
    with_server(Script { garbage: true, ..Script::default() }, async |server| {
        let mut client = join(&server).await.unwrap();
        let end = end_of(&mut client).await;
        assert!(matches!(end, End::Frame(_)), "{end}");
    })
    .await;
}

#[tokio::test]
async fn a_silent_server_is_noticed() {
    with_server(Script { mute: true, ..Script::default() }, async |server| {
        let mut client = join(&server).await.unwrap();
        let end = end_of(&mut client).await;
        assert!(matches!(end, End::Silent(_)), "{end}");
    })
    .await;
}
