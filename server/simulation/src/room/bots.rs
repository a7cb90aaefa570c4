//! Players run by the server, so that nobody meets an empty room. They give way to people: the
//! second person replaces one bot, the third another, and a bot never takes a person's seat.

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::Role;

use super::{Room, SeatRequest};

/// Names of stars: short, and nobody's.
const NAMES: [&str; 12] = [
    "Vega", "Altair", "Rigel", "Mira", "Deneb", "Sirius", "Castor", "Adhara", "Spica", "Atria",
    "Capella", "Izar",
];

impl Room {
    /// Brings the number of bots to what it should be.
    pub(super) fn balance_bots(&mut self) {
        if self.world.game().cast().is_some() {
            return;
        }
        let people = self.config.capacity - self.free_seats();
        let wanted =
            self.config.bots.saturating_sub(people.saturating_sub(1)).min(self.free_seats());
        for _ in self.count(Role::Bot)..wanted {
            let player = self.next_player();
            let name = NAMES[player.0 as usize % NAMES.len()].to_owned();
            let request = SeatRequest { name, role: Role::Bot, send_every: 1 };
            self.seat(player, request);
        }
        let surplus = self.count(Role::Bot).saturating_sub(wanted);
        let newest: Vec<PlayerId> = self.world.bots().iter().rev().take(surplus).copied().collect();
        for bot in newest {
            self.unseat(bot);
        }
    }
}
