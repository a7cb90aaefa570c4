//! What a server sends over HTTP, taken apart.

use std::convert::Infallible;

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tickwire_protocol::envelope::MAX_SERVER_MESSAGE_BYTES;
use tickwire_protocol::record::{Head, Record, RecordError, SessionKey};
use tokio::sync::watch;

use super::Hearing;
use super::requests::Requests;
use crate::carrier::Heard;
use crate::end::{ConnectError, End};

/// Bytes of an answer's number.
const NUMBER_BYTES: usize = 4;

/// Where a session's messages come from.
#[derive(Debug)]
pub(super) enum Down {
    /// The body of one answer. Its connection lives as long as its requests do.
    Stream { body: Incoming, _requests: Requests },
    /// Answers, of which the first one has come.
    Poll { first: Bytes, requests: Requests },
}

impl Down {
    /// Tells what comes, until it ends.
    pub(super) async fn run(
        self,
        hearing: &Hearing,
        key: &watch::Sender<Option<SessionKey>>,
    ) -> Result<Infallible, End> {
        let mut records = Records { buffer: BytesMut::new(), hearing, key };
        match self {
            Self::Stream { mut body, _requests } => {
                while let Some(frame) = body.frame().await {
                    let frame = frame.map_err(|error| End::Lost(error.to_string()))?;
                    if let Ok(data) = frame.into_data() {
                        records.take_in(&data).await?;
                    }
                }
                Err(End::Lost("the stream ended without a close".to_owned()))
            }
            Self::Poll { first, mut requests } => {
                let path = requests.beside("poll");
                let mut answer = first;
                loop {
                    let number = number_of(&answer)?;
                    records.take_in(&answer[NUMBER_BYTES..]).await?;
                    let Some(key) = *key.borrow() else {
                        return Err(End::Record(RecordError::CutOff));
                    };
                    let body = Bytes::copy_from_slice(&Head { key, number }.to_bytes());
                    answer = match requests.post(&path, body.clone()).await {
                        Ok(answer) => answer,
                        // Once more, in case the connection was at fault: the answer is kept.
                        Err(ConnectError::Handshake(_)) => requests.post(&path, body).await?,
                        Err(error) => return Err(error.into()),
                    };
                }
            }
        }
    }
}

fn number_of(answer: &[u8]) -> Result<u32, End> {
    let number = answer.first_chunk::<NUMBER_BYTES>().ok_or(RecordError::CutOff)?;
    Ok(u32::from_le_bytes(*number))
}

/// Takes records apart however they come.
struct Records<'a> {
    buffer: BytesMut,
    hearing: &'a Hearing,
    key: &'a watch::Sender<Option<SessionKey>>,
}

impl Records<'_> {
    async fn take_in(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.buffer.extend_from_slice(bytes);
        loop {
            let read = Record::read(&self.buffer, MAX_SERVER_MESSAGE_BYTES)?;
            let Some((record, wire_bytes)) = read else { return Ok(()) };
            let heard = match record {
                Record::Message(message) => {
                    Heard::Message { bytes: Bytes::copy_from_slice(message), wire_bytes }
                }
                Record::Opened { key, .. } => {
                    let _ = self.key.send(Some(key));
                    Heard::Other { wire_bytes }
                }
                Record::Ping => Heard::Other { wire_bytes },
                Record::Closed { code, reason } => {
                    return Err(End::Closed { code, text: reason.to_owned() });
                }
            };
            self.buffer.advance(wire_bytes);
            // Whoever does not listen any more ends this task next.
            let _ = self.hearing.send(Ok(heard)).await;
        }
    }
}
