//! Newtypes for everything that is numbered.
//!
//! All of them are plain integers on the wire. None is interchangeable with another, which is the
//! point: a tick cannot be handed over where a frame number is due.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One step of a room's simulation.
///
/// Ticks wrap around after 2³² steps (4.5 years at 30 Hz), so there is no total order and `Ord` is
/// deliberately absent: use [`Tick::since`] or [`Tick::is_after`], which are right across the wrap
/// for distances below 2³¹.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tick(pub u32);

impl Tick {
    /// The tick `ticks` steps later.
    #[must_use]
    pub const fn plus(self, ticks: u32) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// The tick after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// Signed distance in ticks: positive when `self` is later than `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// Whether `self` comes after `other`.
    #[must_use]
    pub const fn is_after(self, other: Self) -> bool {
        self.since(other) > 0
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a room's ownership in a cluster: it grows whenever another node goes on with the room, so
/// that whoever has seen it knows an owner that was replaced. 0 where there is no cluster.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Fence(pub u64);

impl Fence {
    /// That of rooms that are in no cluster.
    pub const NONE: Self = Self(0);

    /// Whether there is a cluster.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A member of a room, playing or watching. Given out by the room, never reused in its life.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PlayerId(pub u32);

impl fmt::Display for PlayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An entity of a room. Given out in ascending order by the room, never reused in its life, never 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EntityId(pub u32);

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of an input, counted up by the client from 1 and wrapping.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct InputSeq(pub u16);

impl InputSeq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Signed distance: positive when `self` was sent after `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i16 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

/// Number of a request, counted up by the client from 1 over all connections of one player.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct RequestId(pub u32);

/// Number of a state frame on one connection: the first after the welcome is 1. Both sides count,
/// so it is never sent along with a frame; only acknowledgements name it. Wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct FrameNumber(pub u32);

impl FrameNumber {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// Signed distance in frames: positive when `self` is later than `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

/// Number of a reliable event to one player: the first is 1. Wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct EventNumber(pub u32);

impl EventNumber {
    /// The number `events` later.
    #[must_use]
    pub const fn plus(self, events: u32) -> Self {
        Self(self.0.wrapping_add(events))
    }

    /// Signed distance in events: positive when `self` is later than `earlier`.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

/// A room, unique across processes: 50 random bits, written as ten characters of Crockford's
/// base 32 (no `i`, `l`, `o`, `u`), lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(u64);

/// Why a text is not a room id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a room id is {} characters of 0-9 and a-z without i, l, o, u", RoomId::LENGTH)]
pub struct ParseRoomIdError;

impl RoomId {
    /// Characters of a room id's text.
    pub const LENGTH: usize = 10;
    const ALPHABET: &'static [u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    const MASK: u64 = (1 << (5 * Self::LENGTH)) - 1;

    /// The room id made of the low 50 bits of `bits`.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & Self::MASK)
    }

    /// The 50 bits that it is made of.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for position in (0..Self::LENGTH).rev() {
            let digit = (self.0 >> (5 * position)) & 31;
            write!(f, "{}", char::from(Self::ALPHABET[digit as usize]))?;
        }
        Ok(())
    }
}

impl FromStr for RoomId {
    type Err = ParseRoomIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != Self::LENGTH {
            return Err(ParseRoomIdError);
        }
        text.bytes()
            .try_fold(0_u64, |bits, byte| {
                let digit = Self::ALPHABET.iter().position(|&letter| letter == byte)?;
                Some(bits << 5 | digit as u64)
            })
            .map(Self)
            .ok_or(ParseRoomIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_compare_across_the_wrap() {
        let last = Tick(u32::MAX);
        assert!(last.next().is_after(last));
        assert_eq!(last.plus(3).since(last), 3);
        assert_eq!(last.since(last.plus(3)), -3);
    }

    #[test]
    fn room_ids_round_trip_as_text() {
        for bits in [0, 1, 0x3_ffff_ffff_ffff, 0x1_2345_6789_abcd] {
            let room = RoomId::from_bits(bits);
            let text = room.to_string();
            assert_eq!(text.len(), RoomId::LENGTH);
            assert_eq!(text.parse(), Ok(room));
        }
        assert_eq!("0123456789".parse::<RoomId>().unwrap().to_string(), "0123456789");
        for bad in ["", "012345678", "01234567890", "012345678i", "012345678Z", "01234567é"] {
            assert_eq!(bad.parse::<RoomId>(), Err(ParseRoomIdError), "{bad}");
        }
    }
}
