//! What came of a replay: for a person, or as JSON.

use std::fmt;

use serde::Serialize;
use tickwire_protocol::ids::Tick;
use tickwire_simulation::journal::difference::Difference;

use super::opening::Opened;

/// What came of a replay. Its fields are those of `--json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// The game's name.
    pub game: String,
    /// The tick that the match begins at.
    pub from_tick: u32,
    /// The last one computed.
    pub to_tick: u32,
    /// How many were computed.
    pub ticks: u32,
    /// How long that took.
    pub seconds: f64,
    /// How many times faster than it was played.
    pub speed_x: f64,
    /// The first tick after which it is known to be another match, if it is.
    pub diverged_at: Option<u32>,
    /// In what, where that is known.
    pub first_difference: Option<Difference>,
    /// Bytes at the end of the file that do not read.
    pub lost_bytes: usize,
    /// What else there is to say, a sentence each.
    pub notes: Vec<String>,
    /// What the two sides of a difference are called.
    #[serde(skip)]
    pub sides: [String; 2],
    /// Against what it was held.
    #[serde(skip)]
    pub held_against: String,
}

impl Report {
    /// A report of a match that is the same so far.
    pub(super) fn new(opened: &Opened, to: Tick, ticks: u32, seconds: f64) -> Self {
        let header = opened.header();
        let played = f64::from(ticks) / f64::from(header.tick_rate_hz);
        Self {
            game: header.game.clone(),
            from_tick: header.first_tick.0,
            to_tick: to.0,
            ticks,
            seconds,
            speed_x: if ticks == 0 { 0.0 } else { played / seconds },
            diverged_at: None,
            first_difference: None,
            lost_bytes: opened.journal().sound_and_lost().1,
            notes: Vec::new(),
            sides: ["as recorded", "as computed"].map(str::to_owned),
            held_against: "what was recorded".to_owned(),
        }
    }

    /// The report as a line of JSON.
    pub(super) fn json(&self) -> String {
        // Maps with keys that are no text are what fails, and there are none.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { game, to_tick, ticks, seconds, speed_x, .. } = self;
        writeln!(
            f,
            "{game}: {ticks} ticks, up to tick {to_tick}, computed in {seconds:.3} s, {speed_x:.0} × real time"
        )?;
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        match self.diverged_at {
            None => writeln!(f, "the same as {}", self.held_against),
            Some(tick) => {
                writeln!(f, "differs from {} at tick {tick}", self.held_against)?;
                let [first, second] = &self.sides;
                match &self.first_difference {
                    Some(difference) => writeln!(f, "{}", difference.told(first, second)),
                    None => writeln!(f, "no keyframe follows that would tell in what"),
                }
            }
        }
    }
}
