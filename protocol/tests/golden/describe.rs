//! Messages, frames and snapshots as JSON, with the names of PROTOCOL.md.

use serde_json::{Value as Json, json};
use tickwire_protocol::frame::{Frame, InputEcho, ReceivedEvent};
use tickwire_protocol::message::{
    ClientMessage, Event, GameMessage, RefusalCause, Role, RosterEntry, ServerMessage, Value,
    Welcome,
};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::Agreement;
use tickwire_protocol::schema::{EntityKind, FieldKind, InputKind, MessageKind, ParamKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

pub fn client_message(message: &ClientMessage) -> Json {
    match message {
        ClientMessage::Input(input) => json!({
            "type": "input",
            "input": {"seq": input.seq.0, "at": input.at.0, "values": input.values.as_slice()},
        }),
        ClientMessage::Ack(ack) => {
            json!({"type": "ack", "frame": ack.frame.0, "event": ack.event.0})
        }
        ClientMessage::Ping { nonce } => json!({"type": "ping", "nonce": nonce}),
        ClientMessage::Game(message) => json!({"type": "game", "message": game_message(message)}),
    }
}

pub fn server_message(message: &ServerMessage) -> Json {
    match message {
        ServerMessage::Welcome(message) => {
            json!({"type": "welcome", "welcome": welcome(message)})
        }
        ServerMessage::Pong { nonce, room_time_us } => {
            json!({"type": "pong", "nonce": nonce, "room_time_us": room_time_us})
        }
        ServerMessage::Refused(refusal) => json!({
            "type": "refused",
            "input": refusal.input.map(|input| input.0),
            "cause": match refusal.cause {
                RefusalCause::FarFuture => "far_future",
                RefusalCause::Repeated => "repeated",
                RefusalCause::QueueFull => "queue_full",
                RefusalCause::Spectator => "spectator",
            },
        }),
    }
}

/// A snapshot as a list of rows: slot, id, kind, then the lanes of that kind.
pub fn snapshot(snapshot: &Snapshot, layout: &Layout) -> Json {
    let rows = snapshot.rows().map(|row| {
        let lanes = &row.lanes[..layout.kinds[usize::from(row.kind)].lanes.len()];
        let mut numbers = vec![row.slot as u32, row.id.0, u32::from(row.kind)];
        numbers.extend(lanes);
        json!(numbers)
    });
    rows.collect()
}

pub fn frame(frame: &Frame, agreement: Agreement) -> Json {
    json!({
        "number": frame.number.0,
        "tick": frame.tick.0,
        "is_keyframe": frame.is_keyframe,
        "input": frame.input.map(input_echo),
        "events": frame.events.iter().map(received_event).collect::<Vec<_>>(),
        "hash": frame.hash,
        "agreement": match agreement {
            Agreement::NotChecked => "unchecked",
            Agreement::Equal => "equal",
            Agreement::Different => "different",
        },
    })
}

fn input_echo(echo: InputEcho) -> Json {
    json!({"seq": echo.seq.0, "applied": echo.applied.0, "slack_ms": echo.slack_ms})
}

fn received_event(received: &ReceivedEvent) -> Json {
    let event = match &received.event {
        Event::Joined(entry) => json!({"type": "joined", "entry": roster_entry(entry)}),
        Event::Left { player } => json!({"type": "left", "player": player.0}),
        Event::Game(message) => json!({"type": "game", "message": game_message(message)}),
    };
    json!({"number": received.number.0, "tick": received.tick.0, "event": event})
}

fn game_message(message: &GameMessage) -> Json {
    json!({"kind": message.kind, "values": message.values.iter().map(value).collect::<Vec<_>>()})
}

fn value(value: &Value) -> Json {
    match value {
        Value::Integer(value) => json!({"type": "integer", "value": value}),
        Value::Number(value) => json!({"type": "number", "value": value}),
        Value::Text(value) => json!({"type": "text", "value": value}),
        Value::Player(player) => json!({"type": "player", "value": player.0}),
    }
}

fn welcome(welcome: &Welcome) -> Json {
    json!({
        "room": welcome.room,
        "player": welcome.player.0,
        "spectator": welcome.spectator,
        "tick": welcome.tick.0,
        "room_time_us": welcome.room_time_us,
        "tick_rate_hz": welcome.tick_rate_hz,
        "send_every": welcome.send_every,
        "heartbeat_interval_ms": welcome.heartbeat_interval_ms,
        "heartbeat_timeout_ms": welcome.heartbeat_timeout_ms,
        "ack_every": welcome.ack_every,
        "roster": welcome.roster.iter().map(roster_entry).collect::<Vec<_>>(),
        "schema": schema(&welcome.schema),
    })
}

fn roster_entry(entry: &RosterEntry) -> Json {
    let role = match entry.role {
        Role::Player => "player",
        Role::Spectator => "spectator",
        Role::Bot => "bot",
    };
    json!({"player": entry.player.0, "name": entry.name, "role": role})
}

fn schema(schema: &Schema) -> Json {
    let inputs = schema.inputs.iter().map(|field| {
        let kind = match field.kind {
            InputKind::Integer { min, max } => json!({"type": "integer", "min": min, "max": max}),
            InputKind::Button => json!({"type": "button"}),
        };
        json!({"name": field.name, "kind": kind})
    });
    json!({
        "game": schema.game,
        "inputs": inputs.collect::<Vec<_>>(),
        "entities": schema.entities.iter().map(entity_kind).collect::<Vec<_>>(),
        "events": schema.events.iter().map(message_kind).collect::<Vec<_>>(),
        "messages": schema.messages.iter().map(message_kind).collect::<Vec<_>>(),
    })
}

fn entity_kind(kind: &EntityKind) -> Json {
    let fields = kind.fields.iter().map(|field| {
        let kind = match field.kind {
            FieldKind::Position { min, max, step } => {
                json!({"type": "position", "min": min, "max": max, "step": step})
            }
            FieldKind::Number { min, max, step } => {
                json!({"type": "number", "min": min, "max": max, "step": step})
            }
            FieldKind::Angle { bits } => json!({"type": "angle", "bits": bits}),
            FieldKind::Integer { min, max } => json!({"type": "integer", "min": min, "max": max}),
            FieldKind::Flags { bits } => json!({"type": "flags", "bits": bits}),
            FieldKind::Player => json!({"type": "player"}),
        };
        json!({"name": field.name, "kind": kind, "constant": field.constant})
    });
    json!({"name": kind.name, "fields": fields.collect::<Vec<_>>()})
}

fn message_kind(kind: &MessageKind) -> Json {
    let params = kind.params.iter().map(|param| {
        let kind = match param.kind {
            ParamKind::Integer { min, max } => json!({"type": "integer", "min": min, "max": max}),
            ParamKind::Number { min, max } => json!({"type": "number", "min": min, "max": max}),
            ParamKind::Text { max_chars } => json!({"type": "text", "max_chars": max_chars}),
            ParamKind::Player => json!({"type": "player"}),
        };
        json!({"name": param.name, "kind": kind})
    });
    json!({"name": kind.name, "params": params.collect::<Vec<_>>()})
}
