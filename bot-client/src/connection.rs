//! One WebSocket: state frames and control messages in, inputs and acknowledgements out.
//!
//! The server counts frames that were not acknowledged and leaves out clients that fall behind, so
//! acknowledging is part of reading: whoever calls [`Connection::next`] in a loop does all that is
//! asked of a client. Pings are answered by the WebSocket library while reading. This file never
//! connects twice; [`client`](crate::client) does.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tickwire_protocol::SUBPROTOCOL;
use tickwire_protocol::envelope::{FRAME_TAG, MAX_SERVER_MESSAGE_BYTES};
use tickwire_protocol::frame::Frame;
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{Ack, ClientMessage, Input, InputValues, ServerMessage, Welcome};
use tickwire_protocol::replica::Agreement;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::end::{ConnectError, End};
use crate::resume::{EventOrder, Resume};
use crate::view::{Detail, View};

/// Connecting, and waiting for the welcome, is given up after this long.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Saying goodbye is given up after this long.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Size of a connection's read buffer, in bytes: some frames. The library's default of 128 KiB
/// would make it the largest part of a bot.
const READ_BUFFER_BYTES: usize = 4096;
/// Time from one report of state that differs to the next: a little more than that in which the
/// server listens to one.
const REPORT_INTERVAL: Duration = Duration::from_secs(11);

/// An open connection that has been welcomed.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    /// Where it was opened.
    ws_url: String,
    welcome: Welcome,
    view: View,
    last_seq: InputSeq,
    events: EventOrder,
    /// Frames since the last acknowledgement.
    unacknowledged: u16,
    /// What the server is still to be told of a part that differs.
    report: Option<ClientMessage>,
    /// When it was last told.
    reported: Option<Instant>,
    received_bytes: u64,
    heard: Instant,
    /// Due now and then, to see whether the server has fallen silent.
    silence: Interval,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

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
    /// Its size as a WebSocket frame, header included.
    pub wire_bytes: usize,
}

/// Size of a WebSocket frame from the server: its payload and a header without a mask.
#[must_use]
pub const fn wire_bytes(payload: usize) -> usize {
    payload
        + match payload {
            0..126 => 2,
            126..65_536 => 4,
            _ => 10,
        }
}

impl Connection {
    /// Connects to a seat's `ws_url` and waits for the welcome.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn open(ws_url: &str, detail: Detail) -> Result<Self, ConnectError> {
        timeout(CONNECT_TIMEOUT, Self::open_patiently(ws_url, detail))
            .await
            .unwrap_or(Err(ConnectError::TimedOut))
    }

    /// Goes on as the player of a connection that was lost.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn resume(lost: &Resume, detail: Detail) -> Result<Self, ConnectError> {
        let mut connection = Self::open(&lost.ws_url, detail).await?;
        let welcome = &connection.welcome;
        let resumed = welcome.resumed.ok_or(ConnectError::NotResumed)?;
        if welcome.player != lost.player {
            return Err(ConnectError::OtherPlayer { due: lost.player.0, came: welcome.player.0 });
        }
        connection.events = EventOrder::after(lost.event, resumed.lost_events);
        // As if an acknowledgement were due with the first frame: it tells the server that the
        // newest token has arrived, and that it may forget the one before.
        connection.unacknowledged = welcome.ack_every.max(1) - 1;
        Ok(connection)
    }

    /// What it takes to go on as the same player, when this connection is lost now.
    #[must_use]
    pub fn resumption(&self) -> Option<Resume> {
        Resume::new(&self.ws_url, &self.welcome, self.events.newest())
    }

    async fn open_patiently(ws_url: &str, detail: Detail) -> Result<Self, ConnectError> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            // Every message is written at once: at most one waits, when the kernel takes no more.
            .write_buffer_size(0)
            .max_message_size(Some(MAX_SERVER_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_SERVER_MESSAGE_BYTES));
        let (mut socket, _) =
            connect_async_with_config(request(ws_url)?, Some(config), true).await?;
        let (first, received_bytes) = read_first(&mut socket).await?;
        let Ok(ServerMessage::Welcome(welcome)) = ServerMessage::from_bytes(&first) else {
            return Err(ConnectError::NotWelcomed);
        };
        welcome.validate()?;
        let mut silence = tokio::time::interval(silence_limit(&welcome) / 4);
        silence.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            socket,
            ws_url: ws_url.to_owned(),
            view: View::new(detail, &welcome),
            welcome: *welcome,
            last_seq: InputSeq::default(),
            events: EventOrder::default(),
            unacknowledged: 0,
            report: None,
            reported: None,
            received_bytes,
            heard: Instant::now(),
            silence,
        })
    }

    /// What the server said at the start.
    #[must_use]
    pub const fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The state after the newest frame.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Bytes of all WebSocket frames received since this was last asked, headers included.
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
        loop {
            if self.unacknowledged >= self.welcome.ack_every.max(1) {
                self.acknowledge().await?;
            }
            if let Some(report) = &self.report {
                // Cancelled while it waits to be fed, it is sent next time.
                let bytes = report.to_bytes();
                let fed = self.socket.feed(Message::Binary(bytes.into())).await;
                self.report = None;
                if let Err(error) = fed {
                    return Err(self.end_after_failed_write(error).await);
                }
                let _ = self.socket.flush().await;
            }
            let message = tokio::select! {
                biased;
                message = self.socket.next() => message,
                _ = self.silence.tick() => {
                    let limit = silence_limit(&self.welcome);
                    if self.heard.elapsed() > limit {
                        return Err(End::Silent(limit));
                    }
                    continue;
                }
            };
            self.heard = Instant::now();
            match message {
                Some(Ok(Message::Binary(bytes))) => return self.handle_binary(&bytes),
                Some(Ok(Message::Ping(bytes) | Message::Pong(bytes))) => {
                    self.received_bytes += wire_bytes(bytes.len()) as u64;
                }
                other => return Err(self.end_with(other).await),
            }
        }
    }

    fn handle_binary(&mut self, bytes: &Bytes) -> Result<Incoming, End> {
        let wire_bytes = wire_bytes(bytes.len());
        self.received_bytes += wire_bytes as u64;
        if bytes.first().is_none_or(|&tag| tag < FRAME_TAG) {
            return Ok(Incoming::Message(ServerMessage::from_bytes(bytes)?));
        }
        let (frame, agreement) = self.view.handle_frame(bytes)?;
        self.unacknowledged = self.unacknowledged.saturating_add(1);
        let may_report = self.reported.is_none_or(|last| last.elapsed() >= REPORT_INTERVAL);
        if agreement == Agreement::Different && may_report {
            self.reported = Some(self.heard);
            self.report = self.view.report();
        }
        self.events.take_in(&frame.events)?;
        Ok(Incoming::Update(Update { received: self.heard, frame, agreement, wire_bytes }))
    }

    /// Sends an input that takes effect at a tick; 0 means the next one. Returns its number.
    ///
    /// # Errors
    /// [`End`]; the connection is then of no more use.
    pub async fn send_input(&mut self, at: Tick, values: InputValues) -> Result<InputSeq, End> {
        self.last_seq = self.last_seq.next();
        let seq = self.last_seq;
        self.send(&ClientMessage::Input(Input { seq, at, values })).await?;
        Ok(seq)
    }

    /// Sends any message.
    ///
    /// # Errors
    /// [`End`]; the connection is then of no more use.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), End> {
        match self.socket.send(Message::Binary(message.to_bytes().into())).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.end_after_failed_write(error).await),
        }
    }

    /// Says goodbye and waits a moment for the server to do so too.
    pub async fn close(mut self) {
        let goodbye = async {
            self.socket.close(None).await?;
            while let Some(message) = self.socket.next().await {
                message?;
            }
            Ok::<_, tungstenite::Error>(())
        };
        // Whether it was heard makes no difference to one who leaves.
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }

    /// Ends the TCP connection without a word, as a network would.
    pub async fn cut(&mut self) -> End {
        // That it has ended already is as good.
        let _ = self.socket.get_mut().shutdown().await;
        End::Lost("cut on purpose".to_owned())
    }

    async fn acknowledge(&mut self) -> Result<(), End> {
        let ack = Ack { frame: self.view.cursor().number(), event: self.events.newest() };
        let bytes = ClientMessage::Ack(ack).to_bytes();
        // Cancelled while it waits to be fed, it is sent next time; once fed, it is on its way.
        let fed = self.socket.feed(Message::Binary(bytes.into())).await;
        self.unacknowledged = 0;
        match fed {
            Ok(()) => Ok(()),
            Err(error) => Err(self.end_after_failed_write(error).await),
        }
    }

    /// What a message that is not binary, or the lack of one, means for the connection.
    async fn end_with(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> End {
        let Some(Ok(Message::Close(_))) = &message else { return End::of(message) };
        // The library has an answer to the close ready; it leaves with the next flush.
        let _ = timeout(CLOSE_TIMEOUT, self.socket.flush()).await;
        End::of(message)
    }

    /// A write fails when the server has closed: its reason may still wait to be read.
    async fn end_after_failed_write(&mut self, error: tungstenite::Error) -> End {
        let lost = End::Lost(error.to_string());
        let reason = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(close))) => {
                        break End::of(Some(Ok(Message::Close(close))));
                    }
                    Some(Ok(_)) => {}
                    None | Some(Err(_)) => break lost,
                }
            }
        };
        timeout(CLOSE_TIMEOUT, reason).await.unwrap_or_else(|_| End::Lost(error.to_string()))
    }
}

fn request(ws_url: &str) -> Result<Request, ConnectError> {
    let mut request = ws_url.into_client_request()?;
    let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
    request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
    Ok(request)
}

/// Reads the first binary message, and says how many bytes came.
async fn read_first(socket: &mut Socket) -> Result<(Bytes, u64), End> {
    let mut received_bytes = 0;
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                received_bytes += wire_bytes(bytes.len()) as u64;
                return Ok((bytes, received_bytes));
            }
            Some(Ok(Message::Ping(bytes) | Message::Pong(bytes))) => {
                received_bytes += wire_bytes(bytes.len()) as u64;
            }
            other => return Err(End::of(other)),
        }
    }
}

/// Silence that means that the server, or the way to it, is gone.
fn silence_limit(welcome: &Welcome) -> Duration {
    Duration::from_millis(u64::from(welcome.heartbeat_timeout_ms.max(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_a_header() {
        assert_eq!([0, 125, 126, 65_535, 65_536].map(wire_bytes), [2, 127, 130, 65_539, 65_546]);
    }
}
