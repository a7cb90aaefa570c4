//! `server replay`: a recorded match computed again, and held against what was recorded, or against another
//! record of it.
//!
//! ```text
//! FILE ─→ opening: bytes, journal, game ─→ Playback ─→ checking: every tick, every hash ─┐
//!                                           (two) ───→ against: tick by tick, both ──────┼─→ Report
//!                                                ───→ seek, table ───────────────────────┘
//! ```
//!
//! | exit status | means |
//! |--:|---|
//! | 0 | computed again, and the same |
//! | 1 | it came out otherwise, or the two journals part, or the rules panic at it |
//! | 2 | the flags are no good, or the file is |
//!
//! It touches no socket and starts no room.

mod against;
mod opening;
mod report;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use thiserror::Error;
use tickwire_protocol::ids::Tick;
use tickwire_simulation::journal::file::JournalError;
use tickwire_simulation::journal::header::GameError;
use tickwire_simulation::journal::playback::{Playback, PlaybackError};
use tickwire_simulation::journal::table::Table;
use tickwire_simulation::registry::GameRegistry;

use opening::Opened;
use report::Report;

/// Exit status for a match that came out otherwise.
const DIVERGED: u8 = 1;
/// Exit status for flags or files that are no good.
const USAGE_ERROR: u8 = 2;

/// What `server replay` is told.
#[derive(Clone, Debug, Args)]
pub struct ReplayFlags {
    /// The journal of the match
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Stop after this tick
    #[arg(long, value_name = "TICK")]
    pub until: Option<u32>,

    /// Print the entities after this tick as a table, as clients would see them, and check no more than
    /// leads there
    #[arg(long, value_name = "TICK", conflicts_with_all = ["until", "against"])]
    pub dump: Option<u32>,

    /// Compare with another journal of the match: find the first tick where they part, and in what
    #[arg(long, value_name = "OTHER")]
    pub against: Option<PathBuf>,

    /// Print the result as one JSON object, the last line
    #[arg(long)]
    pub json: bool,
}

/// Why a match is not computed again.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        cause: std::io::Error,
    },
    /// Nothing of it is of use.
    #[error("{path}: {cause}")]
    Journal {
        /// The file.
        path: String,
        /// Why not.
        cause: JournalError,
    },
    /// Its game is not here, or not any more.
    #[error("{path}: {cause}")]
    Game {
        /// The file.
        path: String,
        /// Why not.
        cause: GameError,
    },
    /// It does not go on.
    #[error("{path}: {cause}")]
    Playback {
        /// The file.
        path: String,
        /// Why not.
        cause: PlaybackError,
    },
    /// There is no such tick in it.
    #[error("invalid value {tick} for --{flag}: {path} has the ticks {from} to {to}")]
    NoSuchTick {
        /// The flag, without dashes.
        flag: &'static str,
        /// The value given.
        tick: u32,
        /// The file.
        path: String,
        /// Its first tick.
        from: u32,
        /// Its last one.
        to: u32,
    },
    /// Two journals that are not about the same time.
    #[error("{path} and {other} have no tick in common")]
    Apart {
        /// One file.
        path: String,
        /// The other one.
        other: String,
    },
}

/// Does what the flags say, and prints what came of it.
#[must_use]
pub fn run(flags: &ReplayFlags, games: &GameRegistry) -> ExitCode {
    // A panic of the game's rules has written where already.
    let Ok(replayed) = catch_unwind(AssertUnwindSafe(|| replay(flags, games))) else {
        let file = flags.file.display();
        eprintln!("error: {file}: the game's rules panic at what was recorded");
        return ExitCode::from(DIVERGED);
    };
    match replayed {
        Ok(report) => {
            let text =
                if flags.json { report.json() } else { report.to_string().trim_end().to_owned() };
            print(&format!("{text}\n"));
            if report.diverged_at.is_some() { ExitCode::from(DIVERGED) } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(USAGE_ERROR)
        }
    }
}

fn replay(flags: &ReplayFlags, games: &GameRegistry) -> Result<Report, ReplayError> {
    let opened = Opened::read(&flags.file, games)?;
    if let Some(other) = &flags.against {
        return against::compare(&opened, &Opened::read(other, games)?, flags.until.map(Tick));
    }
    let begin = Instant::now();
    let mut playback = opened.playback()?;
    let (ticks, obstacle) = match flags.dump {
        Some(tick) => {
            let ticks = seek(&opened, &mut playback, tick)?;
            print(&Table::of(playback.world()).to_string());
            (ticks, None)
        }
        None => check(&opened, &mut playback, flags.until.map(Tick))?,
    };
    let seconds = begin.elapsed().as_secs_f64();
    let divergence = playback.divergence();
    let mut report = Report::new(&opened, playback.world().tick(), ticks, seconds);
    report.diverged_at = divergence.as_ref().map(|divergence| divergence.tick.0);
    report.first_difference = divergence.and_then(|divergence| divergence.first);
    report.notes.extend(obstacle.map(|obstacle| obstacle.to_string()));
    Ok(report)
}

/// Computes every tick up to one, or all, and says how many those were. A match that is another one by then
/// may come to where it cannot be computed on: that is told as well.
fn check(
    opened: &Opened,
    playback: &mut Playback,
    until: Option<Tick>,
) -> Result<(u32, Option<ReplayError>), ReplayError> {
    let mut ticks = 0;
    let mut obstacle = None;
    while until.is_none_or(|until| until.is_after(playback.world().tick())) {
        match playback.step() {
            Ok(Some(_)) => ticks += 1,
            Ok(None) => break,
            Err(cause) => {
                obstacle = Some(opened.playback_error(cause));
                break;
            }
        }
    }
    opened.warn_of_loss(playback.world().tick());
    match obstacle {
        Some(obstacle) if playback.divergence().is_none() => Err(obstacle),
        obstacle => Ok((ticks, obstacle)),
    }
}

/// Goes to a tick, and says how many were computed for that.
fn seek(opened: &Opened, playback: &mut Playback, tick: u32) -> Result<u32, ReplayError> {
    let from = playback.world().tick();
    playback.seek(Tick(tick)).map_err(|cause| opened.playback_error(cause))?;
    let Tick(reached) = playback.world().tick();
    opened.warn_of_loss(Tick(reached));
    if reached != tick {
        // Before its first tick, nothing was computed: where it ends is not known yet.
        if reached == from.0 {
            while playback.step().is_ok_and(|played| played.is_some()) {}
        }
        let (path, Tick(to)) = (opened.path(), playback.world().tick());
        return Err(ReplayError::NoSuchTick { flag: "dump", tick, path, from: from.0, to });
    }
    let keyframe = opened.journal().keyframe_tick_before(Tick(tick));
    Ok(Tick(tick).since(keyframe).max(0).cast_unsigned())
}

/// Whoever reads this may go away; that is no reason to panic.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
