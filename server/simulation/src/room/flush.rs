//! Waiting, before a room ends, until everybody who is connected has what was to be told them.

use super::Room;

impl Room {
    /// From now on [`Room::is_flushed`] tells whether the events of this moment have been taken in.
    pub fn handle_flush(&mut self) {
        for member in self.members.values_mut() {
            member.flow.mark_events();
        }
    }

    /// Whether everybody who is connected has acknowledged the events that there were at
    /// [`Room::handle_flush`]. Later ones do not count, or a lively room would never be done.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        let mut connected = self.members.values().filter(|member| member.has_session());
        connected.all(|member| member.flow.has_taken_marked())
    }
}
