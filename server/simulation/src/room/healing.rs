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
    /// Takes in the frames that led to a difference which the client is about to report. They are kept only
    /// where the match is written down.
    ///
    /// # Errors
    /// [`MessageError`] when the connection should end.
    pub fn handle_recent(
        &mut self,
        player: PlayerId,
        frames: Vec<Vec<u8>>,
    ) -> Result<(), MessageError> {
        let member = self.members.get_mut(&player).ok_or(MessageError::NotAMember)?;
        if self.recorder.has_writer() {
            member.recent = frames;
        }
        Ok(())
    }

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
        let tick = self.tick();
        let member = self.members.get_mut(&player).ok_or(MessageError::NotAMember)?;
        let patience = self.config.report_ticks.cast_signed();
        if member.reported_at.is_some_and(|last| tick.since(last) < patience) {
            return Ok(());
        }
        let recent = std::mem::take(&mut member.recent);
        member.reported_at = Some(tick);
        member.flow.forget_baseline();
        self.counters.desyncs += 1;
        let state = self.replication.state_at(difference.part, player, difference.tick);
        let differences = state.map_or_else(Vec::new, |state| {
            compare(self.schema(), self.replication.layout(), state, difference)
        });
        let report = DesyncReport {
            part: difference.part,
            tick: difference.tick,
            entities: difference.entities,
            differences,
        };
        self.output.push_back(Output::Desync { player, report, recent });
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

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::schema::{EntityKind, FieldKind};

    /// A rock in slot 0 and a ship in slot 2; nothing in slot 1.
    fn named(entities: u32, rows: Vec<DifferenceRow>) -> Vec<(u32, String, i64, i64)> {
        let place = FieldKind::Position { min: [0.0; 2], max: [100.0; 2], step: 1.0 };
        let energy = FieldKind::Integer { min: 0, max: 9 };
        let rock = EntityKind::new("rock").field("place", place);
        let ship = EntityKind::new("ship").field("place", place).field("energy", energy);
        let schema = Schema::new("game").entity(rock).entity(ship);
        let layout = Layout::new(&schema);
        let mut state = Snapshot::new(&layout);
        state.insert(0, EntityId(7), 0)[..4].copy_from_slice(&ROCK);
        state.insert(2, EntityId(9), 1)[..5].copy_from_slice(&SHIP);
        let difference = Difference { part: PartNumber(2), tick: Tick(5), entities, rows };
        let differences = compare(&schema, &layout, &state, &difference);
        let named = differences.into_iter();
        named.map(|named| (named.entity.0, named.field, named.server, named.client)).collect()
    }

    /// x, y and the last step.
    const ROCK: [u32; 4] = [40, 30, 0, 0];
    /// x, y, energy and the last step.
    const SHIP: [u32; 5] = [10, 20, 3, 2, (-1_i32).cast_unsigned()];

    fn row(slot: u32, id: u32, kind: u8, columns: &[u32]) -> DifferenceRow {
        DifferenceRow { slot, id: EntityId(id), kind, columns: columns.to_vec() }
    }

    fn rock() -> DifferenceRow {
        row(0, 7, 0, &ROCK)
    }

    fn ship() -> DifferenceRow {
        row(2, 9, 1, &SHIP)
    }

    #[test]
    fn fields_and_last_steps_that_differ_are_named() {
        assert_eq!(named(2, vec![rock(), ship()]), []);
        let [x, y, _, _, step_y] = SHIP;
        let other = row(2, 9, 1, &[x, y, 4, (-3_i32).cast_unsigned(), step_y]);
        let expected = [(9, "step of place".into(), 2, -3), (9, "energy".into(), 3, 4)];
        assert_eq!(named(2, vec![rock(), other]), expected);
    }

    #[test]
    fn another_kind_is_all_that_is_named_of_an_entity() {
        for kind in [0, 2, 255] {
            let other = DifferenceRow { kind, ..row(2, 9, 0, &[1; 40]) };
            assert_eq!(named(9, vec![other]), [(9, "kind".into(), 1, kind.into())]);
        }
    }

    #[test]
    fn columns_that_are_missing_count_as_0_and_further_ones_do_not_count() {
        let named_of = |columns: &[u32]| named(9, vec![row(2, 9, 1, columns)]);
        let expected = [
            (9, "place".into(), 20, 0),
            (9, "step of place".into(), 2, 0),
            (9, "step of place".into(), -1, 0),
            (9, "energy".into(), 3, 0),
        ];
        assert_eq!(named_of(&SHIP[..1]), expected);
        assert_eq!(named_of(&[]).len(), 5);
        assert_eq!(named_of(&[&SHIP[..], &[u32::MAX; 99]].concat()), []);
    }

    #[test]
    fn what_is_not_in_its_slot_is_named() {
        let entity = |id, server| (id, "entity".to_owned(), server, i64::from(id));
        // Another one's slot, a vacant one, the first beyond the end, one that there cannot be.
        let rows =
            [(0, 9), (1, 9), (3, 9), (u32::MAX, u32::MAX)].map(|(s, id)| row(s, id, 255, &[]));
        let expected = [entity(9, 7), entity(9, 0), entity(9, 0), entity(u32::MAX, 0)];
        assert_eq!(named(9, rows.to_vec()), expected);
    }

    #[test]
    fn what_a_client_lacks_is_named_if_it_has_told_all_that_it_has() {
        let lacks = |id: u32| (id, "entity".to_owned(), i64::from(id), 0);
        assert_eq!(named(0, vec![]), [lacks(7), lacks(9)]);
        assert_eq!(named(1, vec![ship()]), [lacks(7)]);
        assert_eq!(named(2, vec![ship()]), [], "the other one may be what it had no room for");
        assert_eq!(named(2, vec![ship(), ship()]), [lacks(7)], "the same one twice");
        assert_eq!(named(u32::MAX, vec![]), []);
    }

    #[test]
    fn no_more_than_a_few_differences_are_named() {
        let other = row(2, 9, 1, &[0; 5]);
        for (entities, copies) in [(0, 900), (900, 900), (2, 2)] {
            let rows = vec![other.clone(); copies];
            assert_eq!(named(entities, rows).len(), MAX_NAMED, "{copies} rows");
        }
    }
}
