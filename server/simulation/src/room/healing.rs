//! A client whose copy of a part differs from the server's: what differs is looked at, and the client
//! is given all of the state anew.

use std::fmt;

use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_protocol::message::{Difference, DifferenceRow};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::{Row, Snapshot};

use super::{MessageError, Output, Room};

/// Differences that are named, at most: they tend to have one cause.
const MAX_NAMED: usize = 8;

/// What a client's copy of a part has that the server's has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesyncReport {
    /// The part.
    pub part: PartNumber,
    /// The tick whose state is compared.
    pub tick: Tick,
    /// Entities of the client's copy.
    pub entities: u32,
    /// The first differences; empty when the server does not have the state of that tick any more,
    /// or they lie beyond what the client could report.
    pub differences: Vec<FieldDifference>,
}

/// A difference between a client's copy and the server's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// The entity, by the client's account.
    pub entity: EntityId,
    /// The field, or what else differs: `entity` (there is another one in its slot, or none), `kind`.
    pub field: String,
    /// What the server has, as an integer of the wire.
    pub server: i64,
    /// What the client has.
    pub client: i64,
}

impl fmt::Display for DesyncReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {} at tick {}, {} entities:", self.part.0, self.tick, self.entities)?;
        if self.differences.is_empty() {
            return f.write_str(" what differs is not known");
        }
        for FieldDifference { entity, field, server, client } in &self.differences {
            write!(f, " entity {entity} {field} is {server}, the client has {client};")?;
        }
        Ok(())
    }
}

impl Room {
    /// Takes in what a client has of a part whose hash differs: the driver is told what differs, and
    /// a keyframe follows. A client that reports more often than it should is not listened to.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_difference(
        &mut self,
        player: PlayerId,
        difference: &Difference,
    ) -> Result<(), MessageError> {
        let member = self.members.get_mut(&player).ok_or(MessageError::NotAMember)?;
        let patience = self.config.report_ticks.cast_signed();
        if member.reported_at.is_some_and(|last| self.tick.since(last) < patience) {
            return Ok(());
        }
        member.reported_at = Some(self.tick);
        member.flow.forget_baseline();
        self.counters.desyncs += 1;
        let state = self.replication.state_at(difference.part, player, difference.tick);
        let differences = state.map_or_else(Vec::new, |state| {
            compare(&self.schema, self.replication.layout(), state, difference)
        });
        let report = DesyncReport {
            part: difference.part,
            tick: difference.tick,
            entities: difference.entities,
            differences,
        };
        self.output.push_back(Output::Desync { player, report });
        Ok(())
    }
}

/// The first differences between a part and what a client has of it.
fn compare(
    schema: &Schema,
    layout: &Layout,
    state: &Snapshot,
    difference: &Difference,
) -> Vec<FieldDifference> {
    let mut differences = Vec::new();
    for row in &difference.rows {
        let ours = state.row(row.slot as usize);
        compare_row(schema, layout, ours, row, &mut differences);
        if differences.len() >= MAX_NAMED {
            break;
        }
    }
    if difference.rows.len() == difference.entities as usize {
        // The client has told all that it has: what is not there, it lacks.
        let has = |row: &Row<'_>| difference.rows.iter().any(|theirs| theirs.id == row.id);
        let lacking = state.rows().filter(|row| !has(row)).take(MAX_NAMED);
        differences.extend(lacking.map(|row| FieldDifference {
            entity: row.id,
            field: "entity".to_owned(),
            server: row.id.0.into(),
            client: 0,
        }));
    }
    differences.truncate(MAX_NAMED);
    differences
}

fn compare_row(
    schema: &Schema,
    layout: &Layout,
    ours: Option<Row<'_>>,
    theirs: &DifferenceRow,
    differences: &mut Vec<FieldDifference>,
) {
    let mut add = |field: &str, server: i64, client: i64| {
        if server != client {
            let field = field.to_owned();
            differences.push(FieldDifference { entity: theirs.id, field, server, client });
        }
    };
    let Some(ours) = ours.filter(|ours| ours.id == theirs.id) else {
        return add("entity", ours.map_or(0, |ours| ours.id.0.into()), theirs.id.0.into());
    };
    if ours.kind != theirs.kind {
        return add("kind", ours.kind.into(), theirs.kind.into());
    }
    let kind = usize::from(ours.kind);
    for (field, place) in schema.entities[kind].fields.iter().zip(&layout.kinds[kind].fields) {
        for at in place.lanes.clone() {
            add(&field.name, ours.lanes[at].into(), column(theirs, at).into());
        }
        for at in place.steps.clone() {
            let client = column(theirs, at).cast_signed();
            let server = ours.lanes[at].cast_signed();
            if server != client {
                add(&format!("step of {}", field.name), server.into(), client.into());
            }
        }
    }
}

/// A column of what a client reported; 0 beyond its end.
fn column(row: &DifferenceRow, at: usize) -> u32 {
    row.columns.get(at).copied().unwrap_or(0)
}
