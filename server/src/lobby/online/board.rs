//! Who is online where: what each server last told of itself, added up. Pure.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bincode::{Decode, Encode};
use bytes::Bytes;
use serde::Serialize;
use tickwire_protocol::message::Value;

use crate::lobby::bus_message::{self, BusMessageError};

/// Silence after which a server is forgotten: five tellings.
const FORGET_AFTER: Duration = Duration::from_secs(5);
/// Most servers that are counted.
const MOST_NODES: usize = 1024;
/// Most games of one server, and of an answer.
const MOST_GAMES: usize = 64;
/// Longest name of a game, in bytes, as in a schema.
const MAX_GAME_BYTES: usize = 32;

/// A server, among those that count together. Random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct NodeKey(pub u64);

/// What one server tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Report {
    /// Which server.
    pub node: NodeKey,
    /// It is about to stop, and counts no more.
    pub is_last: bool,
    /// Who is there.
    pub counts: Counts,
}

/// Who is at one server, or at all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Counts {
    /// People who play.
    pub players: u32,
    /// People who watch.
    pub spectators: u32,
    /// Members of the lobby.
    pub members: u32,
    /// By the games' names.
    pub games: BTreeMap<String, GameCounts>,
}

/// Who plays one game.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct GameCounts {
    /// People who play it.
    pub players: u32,
    /// Its rooms.
    pub rooms: u32,
}

/// What one room adds.
#[derive(Clone, Copy, Debug)]
pub struct RoomCounts<'a> {
    /// Its game.
    pub game: &'a str,
    /// Whether a match is played in it, and not only shown.
    pub is_match: bool,
    /// People who play.
    pub players: u32,
    /// People who watch.
    pub spectators: u32,
}

impl Report {
    /// Its bytes on the bus.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        bus_message::encode(self)
    }

    /// Reads a report from the bus, and believes only what can be.
    ///
    /// # Errors
    /// [`BusMessageError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BusMessageError> {
        let report: Self = bus_message::decode(bytes)?;
        let games = &report.counts.games;
        let is_name = |name: &String| (1..=MAX_GAME_BYTES).contains(&name.len());
        if games.len() > MOST_GAMES {
            return Err(BusMessageError::Unsound("too many games"));
        }
        if !games.keys().all(is_name) {
            return Err(BusMessageError::Unsound("a game's name is none"));
        }
        Ok(report)
    }
}

impl Counts {
    /// Adds up the rooms of one server.
    pub fn of_rooms<'a>(rooms: impl IntoIterator<Item = RoomCounts<'a>>, members: usize) -> Self {
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        let mut counts = Self { members, ..Self::default() };
        for room in rooms {
            counts.players = counts.players.saturating_add(room.players);
            counts.spectators = counts.spectators.saturating_add(room.spectators);
            if room.is_match {
                counts.add_game(room.game, GameCounts { players: room.players, rooms: 1 });
            }
        }
        counts
    }

    fn add(&mut self, other: &Self) {
        self.players = self.players.saturating_add(other.players);
        self.spectators = self.spectators.saturating_add(other.spectators);
        self.members = self.members.saturating_add(other.members);
        for (name, &game) in &other.games {
            self.add_game(name, game);
        }
    }

    fn add_game(&mut self, name: &str, more: GameCounts) {
        if !self.games.contains_key(name) {
            if self.games.len() == MOST_GAMES {
                return;
            }
            self.games.insert(name.to_owned(), GameCounts::default());
        }
        if let Some(game) = self.games.get_mut(name) {
            game.players = game.players.saturating_add(more.players);
            game.rooms = game.rooms.saturating_add(more.rooms);
        }
    }

    /// As an answer to a request has them.
    #[must_use]
    pub fn to_values(&self) -> Vec<Value> {
        let integer = |number: u32| Value::Integer(i32::try_from(number).unwrap_or(i32::MAX));
        let games = self.games.iter().flat_map(|(name, game)| {
            [Value::Text(name.clone()), integer(game.players), integer(game.rooms)]
        });
        [integer(self.players), integer(self.spectators)].into_iter().chain(games).collect()
    }
}

/// What the other servers last told.
#[derive(Debug, Default)]
pub struct Board {
    others: BTreeMap<NodeKey, (Counts, Instant)>,
}

impl Board {
    /// Notes what another server tells.
    pub fn handle_report(&mut self, report: Report, now: Instant) {
        self.forget_silent(now);
        let Report { node, is_last, counts } = report;
        if is_last {
            self.others.remove(&node);
        } else if self.others.len() < MOST_NODES || self.others.contains_key(&node) {
            self.others.insert(node, (counts, now));
        }
    }

    /// Everybody: those of this server, and of all others that are not silent.
    pub fn sum(&mut self, own: Counts, now: Instant) -> Counts {
        self.forget_silent(now);
        let mut all = own;
        self.others.values().for_each(|(counts, _)| all.add(counts));
        all
    }

    fn forget_silent(&mut self, now: Instant) {
        self.others.retain(|_, (_, at)| now.saturating_duration_since(*at) < FORGET_AFTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(game: &str, players: u32) -> Counts {
        let room = RoomCounts { game, is_match: true, players, spectators: 1 };
        Counts::of_rooms([room], 1)
    }

    fn report(node: u64, players: u32) -> Report {
        Report { node: NodeKey(node), is_last: false, counts: counts("arena", players) }
    }

    #[test]
    fn rooms_are_added_up_and_those_that_only_show_a_match_are_no_games() {
        let room = |game, is_match, players, spectators| RoomCounts {
            game,
            is_match,
            players,
            spectators,
        };
        let rooms = [
            room("arena", true, 3, 1),
            room("drift", true, 2, 0),
            room("arena", false, 0, 4),
            room("arena", true, 1, 0),
        ];
        let counts = Counts::of_rooms(rooms, 2);
        assert_eq!((counts.players, counts.spectators, counts.members), (6, 5, 2));
        let [integer_6, integer_5, name, players, rooms, ..] = &counts.to_values()[..] else {
            panic!("two games");
        };
        assert_eq!((integer_6, integer_5), (&Value::Integer(6), &Value::Integer(5)));
        let arena = (&Value::Text("arena".into()), &Value::Integer(4), &Value::Integer(2));
        assert_eq!((name, players, rooms), arena);
    }

    #[test]
    fn servers_count_until_they_stop_or_fall_silent() {
        let (mut board, begin) = (Board::default(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        let players = |board: &mut Board, now| board.sum(counts("drift", 1), now).players;
        board.handle_report(report(1, 10), at(0));
        board.handle_report(report(2, 100), at(0));
        assert_eq!(players(&mut board, at(0)), 111);
        board.handle_report(report(2, 200), at(4));
        assert_eq!(players(&mut board, at(4)), 211);
        assert_eq!(players(&mut board, at(5)), 201, "the first one is silent");
        board.handle_report(Report { is_last: true, ..report(2, 200) }, at(6));
        assert_eq!(players(&mut board, at(6)), 1);
        let all = board.sum(counts("drift", 1), at(6));
        assert_eq!(all.games.len(), 1);
    }

    #[test]
    fn however_much_is_told_what_is_kept_is_bounded() {
        let (mut board, now) = (Board::default(), Instant::now());
        for node in 0..2 * MOST_NODES as u64 {
            let mut report = report(node, u32::MAX);
            report.counts.games.insert(format!("game {node}"), GameCounts::default());
            board.handle_report(report, now);
        }
        assert_eq!(board.others.len(), MOST_NODES);
        let all = board.sum(Counts::default(), now);
        assert_eq!((all.players, all.games.len()), (u32::MAX, MOST_GAMES));
        assert_eq!(all.to_values()[0], Value::Integer(i32::MAX));
        assert_eq!(all.to_values().len(), 2 + 3 * MOST_GAMES);
    }

    #[test]
    fn a_report_travels_and_one_that_cannot_be_does_not_arrive() {
        let sound = report(7, 3);
        assert_eq!(Report::from_bytes(&sound.to_bytes()).unwrap(), sound);
        let mut unsound = [sound.clone(), sound.clone(), sound];
        unsound[0].counts.games.insert(String::new(), GameCounts::default());
        unsound[1].counts.games.insert("x".repeat(33), GameCounts::default());
        for game in 0..MOST_GAMES {
            unsound[2].counts.games.insert(game.to_string(), GameCounts::default());
        }
        for report in unsound {
            let cause = Report::from_bytes(&report.to_bytes()).unwrap_err();
            assert!(matches!(cause, BusMessageError::Unsound(_)), "{cause}");
        }
    }
}
