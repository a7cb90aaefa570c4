//! Servers that refuse joins and upgrades for load.

use std::time::Duration;

use tickwire_bot_client::backoff::Backoff;
use tickwire_bot_client::client::Client;
use tickwire_bot_client::entry::MOST_ATTEMPTS;
use tickwire_bot_client::refusal::Refusal;
use tokio::time::timeout;

use crate::client::{end_of, join, join_with, next_update, with_server};
use crate::fake_server::{Busy, Close, FakeServer, LOST, Script};

/// A test that takes this long hangs.
const HANG: Duration = Duration::from_secs(30);

/// Joins with a backoff that takes longer than this waits: only a delay that is told is kept.
async fn join_as_told(server: &FakeServer) -> Client {
    let backoff = Backoff::between(HANG * 3, HANG * 3, 1);
    timeout(HANG, join_with(server, backoff)).await.unwrap().unwrap()
}

/// The first two requests are refused, and for how long is told.
const TOLD: Busy = Busy { after: 0, times: 2, status: 503, retry_after: Some(1) };
/// It is not told.
const UNTOLD: Busy = Busy { retry_after: None, ..TOLD };

#[tokio::test]
async fn a_join_is_tried_again_when_the_server_says() {
    for status in [429, 503] {
        let script = Script { busy_joins: Busy { status, ..TOLD }, ..Script::default() };
        with_server(script, async |server| {
            let mut client = join_as_told(&server).await;
            next_update(&mut client).await.unwrap();
            assert_eq!(server.log.entries().joins.len(), 3, "{status}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_join_is_tried_again_with_backoff_where_the_server_does_not_say() {
    with_server(Script { busy_joins: UNTOLD, ..Script::default() }, async |server| {
        join(&server).await.unwrap();
        assert_eq!(server.log.entries().joins.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_upgrade_is_tried_again_with_the_same_seat() {
    with_server(Script { busy_upgrades: TOLD, ..Script::default() }, async |server| {
        let mut client = join_as_told(&server).await;
        next_update(&mut client).await.unwrap();
        let log = server.log.entries();
        assert_eq!((log.joins.len(), log.upgrades.len()), (1, 3));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up_in_its_own_words() {
    for is_upgrade in [false, true] {
        let [busy, never] = [Busy { times: usize::MAX, ..UNTOLD }, Busy::default()];
        let (busy_joins, busy_upgrades) = if is_upgrade { (never, busy) } else { (busy, never) };
        with_server(Script { busy_joins, busy_upgrades, ..Script::default() }, async |server| {
            let error = join(&server).await.unwrap_err();
            let [code, message] = ["busy", "come back later"].map(str::to_owned);
            let refusal = Refusal { status: 503, code, message, retry_after: None };
            assert_eq!(error.refusal(), Some(&refusal), "{error}");
            let log = server.log.entries();
            let attempts = if is_upgrade { log.upgrades.len() } else { log.joins.len() };
            assert_eq!(attempts, MOST_ATTEMPTS as usize);
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_refused_for_another_reason_is_given_up_at_once() {
    for status in [401, 403, 404, 409, 500] {
        for is_upgrade in [false, true] {
            let [busy, never] = [Busy { status, ..TOLD }, Busy::default()];
            let (busy_joins, busy_upgrades) =
                if is_upgrade { (never, busy) } else { (busy, never) };
            with_server(
                Script { busy_joins, busy_upgrades, ..Script::default() },
                async |server| {
                    join(&server).await.unwrap_err();
                    assert_eq!(server.log.entries().joins.len(), 1, "{status}");
                },
            )
            .await;
        }
    }
}

#[tokio::test]
async fn a_resume_that_is_refused_for_load_is_tried_again_with_the_same_token() {
    for busy in [TOLD, UNTOLD] {
        let close = Some(Close { connections: 1, after_frames: 3, code: LOST });
        let busy_upgrades = Busy { after: 1, ..busy };
        let script = Script { close, busy_upgrades, resume_window_ms: 20_000, ..Script::default() };
        with_server(script, async |server| {
            let mut client = join(&server).await.unwrap();
            let end = end_of(&mut client).await;
            client.reconnect(end).await.unwrap();
            assert!(client.connection().welcome().resumed.is_some());
            let log = server.log.entries();
            assert_eq!(log.upgrades[1..], ["resume=r0-r&event=1"; 3]);
            assert_eq!(log.joins.len(), 1);
        })
        .await;
    }
}

#[tokio::test]
async fn when_the_window_has_passed_a_busy_server_is_joined_anew() {
    let close = Some(Close { connections: 1, after_frames: 3, code: LOST });
    let busy_upgrades = Busy { after: 1, ..TOLD };
    let busy_joins = Busy { after: 1, ..UNTOLD };
    // The first answer to the resume tells to wait for longer than that.
    let script =
        Script { close, busy_upgrades, busy_joins, resume_window_ms: 900, ..Script::default() };
    with_server(script, async |server| {
        let mut client = join(&server).await.unwrap();
        let end = end_of(&mut client).await;
        client.reconnect(end).await.unwrap();
        assert!(client.connection().welcome().resumed.is_none());
        let log = server.log.entries();
        let resumes = log.upgrades.iter().filter(|query| query.starts_with("resume="));
        assert_eq!((resumes.count(), log.joins.len()), (1, 4));
    })
    .await;
}
