//! A match at one tick, as its clients saw it; and what lies between two of them.

use std::collections::BTreeMap;

use tickwire_protocol::quantise::{KindLayout, Lane, Layout, Manner};

use super::transport::QUARTERS;
use crate::game::Game;
use crate::scene::{Relevance, Scene, SceneEntity, SceneWriter};

/// A match at one tick.
#[derive(Debug)]
pub(super) struct Still {
    /// Which, from the first one; `None` before anything was filmed.
    pub(super) tick: Option<u32>,
    scene: Scene,
    /// Where in the scene each entity is.
    places: BTreeMap<u32, usize>,
}

impl Still {
    pub(super) fn new(layout: &Layout) -> Self {
        Self { tick: None, scene: Scene::new(layout), places: BTreeMap::new() }
    }

    /// How many entities there are.
    pub(super) const fn len(&self) -> usize {
        self.scene.len()
    }

    /// Takes down the game as it is at a tick.
    pub(super) fn film(&mut self, tick: u32, game: &dyn Game, layout: &Layout) {
        self.tick = Some(tick);
        game.replicate(&mut self.scene.writer(layout));
        self.places.clear();
        for (index, (entity, _)) in self.scene.iter().enumerate() {
            // One that is written twice counts as it was written first.
            self.places.entry(entity.id.0).or_insert(index);
        }
    }

    /// Writes what everybody may see of it.
    pub(super) fn replicate(&self, out: &mut SceneWriter<'_>) {
        for (entity, row) in self.scene.iter().filter(|(entity, _)| is_public(entity)) {
            out.copy(entity, row);
        }
    }

    /// Writes what lies so many quarters of the way to `next`. What is not there by then stays as it is; what
    /// is new then has not come.
    pub(super) fn replicate_towards(
        &self,
        next: &Self,
        quarters: u64,
        layout: &Layout,
        out: &mut SceneWriter<'_>,
    ) {
        let mut between = vec![0; layout.stride];
        for (entity, row) in self.scene.iter().filter(|(entity, _)| is_public(entity)) {
            let place = next.places.get(&entity.id.0);
            match place.map(|&place| next.scene.row(place)) {
                Some(to) => {
                    between.copy_from_slice(row);
                    let kind = &layout.kinds[usize::from(entity.kind)];
                    blend(kind, &mut between, to, quarters);
                    out.copy(entity, &between);
                }
                None => out.copy(entity, row),
            }
        }
    }
}

/// What a player alone is told is nobody else's to see.
const fn is_public(entity: &SceneEntity) -> bool {
    !matches!(entity.relevance, Relevance::Owner(_))
}

/// Moves a row so many quarters of the way to another one: positions straight, angles the short way,
/// rotations by their components while the same one is the largest. All else changes at its tick.
fn blend(kind: &KindLayout, row: &mut [u32], to: &[u32], quarters: u64) {
    for field in &kind.changing {
        let lanes = field.lanes.clone();
        match field.manner {
            Manner::Moves2 | Manner::Moves3 => {
                lanes.for_each(|at| row[at] = straight(row[at], to[at], quarters));
            }
            Manner::Angle => {
                lanes.for_each(|at| row[at] = turned(&kind.lanes[at], row[at], to[at], quarters));
            }
            Manner::Rotation if row[lanes.start] == to[lanes.start] => {
                lanes.skip(1).for_each(|at| row[at] = straight(row[at], to[at], quarters));
            }
            _ => {}
        }
    }
}

fn straight(from: u32, to: u32, quarters: u64) -> u32 {
    let parts = u64::from(from) * (QUARTERS - quarters) + u64::from(to) * quarters;
    // A mean of two lanes is one.
    ((parts + QUARTERS / 2) / QUARTERS) as u32
}

fn turned(lane: &Lane, from: u32, to: u32, quarters: u64) -> u32 {
    let way = i64::from(lane.difference(from, to)) * quarters.cast_signed();
    lane.advance(from, (way / QUARTERS.cast_signed()) as i32)
}
