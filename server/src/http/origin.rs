//! Which pages may use this server from a browser.
//!
//! A browser lets any page open a WebSocket to anywhere and tells its origin
//! ([RFC 6454](https://www.rfc-editor.org/rfc/rfc6454)); it is for the server to say no. The page of the
//! server itself may, and those of an allow-list, which also drives CORS on the API. Who sends no origin
//! is no page: bots and native clients.

use thiserror::Error;

/// Which origins are let in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginPolicy {
    /// Origins beside the server's own, such as `https://play.example`; `*` is any.
    allowed: Vec<String>,
    /// Where clients reach the server, as far as it knows.
    public_url: Option<String>,
    /// Whether who sends none is turned away.
    is_required: bool,
}

/// Why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OriginError {
    /// The origin is not in the list.
    #[error("pages of {0} may not connect: see --allow-origin")]
    NotAllowed(String),
    /// There is none, and one is due.
    #[error("an Origin header is due: see --require-origin")]
    Missing,
}

/// Something that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("http://HOST[:PORT], https://HOST[:PORT] or *")]
pub struct NoOrigin;

impl OriginPolicy {
    /// Lets the server's own pages in, and those of these origins.
    ///
    /// # Errors
    /// [`NoOrigin`] when one of them is none.
    pub fn new(
        allowed: Vec<String>,
        public_url: Option<String>,
        is_required: bool,
    ) -> Result<Self, NoOrigin> {
        let is_sound = |origin: &String| origin == "*" || host_of(origin).is_some();
        if !allowed.iter().all(is_sound) {
            return Err(NoOrigin);
        }
        Ok(Self { allowed, public_url, is_required })
    }

    /// Whether pages of other origins are let in, and this is one of them.
    #[must_use]
    pub fn is_listed(&self, origin: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
    }

    /// Whether a connection may be opened. `host` is what the request was sent to.
    ///
    /// # Errors
    /// [`OriginError`].
    pub fn check(&self, origin: Option<&str>, host: Option<&str>) -> Result<(), OriginError> {
        let Some(origin) = origin else {
            return if self.is_required { Err(OriginError::Missing) } else { Ok(()) };
        };
        let own = host_of(origin);
        let is_same =
            own.is_some_and(|own| host.is_some_and(|host| own.eq_ignore_ascii_case(host)));
        let is_public =
            self.public_url.as_deref().is_some_and(|url| url.eq_ignore_ascii_case(origin));
        if is_same || is_public || self.is_listed(origin) {
            return Ok(());
        }
        Err(OriginError::NotAllowed(origin.to_owned()))
    }
}

/// Host and port of an origin; `None` of what is none, such as `null`.
fn host_of(origin: &str) -> Option<&str> {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))?;
    (!host.is_empty() && !host.contains(['/', ' ', '*'])).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allowed: &[&str]) -> OriginPolicy {
        let allowed = allowed.iter().map(|&origin| origin.to_owned()).collect();
        OriginPolicy::new(allowed, Some("https://tick.example".to_owned()), false).unwrap()
    }

    #[test]
    fn own_pages_listed_ones_and_no_pages_are_let_in() {
        let policy = policy(&["https://play.example"]);
        let host = Some("127.0.0.1:8080");
        for origin in [
            "http://127.0.0.1:8080",
            "https://play.example",
            "HTTPS://Play.Example",
            "https://tick.example",
        ] {
            assert_eq!(policy.check(Some(origin), host), Ok(()), "{origin}");
        }
        assert_eq!(policy.check(None, host), Ok(()));
        for origin in [
            "https://evil.example",
            "http://play.example",
            "https://play.example.evil.example",
            "https://play.example:444",
            "http://127.0.0.1:8081",
            "null",
            "",
        ] {
            let refused = policy.check(Some(origin), host);
            assert_eq!(refused, Err(OriginError::NotAllowed(origin.to_owned())));
        }
        assert!(policy.check(Some("http://127.0.0.1:8080"), None).is_err());
    }

    #[test]
    fn any_page_or_only_pages_can_be_let_in() {
        assert_eq!(policy(&["*"]).check(Some("https://any.example"), None), Ok(()));
        let strict = OriginPolicy::new(Vec::new(), None, true).unwrap();
        assert_eq!(strict.check(None, Some("h")), Err(OriginError::Missing));
        for none in ["play.example", "ws://play.example", "https://", "https://a/b", "https://*.a"]
        {
            let allowed = vec![none.to_owned()];
            assert_eq!(OriginPolicy::new(allowed, None, false), Err(NoOrigin), "{none}");
        }
    }
}
