//! Which tokens wait for their connections, and which have been used.
//!
//! Both are forgotten when the token has expired: it is refused by itself from then on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use thiserror::Error;

use super::{Claims, TOKEN_LIFETIME, TokenError};

/// Too many tokens wait for their connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many joins are pending; try again in a moment")]
pub struct LedgerFull;

/// Tokens by nonce, each with the time at which it expires.
#[derive(Debug)]
pub(crate) struct Ledger {
    pending: DashMap<u64, Duration>,
    used: DashMap<u64, Duration>,
    max_pending: usize,
    /// When expired ones were last swept out, in seconds.
    swept: AtomicU64,
}

impl Ledger {
    /// An empty ledger of at most `max_pending` tokens that wait.
    pub(crate) fn new(max_pending: usize) -> Self {
        let (pending, used) = (DashMap::new(), DashMap::new());
        Self { pending, used, max_pending, swept: AtomicU64::new(0) }
    }

    /// Whether one more can wait.
    pub(crate) fn expect_room(&self, now: Duration) -> Result<(), LedgerFull> {
        self.sweep(now);
        if self.pending.len() < self.max_pending { Ok(()) } else { Err(LedgerFull) }
    }

    /// Notes a token that was given out.
    pub(crate) fn note_issued(&self, claims: &Claims) {
        self.pending.insert(claims.nonce, claims.issued.saturating_add(TOKEN_LIFETIME));
    }

    /// Uses a token, which can be done once, and not when it is so old that its use would not be remembered.
    pub(crate) fn spend(&self, claims: &Claims, now: Duration) -> Result<(), TokenError> {
        self.sweep(now);
        if claims.issued.saturating_add(TOKEN_LIFETIME) < now {
            return Err(TokenError::Expired);
        }
        self.pending.remove(&claims.nonce);
        let before = self.used.insert(claims.nonce, claims.issued.saturating_add(TOKEN_LIFETIME));
        if before.is_some() { Err(TokenError::Used) } else { Ok(()) }
    }

    /// Once a second at most.
    fn sweep(&self, now: Duration) {
        if self.swept.swap(now.as_secs(), Ordering::Relaxed) != now.as_secs() {
            self.pending.retain(|_, expires| *expires >= now);
            self.used.retain(|_, expires| *expires >= now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::ids::{PlayerId, RoomId};
    use tickwire_protocol::message::Role;
    use tickwire_simulation::room::SeatRequest;

    const NOW: Duration = Duration::from_secs(1000);

    fn claims(nonce: u64) -> Claims {
        let request = SeatRequest { name: String::new(), role: Role::Player, send_every: 1 };
        let room = RoomId::from_bits(1);
        let player = PlayerId(1);
        Claims { room, player, request, hosts: false, address: None, issued: NOW, nonce }
    }

    #[test]
    fn a_token_works_once_whoever_gave_it_out() {
        let ledger = Ledger::new(10);
        ledger.note_issued(&claims(1));
        assert_eq!(ledger.spend(&claims(1), NOW), Ok(()));
        assert_eq!(ledger.spend(&claims(1), NOW), Err(TokenError::Used));
        assert_eq!(ledger.spend(&claims(2), NOW), Ok(()));
    }

    #[test]
    fn a_token_whose_use_would_be_forgotten_is_not_taken() {
        let ledger = Ledger::new(10);
        let last = NOW + TOKEN_LIFETIME;
        assert_eq!(ledger.spend(&claims(1), last), Ok(()));
        let later = last + Duration::from_millis(1);
        assert_eq!(ledger.spend(&claims(2), later), Err(TokenError::Expired));
    }

    #[test]
    fn only_so_many_wait_and_for_so_long() {
        let ledger = Ledger::new(2);
        for nonce in 1..=2 {
            assert_eq!(ledger.expect_room(NOW), Ok(()));
            ledger.note_issued(&claims(nonce));
        }
        assert_eq!(ledger.expect_room(NOW), Err(LedgerFull));
        ledger.spend(&claims(1), NOW).unwrap();
        assert_eq!(ledger.expect_room(NOW), Ok(()));
        ledger.note_issued(&claims(3));
        assert_eq!(ledger.expect_room(NOW + TOKEN_LIFETIME), Err(LedgerFull));
        let later = NOW + TOKEN_LIFETIME + Duration::from_secs(1);
        assert_eq!(ledger.expect_room(later), Ok(()));
        assert_eq!((ledger.pending.len(), ledger.used.len()), (0, 0));
    }
}
