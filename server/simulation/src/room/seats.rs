//! Who may come in: reservations, joining, leaving. Seats are counted here and nowhere else, so two
//! joins can never take one seat.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{Event, Role, RosterEntry};
use tickwire_protocol::version::Subprotocol;

use crate::game::Audience;
use crate::journal::file::MarkKind;
use crate::world::Happening;

use super::member::Member;
use super::{NEWEST, Room};

/// What somebody wants to come in as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRequest {
    /// Name to be shown.
    pub name: String,
    /// Player or spectator.
    pub role: Role,
    /// Ticks from one frame to the next: 1, 2 or 4.
    pub send_every: u8,
}

/// No seat is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the room is full")]
pub struct RoomFull;

/// Seats that are kept for somebody who is about to connect.
#[derive(Debug, Default)]
pub(super) struct Reservations {
    /// When each lapses, and what as.
    seats: BTreeMap<PlayerId, (Tick, Role)>,
}

impl Reservations {
    /// Gives a reservation up for a seat; false when there is none.
    pub(super) fn redeem(&mut self, player: PlayerId) -> bool {
        self.seats.remove(&player).is_some()
    }

    /// All of them, as another process needs them: whose, when it lapses, what as.
    pub(super) fn keep(&self) -> Vec<(PlayerId, Tick, Role)> {
        self.seats.iter().map(|(&player, &(lapses, role))| (player, lapses, role)).collect()
    }

    /// Keeps those that another process has kept.
    pub(super) fn go_on(kept: Vec<(PlayerId, Tick, Role)>) -> Self {
        let seats = kept.into_iter().map(|(player, lapses, role)| (player, (lapses, role)));
        Self { seats: seats.collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    fn count(&self, role: Role) -> usize {
        self.seats.values().filter(|(_, reserved)| *reserved == role).count()
    }
}

impl Room {
    /// Keeps a seat for somebody who is about to connect.
    ///
    /// # Errors
    /// [`RoomFull`] when none is free.
    pub fn handle_reserve(&mut self, request: &SeatRequest) -> Result<PlayerId, RoomFull> {
        self.expect_seat(request)?;
        let player = self.next_player();
        let lapses = self.tick().plus(self.config.reservation_ticks);
        self.reservations.seats.insert(player, (lapses, request.role));
        self.empty_since = None;
        Ok(player)
    }

    /// Seats somebody who asked for a seat before, or does so now; the welcome is the first output.
    /// `now` is the room's time.
    ///
    /// # Errors
    /// [`RoomFull`] when the reservation has lapsed and no seat is left.
    pub fn handle_join(
        &mut self,
        reserved: Option<PlayerId>,
        request: SeatRequest,
        now: Duration,
    ) -> Result<PlayerId, RoomFull> {
        self.handle_join_in(NEWEST, reserved, request, now)
    }

    /// The same over a connection that speaks this.
    ///
    /// # Errors
    /// As for [`Room::handle_join`].
    pub fn handle_join_in(
        &mut self,
        speaks: Subprotocol,
        reserved: Option<PlayerId>,
        request: SeatRequest,
        now: Duration,
    ) -> Result<PlayerId, RoomFull> {
        let player = match reserved.filter(|&player| self.reservations.redeem(player)) {
            Some(player) => player,
            None => {
                self.expect_seat(&request)?;
                self.next_player()
            }
        };
        self.seat(player, request);
        if let Some(member) = self.members.get_mut(&player) {
            member.speak(speaks);
        }
        self.empty_since = None;
        self.welcome(player, now, None);
        Ok(player)
    }

    /// Seats that are free for players.
    #[must_use]
    pub fn free_seats(&self) -> usize {
        self.config.capacity.saturating_sub(self.taken(Role::Player))
    }

    /// What a member is here as, if it is not run by the server.
    #[must_use]
    pub fn seat_of(&self, player: PlayerId) -> Option<SeatRequest> {
        let member = self.members.get(&player).filter(|member| member.is_person())?;
        let name = self.world.name_of(player).to_owned();
        Some(SeatRequest { name, role: member.role, send_every: member.send_every })
    }

    fn taken(&self, role: Role) -> usize {
        self.count(role) + self.reservations.count(role)
    }

    pub(super) fn expect_seat(&self, request: &SeatRequest) -> Result<(), RoomFull> {
        let capacity = match request.role {
            Role::Spectator => self.config.spectator_capacity,
            Role::Player | Role::Bot => self.config.capacity,
        };
        if self.taken(request.role) < capacity { Ok(()) } else { Err(RoomFull) }
    }

    pub(super) fn next_player(&mut self) -> PlayerId {
        self.last_player += 1;
        PlayerId(self.last_player)
    }

    pub(super) fn lapse_reservations(&mut self) {
        let tick = self.tick().next();
        self.reservations.seats.retain(|_, (lapses, _)| !tick.is_after(*lapses));
    }

    pub(super) fn seat(&mut self, player: PlayerId, request: SeatRequest) {
        let member = Member::new(&request);
        let SeatRequest { name, role, .. } = request;
        let entry = RosterEntry { player, name: name.clone(), role };
        self.tell(Audience::Everybody, &Event::Joined(entry));
        self.head_count[member.role as usize] += 1;
        if member.is_person() {
            self.replication.admit(player);
        }
        self.members.insert(player, member);
        if role == Role::Player {
            self.recorder
                .mark(self.world.tick(), || MarkKind::Joined { player, name: name.clone() });
        }
        let _ = self.world.apply(Happening::Join { player, name, role });
    }

    /// Removes a member; false when there is none.
    pub(super) fn unseat(&mut self, player: PlayerId) -> bool {
        let Some(member) = self.members.remove(&player) else { return false };
        self.head_count[member.role as usize] -= 1;
        self.absent -= usize::from(member.is_person() && !member.has_session());
        self.tell(Audience::Everybody, &Event::Left { player });
        self.forget_host(player);
        if member.role == Role::Player {
            self.recorder.mark(self.world.tick(), || MarkKind::Left { player });
        }
        let _ = self.world.apply(Happening::Leave { player });
        self.replication.forget(player);
        true
    }
}
