//! A room's door: what it is called outside, who gets in, and who does not any more.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::identity::{Lock, RoomCode};

/// How long somebody's address is kept out whom the host has sent away: longer than coming back at once is
/// fun, and short enough for those who share the address.
const KEPT_OUT: Duration = Duration::from_secs(60);
/// Most addresses that are kept out at once; the oldest is let in again.
const MOST_KEPT_OUT: usize = 256;

/// What somebody wants of a room that they open.
#[derive(Default)]
pub struct Terms {
    /// What it is called in lists, fit to be shown.
    pub title: Option<String>,
    /// Whether only those come in who have its code.
    pub is_private: bool,
    /// What opens with its password, if it has one.
    pub lock: Option<Lock>,
}

/// The door of one room.
#[derive(Default)]
pub struct Door {
    title: Option<String>,
    is_private: bool,
    /// Of a private room, unless nobody can know it any more.
    code: Option<RoomCode>,
    lock: Option<Lock>,
    kept_out: Mutex<Vec<(IpAddr, Instant)>>,
}

impl Door {
    /// The door of a room with these terms; `code` is its code, should it be private.
    #[must_use]
    pub fn new(terms: Terms, code: RoomCode) -> Self {
        let Terms { title, is_private, lock } = terms;
        let code = is_private.then_some(code);
        Self { title, is_private, code, lock, kept_out: Mutex::default() }
    }

    /// That of a room that was private and comes back: joined by this code, or only with the host's key.
    #[must_use]
    pub fn private(code: Option<RoomCode>) -> Self {
        Self { is_private: true, code, ..Self::default() }
    }

    /// The door of a room that another server has opened, with who is kept out, and for how long still.
    #[must_use]
    pub fn handed_over(
        terms: Terms,
        code: Option<RoomCode>,
        kept_out: Vec<(IpAddr, Duration)>,
        now: Instant,
    ) -> Self {
        let Terms { title, is_private, lock } = terms;
        let surplus = kept_out.len().saturating_sub(MOST_KEPT_OUT);
        let kept_out = kept_out.into_iter().skip(surplus);
        let until = |(address, rest): (IpAddr, Duration)| (address, now + rest.min(KEPT_OUT));
        let kept_out = Mutex::new(kept_out.map(until).collect());
        Self { title, is_private, code: code.filter(|_| is_private), lock, kept_out }
    }

    /// Who is kept out now, and for how long still.
    #[must_use]
    pub fn kept_out(&self, now: Instant) -> Vec<(IpAddr, Duration)> {
        let kept_out = self.kept_out.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = kept_out.iter().filter_map(|&(address, until)| {
            let rest = until.checked_duration_since(now)?;
            Some((address, rest))
        });
        rest.collect()
    }

    /// What the room is called in lists.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Whether the room is in no list and cannot be joined by its id.
    #[must_use]
    pub const fn is_private(&self) -> bool {
        self.is_private
    }

    /// A private room's code.
    #[must_use]
    pub const fn code(&self) -> Option<RoomCode> {
        self.code
    }

    /// What the password is held against.
    #[must_use]
    pub const fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }

    /// Whether anybody may come in who asks for no room in particular.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !self.is_private && self.lock.is_none()
    }

    /// From now on, and for a while, nobody comes in from this address.
    pub fn keep_out(&self, address: IpAddr, now: Instant) {
        let mut kept_out = self.kept_out.lock().unwrap_or_else(PoisonError::into_inner);
        kept_out.retain(|&(other, until)| other != address && until > now);
        if kept_out.len() == MOST_KEPT_OUT {
            kept_out.remove(0);
        }
        kept_out.push((address, now + KEPT_OUT));
    }

    /// Whether that is so.
    #[must_use]
    pub fn keeps_out(&self, address: IpAddr, now: Instant) -> bool {
        let kept_out = self.kept_out.lock().unwrap_or_else(PoisonError::into_inner);
        kept_out.iter().any(|&(other, until)| other == address && until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_out_for_a_while_and_so_many_are() {
        let door = Door::default();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        let now = Instant::now();
        door.keep_out(address(0), now);
        assert!(door.keeps_out(address(0), now));
        assert!(!door.keeps_out(address(1), now));
        assert!(!door.keeps_out(address(0), now + KEPT_OUT));
        for number in 0..=MOST_KEPT_OUT as u32 {
            door.keep_out(address(number), now);
        }
        assert!(!door.keeps_out(address(0), now), "the oldest gives way");
        assert!(door.keeps_out(address(1), now));
    }
}
