//! Coming back as the same player.

use std::time::Duration;

use tickwire_bot_client::backoff::Backoff;
use tickwire_bot_client::client::Client;
use tickwire_bot_client::end::{ConnectError, End};
use tickwire_bot_client::entry::EnterError;
use tickwire_bot_client::resume::EventOrderError;
use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::InputValues;
use tickwire_protocol::replica::Agreement;

use tokio::time::timeout;

use crate::client::{end_of, join, join_with, next_update, with_server};
use crate::fake_server::{Announcement, Close, Entries, FakeServer, LOST, Resume, Script};

/// The first so many connections are lost after some frames, and their players kept for long.
fn losing(connections: usize) -> Script {
    let close = Some(Close { connections, after_frames: 3, code: LOST });
    Script { close, resume_window_ms: 20_000, ..Script::default() }
}

/// A client whose connection is lost and who has tried to come back.
async fn come_back(server: &FakeServer) -> (Client, Result<(), EnterError>) {
    let mut client = join(server).await.unwrap();
    let end = end_of(&mut client).await;
    let result = client.reconnect(end).await;
    (client, result)
}

#[tokio::test]
async fn each_resume_is_with_the_newest_token_and_event() {
    with_server(losing(2), async |server| {
        let (mut client, result) = come_back(&server).await;
        result.unwrap();
        let end = end_of(&mut client).await;
        client.reconnect(end).await.unwrap();
        let welcome = client.connection().welcome();
        assert!(welcome.resumed.is_some());
        assert_eq!(welcome.player, PlayerId(1));
        let log = server.log.entries();
        assert_eq!(log.resumes, ["resume=r0-r&event=1", "resume=r1-r&event=2"]);
        assert_eq!(log.joins.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_resumed_connection_begins_anew_but_for_its_events() {
    with_server(losing(1), async |server| {
        let (mut client, result) = come_back(&server).await;
        result.unwrap();
        let values = InputValues::new(&[5, -5]).unwrap();
        let seq = client.connection_mut().send_input(Tick(0), values).await.unwrap();
        assert_eq!(seq, InputSeq(1));
        let first = next_update(&mut client).await.unwrap();
        assert!(first.frame.is_keyframe);
        assert_eq!(first.frame.events[0].number.0, 2);
        let mut acknowledged =
            std::pin::pin!(server.log.wait_for(|log| log.acknowledged_event == 2));
        let mut agreed = false;
        let mut is_acknowledged = false;
        while !(agreed && is_acknowledged) {
            tokio::select! {
                () = &mut acknowledged, if !is_acknowledged => is_acknowledged = true,
                update = next_update(&mut client) => {
                    let update = update.unwrap();
                    assert_ne!(update.agreement, Agreement::Different);
                    agreed |= update.agreement == Agreement::Equal;
                }
            }
        }
        client.close().await;
        assert_eq!(server.log.entries().wrong, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_was_closed_for_a_while_is_resumed_too() {
    let close = Some(Close { connections: 1, after_frames: 3, code: 4410 });
    with_server(Script { close, ..losing(0) }, async |server| {
        let (client, result) = come_back(&server).await;
        result.unwrap();
        assert!(client.connection().welcome().resumed.is_some());
    })
    .await;
}

#[tokio::test]
async fn who_is_refused_joins_again() {
    for code in [4001, 4404] {
        let script = Script { resume: Resume::Refused(code), ..losing(1) };
        with_server(script, async |server| {
            let (mut client, result) = come_back(&server).await;
            result.unwrap();
            assert!(client.connection().welcome().resumed.is_none());
            let first = next_update(&mut client).await.unwrap();
            assert_eq!(first.frame.events[0].number.0, 1);
            let log = server.log.entries();
            assert_eq!((log.resumes.len(), log.joins.len()), (1, 2), "{code}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_resume_that_is_refused_for_good_is_the_end() {
    let script = Script { resume: Resume::Refused(4411), ..losing(1) };
    with_server(script, async |server| {
        let error = come_back(&server).await.1.unwrap_err();
        assert!(error.to_string().contains("4411"), "{error}");
        assert_eq!(server.log.entries().joins.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn after_the_window_nobody_tries_to_resume() {
    // The server closes with a delay of five seconds at the least: the window is over by then.
    let close = Some(Close { connections: 1, after_frames: 3, code: 4429 });
    let script = Script { close, resume_window_ms: 1000, ..Script::default() };
    with_server(script, async |server| {
        come_back(&server).await.1.unwrap();
        let log = server.log.entries();
        assert_eq!((log.resumes.len(), log.joins.len()), (0, 2));
    })
    .await;
}

#[tokio::test]
async fn another_player_is_an_error() {
    let script = Script { resume: Resume::OtherPlayer, ..losing(1) };
    with_server(script, async |server| {
        let error = come_back(&server).await.1.unwrap_err();
        let is_told =
            matches!(error, EnterError::Connect(ConnectError::OtherPlayer { due: 1, came: 2 }));
        assert!(is_told, "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_welcome_that_resumes_nothing_is_an_error() {
    let script = Script { resume: Resume::NotResumed, ..losing(1) };
    with_server(script, async |server| {
        let error = come_back(&server).await.1.unwrap_err();
        assert!(matches!(error, EnterError::Connect(ConnectError::NotResumed)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn events_said_to_be_lost_may_be() {
    let script = Script { resume: Resume::LostEvents { said: 3, lost: 3 }, ..losing(1) };
    with_server(script, async |server| {
        let (mut client, result) = come_back(&server).await;
        result.unwrap();
        let first = next_update(&mut client).await.unwrap();
        assert_eq!(first.frame.events[0].number.0, 5);
    })
    .await;
}

#[tokio::test]
async fn events_too_many_or_too_few_are_an_error() {
    for (resume, came, due) in [
        (Resume::RepeatedEvent, 1, 2),
        (Resume::LostEvents { said: 0, lost: 1 }, 3, 2),
        (Resume::LostEvents { said: 2, lost: 1 }, 3, 4),
    ] {
        with_server(Script { resume, ..losing(1) }, async |server| {
            let (mut client, result) = come_back(&server).await;
            result.unwrap();
            let end = end_of(&mut client).await;
            let error = EventOrderError { came, due };
            assert!(matches!(end, End::Event(event) if event == error), "{resume:?}: {end}");
            assert!(client.reconnect(end).await.is_err());
        })
        .await;
    }
}

/// Joins with a backoff that takes longer than this waits: only a delay that is told is kept.
async fn come_back_as_told(announcement: Announcement, code: u16) -> (Entries, bool) {
    const HANG: Duration = Duration::from_secs(30);
    let close = Some(Close { connections: 1, after_frames: 3, code });
    let announcement = Some(announcement);
    let script = Script { close, announcement, resume_window_ms: 20_000, ..Script::default() };
    with_server(script, async |server| {
        let backoff = Backoff::between(HANG * 3, HANG * 3, 1);
        let mut client = join_with(&server, backoff).await.unwrap();
        let end = end_of(&mut client).await;
        timeout(HANG, client.reconnect(end)).await.unwrap().unwrap();
        (server.log.entries(), client.connection().welcome().resumed.is_some())
    })
    .await
}

#[tokio::test]
async fn a_server_that_restarts_says_when_to_come_back() {
    let (log, is_resumed) = come_back_as_told(Announcement::Restarting(50), 1012).await;
    assert_eq!((log.joins.len(), log.resumes.len(), is_resumed), (1, 1, true));
}

#[tokio::test]
async fn a_room_that_has_failed_is_not_resumed() {
    let (log, is_resumed) = come_back_as_told(Announcement::Failed(50), 1011).await;
    assert_eq!((log.joins.len(), log.resumes.len(), is_resumed), (2, 0, false));
}
