//! Signatures of requests from one node of a cluster to another.
//!
//! ```text
//! signature = milliseconds since 1970, ".", base64url(HMAC-SHA-256(key, domain ‖ path ‖ "\n" ‖ milliseconds ‖ "\n" ‖ body))
//! ```
//!
//! A request is good for half a minute: what is repeated in that time does no harm, since each of them may be
//! carried out twice.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use hmac::Mac;

use super::Keyring;

/// What keeps these apart from all else that is made with the same keys.
const DOMAIN: &[u8] = b"peer request";
/// By how much the clocks of two nodes may differ, and how long a request may take.
const FRESH: Duration = Duration::from_secs(30);

impl Keyring {
    /// Signs a request to a path of another node.
    #[must_use]
    pub fn sign_request(&self, path: &str, body: &[u8]) -> String {
        let now = millis(SystemTime::now());
        let mac = Self::mac(self.newest(), &signed(path, now, body)).finalize().into_bytes();
        format!("{now}.{}", BASE64URL_NOPAD.encode(&mac))
    }

    /// Whether a request comes from a node that has one of these keys.
    #[must_use]
    pub fn verify_request(&self, signature: &str, path: &str, body: &[u8]) -> bool {
        let Some((time, mac)) = signature.split_once('.') else { return false };
        let (Ok(time), Ok(mac)) = (time.parse::<u64>(), BASE64URL_NOPAD.decode(mac.as_bytes()))
        else {
            return false;
        };
        let is_fresh = u128::from(millis(SystemTime::now()).abs_diff(time)) <= FRESH.as_millis();
        let signed = signed(path, time, body);
        is_fresh && self.keys().any(|key| Self::mac(key, &signed).verify_slice(&mac).is_ok())
    }
}

fn signed(path: &str, time: u64, body: &[u8]) -> Vec<u8> {
    [DOMAIN, path.as_bytes(), b"\n", time.to_string().as_bytes(), b"\n", body].concat()
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::AuthKey;

    #[test]
    fn requests_are_known_by_their_path_body_time_and_key() {
        let key = AuthKey::random();
        let keyring = Keyring::new(key.clone(), []);
        let signature = keyring.sign_request("/a", b"body");
        assert!(keyring.verify_request(&signature, "/a", b"body"));
        assert!(Keyring::new(AuthKey::random(), [key]).verify_request(&signature, "/a", b"body"));
        assert!(!keyring.verify_request(&signature, "/b", b"body"));
        assert!(!keyring.verify_request(&signature, "/a", b"bodY"));
        let stranger = Keyring::new(AuthKey::random(), []);
        assert!(!stranger.verify_request(&signature, "/a", b"body"));
        let (time, mac) = signature.split_once('.').unwrap();
        let later = time.parse::<u64>().unwrap() + 1;
        assert!(!keyring.verify_request(&format!("{later}.{mac}"), "/a", b"body"));
        for nonsense in ["", ".", "1", "x.y", &format!("{time}."), &format!("-{time}.{mac}")] {
            assert!(!keyring.verify_request(nonsense, "/a", b"body"), "{nonsense}");
        }
    }
}
