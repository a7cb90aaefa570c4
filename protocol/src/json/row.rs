//! An entity as text: its fields by name, in the game's units, out of the lanes of a snapshot.
//!
//! A number is written as the shortest decimal that is the nearest `f32`, which is what the game gave; where
//! that would not tell neighbouring lanes apart, as an `f64`.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::quantise::{KindLayout, Lane};
use crate::schema::{EntityKind, FieldKind};
use crate::snapshot::Row;

/// A kind of entity, and where its fields lie.
pub(super) type Kind = (EntityKind, KindLayout);

/// An entity as it is written.
#[derive(serde::Serialize)]
pub(super) struct EntityText<'a> {
    id: u32,
    kind: &'a str,
    fields: FieldsText<'a>,
}

struct FieldsText<'a> {
    kind: &'a Kind,
    lanes: &'a [u32],
}

impl<'a> EntityText<'a> {
    pub(super) fn of(row: Row<'a>, kind: &'a Kind) -> Self {
        Self { id: row.id.0, kind: &kind.0.name, fields: FieldsText { kind, lanes: row.lanes } }
    }
}

impl Serialize for FieldsText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, layout) = self.kind;
        let mut map = serializer.serialize_map(Some(kind.fields.len()))?;
        for (field, at) in kind.fields.iter().zip(&layout.fields) {
            let lanes = &layout.lanes[at.lanes.clone()];
            let text = FieldText { kind: field.kind, lanes, values: &self.lanes[at.lanes.clone()] };
            map.serialize_entry(&field.name, &text)?;
        }
        map.end()
    }
}

/// One field's value.
struct FieldText<'a> {
    kind: FieldKind,
    lanes: &'a [Lane],
    values: &'a [u32],
}

impl Serialize for FieldText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Every kind but those of several lanes has one.
        let (lane, value) = (&self.lanes[0], self.values[0]);
        match self.kind {
            FieldKind::Position { .. } | FieldKind::Position3 { .. } => {
                let mut axes = serializer.serialize_seq(Some(self.values.len()))?;
                for (lane, &value) in self.lanes.iter().zip(self.values) {
                    axes.serialize_element(&Real { lane, value })?;
                }
                axes.end()
            }
            FieldKind::Rotation { .. } => self.quaternion().serialize(serializer),
            FieldKind::Number { .. } => Real { lane, value }.serialize(serializer),
            FieldKind::Angle { bits } => {
                let turn = f64::from(value) / f64::from(1_u32 << bits);
                serializer.serialize_f32((turn * std::f64::consts::TAU) as f32)
            }
            // Exact, as every 32-bit integer is in a float of 64.
            FieldKind::Integer { .. } => serializer.serialize_i64(lane.value(value) as i64),
            FieldKind::Flags { .. } | FieldKind::Player => serializer.serialize_u32(value),
        }
    }
}

impl FieldText<'_> {
    /// The unit quaternion x, y, z, w: its largest component, which is positive, follows from the others.
    fn quaternion(&self) -> [f32; 4] {
        let mut others = self.lanes[1..].iter().zip(&self.values[1..]);
        let largest = self.values[0] as usize;
        let mut components = [0.0_f64; 4];
        for (index, component) in components.iter_mut().enumerate() {
            if index != largest {
                *component = others.next().map_or(0.0, |(lane, &value)| lane.value(value));
            }
        }
        let squares: f64 = components.iter().map(|component| component * component).sum();
        components[largest.min(3)] = (1.0 - squares).max(0.0).sqrt();
        components.map(|component| component as f32)
    }
}

/// A real number.
struct Real<'a> {
    lane: &'a Lane,
    value: u32,
}

impl Serialize for Real<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.lane.value(self.value);
        let short = value as f32;
        if self.lane.quantise(f64::from(short)) == self.value {
            serializer.serialize_f32(short)
        } else {
            serializer.serialize_f64(value)
        }
    }
}
