//! One member of a room.

use tickwire_protocol::frame::InputEcho;
use tickwire_protocol::ids::{Fence, InputSeq, Tick};
use tickwire_protocol::message::Role;
use tickwire_protocol::version::Subprotocol;

use crate::flow::Flow;
use crate::game::View;
use crate::input_queue::InputQueue;
use crate::view_age::RoundTrips;

use super::SeatRequest;
use super::attention::Attention;
use super::presence::{Presence, ResumeKeys};
use super::requests::Requests;
use super::text::TextStream;

/// Somebody in the room: what they do there, what they want, what they have been sent.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) role: Role,
    /// Ticks from one frame to the next: 1, 2 or 4.
    pub(super) send_every: u8,
    pub(super) inputs: InputQueue,
    pub(super) flow: Flow,
    pub(super) attention: Attention,
    /// In place of that, where it is told in text.
    pub(super) text: Option<Box<TextStream>>,
    /// Whether its connection speaks a version in which rooms have owners.
    pub(super) knows_owners: bool,
    pub(super) round_trips: RoundTrips,
    pub(super) presence: Presence,
    pub(super) keys: ResumeKeys,
    /// What it wants an answer to.
    pub(super) requests: Requests,
    /// What a spectator has chosen to see.
    pub(super) look: Option<View>,
    /// The frames that led to a difference that it is about to report.
    pub(super) recent: Vec<Vec<u8>>,
    /// The tick at which it last reported a difference that was looked at.
    pub(super) reported_at: Option<Tick>,
    /// The newest input that took effect and has not been told yet.
    pub(super) echo: Option<InputEcho>,
    /// Number of the newest input that has been told.
    pub(super) last_echo: InputSeq,
    /// The tick after which a refusal was last told.
    pub(super) refused_at: Option<Tick>,
}

impl Member {
    pub(super) fn new(request: &SeatRequest) -> Self {
        Self {
            role: request.role,
            send_every: request.send_every,
            inputs: InputQueue::default(),
            flow: Flow::new(),
            attention: Attention::default(),
            text: None,
            knows_owners: false,
            round_trips: RoundTrips::default(),
            presence: Presence::Present,
            keys: ResumeKeys::default(),
            requests: Requests::default(),
            look: None,
            recent: Vec::new(),
            reported_at: None,
            echo: None,
            last_echo: InputSeq(0),
            refused_at: None,
        }
    }

    /// Another connection, which speaks this.
    pub(super) fn speak(&mut self, speaks: Subprotocol) {
        self.text = TextStream::of(speaks);
        self.knows_owners = speaks.has_owners();
    }

    /// The fence that it is told of a room's.
    pub(super) fn told(&self, fence: Fence) -> Fence {
        if self.knows_owners { fence } else { Fence::NONE }
    }

    /// Whether the game knows this member.
    pub(super) fn is_playing(&self) -> bool {
        self.role != Role::Spectator
    }

    /// Whether there is a connection to send to.
    pub(super) fn has_session(&self) -> bool {
        self.is_person() && self.presence == Presence::Present
    }

    /// Whether it is not run by the server.
    pub(super) fn is_person(&self) -> bool {
        self.role != Role::Bot
    }
}
