//! What the server had at each tick, and whether a replica has that.

use std::collections::{BTreeMap, BTreeSet};

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::snapshot::{Row, Snapshot};
use tickwire_simulation::room::Room;

/// Ticks that are remembered: as long as a stalled client may lag behind.
const REMEMBERED: usize = 700;

type Parts = BTreeMap<(PartNumber, Option<PlayerId>), Snapshot>;

/// The server's state by tick.
pub struct RoomStates {
    layout: Layout,
    history_ticks: i32,
    /// In the order in which they came: ticks wrap.
    ticks: Vec<(Tick, Parts)>,
    /// Whether every client gets all that it watches in each of its frames: not so on a tight
    /// budget.
    pub is_everything_sent: bool,
}

impl RoomStates {
    pub fn new(room: &Room) -> Self {
        let layout = Layout::new(room.schema());
        let history_ticks = room.config().history_ticks as i32;
        Self { layout, history_ticks, ticks: Vec::new(), is_everything_sent: true }
    }

    pub fn remember(&mut self, room: &Room) {
        if self.ticks.len() > REMEMBERED {
            self.ticks.drain(..REMEMBERED / 4);
        }
        let parts = room.parts();
        let parts = parts.map(|(number, owner, state)| ((number, owner), state.clone()));
        self.ticks.push((room.tick(), parts.collect()));
    }

    /// The server's state of a part at a tick, as a player has it; `None` for one without entities.
    pub fn part(&self, tick: Tick, number: PartNumber, player: PlayerId) -> Option<&Snapshot> {
        let (_, parts) = self.ticks.iter().rev().find(|(at, _)| *at == tick).expect("remembered");
        let owner = (number == PartNumber::OWN).then_some(player);
        parts.get(&(number, owner)).filter(|state| state.slots() > 0)
    }

    /// The parts of cells that have entities, at a tick.
    pub fn cells(&self, tick: Tick) -> impl Iterator<Item = &Snapshot> {
        let (_, parts) = self.ticks.iter().rev().find(|(at, _)| *at == tick).expect("remembered");
        parts.iter().filter(|((number, _), _)| number.0 >= 2).map(|(_, state)| state)
    }

    /// Holds each part of a replica against what the server had at the part's tick; and, where
    /// nothing was left out, against what it has at the frame's.
    pub fn check(&self, player: PlayerId, replica: &Replica, now: Tick) {
        let known: BTreeSet<_> = replica.entities().map(|row| row.id).collect();
        for part in replica.parts() {
            // Of what has not been sent lately some has left. What is where it was must be known,
            // unless it can have come back since, in a cell that is so old that all of it is due.
            let is_old = part.tick().is_none_or(|tick| now.since(tick) >= self.history_ticks);
            if is_old {
                continue;
            }
            let Some(state) = self.part(now, part.number(), player) else { continue };
            let stays = |row: &Row<'_>| state.row(row.slot).is_some_and(|now| now.id == row.id);
            for row in part.snapshot().rows().filter(stays) {
                assert!(known.contains(&row.id), "{} in {:?} is not known", row.id, part.number());
            }
        }
        for part in replica.parts() {
            let what = format!("part {:?} of player {player} at tick {now}", part.number());
            let is_empty = part.snapshot().slots() == 0;
            if let Some(tick) = part.tick() {
                match self.part(tick, part.number(), player) {
                    Some(state) => assert_eq!(part.snapshot(), state, "{what}, of tick {tick}"),
                    None => assert!(is_empty, "{what}, of tick {tick}"),
                }
            } else {
                assert!(is_empty, "{what}");
            }
            if self.is_everything_sent {
                let mut predicted = part.snapshot().clone();
                let ticks = part.tick().map_or(0, |tick| now.since(tick));
                self.predict(&mut predicted, ticks);
                match self.part(now, part.number(), player) {
                    Some(state) => assert_eq!(&predicted, state, "{what}, {ticks} ticks on"),
                    None => assert!(is_empty, "{what}, {ticks} ticks on"),
                }
            }
        }
    }

    /// Moves everything on by its last steps.
    fn predict(&self, snapshot: &mut Snapshot, ticks: i32) {
        for slot in 0..snapshot.slots() {
            let Some((id, kind, mut lanes)) =
                snapshot.row(slot).map(|row| (row.id, row.kind, row.lanes.to_vec()))
            else {
                continue;
            };
            let layout = &self.layout.kinds[usize::from(kind)];
            for field in &layout.changing {
                for (at, step_at) in field.axes() {
                    let way = lanes[step_at].cast_signed().wrapping_mul(ticks);
                    lanes[at] = layout.lanes[at].advance(lanes[at], way);
                }
            }
            snapshot.insert(slot, id, kind).copy_from_slice(&lanes);
        }
    }
}
