//! What happens in a room that everybody may know, for those who only listen. Kept from the time on at which
//! somebody does, until the driver takes it out, which it does at each tick.

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::Event;

use super::Room;

/// Something that everybody was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Public {
    /// An event that went to all members.
    Event(Event),
    /// Who the host is now.
    Host(Option<PlayerId>),
}

impl Room {
    /// Whether what happens is kept from now on.
    pub fn set_heard(&mut self, is_heard: bool) {
        if is_heard != self.is_heard() {
            self.happenings = is_heard.then(Vec::new);
        }
    }

    /// Whether it is.
    #[must_use]
    pub const fn is_heard(&self) -> bool {
        self.happenings.is_some()
    }

    /// What has happened since this was last asked, each with its tick.
    pub fn take_happenings(&mut self) -> Vec<(Tick, Public)> {
        self.happenings.as_mut().map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn note(&mut self, happening: impl FnOnce() -> Public) {
        let tick = self.tick();
        if let Some(happenings) = &mut self.happenings {
            happenings.push((tick, happening()));
        }
    }
}
