//! Movement as a room's cell has it: an entity kind with a position, quantised, in slots.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use thiserror::Error;
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

use super::Movement;
use crate::recording::Recording;

/// A movement cannot be quantised.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum QuantiseError {
    /// Nothing is anywhere.
    #[error("nobody is anywhere")]
    Empty,
    /// The step is not positive, or so fine that coordinates need more than 32 bits.
    #[error("a step of {0} is not positive, or too fine for how far it is from end to end")]
    Step(f64),
}

impl Movement {
    /// Quantises to a grid of `step`, whose points are the multiples of `step`.
    ///
    /// # Errors
    /// [`QuantiseError`].
    pub fn quantise(&self, step: f64) -> Result<Recording, QuantiseError> {
        let (min, max) = self.bounds().ok_or(QuantiseError::Empty)?;
        // A cell begins at 0, because a schema's numbers are too short for places far from there.
        let origin = min.map(|bound| (bound / step).floor() * step);
        let max = [0, 1].map(|axis| (((max[axis] - origin[axis]) / step).ceil() * step) as f32);
        let position = FieldKind::Position { min: [0.0; 2], max, step: step as f32 };
        let kind = EntityKind::new("mover").field("place", position);
        let schema = Schema::new("movement").entity(kind);
        schema.validate().map_err(|_| QuantiseError::Step(step))?;
        let layout = Layout::new(&schema);
        let mut slots = Slots::default();
        let mut snapshots: Vec<Snapshot> = Vec::with_capacity(self.ticks.len());
        for places in &self.ticks {
            let mut snapshot = Snapshot::new(&layout);
            slots.retain(|id| places.binary_search_by_key(&id, |(id, _)| *id).is_ok());
            for &(id, place) in places {
                // Ids of entities are never 0; ids of movements may be, but are never the last one.
                let row = snapshot.insert(slots.of(id), EntityId(id + 1), 0);
                for axis in 0..2 {
                    row[axis] = layout.kinds[0].lanes[axis].quantise(place[axis] - origin[axis]);
                }
            }
            snapshot.trim();
            if let Some(before) = snapshots.last() {
                snapshot.take_steps(&layout, before);
            }
            snapshots.push(snapshot);
        }
        Ok(Recording::new(layout, snapshots))
    }
}

/// Who has which slot; a newcomer takes the lowest that is vacant.
#[derive(Default)]
struct Slots {
    taken: BTreeMap<u32, usize>,
    vacant: BinaryHeap<Reverse<usize>>,
}

impl Slots {
    fn retain(&mut self, is_there: impl Fn(u32) -> bool) {
        let Self { taken, vacant } = self;
        taken.retain(|&id, &mut slot| {
            let stays = is_there(id);
            if !stays {
                vacant.push(Reverse(slot));
            }
            stays
        });
    }

    fn of(&mut self, id: u32) -> usize {
        let next = self.taken.len() + self.vacant.len();
        let Self { taken, vacant } = self;
        *taken.entry(id).or_insert_with(|| vacant.pop().map_or(next, |Reverse(slot)| slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(recording: &Recording, tick: usize) -> Vec<(usize, u32, Vec<u32>)> {
        let rows = recording.snapshots()[tick].rows();
        rows.map(|row| (row.slot, row.id.0, row.lanes.to_vec())).collect()
    }

    #[test]
    fn places_become_lanes_with_last_steps_and_slots_are_taken_again() {
        let movement = Movement {
            ticks: vec![
                vec![(0, [-1.0, 1e6]), (7, [0.24, 1e6 + 0.26])],
                vec![(7, [0.5, 1e6])],
                vec![(7, [1.0, 1e6]), (9, [-1.0, 1e6])],
            ],
        };
        let recording = movement.quantise(0.25).unwrap();
        let minus_one = (-1_i32).cast_unsigned();
        assert_eq!(rows(&recording, 0), [(0, 1, vec![0, 0, 0, 0]), (1, 8, vec![5, 1, 0, 0])]);
        assert_eq!(rows(&recording, 1), [(1, 8, vec![6, 0, 1, minus_one])]);
        assert_eq!(rows(&recording, 2), [(0, 10, vec![0, 0, 0, 0]), (1, 8, vec![8, 0, 2, 0])]);
    }

    #[test]
    fn grids_that_cannot_be_are_refused() {
        assert_eq!(Movement::default().quantise(1.0).unwrap_err(), QuantiseError::Empty);
        let movement = Movement { ticks: vec![vec![(1, [0.0, 0.0]), (2, [1e6, 1.0])]] };
        for step in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-4] {
            let error = movement.quantise(step).unwrap_err();
            assert!(matches!(error, QuantiseError::Step(_)), "{step}");
        }
        let far = Movement { ticks: vec![vec![(1, [0.0, -1e300]), (2, [1e300, 1.0])]] };
        assert!(far.quantise(1.0).is_err());
    }
}
