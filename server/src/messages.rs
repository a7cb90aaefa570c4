//! Every message between actors, on one page. All of them go one way; the lobby's alone are answered, off the
//! hot path.

use std::net::IpAddr;
use std::time::Duration;

use actix::{Addr, Message};
use bytes::Bytes;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EventNumber, Fence, PlayerId};
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::room::{RoomFull, SeatRequest};

use crate::journal::keeper::Kept;
use crate::room::transfer::Transfer;
use crate::session::SessionId;
use crate::session::outbox::Outbox;

/// Timer → room: the next tick is due.
#[derive(Message)]
#[rtype(result = "()")]
pub struct TickDue;

/// Lobby → room: keep a seat for somebody who is about to connect.
#[derive(Message)]
#[rtype(result = "Result<PlayerId, RoomFull>")]
pub struct Reserve(pub SeatRequest);

/// Lobby → room: what a member is there as, to get the like elsewhere.
#[derive(Message)]
#[rtype(result = "Option<SeatRequest>")]
pub struct WhoIs(pub PlayerId);

/// Lobby → room: the host wants it to end.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseRoom;

/// Session → room: a connection wants in. The outcome comes through the outbox, in order with
/// everything else: [`Outgoing::Joined`] or [`Outgoing::Close`].
#[derive(Message)]
#[rtype(result = "()")]
pub struct Connect {
    /// The connection.
    pub session: SessionId,
    /// The outbox of the thread that the connection lives on.
    pub outbox: Addr<Outbox>,
    /// As whom.
    pub purpose: Purpose,
    /// What it speaks.
    pub speaks: Subprotocol,
}

/// What a connection wants of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The seat that was reserved.
    Join {
        /// The seat.
        reserved: PlayerId,
        /// What was asked for, should the reservation have lapsed.
        request: SeatRequest,
        /// Whether it is the room's host.
        hosts: bool,
        /// Where the request came from, if its address is counted.
        address: Option<IpAddr>,
    },
    /// To go on as a player whose connection was lost.
    Resume {
        /// Who.
        player: PlayerId,
        /// The key that the last welcome gave out.
        key: u32,
        /// The newest event that the client has.
        event: EventNumber,
    },
}

/// Session → room: a connection has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Disconnect {
    /// The connection.
    pub session: SessionId,
    /// Whether the client may come back: its player is kept for a time then.
    pub is_lost: bool,
}

/// Server → room: the server is about to stop. Tell everybody, let nobody in any more, and end as soon as
/// they have heard it.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// The server's time at which the room may end.
    pub earliest: Duration,
    /// The server's time at which it ends whether or not everybody has taken in all events.
    pub latest: Duration,
    /// Shortest time after which a client is asked to come back; at random up to twice as long.
    pub back_after: Duration,
}

/// Cluster → room: another server owns it. It ends, and writes nothing any more.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Depose;

/// Cluster → room: stand still, and say all that another server needs to go on. [`Leave`] or [`Stay`] has to
/// follow. `None` from a room that cannot be handed over: it shows another one's match, or is about to end.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Option<Box<Transfer>>")]
pub struct HandOver;

/// Cluster → room that was handed over: the other server has it. Everybody is told, and the room ends.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Leave {
    /// Where clients come back to, without a query.
    pub ws_url: String,
    /// The number of its ownership there.
    pub fence: Fence,
}

/// Cluster → room that was handed over: the other server has refused it. It goes on.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Stay;

/// Keeper → room: what has become of its journal.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct HearKept(pub Kept);

/// Room → outbox: everything that one tick has for the sessions of one thread.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deliver(pub Vec<(SessionId, Outgoing)>);

/// What reaches a session from its room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// The seat is taken.
    Joined(PlayerId),
    /// One whole binary message for the client.
    Binary(Bytes),
    /// Close the connection; the seat is free already.
    Close(CloseReason),
}
