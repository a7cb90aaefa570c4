//! What is told of a recording: a line of the list, and what happened when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, Value};
use tickwire_protocol::schema::Schema;
use tickwire_simulation::journal::file::{Contents, Journal, MarkKind};
use tickwire_simulation::world::roster_of;

use super::{RecordingError, RecordingName};

/// The latest time that can be told: the last second of 9999.
const LAST_MOMENT_MS: u64 = 253_402_300_799_000;
/// Most marks that are told, evenly spread over what there is of them.
const MOST_MARKS: usize = 5000;

/// A recording in a line.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What it is asked for by.
    pub name: RecordingName,
    /// Its game.
    pub game: String,
    /// When it began, as of RFC 3339.
    pub started_at: String,
    /// How long it is.
    pub seconds: f64,
    /// How many people played.
    pub players: usize,
    /// Who was ahead last.
    pub winner: Option<String>,
    /// Whether it came to an end; else it goes on, or was cut off.
    pub ended: bool,
    /// The id that its room had.
    pub room: String,
}

/// A recording, and what happened when.
#[derive(Debug, Serialize)]
pub struct Details {
    #[serde(flatten)]
    summary: Summary,
    /// The journal's own numbers of the first and the last tick.
    first_tick: u32,
    last_tick: u32,
    tick_rate: u16,
    marks: Vec<MarkEntry>,
}

/// Something that a person looks for.
#[derive(Debug, Serialize)]
pub struct MarkEntry {
    /// After which tick, from the first one: where to go to see it.
    pub tick: u32,
    /// `join`, `leave`, or the name of the game's event.
    pub kind: String,
    /// Whom it is about, in the event's order.
    pub players: Vec<String>,
}

impl Summary {
    /// Sums a journal up.
    ///
    /// # Errors
    /// [`RecordingError::Nonsense`] when its numbers make no sense.
    pub fn of(name: RecordingName, journal: &Journal) -> Result<Self, RecordingError> {
        let header = journal.header();
        if !(1..=240).contains(&header.tick_rate_hz) {
            return Err(RecordingError::Nonsense("a tick rate that there is not"));
        }
        let mut people = BTreeSet::new();
        for mark in journal.marks() {
            if let MarkKind::Joined { player, .. } = mark.what {
                people.insert(player);
            }
        }
        let started = Duration::from_millis(header.opened_at_ms.min(LAST_MOMENT_MS));
        let mut names = Names::new(journal);
        Ok(Self {
            name,
            game: header.game.clone(),
            started_at: humantime::format_rfc3339_seconds(UNIX_EPOCH + started).to_string(),
            seconds: f64::from(length_of(journal)) / f64::from(header.tick_rate_hz),
            players: people.len(),
            winner: journal.leader().and_then(|leader| names.find(leader, journal.last_tick())),
            ended: journal.end().is_some(),
            room: header.room.clone(),
        })
    }
}

impl Details {
    /// Tells what happened in a match of the game with this schema.
    ///
    /// # Errors
    /// As [`Summary::of`].
    pub fn of(
        name: RecordingName,
        journal: &Journal,
        schema: &Schema,
    ) -> Result<Self, RecordingError> {
        let (first, last) = (journal.header().first_tick, journal.last_tick());
        let count = journal.marks().count();
        let spread = journal.marks().step_by(count.div_ceil(MOST_MARKS).max(1));
        let mut names = Names::new(journal);
        let marks = spread.map(|mark| {
            let told = names.told(&mark.what, mark.tick, schema);
            let (kind, players) = told.unwrap_or_default();
            MarkEntry { tick: mark.tick.since(first).max(0).cast_unsigned(), kind, players }
        });
        let marks = marks.filter(|mark| !mark.kind.is_empty()).collect();
        Ok(Self {
            summary: Summary::of(name, journal)?,
            first_tick: first.0,
            last_tick: last.0,
            tick_rate: journal.header().tick_rate_hz,
            marks,
        })
    }
}

/// Ticks of a journal.
fn length_of(journal: &Journal) -> u32 {
    journal.last_tick().since(journal.header().first_tick).max(0).cast_unsigned()
}

/// What players were called, looked for in the keyframes that are near.
struct Names<'a> {
    journal: &'a Journal,
    found: BTreeMap<PlayerId, String>,
}

impl<'a> Names<'a> {
    fn new(journal: &'a Journal) -> Self {
        Self { journal, found: BTreeMap::new() }
    }

    /// What kind of mark it is, and whom it is about.
    fn told(
        &mut self,
        what: &MarkKind,
        tick: Tick,
        schema: &Schema,
    ) -> Option<(String, Vec<String>)> {
        match what {
            MarkKind::Joined { player, name } => {
                self.found.insert(*player, name.clone());
                Some(("join".to_owned(), vec![name.clone()]))
            }
            MarkKind::Left { player } => Some(("leave".to_owned(), vec![self.name(*player, tick)])),
            MarkKind::Event(GameMessage { kind, values }) => {
                let event = schema.events.get(usize::from(*kind))?;
                let players = values.iter().filter_map(|value| match value {
                    Value::Player(player) => Some(self.name(*player, tick)),
                    _ => None,
                });
                Some((event.name.clone(), players.collect()))
            }
        }
    }

    fn name(&mut self, player: PlayerId, tick: Tick) -> String {
        self.find(player, tick).unwrap_or_else(|| format!("Player {player}"))
    }

    fn find(&mut self, player: PlayerId, tick: Tick) -> Option<String> {
        if let Some(name) = self.found.get(&player) {
            return Some(name.clone());
        }
        // Somebody may have come after the keyframe before, or have left before the one after.
        let before = self.journal.keyframe_before(tick);
        self.take_in(before);
        if !self.found.contains_key(&player) {
            let seconds = 6 * u32::from(self.journal.header().tick_rate_hz);
            self.take_in(self.journal.keyframe_before(tick.plus(seconds)));
        }
        self.found.get(&player).cloned()
    }

    fn take_in(&mut self, keyframe: usize) {
        let Some(Contents::Keyframe(keyframe)) = self.journal.block(keyframe) else { return };
        for (player, who) in roster_of(&keyframe.state).unwrap_or_default() {
            self.found.insert(player, who.name);
        }
    }
}
