//! Rooms as the server runs them: a thin actor around the pure room, its bounded inbox, the routes to
//! its players, its clock, and the threads that rooms are spread over.

pub mod board;
pub mod clock;
pub mod clustered;
pub mod door;
pub mod driver;
mod ending;
mod entrance;
mod happenings;
mod hosting;
pub mod inbox;
mod journalled;
mod leaving;
pub mod opener;
mod outgoing;
mod routes;
mod safekeeping;
pub mod shows;
mod standing;
pub mod taking_over;
pub mod threads;
pub mod timer;
pub mod transfer;
pub mod warrant;

use std::sync::Arc;

use actix::Addr;
use tickwire_protocol::ids::{Fence, RoomId};

use crate::events::Feed;

pub use driver::RoomDriver;
pub use shows::Shows;

/// How everybody else reaches a room.
#[derive(Clone)]
pub struct RoomHandle {
    /// Which room.
    pub id: RoomId,
    /// The number of its ownership; [`Fence::NONE`] without a cluster.
    pub fence: Fence,
    /// Name of its game.
    pub game: Arc<str>,
    /// What it shows. Nobody comes to what is no match who has not asked for it.
    pub shows: Shows,
    /// What it is called outside, and who gets in.
    pub door: Arc<door::Door>,
    /// Its actor: seats and connections.
    pub address: Addr<RoomDriver>,
    /// Where sessions put what clients send.
    pub inbox: Arc<inbox::Inbox>,
    /// Its time.
    pub clock: Arc<clock::RoomClock>,
    /// What happens in it, for those who only listen.
    pub feed: Arc<Feed>,
    /// What it shows of itself.
    pub board: Arc<board::RoomBoard>,
}
