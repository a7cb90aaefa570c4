//! Where each entity belongs: its part and its slot there, kept from tick to tick.
//!
//! An entity keeps the slot that it got when it entered its part; one that is new there takes the
//! lowest vacant slot. Games tend to write the same entities in the same order tick after tick, so
//! an entity's place is nearly always found by looking at who stood at this point in the order last
//! time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;

use super::PartIndex;
use super::part::Part;
use crate::interest::Grid;
use crate::scene::{Relevance, Scene, SceneEntity, place_of};

/// Spreads the bits of ascending ids. Only ever used for look-ups, never for iteration, so it has
/// no influence on the order of anything.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(u32::from(byte)));
    }

    fn write_u32(&mut self, word: u32) {
        // Fibonacci hashing: 2⁶⁴ divided by the golden ratio.
        self.0 = (self.0 ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Entities and their places.
pub(super) type Places = HashMap<EntityId, Place, BuildHasherDefault<IdHasher>>;

/// An entity's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    part: u32,
    slot: u32,
}

/// No part has this index.
const NOWHERE: u32 = u32::MAX;

/// All parts, and who is in which.
#[derive(Debug)]
pub(super) struct Placement {
    layout: Layout,
    grid: Grid,
    /// Most snapshots that are kept of a part.
    history_ticks: usize,
    parts: Vec<Part>,
    /// Parts that do not rest, in the order in which they woke.
    awake: Vec<u32>,
    is_awake: Vec<bool>,
    /// Slots of all parts after the last tick.
    slots: usize,
    /// The part of each cell of the grid.
    cells: Vec<u32>,
    global: u32,
    /// The parts of the members, once anything has been in them.
    own: BTreeMap<PlayerId, u32>,
    /// Whether anything has been anybody's own.
    has_own: bool,
    /// Parts of players who have left, to be used again.
    spare: Vec<u32>,
    places: Places,
    order: Order,
    /// Entities that were found anywhere but at their point in the order: any of them may be
    /// written a second time.
    out_of_order: HashSet<EntityId, BuildHasherDefault<IdHasher>>,
}

/// Entities and their places in the order in which they were written.
#[derive(Debug, Default)]
struct Order {
    last: Vec<(EntityId, Place)>,
    now: Vec<(EntityId, Place)>,
    /// Where in the last order the next entity is expected.
    expected: usize,
}

/// How many entities of the last order can be missing in a row before the next one is not found in
/// it any more.
const MAX_MISSING: usize = 4;

impl Order {
    fn begin(&mut self) {
        std::mem::swap(&mut self.last, &mut self.now);
        self.now.clear();
        self.expected = 0;
    }

    /// Where an entity was, if it is at its point in the order.
    fn find(&mut self, id: EntityId) -> Option<Place> {
        let ahead = self.last[self.expected..].iter().take(MAX_MISSING);
        let (skipped, &(_, place)) = ahead.enumerate().find(|(_, (last, _))| *last == id)?;
        self.expected += skipped + 1;
        Some(place)
    }
}

impl Placement {
    pub(super) fn new(layout: &Layout, grid: Grid, history_ticks: usize) -> Self {
        let cells = (grid.size().columns * grid.size().rows) as usize;
        Self {
            layout: layout.clone(),
            grid,
            history_ticks,
            parts: Vec::new(),
            awake: Vec::new(),
            is_awake: Vec::new(),
            slots: 0,
            cells: vec![NOWHERE; cells],
            global: NOWHERE,
            own: BTreeMap::new(),
            has_own: false,
            spare: Vec::new(),
            places: Places::default(),
            order: Order::default(),
            out_of_order: HashSet::default(),
        }
    }

    pub(super) const fn grid(&self) -> &Grid {
        &self.grid
    }

    pub(super) fn cell(&self, cell: u32) -> Option<PartIndex> {
        self.cells.get(cell as usize).copied().and_then(known)
    }

    pub(super) const fn global(&self) -> Option<PartIndex> {
        known(self.global)
    }

    pub(super) fn own(&self, player: PlayerId) -> Option<PartIndex> {
        if !self.has_own {
            return None;
        }
        self.own.get(&player).copied().and_then(known)
    }

    pub(super) fn part(&self, PartIndex(index): PartIndex) -> &Part {
        &self.parts[index as usize]
    }

    pub(super) fn part_and_places(&mut self, index: PartIndex) -> (&mut Part, &Places) {
        (&mut self.parts[index.0 as usize], &self.places)
    }

    /// The parts in use.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        let is_in_use = |(index, part): &(usize, &Part)| {
            part.owner().is_none_or(|player| self.own.get(&player) == Some(&(*index as u32)))
        };
        self.parts.iter().enumerate().filter(is_in_use).map(|(_, part)| part)
    }

    /// A member has a part of their own from now on.
    pub(super) fn admit(&mut self, player: PlayerId) {
        self.own.insert(player, NOWHERE);
    }

    /// Gives up the part of a member who has left.
    pub(super) fn forget(&mut self, player: PlayerId) {
        if let Some(index) = self.own.remove(&player).filter(|&index| index != NOWHERE) {
            self.order.now.retain(|(_, place)| place.part != index);
            for row in self.parts[index as usize].newest().rows() {
                self.places.remove(&row.id);
            }
            self.parts[index as usize] = Part::new(PartNumber::OWN, Some(player), &self.layout);
            self.spare.push(index);
        }
    }

    /// Puts the entities of a tick into their parts.
    pub(super) fn place(&mut self, tick: Tick, scene: &Scene) {
        for &index in &self.awake {
            self.parts[index as usize].begin();
        }
        self.order.begin();
        self.out_of_order.clear();
        for (entity, row) in scene.iter() {
            let Ok(before) = self.find(entity.id) else { continue };
            let Some(part) = self.part_for(entity, row, before) else { continue };
            let Some(place) = self.move_to(entity.id, before, part) else { continue };
            self.write(entity, row, before, place);
            self.order.now.push((entity.id, place));
        }
        self.remove_unwritten();
        let Self { parts, awake, is_awake, slots, history_ticks, layout, .. } = self;
        *slots = 0;
        awake.retain(|&index| {
            let part = &mut parts[index as usize];
            let rests = part.end(tick, *history_ticks, layout);
            *slots += part.newest().slots();
            is_awake[index as usize] = !rests;
            !rests
        });
    }

    /// Slots of all parts.
    pub(super) const fn slots(&self) -> usize {
        self.slots
    }

    /// Where an entity was a tick ago, if anywhere.
    fn find(&mut self, id: EntityId) -> Result<Option<Place>, WrittenTwice> {
        let at_its_point = self.order.find(id);
        if at_its_point.is_some() && self.out_of_order.is_empty() {
            return Ok(at_its_point);
        }
        let place = at_its_point.or_else(|| self.places.get(&id).copied());
        let is_written =
            place.is_some_and(|at| self.parts[at.part as usize].has_written(at.slot as usize, id));
        let was_out_of_order = !self.out_of_order.insert(id);
        if is_written || was_out_of_order { Err(WrittenTwice) } else { Ok(place) }
    }

    /// The part that an entity belongs to now; `None` when nobody is there whose own it is.
    fn part_for(&mut self, entity: SceneEntity, row: &[u32], before: Option<Place>) -> Option<u32> {
        let place = match entity.relevance {
            Relevance::Owner(player) => {
                let index = *self.own.get(&player)?;
                self.has_own = true;
                let index = self.open(index, PartNumber::OWN, Some(player));
                self.own.insert(player, index);
                return Some(index);
            }
            Relevance::Everybody => None,
            Relevance::Place => place_of(&self.layout.kinds[usize::from(entity.kind)], row),
        };
        let cell = match place {
            _ if self.grid.is_single() => 0,
            None => {
                self.global = self.open(self.global, PartNumber::GLOBAL, None);
                return Some(self.global);
            }
            Some(place) => {
                let number = before.map(|before| self.parts[before.part as usize].number().0);
                self.grid.cell_of(place, number.and_then(|number| number.checked_sub(2)))
            }
        };
        let index = self.open(self.cells[cell as usize], PartNumber::cell(cell), None);
        self.cells[cell as usize] = index;
        Some(index)
    }

    /// The part of this index, or a new one where there is none; awake in any case.
    fn open(&mut self, index: u32, number: PartNumber, owner: Option<PlayerId>) -> u32 {
        let mut index = index;
        if index == NOWHERE {
            let part = Part::new(number, owner, &self.layout);
            index = self.spare.pop().unwrap_or(self.parts.len() as u32);
            if index as usize == self.parts.len() {
                self.parts.push(part);
                self.is_awake.push(false);
            } else {
                self.parts[index as usize] = part;
            }
        }
        if !std::mem::replace(&mut self.is_awake[index as usize], true) {
            self.awake.push(index);
            self.parts[index as usize].begin();
        }
        index
    }

    /// Moves an entity to a part, unless it is there; `None` when there is no slot left for it.
    fn move_to(&mut self, id: EntityId, before: Option<Place>, part: u32) -> Option<Place> {
        if let Some(before) = before {
            if before.part == part {
                return Some(before);
            }
            self.parts[before.part as usize].leave(before.slot);
        }
        let Some(slot) = self.parts[part as usize].enter(id) else {
            self.places.remove(&id);
            return None;
        };
        let place = Place { part, slot };
        self.places.insert(id, place);
        Some(place)
    }

    fn write(&mut self, entity: SceneEntity, row: &[u32], before: Option<Place>, place: Place) {
        let kind = &self.layout.kinds[usize::from(entity.kind)];
        let (part, slot) = (place.part as usize, place.slot as usize);
        match before.filter(|before| before.part != place.part) {
            None => self.parts[part].write_on(slot, entity, kind, row),
            Some(before) => {
                let pair = self.parts.get_disjoint_mut([part, before.part as usize]);
                if let Ok([part, old]) = pair {
                    let old = old.newest().row(before.slot as usize);
                    part.write(slot, entity, kind, row, old);
                }
            }
        }
    }

    /// Entities of last time that were not written this time have left.
    fn remove_unwritten(&mut self) {
        let Self { parts, places, order, .. } = self;
        for &(id, place) in &order.last {
            let part = &mut parts[place.part as usize];
            let is_there = part.has_written(place.slot as usize, id);
            // One that is not there any more may have moved.
            if !is_there && places.get(&id) == Some(&place) {
                places.remove(&id);
                part.leave(place.slot);
            }
        }
    }
}

/// The game has written an entity a second time in one tick.
struct WrittenTwice;

const fn known(index: u32) -> Option<PartIndex> {
    if index == NOWHERE { None } else { Some(PartIndex(index)) }
}
