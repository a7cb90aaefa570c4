//! Acknowledgements, each of which the fake room holds against what the protocol asks for.

use crate::client::{join, next_update, with_server};
use crate::fake_server::Script;

/// Reads until a frame is acknowledged, and nothing else was that should not have been.
async fn read_until_acknowledged(script: Script, frame: u32) {
    with_server(script, async |server| {
        let mut client = join(&server).await.unwrap();
        let mut is_acknowledged = std::pin::pin!(server.log.wait_for(|log| {
            assert_eq!(log.wrong, Vec::<String>::new());
            log.acknowledged_frame >= frame
        }));
        loop {
            tokio::select! {
                () = &mut is_acknowledged => break,
                update = next_update(&mut client) => { update.unwrap(); }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn one_comes_with_every_so_many_frames() {
    // The first frame has an event.
    read_until_acknowledged(Script::default(), 1 + 5 * 8).await;
}

#[tokio::test]
async fn one_comes_with_every_frame_that_has_an_event() {
    for every in [1, 3, 11] {
        read_until_acknowledged(Script { event_every: Some(every), ..Script::default() }, 45).await;
    }
}

#[tokio::test]
async fn one_comes_for_the_last_frames_before_the_server_holds_back() {
    read_until_acknowledged(Script { frames: Some(4), ..Script::default() }, 4).await;
}
