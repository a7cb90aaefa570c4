//! The newest lines, numbered, and how far each member is in them. Pure.
//!
//! ```text
//!   told no more   │ first … lines … │ next_number
//!   ───────────────┴───────┬─────────┘
//!                  a member's next
//! ```
//!
//! A member's queue is its place in the ring: what waits for it is kept once for all, and bounded. Who falls
//! behind further than the ring goes is told how much is missing.

use std::collections::VecDeque;

use bytes::Bytes;
use tickwire_protocol::message::{LobbyNews, ServerMessage};

/// Most lines that wait for a member.
const MOST_LINES: usize = 256;
/// Most bytes of them.
const MOST_BYTES: usize = 64 * 1024;
/// Lines that a newcomer is told.
const HISTORY: u64 = 20;

/// The newest lines, as they are sent.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    /// Number of the first.
    first: u64,
    lines: VecDeque<Bytes>,
    bytes: usize,
}

impl Ring {
    /// Adds a line, as it is sent; the oldest make room for it.
    pub fn push(&mut self, line: Bytes) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes -= oldest.len();
            self.first += 1;
        }
    }

    /// Number of the line that comes next.
    fn next_number(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    fn get(&self, number: u64) -> Option<&Bytes> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Takes over what another one has more: this is a copy of it, or of what it once was.
    pub fn catch_up(&mut self, other: &Self) {
        if self.next_number() < other.first {
            *self = Self { first: other.first, ..Self::default() };
        }
        while let Some(line) = other.get(self.next_number()) {
            self.push(line.clone());
        }
    }
}

/// How far one member is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Number of the line that it is told next.
    next: u64,
}

impl Place {
    /// That of a newcomer, who is told a little of what was said before.
    #[must_use]
    pub fn of_newcomer(ring: &Ring) -> Self {
        Self { next: ring.first.max(ring.next_number().saturating_sub(HISTORY)) }
    }

    /// Offers what the member has not been told yet, one message after the other. False when one of them was
    /// not taken: it is offered again next time, unless it is told no more then.
    pub fn serve(&mut self, ring: &Ring, mut offer: impl FnMut(&Bytes) -> bool) -> bool {
        if self.next < ring.first {
            let lines = u32::try_from(ring.first - self.next).unwrap_or(u32::MAX);
            let missed = ServerMessage::Lobby(LobbyNews::Missed { lines });
            if !offer(&missed.to_bytes().into()) {
                return false;
            }
            self.next = ring.first;
        }
        while let Some(line) = ring.get(self.next) {
            if !offer(line) {
                return false;
            }
            self.next += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32) -> Bytes {
        Bytes::from(number.to_be_bytes().to_vec())
    }

    fn ring(lines: std::ops::Range<u32>) -> Ring {
        let mut ring = Ring::default();
        lines.for_each(|number| ring.push(line(number)));
        ring
    }

    /// What a member takes of a ring who takes so many messages: lines by their numbers, and how many are missed.
    fn take(place: &mut Place, ring: &Ring, most: usize) -> (Vec<u32>, u32) {
        let (mut taken, mut missed) = (Vec::new(), 0);
        let mut left = most;
        place.serve(ring, |message| {
            if left == 0 {
                return false;
            }
            left -= 1;
            match ServerMessage::from_bytes(message) {
                Ok(ServerMessage::Lobby(LobbyNews::Missed { lines })) => missed += lines,
                _ => taken.push(u32::from_be_bytes(message[..].try_into().unwrap())),
            }
            true
        });
        (taken, missed)
    }

    #[test]
    fn a_newcomer_is_told_the_last_twenty_lines() {
        let few = ring(0..3);
        assert_eq!(take(&mut Place::of_newcomer(&few), &few, 100).0, [0, 1, 2]);
        let many = ring(0..1000);
        let expected: Vec<u32> = (980..1000).collect();
        assert_eq!(take(&mut Place::of_newcomer(&many), &many, 100), (expected, 0));
        let none = Ring::default();
        assert_eq!(take(&mut Place::of_newcomer(&none), &none, 100), (vec![], 0));
    }

    #[test]
    fn who_takes_little_at_a_time_is_told_all_and_who_takes_nothing_for_long_what_is_missing() {
        let mut ring = Ring::default();
        let mut place = Place::of_newcomer(&ring);
        let mut taken = Vec::new();
        for number in 0..40 {
            ring.push(line(number));
            if number % 4 == 0 {
                taken.extend(take(&mut place, &ring, 3).0);
            }
        }
        taken.extend(take(&mut place, &ring, 100).0);
        assert_eq!(taken, (0..40).collect::<Vec<_>>());
        (40..400).for_each(|number| ring.push(line(number)));
        // The notice itself may not be taken, and more be missing by then.
        assert_eq!(take(&mut place, &ring, 0), (vec![], 0));
        (400..500).for_each(|number| ring.push(line(number)));
        let (taken, missed) = take(&mut place, &ring, 1000);
        assert_eq!(missed, 500 - 40 - MOST_LINES as u32);
        assert_eq!(taken, (40 + missed..500).collect::<Vec<_>>());
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_as_well() {
        let mut ring = Ring::default();
        for _ in 0..100 {
            ring.push(Bytes::from(vec![0; 1000]));
        }
        assert_eq!(ring.lines.len(), 65);
        assert_eq!(ring.bytes, 65_000);
        assert_eq!(ring.next_number(), 100);
    }

    #[test]
    fn a_copy_catches_up_however_far_behind_it_is() {
        let mut copy = Ring::default();
        for upto in [1, 5, 5, 200, 2000] {
            let ring = ring(0..upto);
            copy.catch_up(&ring);
            assert_eq!(
                (copy.first, &copy.lines, copy.bytes),
                (ring.first, &ring.lines, ring.bytes)
            );
        }
    }
}
