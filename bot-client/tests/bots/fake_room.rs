//! One connection of the fake server: a room of three bodies that move by themselves, sent in frames
//! made by the protocol's own encoder.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::chunk::{Baseline, encode_chunk};
use tickwire_protocol::frame::{Contents, EncodedEvent, FramePrefix, InputEcho};
use tickwire_protocol::ids::{EntityId, EventNumber, Fence, FrameNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{
    Ack, ClientMessage, Event, Resumed, Role, RosterEntry, ServerMessage, Welcome,
};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::watch::{GridSize, Watch};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::fake_server::{Announcement, Cluster, LOST, Log, Resume, Script};

/// Time from one tick to the next.
const TICK: Duration = Duration::from_millis(4);
/// Frames after which an acknowledgement is due.
const ACK_EVERY: u16 = 8;
/// A frame whose acknowledgement comes before it is due must have waited for so long.
const ACK_AGE: Duration = Duration::from_millis(500);
/// A client that has left more frames than this unacknowledged is closed as too slow.
const MOST_UNACKNOWLEDGED: u32 = 1000;
/// Bodies in the room.
pub const BODIES: u32 = 3;
/// Every so many ticks there is a hash.
const HASH_EVERY: u32 = 4;

pub fn schema() -> Schema {
    let position = FieldKind::Position { min: [0.0; 2], max: [4000.0; 2], step: 0.0625 };
    Schema::new("drift").input_integer("vx", -127, 127).input_integer("vy", -127, 127).entity(
        EntityKind::new("body").constant("player", FieldKind::Player).field("position", position),
    )
}

/// The room at a tick: the bodies of players 1, 2 and 3, on their way to the lower right.
pub fn snapshot(layout: &Layout, tick: Tick) -> Snapshot {
    let mut snapshot = Snapshot::new(layout);
    for player in 1..=BODIES {
        let lanes = snapshot.insert(player as usize, EntityId(player), 0);
        // Place, then last step: one to the right.
        lanes.copy_from_slice(&[player, tick.0 % 60_000, player * 1000, 1, 0]);
    }
    snapshot
}

/// A welcome to a small room of a game.
pub fn welcome(schema: Schema) -> Welcome {
    Welcome {
        room: String::new(),
        player: PlayerId(1),
        spectator: false,
        tick: Tick(0),
        room_time_us: 0,
        tick_rate_hz: 250,
        send_every: 1,
        heartbeat_interval_ms: 300,
        heartbeat_timeout_ms: 15_000,
        ack_every: ACK_EVERY,
        hash_every: HASH_EVERY,
        grid: GridSize::SINGLE,
        resume_token: String::new(),
        resume_window_ms: 0,
        resumed: None,
        roster: Vec::new(),
        schema,
    }
}

pub struct FakeRoom<'a> {
    pub script: &'a Script,
    pub log: &'a Log,
    pub cluster: &'a RefCell<Cluster>,
    pub opened: Instant,
    pub room: String,
    /// Which connection of this server it is, from 0.
    pub connection: usize,
    /// The last event of a client that resumes.
    pub last_event: Option<u32>,
}

/// What the connection has sent and heard.
#[derive(Default)]
struct Stream {
    baseline: Option<Tick>,
    /// When frames were sent: number 1 comes first.
    sent: Vec<Instant>,
    acknowledged: u32,
    input: Option<InputSeq>,
    told: InputSeq,
    newest_input: InputSeq,
}

impl FakeRoom<'_> {
    pub async fn serve(&self, mut socket: WebSocketStream<TcpStream>) -> Result<(), Error> {
        if let (Some(_), Resume::Refused(code)) = (self.last_event, self.script.resume) {
            return close(&mut socket, code).await;
        }
        let layout = Layout::new(&schema());
        let mut stream = Stream::default();
        let mut ticks = tokio::time::interval(TICK);
        let welcome = ServerMessage::Welcome(Box::new(self.welcome())).to_bytes();
        socket.send(Message::Binary(welcome.into())).await?;
        let Cluster { fence, nodes, .. } = self.cluster.borrow().clone();
        if !nodes.is_empty() {
            let owner = ServerMessage::Owner { fence: Fence(fence), nodes }.to_bytes();
            socket.send(Message::Binary(owner.into())).await?;
        }
        loop {
            tokio::select! {
                _ = ticks.tick(), if self.is_sending(&stream) => {
                    if self.script.garbage {
                        return socket.send(Message::Binary(vec![0xff; 9].into())).await;
                    }
                    let frame = self.frame(&layout, &mut stream);
                    if let Some(frame) = frame {
                        socket.send(Message::Binary(frame.into())).await?;
                    }
                    match self.close_code(&stream) {
                        Some(LOST) => return Ok(()),
                        Some(code) => {
                            self.announce(&mut socket).await?;
                            return close(&mut socket, code).await;
                        }
                        None => {}
                    }
                }
                message = socket.next() => match message {
                    Some(Ok(Message::Binary(bytes))) => self.hear(&bytes, &mut stream),
                    Some(Ok(Message::Close(_))) => self.log.change(|log| log.goodbyes += 1),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                }
            }
        }
    }

    fn is_sending(&self, stream: &Stream) -> bool {
        !self.script.mute && self.script.frames.is_none_or(|most| stream.count() < most)
    }

    fn tick(&self) -> Tick {
        Tick(1 + (self.opened.elapsed().as_micros() / TICK.as_micros()) as u32)
    }

    fn welcome(&self) -> Welcome {
        let resumed = self.last_event.and(match self.script.resume {
            Resume::NotResumed => None,
            Resume::LostEvents { said, .. } => Some(Resumed { lost_events: said }),
            _ => Some(Resumed { lost_events: 0 }),
        });
        let is_other = matches!(self.script.resume, Resume::OtherPlayer) && resumed.is_some();
        Welcome {
            room: self.room.clone(),
            player: PlayerId(if is_other { 2 } else { 1 }),
            resume_token: format!("r{}-{}", self.connection, self.room),
            resume_window_ms: self.script.resume_window_ms,
            resumed,
            tick: self.tick(),
            heartbeat_timeout_ms: if self.script.mute { 1000 } else { 15_000 },
            ..welcome(schema())
        }
    }

    /// The number of the first event of a connection, which comes with its first frame.
    fn first_event(&self) -> EventNumber {
        let last = EventNumber(self.last_event.unwrap_or(0));
        match self.script.resume {
            Resume::LostEvents { lost, .. } if self.last_event.is_some() => last.plus(lost + 1),
            Resume::RepeatedEvent if self.last_event.is_some() => last,
            _ => last.plus(1),
        }
    }

    /// Whether a frame, numbered from 1, has an event.
    fn has_event(&self, frame: u32) -> bool {
        frame == 1 || self.script.event_every.is_some_and(|every| (frame - 1).is_multiple_of(every))
    }

    /// The newest event that has come by a frame, numbered from 1.
    fn newest_event(&self, frame: u32) -> EventNumber {
        let later = self.script.event_every.map_or(0, |every| (frame - 1) / every);
        self.first_event().plus(later)
    }

    fn frame(&self, layout: &Layout, stream: &mut Stream) -> Option<Vec<u8>> {
        let tick = self.tick();
        if stream.baseline == Some(tick) {
            return None;
        }
        let number = stream.count() + 1;
        let to = snapshot(layout, tick);
        let somebody =
            RosterEntry { player: PlayerId(2), name: "other".into(), role: Role::Player };
        let event = EncodedEvent::new(tick, &Event::Joined(somebody));
        let (input, last_input) = (stream.input.take(), stream.told);
        stream.told = input.unwrap_or(last_input);
        let prefix = FramePrefix {
            tick,
            baseline: stream.baseline,
            fence: Fence(self.cluster.borrow().fence),
            input: input.map(|seq| InputEcho { seq, applied: tick, slack_ms: 3 }),
            last_input,
            first_event: self.newest_event(number),
            events: if self.has_event(number) { &[event] } else { &[] },
            watch: stream.baseline.is_none().then_some(Watch::all(GridSize::SINGLE)),
            contents: Contents { cells: true, ..Contents::default() },
        };
        let mut bytes = Vec::new();
        prefix.write(&mut bytes);
        let from = stream.baseline.map(|tick| (snapshot(layout, tick), tick));
        let from = from.as_ref();
        let baseline = from.map(|(snapshot, from)| {
            let gap = tick.since(*from).cast_unsigned();
            Baseline { snapshot, gap }
        });
        encode_chunk(layout, PriorSet(0), baseline, &to, &|_| false, &mut bytes);
        let cell = PartNumber::cell(0);
        if from.is_some_and(|(_, from)| cell.is_hashed(PlayerId(1), HASH_EVERY, *from, tick)) {
            let hash = to.hash(layout) ^ u32::from(self.script.wrong_hash);
            bytes.extend(hash.to_le_bytes());
        }
        stream.baseline = Some(tick);
        stream.sent.push(Instant::now());
        Some(bytes)
    }

    async fn announce(&self, socket: &mut WebSocketStream<TcpStream>) -> Result<(), Error> {
        let Cluster { fence, moved, .. } = self.cluster.borrow().clone();
        if let Some(ws_url) = moved {
            let moved = ServerMessage::Moved { fence: Fence(fence), ws_url }.to_bytes();
            return socket.send(Message::Binary(moved.into())).await;
        }
        let message = match self.script.announcement {
            None => return Ok(()),
            Some(Announcement::Restarting(back_after_ms)) => {
                ServerMessage::Restarting { closes_in_ms: 0, back_after_ms }
            }
            Some(Announcement::Failed(back_after_ms)) => ServerMessage::Failed { back_after_ms },
        };
        socket.send(Message::Binary(message.to_bytes().into())).await
    }

    fn close_code(&self, stream: &Stream) -> Option<u16> {
        if stream.count() - stream.acknowledged > MOST_UNACKNOWLEDGED {
            return Some(4410);
        }
        let close = self.script.close?;
        let is_due = self.connection < close.connections && stream.count() >= close.after_frames;
        is_due.then_some(close.code)
    }

    fn hear(&self, bytes: &[u8], stream: &mut Stream) {
        self.log.change(|log| match ClientMessage::from_bytes(bytes) {
            Ok(ClientMessage::Input(input))
                if input.seq == stream.newest_input.next()
                    && schema().check_input(&input.values).is_ok() =>
            {
                stream.newest_input = input.seq;
                stream.input = Some(input.seq);
                log.inputs += 1;
            }
            Ok(ClientMessage::Ack(ack)) if self.is_due(ack, stream) => {
                stream.acknowledged = ack.frame.0;
                log.acknowledged_frame = ack.frame.0;
                log.acknowledged_event = ack.event.0;
            }
            Ok(ClientMessage::Differs(_)) if self.script.wrong_hash => log.reports += 1,
            other => log.wrong.push(format!("{other:?}")),
        });
    }
    /// Whether an acknowledgement is what the protocol asks for: of the next frame that has an event,
    /// or of so many frames, or of fewer, the first of which has waited for long.
    fn is_due(&self, ack: Ack, stream: &Stream) -> bool {
        let Ack { frame: FrameNumber(frame), event } = ack;
        let next = stream.acknowledged + 1;
        let last = stream.acknowledged + u32::from(ACK_EVERY);
        let due = (next..last).find(|&frame| self.has_event(frame)).unwrap_or(last);
        let is_old = || stream.sent[stream.acknowledged as usize].elapsed() >= ACK_AGE;
        (next..=due.min(stream.count())).contains(&frame)
            && event == self.newest_event(frame)
            && (frame == due || is_old())
    }
}

impl Stream {
    /// Frames that were sent.
    fn count(&self) -> u32 {
        self.sent.len() as u32
    }
}

async fn close(socket: &mut WebSocketStream<TcpStream>, code: u16) -> Result<(), Error> {
    let close = CloseFrame { code: code.into(), reason: "scripted".into() };
    socket.close(Some(close)).await
}
