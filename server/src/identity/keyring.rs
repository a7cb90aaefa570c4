//! Signed tokens.
//!
//! ```text
//! token = base64url(body ‖ mac)      without padding
//! body  = version 1 (one byte), then the claims in bincode
//! mac   = HMAC-SHA-256(key, body)    RFC 2104; 32 bytes
//! ```
//!
//! The algorithm is what the version says and nothing else: a token cannot choose it. The first key
//! signs, all of them verify, so that keys can be changed without sending anybody away.

use std::net::IpAddr;
use std::time::Duration;

use bincode::{Decode, Encode};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tickwire_protocol::ids::{PlayerId, RoomId};
use tickwire_protocol::message::{MAX_TOKEN_BYTES, Role};
use tickwire_simulation::room::SeatRequest;

use super::{AuthKey, Authenticator, Claims, ResumeClaims, RoomCode, TOKEN_LIFETIME, TokenError};

const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
/// What keeps codes apart from all else that is made with the same keys: no token begins with it.
const CODE_DOMAIN: &[u8] = b"room code";
/// By how much a token may be from the future: clocks of two servers are never quite the same.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// What is signed.
#[derive(Encode, Decode)]
enum Body {
    /// To take a seat with.
    Join {
        room: u64,
        player: u32,
        name: String,
        role: Role,
        send_every: u8,
        hosts: bool,
        address: Option<IpAddr>,
        issued_ms: u64,
        nonce: u64,
    },
    /// To come back with.
    Resume { room: u64, player: u32, key: u32 },
    /// To be a room's host with.
    Host { room: u64 },
}

/// The keys of a server.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// From the newest on; one at least.
    keys: Vec<AuthKey>,
}

impl Keyring {
    /// Signs with `key`, and accepts what was signed with `older` ones as well.
    #[must_use]
    pub fn new(key: AuthKey, older: impl IntoIterator<Item = AuthKey>) -> Self {
        Self { keys: std::iter::once(key).chain(older).collect() }
    }

    /// Makes a token to come back with. It has no end of its own: the room knows how long.
    #[must_use]
    pub fn issue_resume(&self, claims: ResumeClaims) -> String {
        let ResumeClaims { room, player, key } = claims;
        self.sign(Body::Resume { room: room.bits(), player: player.0, key })
    }

    /// What a token to come back with stands for.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify_resume(&self, token: &str) -> Result<ResumeClaims, TokenError> {
        let Body::Resume { room, player, key } = self.open(token)? else {
            return Err(TokenError::Malformed);
        };
        Ok(ResumeClaims { room: RoomId::from_bits(room), player: PlayerId(player), key })
    }

    /// Makes the key that a room's host is known by. It is good for as long as the room is there.
    #[must_use]
    pub fn issue_host_key(&self, room: RoomId) -> String {
        self.sign(Body::Host { room: room.bits() })
    }

    /// The room whose host a key is for.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify_host_key(&self, key: &str) -> Result<RoomId, TokenError> {
        let Body::Host { room } = self.open(key)? else { return Err(TokenError::Malformed) };
        Ok(RoomId::from_bits(room))
    }

    /// The code of a room, should it be private: a digest of its id with the newest key, so that it is the same
    /// when the room comes back after a crash, and tells nothing to who knows the id.
    #[must_use]
    pub fn code_of(&self, room: RoomId) -> RoomCode {
        let digest = Self::mac(&self.keys[0], CODE_DOMAIN).chain_update(room.bits().to_le_bytes());
        let digest = digest.finalize().into_bytes();
        let bits = digest[..8].iter().fold(0, |bits: u64, &byte| bits << 8 | u64::from(byte));
        RoomCode::from_bits(bits)
    }

    fn sign(&self, body: Body) -> String {
        #[expect(clippy::expect_used, reason = "writing to a vector cannot fail")]
        let body = bincode::encode_to_vec(body, bincode::config::standard()).expect("memory");
        let mut token = vec![VERSION];
        token.extend_from_slice(&body);
        let mac = Self::mac(&self.keys[0], &token).finalize().into_bytes();
        token.extend_from_slice(&mac);
        BASE64URL_NOPAD.encode(&token)
    }

    fn open(&self, token: &str) -> Result<Body, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| TokenError::Malformed)?;
        let (signed, mac) = token.split_last_chunk::<MAC_BYTES>().ok_or(TokenError::Malformed)?;
        // In constant time, and before anything is made of what it says.
        let is_ours = |key: &AuthKey| Self::mac(key, signed).verify_slice(mac).is_ok();
        if !self.keys.iter().any(is_ours) {
            return Err(TokenError::Foreign);
        }
        let body = signed.strip_prefix(&[VERSION]).ok_or(TokenError::Malformed)?;
        let config = bincode::config::standard().with_limit::<MAX_TOKEN_BYTES>();
        match bincode::decode_from_slice(body, config) {
            Ok((claims, length)) if length == body.len() => Ok(claims),
            _ => Err(TokenError::Malformed),
        }
    }

    /// The key that signs.
    pub(super) fn newest(&self) -> &AuthKey {
        &self.keys[0]
    }

    /// Those that verify.
    pub(super) fn keys(&self) -> impl Iterator<Item = &AuthKey> {
        self.keys.iter()
    }

    pub(super) fn mac(key: &AuthKey, signed: &[u8]) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mac = Hmac::<Sha256>::new_from_slice(key.bytes()).expect("any length will do");
        mac.chain_update(signed)
    }
}

impl Authenticator for Keyring {
    fn issue(&self, claims: &Claims) -> String {
        let Claims { room, player, request, hosts, address, issued, nonce } = claims;
        self.sign(Body::Join {
            room: room.bits(),
            player: player.0,
            name: request.name.clone(),
            role: request.role,
            send_every: request.send_every,
            hosts: *hosts,
            address: *address,
            issued_ms: u64::try_from(issued.as_millis()).unwrap_or(u64::MAX),
            nonce: *nonce,
        })
    }

    fn verify(&self, token: &str, now: Duration) -> Result<Claims, TokenError> {
        let Body::Join { room, player, name, role, send_every, hosts, address, issued_ms, nonce } =
            self.open(token)?
        else {
            return Err(TokenError::Malformed);
        };
        let issued = Duration::from_millis(issued_ms);
        if now > issued.saturating_add(TOKEN_LIFETIME) || issued > now + CLOCK_SKEW {
            return Err(TokenError::Expired);
        }
        let request = SeatRequest { name, role, send_every };
        let (room, player) = (RoomId::from_bits(room), PlayerId(player));
        Ok(Claims { room, player, request, hosts, address, issued, nonce })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000);

    fn claims() -> Claims {
        Claims {
            room: RoomId::from_bits(0x1_2345_6789),
            player: PlayerId(7),
            request: SeatRequest { name: "Zoë".to_owned(), role: Role::Player, send_every: 2 },
            hosts: true,
            address: Some([192, 0, 2, 1].into()),
            issued: NOW,
            nonce: 99,
        }
    }

    fn keyring(byte: u8) -> Keyring {
        Keyring::new(key(byte), [])
    }

    fn key(byte: u8) -> AuthKey {
        AuthKey::read(&format!("{byte:02x}").repeat(32)).unwrap()
    }

    #[test]
    fn a_token_says_what_it_was_given_out_for() {
        let token = keyring(1).issue(&claims());
        assert!(token.len() <= MAX_TOKEN_BYTES);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(keyring(1).verify(&token, NOW), Ok(claims()));
        assert_eq!(keyring(2).verify(&token, NOW), Err(TokenError::Foreign));
        assert_eq!(keyring(1).verify("", NOW), Err(TokenError::Missing));
        for no_token in ["x", "…", "AAAA", &"A".repeat(MAX_TOKEN_BYTES + 4)] {
            assert_eq!(keyring(1).verify(no_token, NOW), Err(TokenError::Malformed), "{no_token}");
        }
    }

    #[test]
    fn not_a_bit_of_a_token_can_be_changed() {
        let keyring = keyring(1);
        let token = BASE64URL_NOPAD.decode(keyring.issue(&claims()).as_bytes()).unwrap();
        for bit in 0..8 * token.len() {
            let mut forged = token.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = BASE64URL_NOPAD.encode(&forged);
            assert_eq!(keyring.verify(&forged, NOW), Err(TokenError::Foreign), "bit {bit}");
        }
        for cut in 0..token.len() {
            assert!(keyring.verify(&BASE64URL_NOPAD.encode(&token[..cut]), NOW).is_err());
        }
    }

    #[test]
    fn tokens_expire() {
        let keyring = keyring(1);
        let token = keyring.issue(&claims());
        let second = Duration::from_secs(1);
        assert!(keyring.verify(&token, NOW + TOKEN_LIFETIME).is_ok());
        let late = keyring.verify(&token, NOW + TOKEN_LIFETIME + second);
        assert_eq!(late, Err(TokenError::Expired));
        assert!(keyring.verify(&token, NOW - CLOCK_SKEW).is_ok());
        assert_eq!(keyring.verify(&token, NOW - CLOCK_SKEW - second), Err(TokenError::Expired));
    }

    #[test]
    fn tokens_are_good_for_one_purpose() {
        let keyring = keyring(1);
        let claims = ResumeClaims { room: RoomId::from_bits(7), player: PlayerId(9), key: 3 };
        let resume = keyring.issue_resume(claims);
        assert_eq!(keyring.verify_resume(&resume), Ok(claims));
        assert_eq!(keyring.verify(&resume, NOW), Err(TokenError::Malformed));
        let join = keyring.issue(&self::claims());
        assert_eq!(keyring.verify_resume(&join), Err(TokenError::Malformed));
        let host = keyring.issue_host_key(RoomId::from_bits(7));
        assert_eq!(keyring.verify_host_key(&host), Ok(RoomId::from_bits(7)));
        assert_eq!(keyring.verify_resume(&host), Err(TokenError::Malformed));
        assert_eq!(keyring.verify_host_key(&resume), Err(TokenError::Malformed));
        assert_eq!(self::keyring(2).verify_host_key(&host), Err(TokenError::Foreign));
    }

    #[test]
    fn codes_are_a_rooms_and_a_keys_own() {
        let [one, other] = [1, 2].map(RoomId::from_bits);
        assert_eq!(keyring(1).code_of(one), keyring(1).code_of(one));
        assert_ne!(keyring(1).code_of(one), keyring(1).code_of(other));
        assert_ne!(keyring(1).code_of(one), keyring(2).code_of(one));
    }

    #[test]
    fn two_keys_are_valid_while_they_change() {
        let old = keyring(1);
        let both = Keyring::new(key(2), [key(1)]);
        assert_eq!(both.verify(&old.issue(&claims()), NOW), Ok(claims()));
        assert_eq!(keyring(2).verify(&both.issue(&claims()), NOW), Ok(claims()));
        assert_eq!(old.verify(&both.issue(&claims()), NOW), Err(TokenError::Foreign));
    }
}
