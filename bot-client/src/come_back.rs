//! When to come back: the one place that decides, whatever kept a client out or ended its
//! connection. Pure; [`backoff`](crate::backoff) makes delays of it.
//!
//! ```text
//! close code · HTTP status · network → ComeBack ─ what the server told, if anything → ComeBack
//! ```

use std::time::Duration;

use tickwire_protocol::close::{CloseReason, Reconnect};

/// Close codes from this one on are an application's own (RFC 6455, 7.4.2): unknown ones mean a
/// refusal, while unknown ones below come from whatever stands between client and server.
const FIRST_OWN_CODE: u16 = 4000;

/// When to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComeBack {
    /// Not at all: it would end the same way.
    Never,
    /// With backoff.
    Backoff,
    /// With backoff on top of this delay, which the protocol sets for all who are refused so.
    NotBefore(Duration),
    /// After this delay, which the server told: it stands in for that of the backoff.
    Told(Duration),
}

impl ComeBack {
    /// After the network failed: nobody answered, or the connection broke or fell silent.
    pub const AFTER_LOSS: Self = Self::Backoff;

    /// After the server closed with a code.
    #[must_use]
    pub fn after_close(code: u16) -> Self {
        match CloseReason::from_code(code) {
            Some(reason) => reason.reconnect().into(),
            None if code < FIRST_OWN_CODE => Self::AFTER_LOSS,
            None => Self::Never,
        }
    }

    /// After the server answered with an HTTP status that is no success.
    #[must_use]
    pub fn after_status(status: u16) -> Self {
        match status {
            409 => CloseReason::RoomFull.reconnect().into(),
            429 => CloseReason::TooManyMessages.reconnect().into(),
            408 | 500.. => Self::Backoff,
            _ => Self::Never,
        }
    }

    /// The same where the server told a delay: that counts, unless coming back is of no use.
    #[must_use]
    pub const fn told(self, delay: Option<Duration>) -> Self {
        match (self, delay) {
            (Self::Backoff | Self::NotBefore(_) | Self::Told(_), Some(delay)) => Self::Told(delay),
            (unchanged, _) => unchanged,
        }
    }
}

impl From<Reconnect> for ComeBack {
    fn from(reconnect: Reconnect) -> Self {
        match reconnect {
            Reconnect::Never => Self::Never,
            Reconnect::Backoff => Self::Backoff,
            Reconnect::After(least) => Self::NotBefore(least),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closes_that_may_pass_are_come_back_from() {
        for code in [1001, 1005, 1011, 1012, 1013, 3999, 4408, 4410] {
            assert_eq!(ComeBack::after_close(code), ComeBack::Backoff, "{code}");
        }
        for code in [1000, 1002, 4001, 4400, 4404, 4409, 4411, 4999] {
            assert_eq!(ComeBack::after_close(code), ComeBack::Never, "{code}");
        }
        for code in [4423, 4429] {
            assert!(matches!(ComeBack::after_close(code), ComeBack::NotBefore(_)), "{code}");
        }
    }

    #[test]
    fn only_refusals_that_may_pass_are_come_back_from() {
        for status in [408, 500, 502, 503, 599] {
            assert_eq!(ComeBack::after_status(status), ComeBack::Backoff, "{status}");
        }
        for status in [301, 400, 401, 403, 404, 405] {
            assert_eq!(ComeBack::after_status(status), ComeBack::Never, "{status}");
        }
        for status in [409, 429] {
            assert!(matches!(ComeBack::after_status(status), ComeBack::NotBefore(_)), "{status}");
        }
    }

    #[test]
    fn what_the_server_told_counts_unless_coming_back_is_of_no_use() {
        let [told, other] = [2, 5].map(Duration::from_secs);
        for when in [ComeBack::Backoff, ComeBack::NotBefore(other), ComeBack::Told(other)] {
            assert_eq!(when.told(Some(told)), ComeBack::Told(told));
            assert_eq!(when.told(None), when);
        }
        assert_eq!(ComeBack::Never.told(Some(told)), ComeBack::Never);
    }
}
