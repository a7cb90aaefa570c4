//! Clients without sockets: a room and any number of connections to it in simulated time.
//!
//! One [`Network::tick`] is one tick of the room. Each client has its own delay in both directions,
//! can stall (its socket is not read, so nothing is acknowledged), leave and come back. After every
//! frame all parts of its replica are compared with the server's state at their ticks ([`states`]).

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test crate uses its part"
)]

pub mod states;
pub mod trouble;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::frame::Frame;
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{
    Ack, ClientMessage, Event, Input, InputValues, Look, Refusal, Role, ServerMessage, ViewAge,
    Welcome,
};
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_simulation::game::View;
use tickwire_simulation::room::{
    DesyncReport, Output, Oversized, ResumeError, Room, RoomFull, SeatRequest,
};

use states::RoomStates;

/// One connection.
pub struct Client {
    pub player: PlayerId,
    pub delay_ticks: u32,
    pub is_stalled: bool,
    pub closed: Option<CloseReason>,
    /// Whether its connection broke and it has not come back yet.
    pub is_lost: bool,
    pub welcome: Option<Welcome>,
    pub replica: Option<Replica>,
    /// The newest frame, and whether the replica agrees with what it says.
    pub frame: Option<(Frame, Agreement)>,
    /// What a spectator chose to see, and the first tick of which that holds.
    pub looks: Vec<(Tick, View)>,
    pub events: Vec<(EventNumber, Tick, Event)>,
    pub refusals: Vec<Refusal>,
    pub desyncs: Vec<DesyncReport>,
    pub oversized: Option<Oversized>,
    /// The key of the newest welcome.
    pub resume_key: u32,
    /// Events that are missing before the next one.
    lost_events: u32,
    pub frames: u32,
    pub keyframes: u32,
    /// Frames in which a hash was there, and equal.
    pub hashes: u32,
    pub bytes: usize,
    /// The newest input that the server said took effect.
    pub last_echo: Option<InputSeq>,
    next_seq: InputSeq,
    down: VecDeque<(u64, Bytes)>,
    up: VecDeque<(u64, ClientMessage)>,
}

/// A room and its connections.
pub struct Network {
    pub room: Room,
    pub clients: Vec<Client>,
    now: u64,
    pub states: RoomStates,
}

pub fn request(role: Role, send_every: u8) -> SeatRequest {
    SeatRequest { name: "somebody".into(), role, send_every }
}

impl Client {
    fn new(player: PlayerId, delay_ticks: u32) -> Self {
        Self {
            player,
            delay_ticks,
            is_stalled: false,
            closed: None,
            is_lost: false,
            welcome: None,
            replica: None,
            frame: None,
            looks: Vec::new(),
            events: Vec::new(),
            refusals: Vec::new(),
            desyncs: Vec::new(),
            oversized: None,
            resume_key: 0,
            lost_events: 0,
            frames: 0,
            keyframes: 0,
            hashes: 0,
            bytes: 0,
            last_echo: None,
            next_seq: InputSeq(1),
            down: VecDeque::new(),
            up: VecDeque::new(),
        }
    }

    pub fn welcome(&self) -> &Welcome {
        self.welcome.as_ref().expect("joined")
    }

    pub fn is_spectator(&self) -> bool {
        self.welcome.as_ref().is_some_and(|welcome| welcome.spectator)
    }

    pub fn replica(&self) -> &Replica {
        self.replica.as_ref().expect("joined")
    }

    fn lose(&mut self) {
        self.up.clear();
        self.down.clear();
    }

    fn read(&mut self, bytes: &[u8], states: &RoomStates) -> Option<Ack> {
        if bytes[0] < FRAME_TAG {
            match ServerMessage::from_bytes(bytes).unwrap() {
                ServerMessage::Welcome(welcome) => {
                    self.replica = Some(Replica::new(&welcome));
                    self.frame = None;
                    self.lost_events = welcome.resumed.map_or(0, |resumed| resumed.lost_events);
                    self.welcome = Some(*welcome);
                }
                other => unreachable!("not sent by rooms as bytes: {other:?}"),
            }
            return None;
        }
        let replica = self.replica.as_mut().expect("the welcome comes first");
        let (frame, agreement) = replica.handle_frame(bytes).unwrap();
        self.frames += 1;
        assert_ne!(agreement, Agreement::Different, "desync at tick {}", frame.tick);
        self.hashes += u32::from(agreement == Agreement::Equal);
        self.keyframes += u32::from(frame.is_keyframe);
        self.bytes += bytes.len();
        states.check(self.player, replica, frame.tick);
        if let Some(echo) = frame.input {
            assert!(self.next_seq.since(echo.seq) > 0, "{echo:?} was never sent");
            let is_newer = self.last_echo.is_none_or(|last| echo.seq.since(last) > 0);
            assert!(is_newer, "{echo:?} after {:?}", self.last_echo);
            assert!(!echo.applied.is_after(frame.tick));
            self.last_echo = Some(echo.seq);
        }
        for event in &frame.events {
            let last = self.events.last().map_or(EventNumber(0), |event| event.0);
            let lost = std::mem::take(&mut self.lost_events);
            assert_eq!(event.number, last.plus(1 + lost), "events come once and in order");
            self.events.push((event.number, event.tick, event.event.clone()));
        }
        let event = self.events.last().map_or(EventNumber(0), |event| event.0);
        let ack = Ack { frame: frame.number, event };
        self.frame = Some((frame, agreement));
        Some(ack)
    }

    /// What a spectator chose to see at a tick, if anything yet.
    pub fn look_at(&self, tick: Tick) -> Option<View> {
        let (_, look) = self.looks.iter().rev().find(|(first, _)| !first.is_after(tick))?;
        Some(*look)
    }
}

impl Network {
    pub fn new(room: Room) -> Self {
        let mut states = RoomStates::new(&room);
        states.remember(&room);
        Self { room, clients: Vec::new(), now: 0, states }
    }

    pub fn room_time(&self) -> Duration {
        Duration::from_secs(1) * self.now as u32 / u32::from(self.room.config().tick_rate_hz)
    }

    pub fn join(&mut self, request: SeatRequest, delay_ticks: u32) -> Result<usize, RoomFull> {
        let player = self.room.handle_join(None, request, self.room_time())?;
        self.clients.push(Client::new(player, delay_ticks));
        self.deliver_output();
        Ok(self.clients.len() - 1)
    }

    pub fn leave(&mut self, client: usize) {
        let client = self.clients.remove(client);
        self.room.handle_leave(client.player);
        self.deliver_output();
    }

    /// A connection breaks: what was on the way in either direction is gone.
    pub fn lose(&mut self, client: usize) {
        let client = &mut self.clients[client];
        client.lose();
        client.is_lost = true;
        self.room.handle_drop(client.player);
        self.deliver_output();
    }

    /// A client comes back on another connection with the key of the newest welcome that it has read.
    pub fn resume(&mut self, client: usize) -> Result<(), ResumeError> {
        let key = self.clients[client].resume_key;
        self.resume_with(client, key)
    }

    pub fn resume_with(&mut self, client: usize, key: u32) -> Result<(), ResumeError> {
        let now = self.room_time();
        let client = &mut self.clients[client];
        let event = client.events.last().map_or(EventNumber(0), |event| event.0);
        self.room.handle_resume(client.player, key, event, now)?;
        client.lose();
        client.closed = None;
        client.is_lost = false;
        client.next_seq = InputSeq(1);
        client.last_echo = None;
        self.deliver_output();
        Ok(())
    }

    /// Sends an input, stamped for the tick `ahead` of the server's present one; 0 asks for the
    /// next.
    pub fn send_input(&mut self, client: usize, values: &[i32], ahead: u32) {
        let at = if ahead == 0 { Tick(0) } else { self.room.tick().plus(ahead) };
        let client = &mut self.clients[client];
        let values = InputValues::new(values).unwrap();
        let input = Input { seq: client.next_seq, at, view_age: ViewAge::UNTOLD, values };
        client.next_seq = client.next_seq.next();
        client
            .up
            .push_back((self.now + u64::from(client.delay_ticks), ClientMessage::Input(input)));
    }

    /// Lets a spectator choose what to see from the next tick on.
    pub fn look(&mut self, client: usize, view: View) {
        let client = &mut self.clients[client];
        let look = Look { center: view.center, size: view.size };
        if self.room.handle_look(client.player, look).is_ok() {
            client.looks.push((self.room.tick().next(), view));
        }
    }

    /// One tick: what has arrived goes in, the room steps, clients read what has reached them.
    pub fn tick(&mut self) {
        self.tick_with(&mut |_, _| {});
    }

    /// The same, with a look at every client after every message that it read.
    pub fn tick_with(&mut self, on_read: &mut dyn FnMut(&Client, &[u8])) {
        self.now += 1;
        let arrived = self.room_time();
        for client in self.clients.iter_mut().filter(|client| client.closed.is_none()) {
            while client.up.front().is_some_and(|(at, _)| *at <= self.now) {
                let handled = match client.up.pop_front().unwrap().1 {
                    ClientMessage::Input(input) => {
                        self.room.handle_input(client.player, input, arrived)
                    }
                    ClientMessage::Ack(ack) => self.room.handle_ack(client.player, ack, arrived),
                    other => unreachable!("{other:?}"),
                };
                handled.unwrap();
            }
        }
        self.room.step();
        self.states.remember(&self.room);
        self.deliver_output();
        for client in self.clients.iter_mut().filter(|client| !client.is_stalled) {
            let mut newest = None;
            while client.down.front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, bytes) = client.down.pop_front().unwrap();
                newest = client.read(&bytes, &self.states).or(newest);
                on_read(client, &bytes);
            }
            if let Some(ack) = newest {
                let at = self.now + u64::from(client.delay_ticks);
                client.up.push_back((at, ClientMessage::Ack(ack)));
            }
        }
    }

    pub fn ticks(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.tick();
        }
    }

    fn deliver_output(&mut self) {
        while let Some(output) = self.room.poll_output() {
            let player = output.player();
            let Some(client) = self.clients.iter_mut().find(|client| Some(client.player) == player)
            else {
                continue;
            };
            match output {
                Output::Send { bytes, .. } => {
                    client.down.push_back((self.now + u64::from(client.delay_ticks), bytes));
                }
                Output::Welcome { welcome, key, .. } => {
                    client.resume_key = key;
                    let bytes = ServerMessage::Welcome(welcome).to_bytes().into();
                    client.down.push_back((self.now + u64::from(client.delay_ticks), bytes));
                }
                Output::Refuse { refusal, .. } => client.refusals.push(refusal),
                Output::Answer { answer, .. } => unreachable!("nobody asks: {answer:?}"),
                Output::Host { .. } | Output::End => unreachable!("nobody is the host"),
                Output::Desync { report, .. } => client.desyncs.push(report),
                Output::Oversized { cause, .. } => client.oversized = Some(cause),
                Output::Close { reason, .. } => client.closed = Some(reason),
            }
        }
    }
}
