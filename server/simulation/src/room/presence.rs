//! Members whose connection is lost, and who come back.
//!
//! A member whose connection ends against its will stays for a time: the seat, what the game has of
//! it, the events that it has not taken in. It comes back with a *key* that its last welcome had. Each
//! coming back gives out another one; the one before stays good until the client has acknowledged
//! something, so that a connection that dies in between shuts nobody out.

use std::time::Duration;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Resumed, Role};
use tickwire_protocol::version::Subprotocol;

use super::attention::Attention;
use super::member::Member;
use super::{NEWEST, Output, Room};
use crate::flow::AckError;
use crate::input_queue::InputQueue;
use crate::view_age::RoundTrips;
use crate::world::Happening;

/// Why somebody cannot go on as a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ResumeError {
    /// The member has left, or its time was over.
    #[error("the player is not there any more")]
    Gone,
    /// The host has sent it away.
    #[error("the host has sent the player away")]
    Kicked,
    /// The key is not its newest one.
    #[error("the key is not the newest one")]
    Key,
    /// It claims to have events that it was never sent.
    #[error("{0}")]
    Event(#[from] AckError),
}

/// Whether a member has a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    /// Its connection was lost.
    Absent {
        since: Tick,
    },
}

/// The keys with which a member can come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct ResumeKeys {
    newest: u32,
    previous: Option<u32>,
    /// The one after the newest is good as well: the crash may have swallowed that it was given out.
    has_lost: bool,
}

impl ResumeKeys {
    /// The key of the newest welcome.
    pub(super) const fn newest(self) -> u32 {
        self.newest
    }

    /// The keys of a member of a room that was made anew: the journal has this one as the newest.
    pub(super) const fn after_crash(newest: u32) -> Self {
        Self { newest, previous: newest.checked_sub(1), has_lost: true }
    }

    const fn fits(self, key: u32) -> bool {
        key == self.newest
            || matches!(self.previous, Some(previous) if key == previous)
            || self.has_lost && key == self.newest.wrapping_add(1)
    }

    /// Somebody has come back with a key that fits.
    const fn rotate(&mut self, used: u32) {
        // By one, as the world counts it: after a crash that may be the very key that was used.
        self.newest = self.newest.wrapping_add(1);
        self.previous = Some(used);
        self.has_lost = false;
    }

    /// The client has the newest welcome.
    pub(super) const fn confirm(&mut self) {
        self.previous = None;
    }
}

impl Room {
    /// A member's connection is lost. It stays for a time, without inputs, and can come back
    /// ([`Room::handle_resume`]); where no time is given it has left. Harmless when it is gone already.
    pub fn handle_drop(&mut self, player: PlayerId) {
        if self.config.resume_ticks == 0 {
            self.handle_leave(player);
            return;
        }
        let tick = self.tick();
        let Some(member) = self.members.get_mut(&player).filter(|m| m.has_session()) else {
            return;
        };
        member.presence = Presence::Absent { since: tick };
        self.absent += 1;
        member.forget_connection();
        member.flow.handle_lost();
        let _ = self.world.apply(Happening::Presence { player, is_present: false });
    }

    /// The connections of all members of whom this says so are lost.
    pub fn handle_drops(&mut self, is_lost: impl Fn(PlayerId) -> bool) {
        let connected = self.members.iter().filter(|(_, member)| member.has_session());
        let lost: Vec<PlayerId> =
            connected.map(|(&player, _)| player).filter(|&player| is_lost(player)).collect();
        for player in lost {
            self.handle_drop(player);
        }
    }

    /// Somebody goes on as a member, with the key of its newest welcome and the number of the newest
    /// event that it has; the welcome is the first output. Whoever was connected as this member is not
    /// any more. `now` is the room's time.
    ///
    /// # Errors
    /// [`ResumeError`]; nothing has changed then.
    pub fn handle_resume(
        &mut self,
        player: PlayerId,
        key: u32,
        event: EventNumber,
        now: Duration,
    ) -> Result<(), ResumeError> {
        self.handle_resume_in(NEWEST, player, key, event, now)
    }

    /// The same over a connection that speaks this, which need not be what the one before spoke.
    ///
    /// # Errors
    /// As for [`Room::handle_resume`].
    pub fn handle_resume_in(
        &mut self,
        speaks: Subprotocol,
        player: PlayerId,
        key: u32,
        event: EventNumber,
        now: Duration,
    ) -> Result<(), ResumeError> {
        if self.was_kicked(player) {
            return Err(ResumeError::Kicked);
        }
        let member = self.members.get_mut(&player).filter(|member| member.role != Role::Bot);
        let member = member.ok_or(ResumeError::Gone)?;
        if !member.keys.fits(key) {
            return Err(ResumeError::Key);
        }
        let lost_events = member.flow.resume(event)?;
        member.keys.rotate(key);
        member.forget_connection();
        member.speak(speaks);
        if std::mem::replace(&mut member.presence, Presence::Present) != Presence::Present {
            self.absent -= 1;
        }
        let _ = self.world.apply(Happening::Presence { player, is_present: true });
        self.counters.resumes += 1;
        self.empty_since = None;
        self.welcome(player, now, Some(Resumed { lost_events }));
        Ok(())
    }

    /// Ends a member's connection for a reason after which it can come back.
    pub(super) fn disconnect(&mut self, player: PlayerId, reason: CloseReason) {
        self.handle_drop(player);
        self.output.push_back(Output::Close { player, reason });
    }

    /// Those who have been away for too long have left.
    pub(super) fn lapse_absent(&mut self) {
        if self.absent == 0 {
            return;
        }
        let (now, window) = (self.tick().next(), self.config.resume_ticks.cast_signed());
        let is_over = |member: &Member| match member.presence {
            Presence::Present => false,
            Presence::Absent { since } => now.since(since) > window,
        };
        let over = self.members.iter().filter(|(_, member)| is_over(member));
        let over: Vec<_> = over.map(|(&player, _)| player).collect();
        for player in over {
            self.unseat(player);
        }
    }
}

impl Member {
    /// Begins anew for another connection, or for none. What has happened meanwhile is kept.
    fn forget_connection(&mut self) {
        self.inputs = InputQueue::default();
        self.requests.forget_connection();
        self.attention = Attention::default();
        self.text = None;
        self.round_trips = RoundTrips::default();
        self.echo = None;
        self.last_echo = InputSeq(0);
        self.refused_at = None;
        self.reported_at = None;
        self.recent = Vec::new();
    }
}
