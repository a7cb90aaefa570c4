//! This project's protocol: a welcome, then frames, which are to be acknowledged.
//!
//! A client that does not look reads the prefix of each frame only, as bots do in capacity runs; one that
//! looks keeps a whole replica and checks it against the server's hashes.

use std::time::{Duration, Instant};

use tickwire_bot_client::view::{Detail, View};
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::ids::{EventNumber, InputSeq, Tick};
use tickwire_protocol::message::{
    Ack, ClientMessage, Input, InputValues, ServerMessage, ViewAge, Welcome,
};
use tickwire_protocol::replica::{Agreement, Replica};

use super::{Incoming, Sight, Wire, WireError};
use crate::websocket::{self, Kind, Message};

/// Steps of drift's grid per unit.
const STEPS_PER_UNIT: f64 = 16.0;
/// A frame is acknowledged within this time at the latest; the protocol asks for a second.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// One client's.
#[derive(Debug)]
pub struct Tickwire {
    sight: Sight,
    joined: Option<Joined>,
}

#[derive(Debug)]
struct Joined {
    welcome: Welcome,
    view: View,
    input: InputSeq,
    event: EventNumber,
    /// Frames that were not acknowledged.
    waiting: u16,
    acknowledged: Instant,
}

impl Tickwire {
    /// One that has not been welcomed.
    #[must_use]
    pub const fn new(sight: Sight) -> Self {
        Self { sight, joined: None }
    }

    fn handle_control(&mut self, bytes: &[u8]) -> Result<Incoming, WireError> {
        let message = ServerMessage::from_bytes(bytes).map_err(|error| unreadable(&error))?;
        if let ServerMessage::Welcome(welcome) = message {
            let detail = if self.sight.sees() { Detail::Whole } else { Detail::Prefix };
            self.joined = Some(Joined {
                view: View::new(detail, &welcome),
                welcome: *welcome,
                input: InputSeq::default(),
                event: EventNumber::default(),
                waiting: 0,
                acknowledged: Instant::now(),
            });
        }
        Ok(Incoming::Other)
    }
}

fn unreadable(what: &impl ToString) -> WireError {
    WireError::Unreadable { protocol: "Tickwire", what: what.to_string() }
}

impl Wire for Tickwire {
    fn keeps(&self) -> usize {
        usize::MAX
    }

    fn handle(&mut self, message: Message<'_>, out: &mut Vec<u8>) -> Result<Incoming, WireError> {
        if message.head.first().is_none_or(|&tag| tag < FRAME_TAG) {
            return self.handle_control(message.head);
        }
        let Some(joined) = &mut self.joined else {
            return Err(unreadable(&"a frame before the welcome"));
        };
        let (frame, agreement) =
            joined.view.handle_frame(message.head).map_err(|error| unreadable(&error))?;
        if agreement == Agreement::Different {
            return Err(WireError::Desync);
        }
        if let Some(last) = frame.events.last() {
            joined.event = last.number;
        }
        joined.acknowledge(!frame.events.is_empty(), out);
        Ok(Incoming::Update { own: joined.own_position() })
    }

    fn push_input(&mut self, values: &InputValues, out: &mut Vec<u8>) {
        let Some(joined) = &mut self.joined else { return };
        joined.input = joined.input.next();
        let input =
            Input { seq: joined.input, at: Tick(0), view_age: ViewAge::UNTOLD, values: *values };
        websocket::push(out, Kind::Binary, &ClientMessage::Input(input).to_bytes());
    }
}

impl Joined {
    /// Acknowledges all frames, if that is due after one more.
    fn acknowledge(&mut self, has_events: bool, out: &mut Vec<u8>) {
        self.waiting += 1;
        let is_due = has_events
            || self.waiting >= self.welcome.ack_every
            || self.acknowledged.elapsed() >= LONGEST_WAIT;
        if is_due {
            (self.waiting, self.acknowledged) = (0, Instant::now());
            let ack = Ack { frame: self.view.cursor().number(), event: self.event };
            websocket::push(out, Kind::Binary, &ClientMessage::Ack(ack).to_bytes());
        }
    }

    /// The client's own body: its lanes are the player, x and y.
    fn own_position(&self) -> Option<[f64; 2]> {
        let own = self.welcome.player.0;
        let find = |replica: &Replica| {
            let row = replica.entities().find(|row| row.lanes.first() == Some(&own))?;
            let lane = |index: usize| row.lanes.get(index).map(|&lane| f64::from(lane));
            Some([lane(1)? / STEPS_PER_UNIT, lane(2)? / STEPS_PER_UNIT])
        };
        self.view.replica().and_then(find)
    }
}
