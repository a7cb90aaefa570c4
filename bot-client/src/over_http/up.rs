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
            self.post(&path, body.into()).await?;
        }
        Ok(())
    }

    /// Sends a batch; once more as it was, where there was no answer.
    async fn post(&mut self, path: &str, batch: Bytes) -> Result<(), End> {
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
