//! A world's entities as a person reads them: names and values in place of lanes.

use std::collections::BTreeMap;
use std::fmt;

use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Row, Snapshot};

use crate::interest::Grid;
use crate::replication::Replication;
use crate::world::World;

/// An entity, as clients see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The name of its kind.
    pub kind: String,
    /// Whose alone it is told; everybody's if nobody's.
    pub owner: Option<PlayerId>,
    /// Names and values of its fields, in the schema's order. A field of several numbers has one entry for
    /// each, with `.0`, `.1` … at its end.
    pub fields: Vec<(String, f64)>,
}

/// All entities of a world, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table(pub BTreeMap<u32, Entity>);

impl Table {
    /// The entities of a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let schema = world.schema();
        let mut replication = Replication::new(Layout::new(schema), Grid::single(), 0, 2);
        world.roster().keys().for_each(|&player| replication.admit(player));
        replication.record(world.tick(), world.game());
        let mut table = Self::default();
        for (_, owner, snapshot) in replication.parts() {
            table.take_in(schema, replication.layout(), owner, snapshot);
        }
        table
    }

    fn take_in(
        &mut self,
        schema: &Schema,
        layout: &Layout,
        owner: Option<PlayerId>,
        snapshot: &Snapshot,
    ) {
        for row in snapshot.rows() {
            let EntityId(id) = row.id;
            let kind = &schema.entities[usize::from(row.kind)];
            let entity =
                Entity { kind: kind.name.clone(), owner, fields: fields(schema, layout, &row) };
            self.0.insert(id, entity);
        }
    }
}

fn fields(schema: &Schema, layout: &Layout, row: &Row<'_>) -> Vec<(String, f64)> {
    let kind = usize::from(row.kind);
    let mut fields = Vec::new();
    for (field, place) in schema.entities[kind].fields.iter().zip(&layout.kinds[kind].fields) {
        for (nth, at) in place.lanes.clone().enumerate() {
            let value = layout.kinds[kind].lanes[at].value(row.lanes[at]);
            let is_single = place.lanes.len() == 1;
            let name = if is_single { field.name.clone() } else { format!("{}.{nth}", field.name) };
            fields.push((name, value));
        }
    }
    fields
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, Entity { kind, owner, fields }) in &self.0 {
            write!(f, "{id:>8}  {kind:<12}")?;
            if let Some(owner) = owner {
                write!(f, " (told to player {owner} alone)")?;
            }
            for (name, value) in fields {
                write!(f, " {name}={value}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
