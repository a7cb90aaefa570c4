//! What a client needs to go on as the same player when its connection is lost, and the order in
//! which events must come, before and after. Pure; [`client`](crate::client) does the coming back.

use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_protocol::frame::ReceivedEvent;
use tickwire_protocol::ids::{EventNumber, PlayerId};
use tickwire_protocol::message::Welcome;

/// A player that may be gone on with.
#[derive(Clone, Debug)]
pub struct Resume {
    /// Where to connect; token and event are part of it.
    pub ws_url: String,
    /// The token.
    pub token: String,
    /// The player that one is then again.
    pub player: PlayerId,
    /// The newest event that was taken in.
    pub event: EventNumber,
    /// Later it is not worth trying.
    pub until: Instant,
}

impl Resume {
    /// How to go on after a connection that was lost just now; `None` where the server keeps no
    /// player. `ws_url` is where it was opened: the query is replaced.
    #[must_use]
    pub fn new(ws_url: &str, welcome: &Welcome, event: EventNumber) -> Option<Self> {
        let window = Duration::from_millis(welcome.resume_window_ms.into());
        let token = welcome.resume_token.clone();
        (!window.is_zero()).then(|| Self {
            ws_url: address(ws_url, &token, event),
            token,
            player: welcome.player,
            event,
            until: Instant::now() + window,
        })
    }

    /// The same at another address, whose query is replaced likewise.
    #[must_use]
    pub fn at(self, ws_url: &str) -> Self {
        Self { ws_url: address(ws_url, &self.token, self.event), ..self }
    }
}

fn address(ws_url: &str, token: &str, event: EventNumber) -> String {
    let base = ws_url.split_once('?').map_or(ws_url, |(base, _)| base);
    format!("{base}?resume={token}&event={}", event.0)
}

/// An event that is not the one due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("event {came} came where {due} was due")]
pub struct EventOrderError {
    /// Its number.
    pub came: u32,
    /// The number that it should have had.
    pub due: u32,
}

/// Which events have come: each once, in order, and none is missing but those declared lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventOrder {
    newest: EventNumber,
    /// Events after it that will not come.
    lost: u32,
}

impl EventOrder {
    /// Goes on after an event, without so many that follow it.
    pub(crate) const fn after(newest: EventNumber, lost: u32) -> Self {
        Self { newest, lost }
    }

    /// The newest event that was taken in.
    pub(crate) const fn newest(&self) -> EventNumber {
        self.newest
    }

    /// Takes in a frame's events.
    pub(crate) fn take_in(&mut self, events: &[ReceivedEvent]) -> Result<(), EventOrderError> {
        for event in events {
            let due = self.newest.plus(self.lost).plus(1);
            if event.number != due {
                return Err(EventOrderError { came: event.number.0, due: due.0 });
            }
            *self = Self::after(due, 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::ids::Tick;
    use tickwire_protocol::message::Event;

    fn events(numbers: impl IntoIterator<Item = u32>) -> Vec<ReceivedEvent> {
        let event = |number| ReceivedEvent {
            number: EventNumber(number),
            tick: Tick(1),
            event: Event::Left { player: PlayerId(1) },
        };
        numbers.into_iter().map(event).collect()
    }

    #[test]
    fn events_come_in_order() {
        let mut order = EventOrder::default();
        assert_eq!(order.take_in(&events([1, 2])), Ok(()));
        assert_eq!(order.take_in(&[]), Ok(()));
        assert_eq!(order.newest(), EventNumber(2));
        for (numbers, came) in [(vec![2], 2), (vec![4], 4), (vec![0], 0)] {
            let error = EventOrderError { came, due: 3 };
            assert_eq!(order.clone().take_in(&events(numbers)), Err(error));
        }
        let error = EventOrderError { came: 3, due: 4 };
        assert_eq!(order.take_in(&events([3, 3])), Err(error));
    }

    #[test]
    fn those_declared_lost_are_skipped_once_and_not_taken_in() {
        let mut order = EventOrder::after(EventNumber(7), 3);
        assert_eq!(order.newest(), EventNumber(7));
        let error = EventOrderError { came: 8, due: 11 };
        assert_eq!(order.clone().take_in(&events([8])), Err(error));
        assert_eq!(order.take_in(&events([11, 12])), Ok(()));
    }

    #[test]
    fn numbers_wrap() {
        let mut order = EventOrder::after(EventNumber(u32::MAX - 1), 0);
        assert_eq!(order.take_in(&events([u32::MAX, 0, 1])), Ok(()));
    }
}
