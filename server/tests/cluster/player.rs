//! A client that plays by the rules of a cluster: it knows who owns its room, believes no lower fence, and comes back
//! at whichever node has it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::ids::{EventNumber, Fence, InputSeq, RequestId, Tick};
use tickwire_protocol::message::{
    Ack, Answer, ClientMessage, Input, InputValues, LobbyNews, Request, RequestKind, ServerMessage,
    ViewAge, Welcome,
};
use tickwire_protocol::replica::{Agreement, Replica};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::fleet::{Told, host_of, post, try_post};
use crate::support::{PATIENCE, RawSocket, open_speaking};

/// What it speaks.
const SPOKEN: &str = "tickwire.v1.1";
/// Between two rounds of asking where the room is.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Somebody in a room.
pub struct Player {
    /// Where it is connected.
    pub ws_url: String,
    pub welcome: Welcome,
    socket: RawSocket,
    replica: Replica,
    /// The tick of the newest frame, here or at an owner before.
    pub tick: Tick,
    /// The highest ownership that it was told of.
    pub fence: Fence,
    /// The nodes that it was told of.
    pub nodes: Vec<String>,
    pub moved: Option<(Fence, String)>,
    /// What it was told of the room standing still, in order.
    pub pauses: Vec<bool>,
    pub lobby: Vec<LobbyNews>,
    event: EventNumber,
    seq: u16,
}

/// What comes next.
#[derive(Debug)]
pub enum Heard {
    Frame,
    Message,
    /// The connection is closed: the code, 1006 where there is none.
    Closed(u16),
}

impl Player {
    /// Joins at a node, wherever that leads to.
    pub async fn join(url: &str, body: Value) -> Self {
        let joined = post(url, "/api/join", body).await;
        assert_eq!(joined.status, 200, "{joined:?}");
        Self::connect(joined.body["ws_url"].as_str().unwrap()).await
    }

    /// Connects and reads on to the first frame.
    pub async fn connect(ws_url: &str) -> Self {
        let (socket, welcome) = welcomed(ws_url).await.expect("a room that is there");
        let mut player = Self {
            ws_url: ws_url.to_owned(),
            replica: Replica::new(&welcome),
            tick: welcome.tick,
            welcome,
            socket,
            fence: Fence::NONE,
            nodes: Vec::new(),
            moved: None,
            pauses: Vec::new(),
            lobby: Vec::new(),
            event: EventNumber(0),
            seq: 0,
        };
        player.frames(1).await;
        player
    }

    /// The next of whatever comes.
    pub async fn hear(&mut self) -> Heard {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let message = tokio::time::timeout_at(until, self.socket.next()).await;
            // A connection that lives, and has nothing to say, is not what is waited for either.
            let bytes = match message.expect("something comes, or the end") {
                Some(Ok(Message::Binary(bytes))) => bytes,
                Some(Ok(Message::Close(Some(frame)))) => return Heard::Closed(frame.code.into()),
                Some(Ok(Message::Close(None)) | Err(_)) | None => return Heard::Closed(1006),
                Some(Ok(_)) => continue,
            };
            if bytes[0] < FRAME_TAG {
                self.take_in(ServerMessage::from_bytes(&bytes).unwrap()).await;
                return Heard::Message;
            }
            let (frame, agreement) = self.replica.handle_frame(&bytes).unwrap();
            assert_ne!(agreement, Agreement::Different, "the replica is sound");
            for event in &frame.events {
                self.event = event.number;
            }
            self.tick = frame.tick;
            let ack = Ack { frame: frame.number, event: self.event };
            // A server that has died takes nothing any more.
            let _ = self.send(ClientMessage::Ack(ack)).await;
            return Heard::Frame;
        }
    }

    async fn take_in(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Owner { fence, nodes } => {
                assert!(fence >= self.fence, "an owner that was replaced: {fence} {}", self.fence);
                (self.fence, self.nodes) = (fence, nodes);
            }
            ServerMessage::Moved { fence, ws_url } => {
                assert!(fence > self.fence);
                self.moved = Some((fence, ws_url));
            }
            ServerMessage::Paused { is_paused } => self.pauses.push(is_paused),
            ServerMessage::Lobby(news) => self.lobby.push(news),
            ServerMessage::Answer(Answer { outcome, .. }) => {
                assert!(outcome.is_ok(), "{outcome:?}");
            }
            _ => {}
        }
    }

    async fn send(&mut self, message: ClientMessage) -> bool {
        self.socket.send(Message::Binary(message.to_bytes().into())).await.is_ok()
    }

    /// Reads on until so many ticks have passed.
    pub async fn frames(&mut self, count: u32) {
        let last = self.tick.plus(count);
        while last.is_after(self.tick) {
            if let Heard::Closed(code) = self.hear().await {
                panic!("closed with {code} at {:?}", self.tick);
            }
        }
    }

    /// Reads on to the end, and returns the close code.
    pub async fn end(&mut self) -> u16 {
        loop {
            if let Heard::Closed(code) = self.hear().await {
                return code;
            }
        }
    }

    /// Reads on until it is as wanted.
    pub async fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            if let Heard::Closed(code) = self.hear().await {
                panic!("closed with {code} at {:?}", self.tick);
            }
        }
    }

    /// Its body moves with this velocity from now on.
    pub async fn steer(&mut self, velocity: [i32; 2]) {
        self.seq += 1;
        let values = InputValues::new(&velocity).unwrap();
        let (seq, at) = (InputSeq(self.seq), Tick(0));
        let input = Input { seq, at, view_age: ViewAge::UNTOLD, values };
        assert!(self.send(ClientMessage::Input(input)).await);
    }

    /// Goes somewhere and stands still there, where it is for good.
    pub async fn settle(&mut self) {
        self.steer([100, -70]).await;
        self.frames(20).await;
        self.steer([0, 0]).await;
        self.frames(20).await;
        let place = self.place();
        self.frames(10).await;
        assert_eq!(self.place(), place, "it stands still");
    }

    /// Its own body, whole.
    pub fn place(&self) -> Vec<u32> {
        let own = self.welcome.player.0;
        let is_own = |lanes: &[u32]| lanes.first() == Some(&own);
        let row = self.replica.entities().find(|row| is_own(row.lanes));
        row.expect("it sees itself").lanes.to_vec()
    }

    /// Enters the lobby.
    pub async fn enter_lobby(&mut self) {
        let request = Request { id: RequestId(1), what: RequestKind::EnterLobby };
        assert!(self.send(ClientMessage::Request(request)).await);
    }

    /// What a node says of where it goes on.
    pub async fn ask_where(&self, url: &str) -> Option<Told> {
        try_post(url, "/api/resume", json!({"token": self.welcome.resume_token})).await
    }

    /// Asks the nodes in turn until one of them knows where it goes on, and comes back there as the same player.
    pub async fn resume_among(&mut self, urls: &[String]) {
        let back = async {
            loop {
                let (ws_url, fence) = self.found(urls).await;
                assert!(fence >= self.fence, "{fence:?} {:?}", self.fence);
                // Whoever is about to have the room has it in a moment.
                if self.comes_back_at(&ws_url).await {
                    return fence;
                }
                tokio::time::sleep(ASK_AGAIN).await;
            }
        };
        let fence = tokio::time::timeout(PATIENCE, back).await.unwrap();
        assert_eq!(self.fence, fence);
    }

    /// Where it goes on, once one of the nodes knows.
    pub async fn found(&self, urls: &[String]) -> (String, Fence) {
        loop {
            for url in urls {
                let Some(told) = self.ask_where(url).await else { continue };
                match told.status {
                    200 => {
                        assert_eq!(told.body["player"], self.welcome.player.0);
                        assert_eq!(told.body["room"], self.welcome.room);
                        let fence = Fence(told.body["fence"].as_u64().unwrap());
                        let ws_url = told.body["ws_url"].as_str().unwrap();
                        let is_own = host_of(ws_url) == host_of(&self.ws_url);
                        // Its owner may be dead, and still be thought to live.
                        if !is_own || fence > self.fence {
                            return (ws_url.to_owned(), fence);
                        }
                    }
                    503 => {
                        assert_eq!(told.body["error"], "room_moving", "{told:?}");
                        assert_eq!(told.retry_after.as_deref(), Some("1"));
                        assert_eq!(told.body["retry_after_ms"], 250);
                    }
                    _ => panic!("{told:?}"),
                }
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Comes back at an address as the same player.
    pub async fn resume_at(&mut self, ws_url: &str) {
        assert!(self.comes_back_at(ws_url).await);
    }

    /// The same, unless it is told to ask once more where to.
    async fn comes_back_at(&mut self, ws_url: &str) -> bool {
        let (token, event) = (&self.welcome.resume_token, self.event.0);
        let url = format!("{ws_url}?resume={token}&event={event}");
        let Some((socket, welcome)) = welcomed(&url).await else { return false };
        assert_eq!(welcome.player, self.welcome.player);
        assert_eq!(welcome.room, self.welcome.room);
        assert!(welcome.resumed.is_some());
        self.replica = Replica::new(&welcome);
        (self.socket, self.welcome, self.ws_url) = (socket, welcome, ws_url.to_owned());
        self.tick = self.welcome.tick;
        self.moved = None;
        self.frames(1).await;
        true
    }
}

/// A connection and its welcome; nothing where it is closed with 1012 instead.
async fn welcomed(ws_url: &str) -> Option<(RawSocket, Welcome)> {
    let mut socket = open_speaking(ws_url, SPOKEN).await;
    let message = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
    let bytes = match message {
        Some(Ok(Message::Binary(bytes))) => bytes,
        Some(Ok(Message::Close(Some(CloseFrame { code: CloseCode::Restart, .. })))) => return None,
        other => panic!("a welcome is due, not {other:?}"),
    };
    let ServerMessage::Welcome(welcome) = ServerMessage::from_bytes(&bytes).unwrap() else {
        panic!("the welcome comes first");
    };
    Some((socket, *welcome))
}
