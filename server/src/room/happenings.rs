//! What is told of a room to those who only listen: its public events, and once a second how it is. And to
//! those who listen to the server: that it was opened and closed.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{Event, GameMessage, Interruption, Role, Value};
use tickwire_protocol::schema::Schema;
use tickwire_simulation::room::Public;

use super::Shows;
use super::driver::RoomDriver;

/// Most of those who play in a summary.
const MOST_PLAYING: usize = 100;

/// How a room is.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    tick: u32,
    players: u32,
    bots: u32,
    spectators: u32,
    /// Those who play, the server's own included; at most a hundred.
    playing: Vec<Playing<'a>>,
    /// Who is ahead, if the game knows.
    leader: Option<&'a str>,
    host: Option<PlayerId>,
    tick_ms: TickTime,
}

/// Somebody who plays.
#[derive(Debug, Serialize)]
struct Playing<'a> {
    player: PlayerId,
    name: &'a str,
}

/// Quantiles of tick times, in milliseconds.
#[derive(Debug, Serialize)]
struct TickTime {
    p50: f64,
    p99: f64,
}

impl RoomDriver {
    /// After a tick: tells those who listen what it has led to.
    pub(super) fn tell_happenings(&mut self) {
        let (room, feed) = (&mut self.parts.room, &self.parts.handle.feed);
        if !feed.is_wanted(Instant::now()) {
            if room.is_heard() {
                room.set_heard(false);
                feed.forget();
            }
            return;
        }
        room.set_heard(true);
        for (tick, happening) in room.take_happenings() {
            let (event, data) = told(tick, &happening, room.schema());
            feed.publish(event, &data);
        }
        if room.tick().0.is_multiple_of(room.config().tick_rate_hz.into()) {
            feed.publish("summary", &self.summary());
        }
    }

    fn summary(&self) -> Summary<'_> {
        let (room, numbers) = (&self.parts.room, self.parts.handle.board.read());
        let world = room.world();
        let playing = world.roster().iter().filter(|(_, who)| who.role != Role::Spectator);
        let playing = playing.map(|(&player, who)| Playing { player, name: &who.name });
        Summary {
            tick: numbers.tick,
            players: numbers.players,
            bots: numbers.bots,
            spectators: numbers.spectators,
            playing: playing.take(MOST_PLAYING).collect(),
            leader: world.game().leader().map(|leader| world.name_of(leader)),
            host: room.host(),
            tick_ms: TickTime { p50: numbers.tick_ms.p50, p99: numbers.tick_ms.p99 },
        }
    }

    /// The room has been opened.
    pub(super) fn tell_opened(&self) {
        if let Some(told) = self.told_of_room() {
            self.parts.events.publish("room_opened", &told);
        }
    }

    /// The room is no more: the last that is told of it.
    pub(super) fn tell_closed(&self) {
        let feed = &self.parts.handle.feed;
        if feed.is_wanted(Instant::now()) {
            feed.publish("closed", &json!({"tick": self.parts.room.tick()}));
        }
        feed.end();
        if let Some(told) = self.told_of_room() {
            self.parts.events.publish("room_closed", &told);
        }
    }

    /// How the server's events speak of the room, if they do: of a private one no more than that it is there.
    fn told_of_room(&self) -> Option<Json> {
        let handle = &self.parts.handle;
        if matches!(handle.shows, Shows::Delayed { .. }) {
            return None;
        }
        if handle.door.is_private() {
            return Some(json!({"game": &*handle.game, "private": true}));
        }
        let (room, name) = (handle.id.to_string(), handle.door.title());
        Some(json!({"game": &*handle.game, "private": false, "room": room, "name": name}))
    }
}

/// An event's name, and what it says.
fn told(tick: Tick, happening: &Public, schema: &Schema) -> (&'static str, Json) {
    match happening {
        Public::Host(player) => ("host", json!({"tick": tick, "player": player})),
        Public::Event(Event::Joined(entry)) => {
            let role = match entry.role {
                Role::Player => "player",
                Role::Spectator => "spectator",
                Role::Bot => "bot",
            };
            let (player, name) = (entry.player, &entry.name);
            ("joined", json!({"tick": tick, "player": player, "name": name, "role": role}))
        }
        Public::Event(Event::Left { player }) => ("left", json!({"tick": tick, "player": player})),
        Public::Event(Event::Renamed { player, name }) => {
            ("renamed", json!({"tick": tick, "player": player, "name": name}))
        }
        Public::Event(Event::Interrupted { cause }) => {
            let cause = match cause {
                Interruption::Rules => "rules",
                Interruption::Server => "server",
            };
            ("interrupted", json!({"tick": tick, "cause": cause}))
        }
        Public::Event(Event::Game(message)) => ("game", of_game(tick, message, schema)),
    }
}

/// An event of the game, by the names of its schema. It has been held against that already.
fn of_game(tick: Tick, message: &GameMessage, schema: &Schema) -> Json {
    let Some(kind) = schema.events.get(usize::from(message.kind)) else {
        return json!({"tick": tick});
    };
    let named = kind.params.iter().zip(&message.values).map(|(param, value)| {
        let value = match value {
            Value::Integer(number) => json!(number),
            Value::Number(number) => json!(number),
            Value::Text(text) => json!(text),
            Value::Player(player) => json!(player),
        };
        (param.name.clone(), value)
    });
    json!({"tick": tick, "event": kind.name, "values": named.collect::<Map<_, _>>()})
}

#[cfg(test)]
mod tests {
    use tickwire_protocol::message::RosterEntry;
    use tickwire_protocol::schema::{MessageKind, ParamKind};

    use super::*;

    #[test]
    fn events_are_told_by_name() {
        let hit = MessageKind::new("hit")
            .param("shooter", ParamKind::Player)
            .param("force", ParamKind::Number { min: 0.0, max: 9.0 });
        let schema = Schema::new("game").event(hit);
        let tell = |event| told(Tick(7), &Public::Event(event), &schema);
        let values = vec![Value::Player(PlayerId(3)), Value::Number(1.5)];
        let (name, data) = tell(Event::Game(GameMessage { kind: 0, values }));
        let expected = json!({"tick": 7, "event": "hit", "values": {"shooter": 3, "force": 1.5}});
        assert_eq!((name, data), ("game", expected));
        let entry = RosterEntry { player: PlayerId(3), name: "Zoë".to_owned(), role: Role::Bot };
        let (name, data) = tell(Event::Joined(entry));
        let expected = json!({"tick": 7, "player": 3, "name": "Zoë", "role": "bot"});
        assert_eq!((name, data), ("joined", expected));
        let (name, data) = told(Tick(7), &Public::Host(None), &schema);
        assert_eq!((name, data), ("host", json!({"tick": 7, "player": null})));
    }
}
