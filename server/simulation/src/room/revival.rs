//! A room made of a world that was saved or computed again elsewhere: nobody is connected to it yet, and
//! everybody who was can come back.

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Event, Interruption, Role};

use super::member::Member;
use super::presence::{Presence, ResumeKeys};
use super::{Room, RoomConfig, RoomError, SeatRequest};
use crate::game::Audience;
use crate::world::{Entrant, Happening, World};

/// Ids that are given to nobody after a crash: more than can have been given out without a trace.
const SKIPPED_IDS: u32 = 1 << 16;

impl Room {
    /// A room that goes on where a world is. Its members are those of the world; those who are not run by the
    /// server are away, for as long as they may be, and are told of the interruption when they are back.
    ///
    /// # Errors
    /// As for [`Room::new`].
    pub fn revive(config: RoomConfig, world: World) -> Result<Self, RoomError> {
        let config = RoomConfig { first_tick: world.tick(), ..config };
        let mut room = Self::around(config, world)?;
        let (tick, roster) = (room.tick(), room.world.roster().clone());
        for (player, entrant) in roster {
            room.last_player = room.last_player.max(player.0);
            let request = SeatRequest { name: entrant.name, role: entrant.role, send_every: 1 };
            let mut member = Member::new(&request);
            room.head_count[entrant.role as usize] += 1;
            if entrant.role != Role::Bot {
                member.presence = Presence::Absent { since: tick };
                member.keys = ResumeKeys::after_crash(entrant.key);
                member.flow.begin_after_crash();
                room.absent += 1;
                room.replication.admit(player);
                let _ = room.world.apply(Happening::Presence { player, is_present: false });
            }
            room.members.insert(player, member);
        }
        // Of all that, the tape is left for the journal.
        // Whoever came in last may have left no trace, and is not to come back as somebody else.
        room.last_player = room.last_player.saturating_add(SKIPPED_IDS);
        room.tell(Audience::Everybody, &Event::Interrupted { cause: Interruption::Server });
        room.replication.record(tick, room.world.game());
        Ok(room)
    }

    /// All who only watch are gone.
    pub fn handle_spectators_leave(&mut self) {
        let watch = |(player, entrant): (&PlayerId, &Entrant)| {
            (entrant.role == Role::Spectator).then_some(*player)
        };
        let gone: Vec<PlayerId> = self.world.roster().iter().filter_map(watch).collect();
        gone.into_iter().for_each(|player| self.handle_leave(player));
    }

    /// Members whose connection is lost, and who may come back.
    #[must_use]
    pub const fn absent(&self) -> usize {
        self.absent
    }
}
