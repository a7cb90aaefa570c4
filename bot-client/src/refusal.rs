//! A refusal over HTTP: of a call, or of a WebSocket's upgrade.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use thiserror::Error;

use crate::come_back::ComeBack;

/// An answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the server answered {status}: {message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error's name, as `too_many_joins`; empty where the server gives none.
    pub code: String,
    /// The server's words, or else the status's own.
    pub message: String,
    /// Time after which to try again, where the server tells.
    pub retry_after: Option<Duration>,
}

/// The body of an answer that is no success.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: String,
    message: String,
    /// The same as `Retry-After`, but exactly.
    retry_after_ms: Option<u64>,
}

impl Refusal {
    /// Reads a refusal, which is one also without a body that makes sense.
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let Body { error, mut message, retry_after_ms } =
            serde_json::from_slice(body).unwrap_or_default();
        if message.is_empty() {
            message = status.canonical_reason().unwrap_or("no reason").to_owned();
        }
        let exactly = retry_after_ms.map(|ms| Duration::from_millis(ms.clamp(1, LONGEST_RETRY_MS)));
        let retry_after = exactly.or_else(|| retry_after(headers));
        Self { status: status.as_u16(), code: error, message, retry_after }
    }

    /// Whether and when the same request may succeed.
    #[must_use]
    pub fn come_back(&self) -> ComeBack {
        ComeBack::after_status(self.status).told(self.retry_after)
    }

    /// Whether it is for want of room or time that the server refuses, and not for what was asked.
    #[must_use]
    pub const fn is_for_load(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
}

/// A delay of `Retry-After` is kept within these bounds, in seconds: neither a mistake nor malice there is
/// to make a client hammer the server, or stay away for hours.
const RETRY_AFTER_SECONDS: RangeInclusive<u64> = 1..=60;
/// The longest of them in milliseconds.
const LONGEST_RETRY_MS: u64 = 60_000;

/// Whole seconds, as this project's server writes it. A date, which HTTP allows as well, is as good
/// as none: it would need a clock that agrees with the server's.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    let (least, most) = (*RETRY_AFTER_SECONDS.start(), *RETRY_AFTER_SECONDS.end());
    Some(Duration::from_secs(seconds.clamp(least, most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, retry_after: Option<&str>, body: &str) -> Refusal {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
        }
        Refusal::new(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    #[test]
    fn it_has_the_servers_words_and_delay() {
        let body = r#"{"error": "too_many_joins", "message": "later"}"#;
        let refusal = refusal(429, Some("7"), body);
        let retry_after = Some(Duration::from_secs(7));
        let [code, message] = ["too_many_joins", "later"].map(str::to_owned);
        assert_eq!(refusal, Refusal { status: 429, code, message, retry_after });
        assert_eq!(refusal.come_back(), ComeBack::Told(Duration::from_secs(7)));
    }

    #[test]
    fn a_delay_in_the_body_is_more_exact() {
        for (told, kept) in [("250", 250), ("0", 1), ("99999999", 60_000)] {
            let body = format!(r#"{{"error": "room_moving", "retry_after_ms": {told}}}"#);
            let refusal = refusal(503, Some("1"), &body);
            assert_eq!(refusal.retry_after, Some(Duration::from_millis(kept)));
            assert_eq!(refusal.code, "room_moving");
        }
    }

    #[test]
    fn it_is_one_without_words_too() {
        for body in ["", "<html>", "[]", r#"{"message":"#] {
            let text = refusal(503, None, body).to_string();
            assert_eq!(text, "the server answered 503: Service Unavailable");
        }
    }

    #[test]
    fn a_delay_is_kept_within_reason() {
        for (told, kept) in [("0", 1), ("1", 1), ("60", 60), ("86400", 60)] {
            let kept = Duration::from_secs(kept);
            assert_eq!(refusal(503, Some(told), "").retry_after, Some(kept));
        }
    }

    #[test]
    fn a_delay_is_told_in_whole_seconds_or_not_at_all() {
        for value in ["", "soon", "-1", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(refusal(503, Some(value), "").come_back(), ComeBack::Backoff, "{value}");
        }
        assert_eq!(refusal(404, Some("1"), "").come_back(), ComeBack::Never);
    }

    #[test]
    fn load_is_told_from_mistakes() {
        let is_for_load = |status| refusal(status, None, "").is_for_load();
        assert!([429, 503].into_iter().all(is_for_load));
        assert!(![400, 401, 403, 404, 409, 500, 502].into_iter().any(is_for_load));
    }
}
