//! Which slots of a part are taken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tickwire_protocol::snapshot::MAX_SLOTS;

/// The slots of a part.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Vacant ones among the first `count`.
    vacant: BinaryHeap<Reverse<u32>>,
    count: u32,
}

impl Slots {
    /// Number of slots, vacant ones included.
    pub(super) const fn count(&self) -> usize {
        self.count as usize
    }

    /// Takes the lowest vacant slot that is not barred; `None` when there are as many as there may be.
    pub(super) fn enter(&mut self, is_barred: impl Fn(u32) -> bool) -> Option<u32> {
        let mut passed = Vec::new();
        let slot = loop {
            let slot = match self.vacant.pop() {
                Some(Reverse(slot)) => slot,
                None if self.count() == MAX_SLOTS => break None,
                None => {
                    self.count += 1;
                    self.count - 1
                }
            };
            if !is_barred(slot) {
                break Some(slot);
            }
            passed.push(slot);
        };
        self.vacant.extend(passed.into_iter().map(Reverse));
        slot
    }

    /// Gives a slot back.
    pub(super) fn leave(&mut self, slot: u32) {
        self.vacant.push(Reverse(slot));
    }

    /// Gives up all slots from `count` on, which are vacant.
    pub(super) fn truncate(&mut self, count: usize) {
        if count < self.count() {
            self.count = count as u32;
            self.vacant.retain(|Reverse(slot)| (*slot as usize) < count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_vacant_slot_is_taken_unless_it_is_barred() {
        let mut slots = Slots::default();
        for expected in 0..4 {
            assert_eq!(slots.enter(|_| false), Some(expected));
        }
        slots.leave(2);
        slots.leave(0);
        assert_eq!(slots.enter(|slot| slot == 0), Some(2));
        assert_eq!(slots.enter(|slot| slot == 0 || slot == 4), Some(5));
        assert_eq!(slots.enter(|_| false), Some(0));
        assert_eq!(slots.enter(|_| false), Some(4));
        assert_eq!(slots.count(), 6);
    }

    #[test]
    fn slots_at_the_end_are_given_up() {
        let mut slots = Slots::default();
        for _ in 0..4 {
            slots.enter(|_| false);
        }
        for slot in [3, 2, 0] {
            slots.leave(slot);
        }
        slots.truncate(2);
        assert_eq!(slots.count(), 2);
        assert_eq!(slots.enter(|_| false), Some(0));
        assert_eq!(slots.enter(|_| false), Some(2));
    }

    #[test]
    fn there_are_only_so_many() {
        let mut slots = Slots::default();
        for _ in 0..MAX_SLOTS {
            assert!(slots.enter(|_| false).is_some());
        }
        assert_eq!(slots.enter(|_| false), None);
        slots.leave(7);
        assert_eq!(slots.enter(|slot| slot == 7), None);
        assert_eq!(slots.enter(|_| false), Some(7));
    }
}
