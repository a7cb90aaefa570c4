//! One connection: state frames and control messages in, inputs and acknowledgements out.
//!
//! The server counts frames that were not acknowledged and leaves out clients that fall behind, so
//! acknowledging is part of reading: whoever calls [`Connection::next`] in a loop does all that is
//! asked of a client, whatever [`carrier`](crate::carrier) it goes by. This file never connects twice;
//! [`client`](crate::client) does.

use std::time::{Duration, Instant};

use bytes::Bytes;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::frame::{Frame, is_keyframe};
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{
    Ack, ClientMessage, Input, InputValues, ServerMessage, ViewAge, Welcome,
};
use tickwire_protocol::replica::Agreement;
use tokio::time::{Interval, MissedTickBehavior, timeout};

use crate::acknowledgements::Acknowledgements;
use crate::announced::Announced;
use crate::carrier::{Carrier, Heard};
use crate::dial::Dial;
use crate::end::{ConnectError, End};
use crate::resume::{EventOrder, Resume};
use crate::socket::CLOSE_TIMEOUT;
use crate::view::{Detail, View};
use crate::whereabouts::Whereabouts;

pub use crate::socket::wire_bytes;

/// Connecting, and waiting for the welcome, is given up after this long.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time from one look at what may be due to the next: half the time that the oldest frame waits for
/// its acknowledgement.
const WATCH_PERIOD: Duration = Duration::from_millis(250);
/// Time from one report of state that differs to the next: a little more than that in which the
/// server listens to one.
const REPORT_INTERVAL: Duration = Duration::from_secs(11);

/// An open connection that has been welcomed.
#[derive(Debug)]
pub struct Connection {
    carrier: Carrier,
    /// Where it was opened.
    ws_url: String,
    /// Where the room is, as far as this connection and those before it were told.
    whereabouts: Whereabouts,
    welcome: Welcome,
    view: View,
    last_seq: InputSeq,
    events: EventOrder,
    acknowledgements: Acknowledgements,
    /// What the server has said of its end.
    announced: Option<Announced>,
    /// What the server is still to be told of a part that differs.
    report: Option<ClientMessage>,
    /// When it was last told.
    reported: Option<Instant>,
    received_bytes: u64,
    heard: Instant,
    /// Due now and then, to see whether an acknowledgement is, or the server has fallen silent.
    watch: Interval,
}

/// What the server sent.
#[derive(Debug)]
pub enum Incoming {
    /// A state frame, which the view has taken in.
    Update(Update),
    /// A control message.
    Message(ServerMessage),
}

/// A state frame that was taken in.
#[derive(Debug)]
pub struct Update {
    /// When it was read.
    pub received: Instant,
    /// Its prefix.
    pub frame: Frame,
    /// Whether the replica agrees with the server.
    pub agreement: Agreement,
    /// Its size as a frame of the WebSocket, or what stands in for it, header included.
    pub wire_bytes: usize,
}

impl Connection {
    /// Connects to a seat's `ws_url` and waits for the welcome.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn open(ws_url: &str, detail: Detail) -> Result<Self, ConnectError> {
        Self::open_by(ws_url, detail, &mut Dial::default()).await
    }

    /// The same, from a certain address or through a network.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn open_by(
        ws_url: &str,
        detail: Detail,
        dial: &mut Dial,
    ) -> Result<Self, ConnectError> {
        timeout(CONNECT_TIMEOUT, Self::open_patiently(ws_url, detail, dial))
            .await
            .unwrap_or(Err(ConnectError::TimedOut))
    }

    /// Goes on as the player of a connection that was lost.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn resume(
        lost: &Resume,
        detail: Detail,
        dial: &mut Dial,
    ) -> Result<Self, ConnectError> {
        let mut connection = Self::open_by(&lost.ws_url, detail, dial).await?;
        let welcome = &connection.welcome;
        let resumed = welcome.resumed.ok_or(ConnectError::NotResumed)?;
        if welcome.player != lost.player {
            return Err(ConnectError::OtherPlayer { due: lost.player.0, came: welcome.player.0 });
        }
        connection.events = EventOrder::after(lost.event, resumed.lost_events);
        Ok(connection)
    }

    /// What it takes to go on as the same player, when this connection is lost now; nothing does where
    /// the room has failed.
    #[must_use]
    pub fn resumption(&self) -> Option<Resume> {
        let is_there = !matches!(self.announced, Some(Announced::Failure { .. }));
        is_there.then(|| Resume::new(&self.ws_url, &self.welcome, self.events.newest())).flatten()
    }

    /// When to come back after the end of this connection, where the server has said so beforehand.
    #[must_use]
    pub const fn back_after(&self) -> Option<Duration> {
        match self.announced {
            Some(Announced::Restart { back_after } | Announced::Failure { back_after }) => {
                Some(back_after)
            }
            None => None,
        }
    }

    async fn open_patiently(
        ws_url: &str,
        detail: Detail,
        dial: &mut Dial,
    ) -> Result<Self, ConnectError> {
        let mut carrier = Carrier::open(ws_url, dial).await?;
        let (first, received_bytes) = read_first(&mut carrier).await?;
        let Ok(ServerMessage::Welcome(welcome)) = ServerMessage::from_bytes(&first) else {
            return Err(ConnectError::NotWelcomed);
        };
        welcome.validate()?;
        let mut whereabouts = Whereabouts::default();
        whereabouts.handle_welcome(ws_url, &welcome);
        let mut watch = tokio::time::interval(WATCH_PERIOD);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            carrier,
            ws_url: ws_url.to_owned(),
            whereabouts,
            view: View::new(detail, &welcome),
            acknowledgements: Acknowledgements::new(&welcome),
            welcome: *welcome,
            last_seq: InputSeq::default(),
            events: EventOrder::default(),
            announced: None,
            report: None,
            reported: None,
            received_bytes,
            heard: Instant::now(),
            watch,
        })
    }

    /// What the server said at the start.
    #[must_use]
    pub const fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Where the room is, as far as it was told.
    #[must_use]
    pub const fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }

    /// What was known of that before this connection is to hold on it, too. Before anything is read.
    pub(crate) fn know(&mut self, mut known: Whereabouts) {
        known.handle_welcome(&self.ws_url, &self.welcome);
        self.whereabouts = known;
    }

    /// The state after the newest frame.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Bytes of all frames received since this was last asked, headers included.
    pub const fn take_received_bytes(&mut self) -> u64 {
        std::mem::replace(&mut self.received_bytes, 0)
    }

    /// Waits for what the server sends next, and acknowledges what came before. Where the state
    /// turned out to differ from the server's, it is told so, and sends all of it anew. May be
    /// cancelled (as by `select!`) without losing anything.
    ///
    /// # Errors
    /// [`End`]; the connection is then of no more use.
    pub async fn next(&mut self) -> Result<Incoming, End> {
        // The time of what was read last will do for a stream that flows; the watch sees to the rest.
        let mut now = self.heard;
        loop {
            if self.acknowledgements.is_due(now) {
                self.acknowledge().await?;
            }
            self.report().await?;
            let heard = tokio::select! {
                biased;
                heard = self.carrier.next() => heard,
                _ = self.watch.tick() => {
                    now = Instant::now();
                    let limit = silence_limit(&self.welcome);
                    if now - self.heard > limit {
                        return Err(End::Silent(limit));
                    }
                    continue;
                }
            };
            now = Instant::now();
            self.heard = now;
            match heard? {
                Heard::Message { bytes, wire_bytes } => {
                    return self.handle_message(&bytes, wire_bytes);
                }
                Heard::Other { wire_bytes } => self.received_bytes += wire_bytes as u64,
            }
        }
    }

    fn handle_message(&mut self, bytes: &Bytes, wire_bytes: usize) -> Result<Incoming, End> {
        self.received_bytes += wire_bytes as u64;
        if bytes.first().is_none_or(|&tag| tag < FRAME_TAG) {
            let message = ServerMessage::from_bytes(bytes)?;
            self.whereabouts.handle_message(&message)?;
            self.announced = Announced::by(&message).or(self.announced);
            return Ok(Incoming::Message(message));
        }
        self.check_owner(bytes)?;
        let (frame, agreement) = self.view.handle_frame(bytes)?;
        self.acknowledgements.handle_frame(!frame.events.is_empty(), self.heard);
        let may_report = self.reported.is_none_or(|last| last.elapsed() >= REPORT_INTERVAL);
        if agreement == Agreement::Different && may_report {
            self.reported = Some(self.heard);
            self.report = self.view.report();
        }
        self.events.take_in(&frame.events)?;
        Ok(Incoming::Update(Update { received: self.heard, frame, agreement, wire_bytes }))
    }

    /// Whether a frame is one of the room's owner, as far as that is known: deltas are their keyframe's owner's.
    fn check_owner(&mut self, bytes: &[u8]) -> Result<(), End> {
        if !is_keyframe(bytes) {
            return Ok(());
        }
        let mut cursor = *self.view.cursor();
        let (frame, _) = cursor.read(bytes)?;
        Ok(frame.fence.map_or(Ok(()), |fence| self.whereabouts.handle_fence(fence))?)
    }

    /// Sends an input that takes effect at a tick; 0 means the next one. Returns its number.
    ///
    /// # Errors
    /// [`End`]; the connection is then of no more use.
    pub async fn send_input(&mut self, at: Tick, values: InputValues) -> Result<InputSeq, End> {
        self.last_seq = self.last_seq.next();
        let seq = self.last_seq;
        self.send(&ClientMessage::Input(Input { seq, at, view_age: ViewAge::UNTOLD, values }))
            .await?;
        Ok(seq)
    }

    /// Sends any message.
    ///
    /// # Errors
    /// [`End`]; the connection is then of no more use.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), End> {
        self.carrier.send(message.to_bytes()).await
    }

    /// Says goodbye and waits a moment for the server to do so too.
    pub async fn close(self) {
        let _ = timeout(CLOSE_TIMEOUT, self.carrier.close()).await;
    }

    /// Ends the connection without a word, as a network would.
    pub async fn cut(&mut self) -> End {
        self.carrier.cut().await;
        End::Lost("cut on purpose".to_owned())
    }

    async fn acknowledge(&mut self) -> Result<(), End> {
        let ack = Ack { frame: self.view.cursor().number(), event: self.events.newest() };
        // Cancelled while it waits, it is sent next time.
        self.carrier.feed(ClientMessage::Ack(ack).to_bytes()).await?;
        self.acknowledgements.handle_sent();
        Ok(())
    }

    /// Tells the server what differs, if that is still to be told.
    async fn report(&mut self) -> Result<(), End> {
        let Some(report) = &self.report else { return Ok(()) };
        self.carrier.feed(report.to_bytes()).await?;
        self.report = None;
        Ok(())
    }
}

/// Reads the first message, and says how many bytes came.
async fn read_first(carrier: &mut Carrier) -> Result<(Bytes, u64), End> {
    let mut received_bytes = 0;
    loop {
        match carrier.next().await? {
            Heard::Message { bytes, wire_bytes } => {
                return Ok((bytes, received_bytes + wire_bytes as u64));
            }
            Heard::Other { wire_bytes } => received_bytes += wire_bytes as u64,
        }
    }
}

/// Silence that means that the server, or the way to it, is gone.
fn silence_limit(welcome: &Welcome) -> Duration {
    Duration::from_millis(u64::from(welcome.heartbeat_timeout_ms.max(1000)))
}
