//! The room's host: who it is, whom it sends away, that it ends the room.
//!
//! A host is made by who lets people in ([`Room::handle_host`]); of this a room only knows the outcome. It stays
//! the host while it is a member, connected or not. None of this is part of the world: a room that was brought
//! back after a crash has no host until one comes. One that was handed over has the one that it had.

use std::collections::VecDeque;

use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Rejection, Reply, Role};

use super::{Output, Public, Room};

/// How many of those who were sent away are known by name when they try to resume; the rest are just gone.
const KICKED_KEPT: usize = 256;

/// The host, and what it has done.
#[derive(Debug, Default)]
pub(super) struct Hosting {
    host: Option<PlayerId>,
    /// The newest who were sent away, the oldest first.
    kicked: VecDeque<PlayerId>,
}

impl Hosting {
    /// Who was sent away, the newest last.
    pub(super) fn kicked(&self) -> impl Iterator<Item = PlayerId> + '_ {
        self.kicked.iter().copied()
    }

    /// Goes on where another process was.
    pub(super) fn go_on(host: Option<PlayerId>, kicked: Vec<PlayerId>) -> Self {
        let surplus = kicked.len().saturating_sub(KICKED_KEPT);
        Self { host, kicked: kicked.into_iter().skip(surplus).collect() }
    }
}

impl Room {
    /// The room's host.
    #[must_use]
    pub const fn host(&self) -> Option<PlayerId> {
        self.hosting.host
    }

    /// A member who has just come in is the host from now on. Harmless when it is none.
    pub fn handle_host(&mut self, player: PlayerId) {
        if self.members.get(&player).is_some_and(|member| member.role != Role::Bot) {
            self.change_host(Some(player));
        }
    }

    /// Whether somebody who is not a member any more was sent away by a host.
    pub(super) fn was_kicked(&self, player: PlayerId) -> bool {
        self.hosting.kicked.contains(&player)
    }

    /// After its welcome, a member is told who the host is, if there is one.
    pub(super) fn tell_host_to(&mut self, player: PlayerId) {
        if let Some(host) = self.hosting.host {
            self.output.push_back(Output::Host { player, host: Some(host) });
        }
    }

    /// A member is gone for good.
    pub(super) fn forget_host(&mut self, player: PlayerId) {
        if self.hosting.host == Some(player) {
            self.change_host(None);
        }
    }

    fn change_host(&mut self, host: Option<PlayerId>) {
        if std::mem::replace(&mut self.hosting.host, host) == host {
            return;
        }
        self.note(|| Public::Host(host));
        let present = self.members.iter().filter(|(_, member)| member.has_session());
        let tell = present.map(|(&player, _)| Output::Host { player, host });
        self.output.extend(tell);
    }

    /// Sends a member away, if it is the host who asks for it.
    pub(super) fn kick(&mut self, by: PlayerId, player: PlayerId) -> Reply {
        self.expect_host(by)?;
        if by == player {
            return Err(Rejection::new("yourself", "you cannot send yourself away: leave"));
        }
        if self.members.get(&player).is_none_or(|member| member.role == Role::Bot) {
            return Err(Rejection::new("no_such_player", "there is no such player to send away"));
        }
        if self.hosting.kicked.len() == KICKED_KEPT {
            self.hosting.kicked.pop_front();
        }
        self.hosting.kicked.push_back(player);
        // Before the rules hear of it: whether or not they fail at that, it is gone.
        self.output.push_back(Output::Close { player, reason: CloseReason::Kicked });
        self.unseat(player);
        Ok(Vec::new())
    }

    /// Ends the room, if it is the host who asks for it: the driver does, once it has handed over the answer.
    pub(super) fn close_by(&mut self, player: PlayerId) -> Reply {
        self.expect_host(player)?;
        self.output.push_back(Output::End);
        Ok(Vec::new())
    }

    fn expect_host(&self, player: PlayerId) -> Result<(), Rejection> {
        if self.hosting.host == Some(player) {
            return Ok(());
        }
        Err(Rejection::new("not_host", "only the room's host can do that"))
    }
}
