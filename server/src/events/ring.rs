//! The newest events of a feed, and their numbers.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

/// Which event of a feed: what `id` and `Last-Event-ID` have, as `EPOCH-NUMBER`. The epoch is another one
/// whenever the feed began anew, so that numbers of then are not taken for those of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    /// When the feed began.
    pub epoch: u32,
    /// Counted from 1.
    pub number: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.epoch, self.number)
    }
}

/// A text that is no id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoEventId;

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(text: &str) -> Result<Self, NoEventId> {
        let (epoch, number) = text.split_once('-').ok_or(NoEventId)?;
        let epoch = u32::from_str_radix(epoch, 16).map_err(|_| NoEventId)?;
        Ok(Self { epoch, number: number.parse().map_err(|_| NoEventId)? })
    }
}

/// The newest events, each as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) epoch: u32,
    /// Number of the oldest one that is kept, or of the next one where there is none.
    first: u64,
    events: VecDeque<Bytes>,
    /// None follows.
    pub(super) is_over: bool,
}

impl Ring {
    /// No events yet.
    pub(super) fn new() -> Self {
        Self { epoch: rand::random(), first: 1, events: VecDeque::new(), is_over: false }
    }

    /// What the next event will be.
    pub(super) fn next_id(&self) -> EventId {
        EventId { epoch: self.epoch, number: self.first + self.events.len() as u64 }
    }

    /// Number of the oldest one that is kept.
    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    /// Adds the next event; the oldest one gives way where `most` are kept.
    pub(super) fn push(&mut self, event: Bytes, most: usize) {
        self.events.push_back(event);
        if self.events.len() > most {
            self.events.pop_front();
            self.first += 1;
        }
    }

    /// The events from a number on that is not before the first.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = &Bytes> {
        let skipped = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.events.iter().skip(skipped)
    }

    /// Takes over what a longer one has beyond this.
    pub(super) fn catch_up(&mut self, other: &Self) {
        let next = self.next_id().number;
        if self.epoch == other.epoch && next >= other.first {
            self.events.extend(other.from(next).cloned());
            while self.first < other.first {
                self.events.pop_front();
                self.first += 1;
            }
            self.is_over = other.is_over;
        } else {
            self.clone_from(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(events: std::ops::RangeInclusive<u8>, most: usize) -> Ring {
        let mut ring = Ring::new();
        events.for_each(|event| ring.push(Bytes::from(vec![event]), most));
        ring
    }

    fn bytes(ring: &Ring, number: u64) -> Vec<u8> {
        ring.from(number).flat_map(|event| event.to_vec()).collect()
    }

    #[test]
    fn the_newest_are_kept_and_numbered_from_one() {
        let ring = ring(1..=5, 3);
        assert_eq!((ring.first(), ring.next_id().number), (3, 6));
        assert_eq!(bytes(&ring, 3), [3, 4, 5]);
        assert_eq!(bytes(&ring, 5), [5]);
        assert_eq!(bytes(&ring, 6), [0_u8; 0]);
        assert_eq!(bytes(&ring, u64::MAX), [0_u8; 0]);
    }

    #[test]
    fn a_copy_catches_up_from_wherever_it_is() {
        for (begin, most) in [(1, 10), (3, 3), (5, 3), (9, 2)] {
            let mut original = ring(1..=begin, most);
            let mut copy = original.clone();
            (begin + 1..=9).for_each(|event| original.push(Bytes::from(vec![event]), most));
            original.is_over = true;
            copy.catch_up(&original);
            assert_eq!((copy.first, copy.next_id()), (original.first, original.next_id()));
            assert_eq!(copy.events, original.events);
            assert!(copy.is_over);
        }
        let (mut one, other) = (ring(1..=2, 3), ring(7..=8, 3));
        one.catch_up(&other);
        assert_eq!((one.epoch, bytes(&one, 1)), (other.epoch, vec![7, 8]));
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = EventId { epoch: 0xab, number: 77 };
        assert_eq!(id.to_string(), "000000ab-77");
        assert_eq!("000000ab-77".parse(), Ok(id));
        for none in ["", "7", "-7", "x-7", "ab-", "ab--7", "123456789-1", "ab-18446744073709551616"]
        {
            assert_eq!(none.parse::<EventId>(), Err(NoEventId), "{none}");
        }
    }
}
