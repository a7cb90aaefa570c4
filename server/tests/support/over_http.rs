//! A client over plain HTTP that plays by the rules, and can be made to break them.

use std::collections::VecDeque;

use bytes::{Buf, BytesMut};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tickwire_protocol::envelope::{FRAME_TAG, MAX_SERVER_MESSAGE_BYTES};
use tickwire_protocol::frame::Frame;
use tickwire_protocol::message::{Ack, ClientMessage, ServerMessage, Welcome};
use tickwire_protocol::record::{Head, Record, SessionKey};
use tickwire_protocol::replica::{Agreement, Replica};

use super::{PATIENCE, Received};

thread_local! {
    /// Of each test: a runtime's connections end with it.
    static HTTP: reqwest::Client = reqwest::Client::new();
}

/// A record that was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Owned {
    Message(Vec<u8>),
    Opened(SessionKey, String),
    Closed(u16, String),
    Ping,
}

/// Where its records come from.
enum Source {
    Stream(Response),
    Poll { base: String, answer: u32, key: Option<SessionKey> },
}

/// What comes from the server.
pub struct Down {
    source: Source,
    buffer: BytesMut,
    records: VecDeque<Owned>,
}

/// The query of a `ws_url`, and the server's address.
pub fn parts(ws_url: &str) -> (String, &str) {
    let (base, query) = ws_url.split_once("/ws?").unwrap();
    (base.replacen("ws", "http", 1), query)
}

/// A request with this body, as browsers send it without asking first.
pub async fn post(url: &str, body: Vec<u8>) -> (StatusCode, Vec<u8>) {
    let sent = HTTP.with(|http| http.post(url).body(body).send());
    let answer = tokio::time::timeout(PATIENCE, sent).await.unwrap().unwrap();
    (answer.status(), answer.bytes().await.unwrap().to_vec())
}

/// The name of a refusal.
pub fn code((_, body): &(StatusCode, Vec<u8>)) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

/// Records as bytes.
pub fn bytes_of(records: &[Record<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        record.write(&mut bytes);
    }
    bytes
}

impl Down {
    pub async fn stream(ws_url: &str) -> Self {
        let (base, query) = parts(ws_url);
        let answer = reqwest::get(format!("{base}/stream?{query}&protocol=tickwire.v1.1")).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        Self::from(Source::Stream(answer))
    }

    pub async fn poll(ws_url: &str) -> Self {
        let (base, query) = parts(ws_url);
        let url = format!("{base}/poll?{query}&protocol=tickwire.v1.1");
        let (status, answer) = post(&url, Vec::new()).await;
        assert_eq!(status, StatusCode::OK);
        let mut down = Self::from(Source::Poll { base, answer: 0, key: None });
        down.take_answer(&answer);
        down
    }

    fn from(source: Source) -> Self {
        Self { source, buffer: BytesMut::new(), records: VecDeque::new() }
    }

    fn take_answer(&mut self, bytes: &[u8]) {
        let (number, records) = bytes.split_first_chunk::<4>().unwrap();
        if let Source::Poll { answer, .. } = &mut self.source {
            assert_eq!(u32::from_le_bytes(*number), *answer + 1);
            *answer += 1;
        }
        self.buffer.extend_from_slice(records);
        self.split();
    }

    fn split(&mut self) {
        while let Some((record, used)) =
            Record::read(&self.buffer, MAX_SERVER_MESSAGE_BYTES).unwrap()
        {
            let owned = match record {
                Record::Message(message) => Owned::Message(message.to_vec()),
                Record::Opened { key, speaks } => Owned::Opened(key, speaks.to_owned()),
                Record::Closed { code, reason } => Owned::Closed(code, reason.to_owned()),
                Record::Ping => Owned::Ping,
            };
            self.records.push_back(owned);
            self.buffer.advance(used);
        }
    }

    /// The next record; `None` at the end.
    pub async fn next(&mut self) -> Option<Owned> {
        loop {
            if let Some(record) = self.records.pop_front() {
                if let (Owned::Opened(opened, _), Source::Poll { key, .. }) =
                    (&record, &mut self.source)
                {
                    *key = Some(*opened);
                }
                return Some(record);
            }
            match &mut self.source {
                Source::Stream(answer) => {
                    let chunk = tokio::time::timeout(PATIENCE, answer.chunk()).await.unwrap();
                    let chunk = chunk.ok().flatten()?;
                    self.buffer.extend_from_slice(&chunk);
                    self.split();
                }
                Source::Poll { base, answer, key } => {
                    let head = Head { key: (*key)?, number: *answer };
                    let (status, bytes) =
                        post(&format!("{base}/poll"), head.to_bytes().to_vec()).await;
                    if status != StatusCode::OK {
                        return None;
                    }
                    self.take_answer(&bytes);
                }
            }
        }
    }

    /// Reads on to the end: code and reason; 1006 when there are none.
    pub async fn close(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Some(Owned::Closed(code, reason)) => return (code, reason),
                Some(_) => {}
                None => return (1006, String::new()),
            }
        }
    }
}

/// A client over HTTP.
pub struct HttpClient {
    pub down: Down,
    pub base: String,
    pub key: SessionKey,
    pub batch: u32,
    pub welcome: Welcome,
    pub replica: Replica,
}

impl HttpClient {
    /// Reads the beginning of a session.
    pub async fn welcomed(mut down: Down, ws_url: &str) -> Self {
        let Some(Owned::Opened(key, speaks)) = down.next().await else {
            panic!("a session begins with its key");
        };
        assert_eq!(speaks, "tickwire.v1.1");
        let Some(Owned::Message(message)) = down.next().await else {
            panic!("then comes a message");
        };
        let ServerMessage::Welcome(welcome) = ServerMessage::from_bytes(&message).unwrap() else {
            panic!("the welcome is the first one");
        };
        let (base, _) = parts(ws_url);
        let replica = Replica::new(&welcome);
        Self { down, base, key, batch: 0, welcome: *welcome, replica }
    }

    pub async fn stream(ws_url: &str) -> Self {
        Self::welcomed(Down::stream(ws_url).await, ws_url).await
    }

    pub async fn poll(ws_url: &str) -> Self {
        Self::welcomed(Down::poll(ws_url).await, ws_url).await
    }

    /// Where to come back.
    pub fn resume_url(&self) -> String {
        let host = self.base.replacen("http", "ws", 1);
        format!("{host}/ws?resume={}&event=0", self.welcome.resume_token)
    }

    /// Sends the next batch, of these bytes.
    pub async fn post(&mut self, records: &[u8]) -> (StatusCode, Vec<u8>) {
        self.batch += 1;
        self.post_as(self.batch, records).await
    }

    /// The same as a batch of any number.
    pub async fn post_as(&self, number: u32, records: &[u8]) -> (StatusCode, Vec<u8>) {
        let head = Head { key: self.key, number };
        let body = [&head.to_bytes()[..], records].concat();
        post(&format!("{}/send", self.base), body).await
    }

    pub async fn send(&mut self, message: ClientMessage) {
        let records = bytes_of(&[Record::Message(&message.to_bytes())]);
        assert_eq!(self.post(&records).await.0, StatusCode::NO_CONTENT);
    }

    /// The next message, as a client of a WebSocket has it.
    pub async fn next(&mut self) -> Received {
        loop {
            let bytes = match self.down.next().await {
                Some(Owned::Message(bytes)) => bytes,
                Some(Owned::Ping) => continue,
                other => panic!("a message is due, not {other:?}"),
            };
            if bytes[0] < FRAME_TAG {
                return Received::Message(ServerMessage::from_bytes(&bytes).unwrap());
            }
            let (frame, agreement) = self.replica.handle_frame(&bytes).unwrap();
            assert_ne!(agreement, Agreement::Different);
            let event = frame.events.last().map(|event| event.number).unwrap_or_default();
            self.send(ClientMessage::Ack(Ack { frame: frame.number, event })).await;
            return Received::Frame(frame);
        }
    }

    pub async fn frame(&mut self) -> Frame {
        loop {
            if let Received::Frame(frame) = self.next().await {
                return frame;
            }
        }
    }

    /// The next control message.
    pub async fn message(&mut self) -> ServerMessage {
        loop {
            if let Received::Message(message) = self.next().await {
                return message;
            }
        }
    }
}
