//! Messages to one member beside the state: the welcome, and refusals.

use std::time::Duration;

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Refusal, Resumed, Role, RosterEntry, Welcome};

use super::{Output, Room};

impl Room {
    pub(super) fn refuse(&mut self, player: PlayerId, refusal: Refusal) {
        self.counters.inputs_refused += 1;
        let tick = self.tick();
        // One notice per player and tick: a flood of nonsense is not answered with a flood.
        let Some(member) = self.members.get_mut(&player) else { return };
        if member.refused_at != Some(tick) {
            member.refused_at = Some(tick);
            self.output.push_back(Output::Refuse { player, refusal });
        }
    }

    pub(super) fn welcome(&mut self, player: PlayerId, now: Duration, resumed: Option<Resumed>) {
        let Some(member) = self.members.get(&player) else { return };
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        let roster = self.members.iter().map(|(&player, member)| RosterEntry {
            player,
            name: self.world.name_of(player).to_owned(),
            role: member.role,
        });
        let welcome = Welcome {
            room: self.config.name.clone(),
            player,
            spectator: member.role == Role::Spectator,
            tick: self.tick(),
            room_time_us: u64::try_from(now.as_micros()).unwrap_or(u64::MAX),
            tick_rate_hz: self.config.tick_rate_hz,
            send_every: match member.text {
                Some(_) => member.send_every.max(self.config.text_every),
                None => member.send_every,
            },
            heartbeat_interval_ms: millis(self.config.heartbeat_interval),
            heartbeat_timeout_ms: millis(self.config.heartbeat_timeout),
            ack_every: self.config.flow.ack_every,
            hash_every: self.config.hash_every,
            grid: self.replication.grid().size(),
            resume_token: String::new(),
            resume_window_ms: millis(self.config.resume_window()),
            resumed,
            roster: roster.collect(),
            schema: self.schema().clone(),
        };
        let (welcome, key) = (Box::new(welcome), member.keys.newest());
        self.output.push_back(Output::Welcome { player, welcome, key });
        self.tell_host_to(player);
    }
}
