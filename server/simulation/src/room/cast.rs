//! Those whom a game brings along: the room follows whom the game has, as in a match of the past.

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Event, Role};

use super::{Room, SeatRequest};
use crate::game::Audience;
use crate::world::Happening;

impl Room {
    /// Brings the members in line with the game's cast. Ids that are not kept for it are nobody's.
    pub(super) fn follow_cast(&mut self) {
        let Some(cast) = self.world.game().cast() else { return };
        let (mut coming, mut renamed) = (Vec::new(), Vec::new());
        let is_here = |player: &PlayerId| player.0 <= self.config.reserved_players;
        let plays =
            cast.iter().filter(|(player, who)| who.role != Role::Spectator && is_here(player));
        for (&player, who) in plays {
            match self.world.roster().get(&player) {
                None => coming.push((player, who.name.clone())),
                Some(there) if there.name != who.name => renamed.push((player, who.name.clone())),
                Some(_) => {}
            }
        }
        let is_gone =
            |player: &&PlayerId| cast.get(player).is_none_or(|who| who.role == Role::Spectator);
        let gone: Vec<PlayerId> = self.world.bots().iter().filter(is_gone).copied().collect();
        for player in gone {
            self.unseat(player);
        }
        for (player, name) in coming {
            self.seat(player, SeatRequest { name, role: Role::Bot, send_every: 1 });
        }
        for (player, name) in renamed {
            // Who is called otherwise already is not asked whether they may be.
            let _ = self.world.apply(Happening::Rename { player, name: name.clone() });
            self.tell(Audience::Everybody, &Event::Renamed { player, name });
        }
    }
}
