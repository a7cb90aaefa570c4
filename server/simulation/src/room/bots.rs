//! Players run by the server, so that nobody meets an empty room. They give way to people: the
//! second person replaces one bot, the third another, and a bot never takes a person's seat.

use std::time::Duration;

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{Input, Role, ViewAge};

use super::member::Member;
use super::{Room, SeatRequest};

/// Names of stars: short, and nobody's.
const NAMES: [&str; 12] = [
    "Vega", "Altair", "Rigel", "Mira", "Deneb", "Sirius", "Castor", "Adhara", "Spica", "Atria",
    "Capella", "Izar",
];

impl Room {
    /// Brings the number of bots to what it should be.
    pub(super) fn balance_bots(&mut self) {
        let people = self.config.capacity - self.free_seats();
        let wanted =
            self.config.bots.saturating_sub(people.saturating_sub(1)).min(self.free_seats());
        for _ in self.count(Role::Bot)..wanted {
            let player = self.next_player();
            let name = NAMES[player.0 as usize % NAMES.len()].to_owned();
            let request = SeatRequest { name, role: Role::Bot, send_every: 1 };
            self.seat(player, Member::new(request, &self.schema));
        }
        let surplus = self.count(Role::Bot).saturating_sub(wanted);
        let newest: Vec<PlayerId> = self.bots().rev().take(surplus).collect();
        for bot in newest {
            self.unseat(bot);
        }
    }

    /// Asks the game what each bot does next, and queues it like anybody's input.
    pub(super) fn think_for_bots(&mut self) {
        let bots: Vec<PlayerId> = self.bots().collect();
        let before = Tick(self.tick.0.wrapping_sub(1));
        for bot in bots {
            let input = self.with_game(|game, context| game.bot_input(context, bot));
            if let (Some(values), Some(member)) = (input, self.members.get_mut(&bot)) {
                member.bot_inputs = member.bot_inputs.next();
                let input = Input {
                    seq: member.bot_inputs,
                    at: Tick(0),
                    view_age: ViewAge::UNTOLD,
                    values,
                };
                if self.schema.check_input(&values).is_ok() {
                    // A bot sends one input per tick, for the next tick: it is never refused.
                    let _ = member.inputs.push(input, Duration::ZERO, before, self.config.inputs);
                }
            }
        }
    }

    fn bots(&self) -> impl DoubleEndedIterator<Item = PlayerId> + '_ {
        // A large room without bots is not gone through.
        let members = (self.count(Role::Bot) > 0).then_some(&self.members);
        members
            .into_iter()
            .flatten()
            .filter(|(_, member)| member.role == Role::Bot)
            .map(|(&player, _)| player)
    }
}
