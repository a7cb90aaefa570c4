//! A peer of our own making: joins from any address and keeps to the rules, as cheaply as can be, until its
//! case has it do something else.

use std::time::Duration;

use serde_json::json;
use thiserror::Error;
use tickwire_bot_client::behavior::{Moment, Pilot};
use tickwire_bot_client::join::Seat;
use tickwire_protocol::envelope::{EnvelopeError, FRAME_TAG};
use tickwire_protocol::frame::{Frame, FrameCursor, FrameError};
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Ack, ClientMessage, Input, ServerMessage, ViewAge, Welcome};
use tokio::time::{Instant, timeout, timeout_at};

use super::http::{Http, HttpError, Line};
use super::wire::{Received, Wire, WireError};
use crate::websocket::Kind;

/// A welcome that takes longer is given up.
const WELCOME_PATIENCE: Duration = Duration::from_secs(10);
/// Time from one input of one who plays to the next.
const INPUT_PERIOD: Duration = Duration::from_millis(50);

/// What a peer comes in as.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The room.
    pub room: String,
    /// Only to watch.
    pub spectates: bool,
}

/// Why a peer is not in, or not any more.
#[derive(Debug, Error)]
pub enum PeerError {
    /// Nobody answered its join.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Its join was refused.
    #[error("the join was answered with {0}")]
    Refused(u16),
    /// What came is no seat.
    #[error("no seat: {0}")]
    Seat(#[from] serde_json::Error),
    /// Its connection broke.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No welcome came in time, or something else did.
    #[error("no welcome")]
    NotWelcomed,
    /// The server closed its connection.
    #[error("closed with {0}")]
    Closed(u16),
    /// A control message that does not decode.
    #[error("control message: {0}")]
    Message(#[from] EnvelopeError),
    /// A state frame that does not decode.
    #[error("state frame: {0}")]
    Frame(#[from] FrameError),
}

/// Joins peers, over one HTTP connection for as long as it lasts.
#[derive(Debug)]
pub struct Door {
    line: Line,
    http: Option<Http>,
}

impl Door {
    /// A door to a server. Nothing is sent yet.
    #[must_use]
    pub const fn new(line: Line) -> Self {
        Self { line, http: None }
    }

    /// Asks for a seat, and returns the answer's status with it.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn seat(&mut self, ticket: &Ticket) -> Result<Seat, PeerError> {
        let body = json!({"name": "peer", "room": ticket.room, "spectate": ticket.spectates});
        let mut http = match self.http.take() {
            Some(http) => http,
            None => Http::connect(&self.line).await?,
        };
        let answer = match http.post("/api/join", &body.to_string()).await {
            // One that was kept for long may have been closed meanwhile.
            Err(HttpError::Connection(_)) => {
                http = Http::connect(&self.line).await?;
                http.post("/api/join", &body.to_string()).await?
            }
            answer => answer?,
        };
        self.http = Some(http);
        match answer.status {
            200 => Ok(serde_json::from_slice(&answer.body)?),
            status => Err(PeerError::Refused(status)),
        }
    }

    /// Brings a peer into its room.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn enter(&mut self, ticket: &Ticket) -> Result<(Peer, Welcome), PeerError> {
        let seat = self.seat(ticket).await?;
        let wire = Wire::open(&self.line, &format!("/ws?token={}", seat.token)).await?;
        let welcomed = timeout(WELCOME_PATIENCE, Peer::welcomed(wire)).await;
        welcomed.unwrap_or(Err(PeerError::NotWelcomed))
    }
}

/// A peer in its room.
#[derive(Debug)]
pub struct Peer {
    /// Its WebSocket.
    pub wire: Wire,
    /// Frames from one acknowledgement to the next.
    ack_every: u16,
    cursor: FrameCursor,
    event: EventNumber,
    unacknowledged: u16,
}

/// What a peer takes notice of.
#[derive(Debug)]
pub enum Seen {
    /// A state frame.
    Frame(Frame),
    /// The answer to a ping of its own.
    Pong(u32),
}

impl Peer {
    async fn welcomed(mut wire: Wire) -> Result<(Self, Welcome), PeerError> {
        let bytes = match wire.next().await? {
            Received::Binary(bytes) => bytes,
            Received::Close(code) => return Err(PeerError::Closed(code)),
            _ => return Err(PeerError::NotWelcomed),
        };
        let ServerMessage::Welcome(welcome) = ServerMessage::from_bytes(&bytes)? else {
            return Err(PeerError::NotWelcomed);
        };
        let peer = Self {
            wire,
            ack_every: welcome.ack_every.max(1),
            cursor: FrameCursor::default(),
            event: EventNumber::default(),
            unacknowledged: 0,
        };
        Ok((peer, *welcome))
    }

    /// What it would acknowledge now.
    #[must_use]
    pub const fn ack(&self) -> Ack {
        Ack { frame: self.cursor.number(), event: self.event }
    }

    /// Waits for something to take notice of, until a moment. Answers pings and acknowledges frames
    /// meanwhile. Not to be cancelled: it may be in the middle of a frame of its own.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn next_by(&mut self, moment: Instant) -> Result<Option<Seen>, PeerError> {
        loop {
            let Ok(received) = timeout_at(moment, self.wire.next()).await else {
                return Ok(None);
            };
            let bytes = match received? {
                Received::Binary(bytes) => bytes,
                Received::Ping(payload) => {
                    self.wire.send(Kind::Pong, &payload).await?;
                    continue;
                }
                Received::Pong => continue,
                Received::Close(code) => return Err(PeerError::Closed(code)),
            };
            if bytes.first().is_some_and(|&tag| tag >= FRAME_TAG) {
                let frame = self.cursor.read(&bytes)?.0;
                self.take_in(&frame).await?;
                return Ok(Some(Seen::Frame(frame)));
            }
            if let ServerMessage::Pong { nonce, .. } = ServerMessage::from_bytes(&bytes)? {
                return Ok(Some(Seen::Pong(nonce)));
            }
        }
    }

    async fn take_in(&mut self, frame: &Frame) -> Result<(), PeerError> {
        if let Some(last) = frame.events.last() {
            self.event = last.number;
        }
        self.unacknowledged += 1;
        // Events at once: the server keeps them until then.
        if self.unacknowledged >= self.ack_every || !frame.events.is_empty() {
            self.unacknowledged = 0;
            self.say(&ClientMessage::Ack(self.ack())).await?;
        }
        Ok(())
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`PeerError::Wire`].
    pub async fn say(&mut self, message: &ClientMessage) -> Result<(), PeerError> {
        Ok(self.wire.send(Kind::Binary, &message.to_bytes()).await?)
    }

    /// Plays like anybody for as long as `goes_on`.
    ///
    /// # Errors
    /// [`PeerError`].
    pub async fn play(
        &mut self,
        pilot: &mut Pilot,
        player: PlayerId,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), PeerError> {
        let begun = Instant::now();
        let (mut seq, mut due) = (InputSeq::default(), begun);
        while goes_on() {
            match self.next_by(due).await? {
                Some(_) => {}
                None => {
                    let moment = Moment { now: begun.elapsed(), player, replica: None };
                    seq = seq.next();
                    let input = Input {
                        seq,
                        at: Tick(0),
                        view_age: ViewAge::UNTOLD,
                        values: pilot.input(&moment),
                    };
                    self.say(&ClientMessage::Input(input)).await?;
                    due += INPUT_PERIOD;
                }
            }
        }
        Ok(())
    }
}
