//! Messages as JSON, with the names of PROTOCOL.md.

use serde_json::{Value as Json, json};
use tickwire_protocol::message::{
    Answer, ClientMessage, Difference, Event, GameMessage, Interruption, LobbyNews, RefusalCause,
    Request, RequestKind, Role, RosterEntry, ServerMessage, Value, Welcome,
};
use tickwire_protocol::schema::{EntityKind, FieldKind, InputKind, MessageKind, ParamKind, Schema};

pub fn client_message(message: &ClientMessage) -> Json {
    match message {
        ClientMessage::Input(input) => json!({
            "type": "input",
            "input": {
                "seq": input.seq.0,
                "at": input.at.0,
                "view_age": input.view_age.0,
                "values": input.values.as_slice(),
            },
        }),
        ClientMessage::Ack(ack) => {
            json!({"type": "ack", "frame": ack.frame.0, "event": ack.event.0})
        }
        ClientMessage::Ping { nonce } => json!({"type": "ping", "nonce": nonce}),
        ClientMessage::Game(message) => json!({"type": "game", "message": game_message(message)}),
        ClientMessage::Look(look) => {
            json!({"type": "look", "center": look.center, "size": look.size})
        }
        ClientMessage::Differs(difference) => {
            json!({"type": "differs", "difference": difference_report(difference)})
        }
        ClientMessage::Enter { token } => json!({"type": "enter", "token": token}),
        ClientMessage::Resume { token, event } => {
            json!({"type": "resume", "token": token, "event": event.0})
        }
        ClientMessage::Request(Request { id, what }) => {
            json!({"type": "request", "id": id.0, "what": request_kind(what)})
        }
        ClientMessage::Recent { frames } => json!({"type": "recent", "frames": frames}),
    }
}

fn request_kind(what: &RequestKind) -> Json {
    match what {
        RequestKind::Rename { name } => json!({"type": "rename", "name": name}),
        RequestKind::Game(message) => json!({"type": "game", "message": game_message(message)}),
        RequestKind::Kick { player } => json!({"type": "kick", "player": player.0}),
        RequestKind::CloseRoom => json!({"type": "close_room"}),
        RequestKind::ChangeRoom { room, game, code, password } => json!({
            "type": "change_room",
            "room": room,
            "game": game,
            "code": code,
            "password": password,
        }),
        RequestKind::EnterLobby => json!({"type": "enter_lobby"}),
        RequestKind::LeaveLobby => json!({"type": "leave_lobby"}),
        RequestKind::SayToLobby { text } => json!({"type": "say_to_lobby", "text": text}),
        RequestKind::WhoIsOnline => json!({"type": "who_is_online"}),
    }
}

fn difference_report(difference: &Difference) -> Json {
    let rows = difference.rows.iter().map(
        |row| json!({"slot": row.slot, "id": row.id.0, "kind": row.kind, "columns": row.columns}),
    );
    json!({
        "part": difference.part.0,
        "tick": difference.tick.0,
        "entities": difference.entities,
        "rows": rows.collect::<Vec<_>>(),
    })
}

pub fn event(event: &Event) -> Json {
    match event {
        Event::Joined(entry) => json!({"type": "joined", "entry": roster_entry(entry)}),
        Event::Left { player } => json!({"type": "left", "player": player.0}),
        Event::Game(message) => json!({"type": "game", "message": game_message(message)}),
        Event::Renamed { player, name } => {
            json!({"type": "renamed", "player": player.0, "name": name})
        }
        Event::Interrupted { cause } => {
            let cause = match cause {
                Interruption::Rules => "rules",
                Interruption::Server => "server",
            };
            json!({"type": "interrupted", "cause": cause})
        }
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
                RefusalCause::NotASpectator => "not_a_spectator",
            },
        }),
        ServerMessage::Restarting { closes_in_ms, back_after_ms } => json!({
            "type": "restarting", "closes_in_ms": closes_in_ms, "back_after_ms": back_after_ms,
        }),
        ServerMessage::Failed { back_after_ms } => {
            json!({"type": "failed", "back_after_ms": back_after_ms})
        }
        ServerMessage::Answer(Answer { id, outcome }) => {
            let outcome = match outcome {
                Ok(values) => {
                    json!({"type": "done", "values": values.iter().map(value).collect::<Vec<_>>()})
                }
                Err(why) => json!({"type": "refused", "code": why.code, "message": why.message}),
            };
            json!({"type": "answer", "id": id.0, "outcome": outcome})
        }
        ServerMessage::Host { player } => {
            json!({"type": "host", "player": player.map(|player| player.0)})
        }
        ServerMessage::Owner { fence, nodes } => {
            json!({"type": "owner", "fence": fence.0, "nodes": nodes})
        }
        ServerMessage::Moved { fence, ws_url } => {
            json!({"type": "moved", "fence": fence.0, "ws_url": ws_url})
        }
        ServerMessage::Paused { is_paused } => json!({"type": "paused", "is_paused": is_paused}),
        ServerMessage::Lobby(news) => json!({"type": "lobby", "news": lobby_news(news)}),
    }
}

fn lobby_news(news: &LobbyNews) -> Json {
    match news {
        LobbyNews::Said { from, room, text } => {
            json!({"type": "said", "from": from, "room": room, "text": text})
        }
        LobbyNews::Announced { text } => json!({"type": "announced", "text": text}),
        LobbyNews::Missed { lines } => json!({"type": "missed", "lines": lines}),
    }
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
        "hash_every": welcome.hash_every,
        "grid": {"columns": welcome.grid.columns, "rows": welcome.grid.rows},
        "resume_token": welcome.resume_token,
        "resume_window_ms": welcome.resume_window_ms,
        "resumed": welcome.resumed.map(|resumed| json!({"lost_events": resumed.lost_events})),
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
        json!({"name": field.name, "kind": field_kind(&field.kind), "constant": field.constant})
    });
    json!({"name": kind.name, "fields": fields.collect::<Vec<_>>()})
}

pub fn field_kind(kind: &FieldKind) -> Json {
    match *kind {
        FieldKind::Position { min, max, step } => {
            json!({"type": "position", "min": min, "max": max, "step": step})
        }
        FieldKind::Position3 { min, max, step } => {
            json!({"type": "position3", "min": min, "max": max, "step": step})
        }
        FieldKind::Rotation { bits } => json!({"type": "rotation", "bits": bits}),
        FieldKind::Number { min, max, step } => {
            json!({"type": "number", "min": min, "max": max, "step": step})
        }
        FieldKind::Angle { bits } => json!({"type": "angle", "bits": bits}),
        FieldKind::Integer { min, max } => json!({"type": "integer", "min": min, "max": max}),
        FieldKind::Flags { bits } => json!({"type": "flags", "bits": bits}),
        FieldKind::Player => json!({"type": "player"}),
    }
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
