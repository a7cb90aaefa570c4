//! Codes of private rooms: what somebody reads out to a friend.
//!
//! Eight characters of the alphabet of room ids are 40 bits: 1.1 · 10¹² codes. One address may be wrong 10
//! times a minute ([`Guesses`](crate::admission::Admission::guess)), so that the code of a given room is found
//! after 100,000 years, as a rule, and that of any of 1,000 private rooms after 200. Twenty thousand addresses
//! that did nothing else would need five years for a given room, and four days for any of a thousand: a room
//! that matters has a password as well.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use tickwire_protocol::ids::RoomId;

/// A private room's code. Written in two groups of four; read in any case, with or without dashes and blanks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoomCode(u64);

/// A text that is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a code is {} characters of 0-9 and a-z without i, l, o, u", RoomCode::LENGTH)]
pub struct ParseCodeError;

impl RoomCode {
    /// Characters of a code, without its dash.
    pub const LENGTH: usize = 8;
    const MASK: u64 = (1 << (5 * Self::LENGTH)) - 1;

    /// The code of the low 40 bits of `bits`.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::MASK)
    }
}

impl fmt::Display for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The last eight characters of a room's id are forty bits of the same alphabet.
        let text = RoomId::from_bits(self.0).to_string();
        let digits = &text[RoomId::LENGTH - Self::LENGTH..];
        write!(f, "{}-{}", &digits[..4], &digits[4..])
    }
}

impl fmt::Debug for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomCode(…)")
    }
}

impl FromStr for RoomCode {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant = |letter: &char| !letter.is_whitespace() && *letter != '-';
        let digits: String =
            text.chars().filter(is_meant).map(|letter| letter.to_ascii_lowercase()).collect();
        if digits.len() != Self::LENGTH {
            return Err(ParseCodeError);
        }
        let id = RoomId::from_str(&format!("00{digits}")).map_err(|_| ParseCodeError)?;
        Ok(Self(id.bits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_however_they_are_typed() {
        let code = RoomCode::from_bits(0x12_3456_789a);
        let text = code.to_string();
        assert_eq!((text.len(), text.as_bytes()[4]), (RoomCode::LENGTH + 1, b'-'));
        let plain = text.replace('-', "");
        for typed in [&text, &plain, &text.to_uppercase(), &format!(" {} ", text.replace('-', " "))]
        {
            assert_eq!(typed.parse(), Ok(code), "{typed}");
        }
        assert_eq!(RoomCode::from_bits(u64::MAX).to_string(), "zzzz-zzzz");
        for none in ["", "7f3k-90q", "7f3k-90qzz", "7f3k-90qi", "7f3k_90qz", "7f3ké0qz", "…"] {
            assert_eq!(none.parse::<RoomCode>(), Err(ParseCodeError), "{none}");
        }
        assert_eq!(format!("{code:?}"), "RoomCode(…)", "not for logs");
    }
}
