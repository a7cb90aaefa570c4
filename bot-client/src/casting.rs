//! Who goes where: each bot's part in a run, by its number.

use std::time::Duration;

use crate::args::Args;
use crate::board::RoomUsed;
use crate::bot::Plan;
use crate::dial::Dial;
use crate::join::{JoinRequest, Lobby};
use crate::view::Detail;

/// Gives bots their parts.
#[derive(Clone, Debug)]
pub struct Casting {
    args: Args,
    /// Rooms made for the run; without any, servers place the bots.
    rooms: Vec<RoomUsed>,
}

impl Casting {
    /// Parts as the flags say, in these rooms.
    #[must_use]
    pub const fn new(args: Args, rooms: Vec<RoomUsed>) -> Self {
        Self { args, rooms }
    }

    /// The part of a bot: round robin over the rooms where there are any, else over the servers.
    #[must_use]
    pub fn plan(&self, number: usize, lobbies: &[Lobby]) -> Plan {
        let Self { args, rooms } = self;
        let created = (!rooms.is_empty()).then(|| &rooms[number % rooms.len()]);
        let server = created.map_or(number % lobbies.len(), |room| room.server);
        let verifies = is_chosen(number, args.verify_share) || args.behavior.needs_replica();
        Plan {
            number,
            server,
            lobby: lobbies[server].clone(),
            servers: lobbies.iter().map(|lobby| lobby.server().clone()).collect(),
            request: JoinRequest {
                name: format!("bot {}", number + 1),
                room: created.map(|room| room.room.clone()).or_else(|| args.room.clone()),
                game: Some(args.game.clone()),
                ..JoinRequest::default()
            },
            detail: if verifies { Detail::Whole } else { Detail::Prefix },
            behavior: args.behavior,
            input_period: Duration::from_secs_f64(1.0 / args.input_hz),
            dial: Dial::new(number, args.net, args.seed ^ (number as u64) << 32)
                .over(args.transport)
                .trusting(lobbies[server].trust().clone()),
            cuts: args.cut_plan(),
            seed: args.seed,
        }
    }
}

/// Chooses this share of all numbers, evenly spread, and at least number 0 when it isn't zero.
fn is_chosen(number: usize, share: f64) -> bool {
    (number as f64 * share).ceil() < ((number + 1) as f64 * share).ceil()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn a_share_of_bots_is_chosen_evenly() {
        let chosen = |share| (0..500).filter(|&number| is_chosen(number, share)).count();
        assert_eq!([0.0, 0.02, 0.5, 1.0].map(chosen), [0, 10, 250, 500]);
        assert!(is_chosen(0, 0.001));
    }

    #[test]
    fn bots_spread_over_rooms_and_servers() {
        let args = Args::parse_from(["bot-client", "--game", "drift"]);
        let lobbies: Vec<_> = ["http://a:1", "http://b:1"]
            .iter()
            .map(|url| Lobby::new(url.parse().unwrap()))
            .collect();
        let servers = |rooms: &[RoomUsed]| -> Vec<usize> {
            let casting = Casting::new(args.clone(), rooms.to_vec());
            (0..7).map(|number| casting.plan(number, &lobbies).server).collect()
        };
        assert_eq!(servers(&[]), [0, 1, 0, 1, 0, 1, 0]);
        let rooms: Vec<_> = (0..3)
            .map(|number| RoomUsed { server: number % 2, room: format!("room{number}") })
            .collect();
        assert_eq!(servers(&rooms), [0, 1, 0, 0, 1, 0, 0]);
        let plan = Casting::new(args.clone(), rooms).plan(4, &lobbies);
        assert_eq!(plan.request.room.as_deref(), Some("room1"));
    }
}
