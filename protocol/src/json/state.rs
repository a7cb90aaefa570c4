//! State as text: all that a client watches, every time.
//!
//! ```text
//! {"type": "state", "tick", "fence", "input", "events",  a client's own: StateHead
//!  "own": […], "global": […],                           a part each: StateWriter::write_part
//!  "cells": [{"cell": n, "entities": […]}, …]}          a cell each, shared: StateWriter::write_cell
//! ```

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::event::EventText;
use super::put;
use super::row::{EntityText, Kind};
use crate::frame::{InputEcho, ReceivedEvent};
use crate::ids::{Fence, Tick};
use crate::quantise::Layout;
use crate::schema::Schema;
use crate::snapshot::Snapshot;

/// Writes the entities of a game.
#[derive(Clone, Debug)]
pub struct StateWriter {
    kinds: Vec<Kind>,
}

/// What a client's state begins with: its own.
#[derive(Clone, Copy, Debug)]
pub struct StateHead<'a> {
    /// The tick whose state it is.
    pub tick: Tick,
    /// The number of the room's ownership, where there is one.
    pub fence: Fence,
    /// The newest input, when one has taken effect since the state before.
    pub input: Option<InputEcho>,
    /// The events since the state before.
    pub events: &'a [ReceivedEvent],
    /// What they are called.
    pub schema: &'a Schema,
}

#[derive(Serialize)]
struct HeadText<'a> {
    r#type: &'static str,
    tick: Tick,
    /// Absent where there is no cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    fence: Option<Fence>,
    input: Option<InputText>,
    events: Vec<EventText<'a>>,
}

#[derive(Serialize)]
struct InputText {
    seq: u16,
    applied: Tick,
    slack_ms: i16,
}

#[derive(Serialize)]
struct CellText<'a> {
    cell: u32,
    entities: EntitiesText<'a>,
}

struct EntitiesText<'a> {
    snapshot: &'a Snapshot,
    kinds: &'a [Kind],
}

impl Serialize for EntitiesText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for row in self.snapshot.rows() {
            // A snapshot's kinds are those of its layout.
            if let Some(kind) = self.kinds.get(usize::from(row.kind)) {
                list.serialize_element(&EntityText::of(row, kind))?;
            }
        }
        list.end()
    }
}

impl StateWriter {
    /// A writer of a game's entities; the layout is its schema's.
    #[must_use]
    pub fn new(schema: &Schema, layout: &Layout) -> Self {
        let kinds = schema.entities.iter().cloned().zip(layout.kinds.iter().cloned());
        Self { kinds: kinds.collect() }
    }

    /// Appends a part's entities, by ascending slot: `[{"id", "kind", "fields"}, …]`.
    pub fn write_part(&self, snapshot: &Snapshot, out: &mut Vec<u8>) {
        put(&EntitiesText { snapshot, kinds: &self.kinds }, out);
    }

    /// Appends a cell: `{"cell": n, "entities": […]}`.
    pub fn write_cell(&self, cell: u32, snapshot: &Snapshot, out: &mut Vec<u8>) {
        put(&CellText { cell, entities: EntitiesText { snapshot, kinds: &self.kinds } }, out);
    }
}

/// Appends a whole message: the head, and parts and cells as they were written before.
pub fn join_state<'a>(
    head: &StateHead<'_>,
    own: &[u8],
    global: &[u8],
    cells: impl Iterator<Item = &'a [u8]>,
    out: &mut Vec<u8>,
) {
    let events = head.events.iter();
    let head = HeadText {
        r#type: "state",
        tick: head.tick,
        fence: Some(head.fence).filter(|fence| fence.is_some()),
        input: head.input.map(|InputEcho { seq, applied, slack_ms }| InputText {
            seq: seq.0,
            applied,
            slack_ms,
        }),
        events: events
            .map(|event| EventText::of(event.number, event.tick, &event.event, head.schema))
            .collect(),
    };
    put(&head, out);
    // The object goes on.
    out.pop();
    out.extend_from_slice(b",\"own\":");
    out.extend_from_slice(own);
    out.extend_from_slice(b",\"global\":");
    out.extend_from_slice(global);
    out.extend_from_slice(b",\"cells\":[");
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(cell);
    }
    out.extend_from_slice(b"]}");
}
