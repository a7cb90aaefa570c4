//! A connection over plain HTTP (PROTOCOL.md, section 20): one task brings what the server sends, another
//! one takes it what the client says.
//!
//! ```text
//! down: GET /stream, or POST /poll again and again → records → Heard
//! up:   messages ─→ batches: one under way, what comes meanwhile waits for the next → POST /send
//! ```

mod down;
mod requests;
mod up;

use bytes::Bytes;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::record::SessionKey;
use tickwire_protocol::version::Subprotocol;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::carrier::Heard;
use crate::dial::Dial;
use crate::end::{ConnectError, End};
use down::Down;
use requests::{Requests, Target};
use up::Up;

/// What may wait to be read here, in records: what comes after it waits in the kernel.
const MOST_HEARD: usize = 64;
/// What may wait to be sent, in messages: some seconds of a busy client.
const MOST_SAID: usize = 1024;

/// Where a server's words go, and how they end.
type Hearing = mpsc::Sender<Result<Heard, End>>;

/// A connection over HTTP. Its tasks end with it.
#[derive(Debug)]
pub(crate) struct OverHttp {
    heard: mpsc::Receiver<Result<Heard, End>>,
    said: mpsc::Sender<Said>,
    tasks: JoinSet<()>,
}

/// What a client says.
#[derive(Debug)]
enum Said {
    Message(Vec<u8>),
    Goodbye,
}

impl OverHttp {
    /// Opens a session whose messages come as one long answer.
    pub(crate) async fn stream(ws_url: &str, dial: &Dial) -> Result<Self, ConnectError> {
        let target = Target::of(ws_url)?;
        let mut requests = Requests::new(&target, dial);
        let path = target.path("stream", Subprotocol::ALL[0].name());
        let body = requests.get(&path).await?;
        Ok(Self::begin(Down::Stream { body, _requests: requests }, &target, dial))
    }

    /// Opens a session that is asked for its messages.
    pub(crate) async fn poll(ws_url: &str, dial: &Dial) -> Result<Self, ConnectError> {
        let target = Target::of(ws_url)?;
        let mut requests = Requests::new(&target, dial);
        let path = target.path("poll", Subprotocol::ALL[0].name());
        let first = requests.post(&path, Bytes::new()).await?;
        Ok(Self::begin(Down::Poll { first, requests }, &target, dial))
    }

    fn begin(down: Down, target: &Target, dial: &Dial) -> Self {
        let (hearing, heard) = mpsc::channel(MOST_HEARD);
        let (said, saying) = mpsc::channel(MOST_SAID);
        let (tell_key, key) = watch::channel(None::<SessionKey>);
        let mut tasks = JoinSet::new();
        let up = Up::new(Requests::new(target, dial), saying, key);
        let (ends, ending) = (hearing.clone(), up.run());
        tasks.spawn(async move {
            if let Err(end) = ending.await {
                let _ = ends.send(Err(end)).await;
            }
        });
        tasks.spawn(async move {
            let Err(end) = down.run(&hearing, &tell_key).await;
            let _ = hearing.send(Err(end)).await;
        });
        Self { heard, said, tasks }
    }

    pub(crate) async fn next(&mut self) -> Result<Heard, End> {
        let ended = || Err(End::Lost("the connection is over".to_owned()));
        self.heard.recv().await.unwrap_or_else(ended)
    }

    pub(crate) async fn send(&mut self, message: Vec<u8>) -> Result<(), End> {
        match self.said.try_send(Said::Message(message)) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                Err(End::Lost(format!("the server has not taken {MOST_SAID} messages")))
            }
            // Why is heard, behind what came before.
            Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }

    pub(crate) async fn close(mut self) {
        if self.said.send(Said::Goodbye).await.is_ok() {
            while self.next().await.is_ok() {}
        }
    }

    pub(crate) fn cut(&mut self) {
        self.tasks.abort_all();
    }
}

/// The code that a client leaves with.
const GOODBYE: u16 = CloseReason::Normal.code();

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_not_heard_any_more_hears_all_that_came_before_the_end() {
        let (hearing, heard) = mpsc::channel(2);
        let (said, _) = mpsc::channel(1);
        let mut http = OverHttp { heard, said, tasks: JoinSet::new() };
        hearing.send(Ok(Heard::Other { wire_bytes: 1 })).await.unwrap();
        let end = End::Closed { code: 4411, text: String::new() };
        hearing.send(Err(end)).await.unwrap();
        http.send(vec![1]).await.unwrap();
        assert!(matches!(http.next().await, Ok(Heard::Other { .. })));
        assert!(matches!(http.next().await, Err(End::Closed { code: 4411, .. })));
    }
}
