//! Frames, and the state that they lead to, as JSON.

use serde_json::{Value as Json, json};
use tickwire_protocol::frame::{Frame, InputEcho, ReceivedEvent};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::watch::{GridSize, Watch};

use super::describe;

/// A snapshot as a list of rows: slot, id, kind, then the columns of that kind.
pub fn rows(snapshot: &Snapshot, layout: &Layout) -> Json {
    let rows = snapshot.rows().map(|row| {
        let columns = &row.lanes[..layout.kinds[usize::from(row.kind)].width];
        let mut numbers = vec![row.slot as u32, row.id.0, u32::from(row.kind)];
        numbers.extend(columns);
        json!(numbers)
    });
    rows.collect()
}

/// What a client has: every part, and in which of them each entity counts.
pub fn replica(replica: &Replica, grid: GridSize) -> Json {
    let cells = replica.watch().cells(grid).map(PartNumber::cell);
    let numbers = [PartNumber::OWN, PartNumber::GLOBAL].into_iter().chain(cells);
    let parts = numbers.filter_map(|number| replica.part(number)).map(|part| {
        json!({
            "part": part.number().0,
            "tick": part.tick().map(|tick| tick.0),
            "rows": rows(part.snapshot(), replica.layout()),
        })
    });
    let parts: Vec<_> = parts.collect();
    let mut entities: Vec<_> = replica.entities().map(|row| (row.id.0, row.slot)).collect();
    assert_eq!(entities.len(), replica.entity_count(), "an entity is lost, or there twice");
    entities.sort_unstable();
    json!({
        "number": replica.cursor().number().0,
        "watch": watch(replica.watch()),
        "parts": parts,
        "entities": entities,
    })
}

pub fn watch(watch: Watch) -> Json {
    let Watch { column, row, columns, rows } = watch;
    json!({"column": column, "row": row, "columns": columns, "rows": rows})
}

pub fn frame(frame: &Frame, agreement: Agreement, replica: &Replica) -> Json {
    json!({
        "number": frame.number.0,
        "tick": frame.tick.0,
        "is_keyframe": frame.is_keyframe,
        "fence": frame.fence.map(|fence| fence.0),
        "input": frame.input.map(input_echo),
        "events": frame.events.iter().map(received_event).collect::<Vec<_>>(),
        "watch": frame.watch.map(watch),
        "contents": {
            "own": frame.contents.own,
            "global": frame.contents.global,
            "cells": frame.contents.cells,
        },
        "agreement": match agreement {
            Agreement::NotChecked => "unchecked",
            Agreement::Equal => "equal",
            Agreement::Different => "different",
        },
        "differing": replica.differing().iter().map(|part| part.0).collect::<Vec<_>>(),
    })
}

fn input_echo(echo: InputEcho) -> Json {
    json!({"seq": echo.seq.0, "applied": echo.applied.0, "slack_ms": echo.slack_ms})
}

fn received_event(received: &ReceivedEvent) -> Json {
    json!({
        "number": received.number.0,
        "tick": received.tick.0,
        "event": describe::event(&received.event),
    })
}
