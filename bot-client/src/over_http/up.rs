//! What a client says over HTTP, in batches.

use std::time::Duration;

use bytes::Bytes;
use tickwire_protocol::record::{Head, MAX_BODY_BYTES, Record, SessionKey};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::requests::Requests;
use super::{GOODBYE, Said};
use crate::end::{ConnectError, End};

/// Shortest time from one batch to the next, as the SDK has it: an input is late by half of it on average, and
/// each request costs the server about as much as a frame.
const BATCH_EVERY: Duration = Duration::from_millis(66);
/// Most bytes of messages that are put into one batch, so that another one still fits.
const FULL_BATCH_BYTES: usize = MAX_BODY_BYTES / 4;

/// Takes a server what a client says.
pub(super) struct Up {
    requests: Requests,
    saying: mpsc::Receiver<Said>,
    key: watch::Receiver<Option<SessionKey>>,
}

impl Up {
    pub(super) const fn new(
        requests: Requests,
        saying: mpsc::Receiver<Said>,
        key: watch::Receiver<Option<SessionKey>>,
    ) -> Self {
        Self { requests, saying, key }
    }

    /// Until the client is gone, or cannot be heard any more.
    pub(super) async fn run(mut self) -> Result<(), End> {
        // A session that never was is told by the other task.
        let Ok(key) = self.key.wait_for(Option::is_some).await.map(|key| *key) else {
            return Ok(());
        };
        let Some(key) = key else { return Ok(()) };
        let path = self.requests.beside("send");
        let mut head = Head { key, number: 0 };
        let mut next_at = Instant::now();
        while let Some(first) = self.saying.recv().await {
            sleep_until(next_at).await;
            next_at = Instant::now() + BATCH_EVERY;
            head.number = head.number.wrapping_add(1);
            let mut body = head.to_bytes().to_vec();
            first.write(&mut body);
            while body.len() < FULL_BATCH_BYTES
                && let Ok(said) = self.saying.try_recv()
            {
                said.write(&mut body);
            }
            match self.post(&path, body.into()).await {
                // Why it has ended is on its way down.
                Err(ConnectError::Refused(refusal)) if refusal.status == 404 => return Ok(()),
                sent => sent?,
            }
        }
        Ok(())
    }

    /// Sends a batch; once more as it was, where there was no answer.
    async fn post(&mut self, path: &str, batch: Bytes) -> Result<(), ConnectError> {
        match self.requests.post(path, batch.clone()).await {
            Err(ConnectError::Handshake(_)) => self.requests.post(path, batch).await?,
            other => other?,
        };
        Ok(())
    }
}

impl Said {
    fn write(&self, into: &mut Vec<u8>) {
        match self {
            Self::Message(message) => Record::Message(message).write(into),
            Self::Goodbye => Record::Closed { code: GOODBYE, reason: "" }.write(into),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::super::requests::Target;
    use super::*;
    use crate::dial::Dial;

    #[tokio::test]
    async fn that_a_session_has_ended_is_for_the_way_down_to_tell() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws?token=x", listener.local_addr().unwrap());
        let requests = Requests::new(&Target::of(&url).unwrap(), &Dial::default());
        let (said, saying) = mpsc::channel(1);
        let (_tell_key, key) = watch::channel(Some(SessionKey([1; 16])));
        said.send(Said::Goodbye).await.unwrap();
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream
        };
        let (ended, _stream) = tokio::join!(Up::new(requests, saying, key).run(), answer);
        assert!(ended.is_ok(), "{ended:?}");
    }
}
