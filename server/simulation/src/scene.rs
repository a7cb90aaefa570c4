//! A game's world at one tick, quantised: what it wrote, in the order in which it wrote it.
//!
//! A game fills it through a [`SceneWriter`] and never sees a byte; where in a room's state each
//! entity belongs is found afterwards ([`replication`](crate::replication)).

use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::quantise::{KindLayout, Lane, Layout};

/// Who is sent an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relevance {
    /// Those who see its place; everybody, if it has none.
    Place,
    /// Everybody, wherever they are.
    Everybody,
    /// One player alone.
    Owner(PlayerId),
}

/// One entity of a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneEntity {
    /// Which.
    pub id: EntityId,
    /// Its kind.
    pub kind: u8,
    /// Who is sent it.
    pub relevance: Relevance,
}

/// What a game wrote.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    entities: Vec<SceneEntity>,
    /// A row each, of the layout's stride: the lanes; last steps are not known here.
    rows: Vec<u32>,
    stride: usize,
}

impl Scene {
    /// A scene without entities.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        Self { stride: layout.stride, ..Self::default() }
    }

    /// Begins anew; the writer fills it.
    pub fn writer<'a>(&'a mut self, layout: &'a Layout) -> SceneWriter<'a> {
        self.entities.clear();
        self.rows.clear();
        SceneWriter { scene: self, layout }
    }

    /// How many entities there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// The row of an entity, by its place in the scene.
    pub(crate) fn row(&self, index: usize) -> &[u32] {
        &self.rows[index * self.stride..(index + 1) * self.stride]
    }

    /// The entities, each with its row.
    pub fn iter(&self) -> impl Iterator<Item = (SceneEntity, &[u32])> {
        self.entities.iter().enumerate().map(|(index, &entity)| (entity, self.row(index)))
    }
}

/// Takes down the entities of a world, one after the other.
#[derive(Debug)]
pub struct SceneWriter<'a> {
    scene: &'a mut Scene,
    layout: &'a Layout,
}

impl SceneWriter<'_> {
    /// Takes down an entity whose lanes are known; what is behind those of its kind does not matter.
    pub(crate) fn copy(&mut self, entity: SceneEntity, row: &[u32]) {
        let lanes = self.layout.kinds[usize::from(entity.kind)].lanes.len();
        let writer = self.entity_for(entity.relevance, entity.id, entity.kind.into());
        writer.values[..lanes].copy_from_slice(&row[..lanes]);
    }

    /// Begins an entity of a kind (its index in the schema); its fields follow on the result, in
    /// the schema's order. Players are sent it who see its place: x and y of the first of its
    /// Position fields. An entity that is written twice counts as it was written first.
    ///
    /// # Panics
    /// When the schema has no such kind, or the id is 0.
    pub fn entity(&mut self, id: EntityId, kind: usize) -> EntityWriter<'_> {
        self.entity_for(Relevance::Place, id, kind)
    }

    /// The same for an entity that is sent to everybody, or to one player alone.
    ///
    /// # Panics
    /// As [`SceneWriter::entity`].
    pub fn entity_for(
        &mut self,
        relevance: Relevance,
        id: EntityId,
        kind: usize,
    ) -> EntityWriter<'_> {
        assert!(id != EntityId(0), "entities have ids from 1 on");
        let layout = &self.layout.kinds[kind];
        self.scene.entities.push(SceneEntity { id, kind: kind as u8, relevance });
        let begin = self.scene.rows.len();
        self.scene.rows.resize(begin + self.scene.stride, 0);
        EntityWriter { kind: layout, values: &mut self.scene.rows[begin..], at: 0 }
    }
}

/// Takes down the fields of one entity, in the schema's order. A field that is left out is 0.
#[derive(Debug)]
pub struct EntityWriter<'a> {
    kind: &'a KindLayout,
    values: &'a mut [u32],
    at: usize,
}

impl EntityWriter<'_> {
    #[inline]
    fn lane(&mut self, value: impl FnOnce(&Lane) -> u32) {
        debug_assert!(self.at < self.kind.lanes.len(), "more fields written than the schema has");
        if let (Some(lane), Some(slot)) =
            (self.kind.lanes.get(self.at), self.values.get_mut(self.at))
        {
            *slot = value(lane);
        }
        self.at += 1;
    }

    /// A position in the plane, in world units; clamped to the schema's range.
    pub fn position(&mut self, position: [f32; 2]) -> &mut Self {
        self.number(position[0]).number(position[1])
    }

    /// A position in space, in world units; clamped to the schema's range.
    pub fn position3(&mut self, position: [f32; 3]) -> &mut Self {
        self.number(position[0]).number(position[1]).number(position[2])
    }

    /// A rotation in space, as a quaternion x, y, z, w; its length does not matter. What is none
    /// (all 0, or not finite) is taken down as no rotation.
    pub fn rotation(&mut self, quaternion: [f32; 4]) -> &mut Self {
        let (largest, others) = smallest_three(quaternion);
        self.lane(|_| largest);
        for component in others {
            self.lane(|lane| lane.quantise(component));
        }
        self
    }

    /// A real number; clamped to the schema's range.
    pub fn number(&mut self, value: f32) -> &mut Self {
        self.lane(|lane| lane.quantise(f64::from(value)));
        self
    }

    /// An integer; clamped to the schema's range.
    pub fn integer(&mut self, value: i32) -> &mut Self {
        self.lane(|lane| lane.quantise(f64::from(value)));
        self
    }

    /// A direction in which a full turn is 2¹⁶; rounded down to the schema's bits.
    pub fn angle(&mut self, turn: u16) -> &mut Self {
        self.lane(|lane| u32::from(turn) >> (16 - lane.bits.min(16)));
        self
    }

    /// Independent bits.
    pub fn flags(&mut self, flags: u32) -> &mut Self {
        self.lane(|lane| flags & lane.mask());
        self
    }

    /// A player.
    pub fn player(&mut self, player: PlayerId) -> &mut Self {
        self.lane(|_| player.0);
        self
    }
}

/// The number of a quaternion's largest component, and the three others of the unit quaternion in
/// which that one is positive ("smallest three": each is at most 1/√2).
fn smallest_three(quaternion: [f32; 4]) -> (u32, [f64; 3]) {
    let components = quaternion.map(f64::from);
    let length = components.iter().map(|component| component * component).sum::<f64>().sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return (3, [0.0; 3]);
    }
    let mut largest = 0;
    for number in 1..components.len() {
        if components[number].abs() > components[largest].abs() {
            largest = number;
        }
    }
    let scale = length.copysign(components[largest]);
    let mut others = [0.0; 3];
    let rest = (0..components.len()).filter(|&number| number != largest);
    for (other, number) in others.iter_mut().zip(rest) {
        *other = components[number] / scale;
    }
    (largest as u32, others)
}

/// The place of a row of a kind, in world units: its first position; `None` when it has none.
#[must_use]
pub fn place_of(kind: &KindLayout, row: &[u32]) -> Option<[f32; 2]> {
    let first = kind.place?;
    let value = |at: usize| kind.lanes[at].value(row[at]) as f32;
    Some([value(first), value(first + 1)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};

    #[test]
    fn fields_become_lanes_in_order() {
        let dot = EntityKind::new("dot")
            .constant("owner", FieldKind::Player)
            .field("position", FieldKind::Position { min: [0.0; 2], max: [10.0; 2], step: 0.5 })
            .field("angle", FieldKind::Angle { bits: 4 })
            .field("energy", FieldKind::Integer { min: -2, max: 7 })
            .field("flags", FieldKind::Flags { bits: 2 });
        let layout = Layout::new(&Schema::new("g").entity(dot));
        let mut scene = Scene::new(&layout);
        scene
            .writer(&layout)
            .entity(EntityId(1), 0)
            .player(PlayerId(9))
            .position([1.2, 99.0])
            .angle(0x8fff)
            .integer(-1)
            .flags(7);
        let rows: Vec<_> = scene.iter().collect();
        // The last two columns are for the last step.
        assert_eq!(rows[0].1, [9, 2, 20, 8, 1, 3, 0, 0]);
        assert_eq!(place_of(&layout.kinds[0], rows[0].1), Some([1.0, 10.0]));
    }

    #[test]
    fn rotations_are_told_by_their_smallest_three() {
        let kind = EntityKind::new("body").field("rotation", FieldKind::Rotation { bits: 10 });
        let layout = Layout::new(&Schema::new("g").entity(kind));
        let mut scene = Scene::new(&layout);
        let mut written = |quaternion| {
            scene.writer(&layout).entity(EntityId(1), 0).rotation(quaternion);
            let lanes = &layout.kinds[0].lanes;
            let row = scene.iter().next().unwrap().1.to_vec();
            (row[0], [1, 2, 3].map(|at| lanes[at].value(row[at])))
        };
        let none = (3, [0.0; 3]);
        assert_eq!(written([0.0, 0.0, 0.0, 1.0]), none);
        assert_eq!(written([0.0, 0.0, 0.0, -2.0]), none);
        assert_eq!(written([0.0; 4]), none);
        assert_eq!(written([f32::NAN; 4]), none);
        let (largest, others) = written([0.5, -0.7, 0.1, 0.5]);
        assert_eq!(largest, 1);
        for (other, expected) in others.iter().zip([-0.5, -0.1, -0.5]) {
            assert!((other - expected).abs() < 0.001, "{others:?}");
        }
    }
}
