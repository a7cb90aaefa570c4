//! A room that is given from one process to another, whole: nothing is lost, and nobody has to be told.
//!
//! ```text
//! here                                                          there
//! hand_over ─→ version │ checksum │ world, members, seats, … ─→ take_over ─→ a room without connections
//! clients ── resume with the keys and the events that they have ───────────→ the same players
//! ```
//!
//! What is not in it begins anew there: inputs on their way (of a connection that is lost they are as well),
//! what clients are sent (each begins with a keyframe), how often somebody may change their name, report a
//! difference or is told of a refusal, what is counted, how often the rules have failed, and the pace.

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{Look, Role};

use super::hosting::Hosting;
use super::member::Member;
use super::presence::{Presence, ResumeKeys};
use super::requests::{KeptRequests, Requests};
use super::seats::Reservations;
use super::{Room, RoomConfig, RoomError, SeatRequest};
use crate::flow::{Flow, KeptFlow};
use crate::game::{Game, View};
use crate::saved::{self, RestoreError, SealError};
use crate::world::{Happening, World};

/// The version of the format. Nodes of a cluster may differ in theirs: one that does not know it refuses.
const VERSION: u8 = 1;

/// Why a room that was handed over cannot go on here.
#[derive(Debug, Error)]
pub enum TakeOverError {
    /// The bytes are not what was handed over.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The world is none of this game.
    #[error("the world: {0}")]
    World(#[from] RestoreError),
    /// The parts do not belong together.
    #[error("it does not fit together: {0}")]
    Mismatch(&'static str),
    /// The game is not valid.
    #[error(transparent)]
    Room(#[from] RoomError),
}

/// A room as it is handed over. The server's own players follow from the world.
#[derive(Encode, Decode)]
struct HandedOver {
    /// [`World::save`].
    world: Vec<u8>,
    /// By ascending id.
    members: Vec<HandedMember>,
    reservations: Vec<(PlayerId, Tick, Role)>,
    last_player: u32,
    host: Option<PlayerId>,
    kicked: Vec<PlayerId>,
    empty_since: Option<Tick>,
    was_played: bool,
    leader: Option<PlayerId>,
}

/// A member who is not run by the server. What it is called and does there, the world knows.
#[derive(Encode, Decode)]
struct HandedMember {
    player: PlayerId,
    send_every: u8,
    is_present: bool,
    keys: ResumeKeys,
    flow: KeptFlow,
    requests: KeptRequests,
    /// Center and size of what a spectator looks at.
    look: Option<([f32; 2], [f32; 2])>,
}

impl HandedMember {
    fn of(player: PlayerId, member: &Member) -> Self {
        Self {
            player,
            send_every: member.send_every,
            is_present: member.presence == Presence::Present,
            keys: member.keys,
            flow: member.flow.keep(),
            requests: member.requests.to_kept(),
            look: member.look.map(|View { center, size }| (center, size)),
        }
    }

    /// The member, away since a tick.
    fn into_member(self, request: &SeatRequest, since: Tick) -> Result<Member, TakeOverError> {
        let Self { keys, flow, requests, look, .. } = self;
        let flow = Flow::go_on(flow).ok_or(TakeOverError::Mismatch("a member's events"))?;
        let requests =
            Requests::go_on(requests).ok_or(TakeOverError::Mismatch("a member's answers"))?;
        if !look.is_none_or(|(center, size)| Look { center, size }.is_sound()) {
            return Err(TakeOverError::Mismatch("what a spectator looks at"));
        }
        let mut member = Member::new(request);
        member.presence = Presence::Absent { since };
        (member.keys, member.flow, member.requests) = (keys, flow, requests);
        member.look = look.map(|(center, size)| View { center, size });
        Ok(member)
    }
}

impl HandedOver {
    /// Whether it belongs together, as far as the world alone can tell.
    fn check(&self, world: &World) -> Result<(), TakeOverError> {
        let persons = world.roster().iter().filter(|(_, entrant)| entrant.role != Role::Bot);
        let persons: BTreeSet<PlayerId> = persons.map(|(&player, _)| player).collect();
        if !self.members.iter().map(|member| member.player).eq(persons.iter().copied()) {
            return Err(TakeOverError::Mismatch("its members are not those of its world"));
        }
        if !self.members.iter().all(|member| matches!(member.send_every, 1 | 2 | 4)) {
            return Err(TakeOverError::Mismatch("how often members are sent frames"));
        }
        if self.host.is_some_and(|host| !persons.contains(&host)) {
            return Err(TakeOverError::Mismatch("its host is no member"));
        }
        let reserved = || self.reservations.iter().map(|(player, ..)| player);
        if !reserved().is_sorted_by(|one, next| one < next)
            || reserved().any(|player| world.roster().contains_key(player))
            || self.reservations.iter().any(|(.., role)| *role == Role::Bot)
        {
            return Err(TakeOverError::Mismatch("its reserved seats"));
        }
        let given = world.roster().keys().chain(reserved()).chain(&self.kicked);
        if given.max().is_some_and(|player| player.0 > self.last_player) {
            return Err(TakeOverError::Mismatch("a player whom nobody has let in"));
        }
        Ok(())
    }
}

impl Room {
    /// All that another process needs to go on exactly here. What this has led to is to be taken out
    /// ([`Room::poll_output`]) for those concerned; from then on the room is not to be changed, unless the other
    /// process has refused it.
    pub fn hand_over(&mut self) -> Vec<u8> {
        // What the game has said since the last tick: those concerned get it as events, there or here.
        self.carry_out_outcome();
        let persons = self.members.iter().filter(|(_, member)| member.is_person());
        let handed = HandedOver {
            world: self.world.save(),
            members: persons.map(|(&player, member)| HandedMember::of(player, member)).collect(),
            reservations: self.reservations.keep(),
            last_player: self.last_player,
            host: self.host(),
            kicked: self.hosting.kicked().collect(),
            empty_since: self.empty_since,
            was_played: self.recorder.was_played(),
            leader: self.recorder.leader(),
        };
        saved::seal(VERSION, &handed)
    }

    /// A room that another process has handed over, in `game`: a new one of the same options. Its members are
    /// away, for as long as they may be from now on; whoever comes back is told of nothing but what they have
    /// not been told yet.
    ///
    /// # Errors
    /// [`TakeOverError`] when the bytes are no such room.
    pub fn take_over(
        config: RoomConfig,
        game: Box<dyn Game>,
        bytes: &[u8],
    ) -> Result<Self, TakeOverError> {
        let mut handed: HandedOver = saved::unseal(VERSION, bytes)?;
        let world = World::restore(game, config.tick_rate_hz, &handed.world)?;
        handed.world = Vec::new();
        handed.check(&world)?;
        let config = RoomConfig { first_tick: world.tick(), ..config };
        let mut room = Self::around(config, world)?;
        room.recorder.go_on(handed.was_played, handed.leader);
        room.take_in_members(std::mem::take(&mut handed.members))?;
        let tick = room.tick();
        let latest = tick.plus(room.config.reservation_ticks);
        handed.reservations.retain(|(_, lapses, _)| !lapses.is_after(latest));
        room.reservations = Reservations::go_on(handed.reservations);
        room.last_player = room.last_player.max(handed.last_player);
        room.hosting = Hosting::go_on(handed.host, handed.kicked);
        room.empty_since = handed.empty_since.filter(|since| !since.is_after(tick));
        room.replication.record(tick, room.world.game());
        Ok(room)
    }

    fn take_in_members(&mut self, handed: Vec<HandedMember>) -> Result<(), TakeOverError> {
        let tick = self.tick();
        let mut handed = handed.into_iter();
        for (player, entrant) in self.world.roster().clone() {
            self.head_count[entrant.role as usize] += 1;
            let mut request = SeatRequest { name: entrant.name, role: entrant.role, send_every: 1 };
            let member = if entrant.role == Role::Bot {
                Member::new(&request)
            } else {
                let handed = handed.next().ok_or(TakeOverError::Mismatch("a member is missing"))?;
                request.send_every = handed.send_every;
                let is_present = handed.is_present;
                let member = handed.into_member(&request, tick)?;
                self.absent += 1;
                self.replication.admit(player);
                if is_present {
                    let _ = self.world.apply(Happening::Presence { player, is_present: false });
                }
                member
            };
            self.members.insert(player, member);
        }
        Ok(())
    }
}
