//! What clients send, on its way to the room: a bounded vector that sessions push to and the room
//! drains at its tick. Unlike a mailbox message per input it wakes nobody and allocates once a tick, which
//! is what makes it worth having.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Ack, Difference, GameMessage, Input, Look, Request};

use crate::session::SessionId;

/// Messages per seat that may wait for a tick: more than the burst that a session's rate limit allows at 30
/// ticks a second. What finds it full is dropped and counted.
pub const MESSAGES_PER_SEAT: usize = 300;

/// What a client sent to its room.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomMessage {
    /// An input.
    Input(Input),
    /// An acknowledgement.
    Ack(Ack),
    /// A message to the game.
    Game(GameMessage),
    /// Something that is to be answered.
    Request(Request),
    /// What a spectator wants to see.
    Look(Look),
    /// A part of the client's state that differs.
    Difference(Difference),
    /// The frames that led to that, which comes next.
    Recent(Vec<Vec<u8>>),
}

/// A message, who sent it, and the room's time when it came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// By which connection: what an earlier one of the same player has left here does not count.
    pub session: SessionId,
    /// Who.
    pub player: PlayerId,
    /// When, in the room's time.
    pub at: Duration,
    /// What.
    pub message: RoomMessage,
}

/// The inbox has no room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the room's inbox is full")]
pub struct InboxFull;

/// A room's inbox.
#[derive(Debug)]
pub struct Inbox {
    arrivals: Mutex<Vec<Arrival>>,
    capacity: usize,
}

impl Inbox {
    /// An inbox for a room of this many seats.
    #[must_use]
    pub fn new(seats: usize) -> Self {
        Self { arrivals: Mutex::default(), capacity: seats.max(1) * MESSAGES_PER_SEAT }
    }

    /// Adds what a client sent.
    ///
    /// # Errors
    /// [`InboxFull`]: the room does not keep up, or a flood got through the rate limits.
    pub fn push(&self, arrival: Arrival) -> Result<(), InboxFull> {
        // A panic while pushing cannot leave the vector half-changed, so a poisoned lock is fine.
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if arrivals.len() >= self.capacity {
            return Err(InboxFull);
        }
        arrivals.push(arrival);
        Ok(())
    }

    /// Takes out everything that has arrived. The inbox goes on with room for as much again: a burst does not
    /// leave it large.
    pub fn drain(&self) -> Vec<Arrival> {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let next = Vec::with_capacity(arrivals.len());
        std::mem::replace(&mut *arrivals, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_drained_in_order() {
        let inbox = Inbox::new(1);
        let session = SessionId::random();
        let arrival = |player| Arrival {
            session,
            player: PlayerId(player),
            at: Duration::ZERO,
            message: RoomMessage::Ack(Ack::default()),
        };
        for player in 0..MESSAGES_PER_SEAT as u32 {
            inbox.push(arrival(player)).unwrap();
        }
        assert_eq!(inbox.push(arrival(0)), Err(InboxFull));
        let drained = inbox.drain();
        assert_eq!(drained.len(), MESSAGES_PER_SEAT);
        assert_eq!(drained[7], arrival(7));
        assert!(inbox.drain().is_empty());
    }
}
