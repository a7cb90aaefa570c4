//! Control messages: everything that travels beside the state.
//!
//! Each is one bincode value in one WebSocket message ([`envelope`](crate::envelope)). A message
//! from a client is checked in two steps: here it is decoded and its numbers are seen to be finite;
//! [`Schema::check_input`] and [`Schema::check_message`] then hold it against the game's ranges.

mod check;
mod input_values;
mod lobby;
mod nodes;
mod request;
mod view_age;

use bincode::{Decode, Encode};
use thiserror::Error;

use crate::ids::{EntityId, EventNumber, Fence, FrameNumber, InputSeq, PlayerId, Tick};
use crate::parts::PartNumber;
use crate::schema::{Schema, SchemaError};
use crate::watch::{GridError, GridSize};

pub use check::SchemaMismatch;
pub use input_values::InputValues;
pub use lobby::LobbyNews;
pub use nodes::{MAX_NODE_URL_BYTES, MAX_NODES, NodesError};
pub use request::{Answer, Rejection, Reply, Request, RequestKind};
pub use view_age::ViewAge;

/// Longest token, in bytes: what a server gives out at joining is a fifth of this.
pub const MAX_TOKEN_BYTES: usize = 1024;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ClientMessage {
    /// A player's intent.
    Input(Input),
    /// The newest state frame and reliable event that the client has taken in.
    Ack(Ack),
    /// Asks for a [`ServerMessage::Pong`] at once.
    Ping {
        /// Comes back in the answer.
        nonce: u32,
    },
    /// A message to the game's rules.
    Game(GameMessage),
    /// What a spectator wants to see from now on.
    Look(Look),
    /// A part of the client's replica differs from the server's.
    Differs(Difference),
    /// The first message of a connection whose URL has no token: asks for a seat that is kept.
    Enter {
        /// From `POST /api/join`; at most [`MAX_TOKEN_BYTES`].
        token: String,
    },
    /// The first message likewise: goes on as the player that a connection was lost of.
    Resume {
        /// From the newest welcome; at most [`MAX_TOKEN_BYTES`].
        token: String,
        /// The newest event that the client has taken in: those after it are sent again.
        event: EventNumber,
    },
    /// Something that is answered with a [`ServerMessage::Answer`].
    Request(Request),
    /// The newest state frames that led to the difference that is told next, as they came, the newest last.
    Recent {
        /// As many as fit.
        frames: Vec<Vec<u8>>,
    },
}

/// A rectangle of the world, as a spectator chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct Look {
    /// Its middle, in world units; finite.
    pub center: [f32; 2],
    /// Its width and height, in world units; finite, not negative. The server cuts it to what one
    /// client may watch.
    pub size: [f32; 2],
}

impl Look {
    /// Whether its numbers are finite and its size is not negative.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let numbers = self.center.iter().chain(&self.size);
        numbers.into_iter().all(|number| number.is_finite())
            && self.size.iter().all(|&side| side >= 0.0)
    }
}

/// What a client has where its hash of a part is not the server's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Difference {
    /// The part.
    pub part: PartNumber,
    /// The tick whose hash differed.
    pub tick: Tick,
    /// How many entities the client has in it.
    pub entities: u32,
    /// The first of them, as many as fit into a message.
    pub rows: Vec<DifferenceRow>,
}

/// An entity of a client's replica, as it lies there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DifferenceRow {
    /// Its slot.
    pub slot: u32,
    /// Its id.
    pub id: EntityId,
    /// Its kind.
    pub kind: u8,
    /// Its lanes, then the last steps of what moves.
    pub columns: Vec<u32>,
}

/// A player's intent from one tick on. It holds until the next one replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Input {
    /// Counted up by the client from 1, wrapping.
    pub seq: InputSeq,
    /// The tick at which it is to take effect; 0 means the next one.
    pub at: Tick,
    /// How far what the client showed of others was behind that tick.
    pub view_age: ViewAge,
    /// A field of the schema each.
    pub values: InputValues,
}

/// An acknowledgement of everything up to and including these numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// Newest state frame.
    pub frame: FrameNumber,
    /// Newest reliable event.
    pub event: EventNumber,
}

/// A game's own message or event: its kind's index in the schema, and its parameters.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct GameMessage {
    /// Index into the schema's `messages` (from a client) or `events` (from the server).
    pub kind: u8,
    /// One per parameter.
    pub values: Vec<Value>,
}

/// A parameter of a game's message or event.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Value {
    /// An integer.
    Integer(i32),
    /// A number; never NaN or infinite once it has been checked.
    Number(f32),
    /// Text.
    Text(String),
    /// A player.
    Player(PlayerId),
}

/// What the server sends beside state frames.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ServerMessage {
    /// The first message of a connection.
    Welcome(Box<Welcome>),
    /// The answer to a [`ClientMessage::Ping`], sent at once.
    Pong {
        /// From the ping.
        nonce: u32,
        /// The room's clock, in microseconds: tick n is due at n / tick rate.
        room_time_us: u64,
    },
    /// An input or message was refused; the connection lives on.
    Refused(Refusal),
    /// The server is about to restart: it will close the connection with
    /// [`CloseReason::Restarting`](crate::close::CloseReason::Restarting).
    Restarting {
        /// Time until it does, at the least, in milliseconds.
        closes_in_ms: u32,
        /// Time from then on after which to come back, in milliseconds. Each client is told another
        /// one, so that they do not all come at once.
        back_after_ms: u32,
    },
    /// The game's rules have failed and the room has ended: the connection is closed with
    /// [`CloseReason::Internal`](crate::close::CloseReason::Internal). There is no player to come back as.
    Failed {
        /// Time after which to join again, in milliseconds, likewise.
        back_after_ms: u32,
    },
    /// The answer to a [`ClientMessage::Request`].
    Answer(Answer),
    /// Who the room's host is: after the welcome, and whenever it changes. Only for connections that know of
    /// hosts ([`Subprotocol::has_hosts`](crate::version::Subprotocol::has_hosts)).
    Host {
        /// The host; `None` while there is none.
        player: Option<PlayerId>,
    },
    /// Who owns the room in a cluster, and where else to ask for it: right after the welcome, and again when
    /// that changes. This and the next two are only for connections that know of owners
    /// ([`Subprotocol::has_owners`](crate::version::Subprotocol::has_owners)).
    Owner {
        /// The number of the room's ownership.
        fence: Fence,
        /// Base URLs of servers that are there (`http://HOST:PORT`), the owner's first: at most
        /// [`MAX_NODES`], each of at most [`MAX_NODE_URL_BYTES`].
        nodes: Vec<String>,
    },
    /// The room goes on at another server: the connection is closed at once, with
    /// [`CloseReason::Restarting`](crate::close::CloseReason::Restarting), and the client resumes there.
    Moved {
        /// The number of the room's ownership there.
        fence: Fence,
        /// Where to connect, without a query (`ws://HOST:PORT/ws`); at most [`MAX_NODE_URL_BYTES`].
        ws_url: String,
    },
    /// The room stands still, since its owner cannot tell whether it still is the owner, or goes on. The
    /// connection lives on.
    Paused {
        /// Whether it stands still.
        is_paused: bool,
    },
    /// What is said in the lobby, to whoever has entered it.
    Lobby(LobbyNews),
}

/// Everything a client needs before the first state frame.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Welcome {
    /// Room that was joined.
    pub room: String,
    /// The client's own id in the room.
    pub player: PlayerId,
    /// Whether the client only watches: its inputs and messages are refused.
    pub spectator: bool,
    /// The room's tick when this was sent.
    pub tick: Tick,
    /// The room's clock when this was sent, in microseconds: tick n is due at n / tick rate.
    pub room_time_us: u64,
    /// Ticks per second.
    pub tick_rate_hz: u16,
    /// Ticks from one state frame to the next: 1, 2 or 4.
    pub send_every: u8,
    /// The server pings this often, in milliseconds.
    pub heartbeat_interval_ms: u32,
    /// Silence for this long ends the connection, in milliseconds.
    pub heartbeat_timeout_ms: u32,
    /// Frames after which an acknowledgement is due, at the latest.
    pub ack_every: u16,
    /// Ticks after which each part of the state carries a hash again; 0 for never.
    pub hash_every: u32,
    /// The cells that the world is cut into.
    pub grid: GridSize,
    /// With this the client goes on as the same player when its connection is lost.
    pub resume_token: String,
    /// For how long after that, in milliseconds; 0 for not at all.
    pub resume_window_ms: u32,
    /// What a connection that resumes another one is told of it; `None` for a new player.
    pub resumed: Option<Resumed>,
    /// Everybody in the room, the client included.
    pub roster: Vec<RosterEntry>,
    /// How to read this game.
    pub schema: Schema,
}

/// What became of a player while its connection was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Resumed {
    /// Events that were too many to be kept: the first that comes has a number that is larger by so
    /// many than the one after the client's last.
    pub lost_events: u32,
}

/// A welcome that nobody can go by.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WelcomeError {
    /// The game's schema is not valid.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The grid has no cells, or too many.
    #[error(transparent)]
    Grid(#[from] GridError),
}

impl Welcome {
    /// Checks what a client relies on.
    ///
    /// # Errors
    /// [`WelcomeError`].
    pub fn validate(&self) -> Result<(), WelcomeError> {
        self.schema.validate()?;
        Ok(self.grid.validate()?)
    }
}

/// A member of the room.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RosterEntry {
    /// Its id.
    pub player: PlayerId,
    /// Its name.
    pub name: String,
    /// What it does here.
    pub role: Role,
}

/// What a member of a room does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Role {
    /// A client that plays.
    Player,
    /// A client that watches.
    Spectator,
    /// A player run by the server.
    Bot,
}

/// A reliable event: delivered once, in order, with the frame of its tick or a later one.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Event {
    /// Somebody came in.
    Joined(RosterEntry),
    /// Somebody left.
    Left {
        /// Who.
        player: PlayerId,
    },
    /// An event of the game's rules.
    Game(GameMessage),
    /// Somebody is called otherwise now.
    Renamed {
        /// Who.
        player: PlayerId,
        /// The new name.
        name: String,
    },
    /// The match stood still, and goes on.
    Interrupted {
        /// Why.
        cause: Interruption,
    },
}

/// Why a match stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Interruption {
    /// The game's rules failed. The room was made anew out of what it had recorded; nothing is lost, but what
    /// was done at that tick, if that was what they failed at.
    Rules,
    /// The server died. Another one has made the room anew; what was done after its tick is lost.
    Server,
}

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refusal {
    /// The input's number; `None` for a game message.
    pub input: Option<InputSeq>,
    /// The cause.
    pub cause: RefusalCause,
}

/// Why an input or message was refused although it is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Error)]
pub enum RefusalCause {
    /// The input names a tick too far ahead.
    #[error("the input is stamped too far in the future")]
    FarFuture,
    /// An input with this number or a later one has been taken already.
    #[error("an input with this number or a later one was taken already")]
    Repeated,
    /// More inputs wait for their ticks than the queue holds.
    #[error("too many inputs are waiting for their ticks")]
    QueueFull,
    /// Spectators have no say.
    #[error("spectators cannot send inputs or messages")]
    Spectator,
    /// Players see what the game shows them.
    #[error("only spectators choose what they see")]
    NotASpectator,
}
