//! What a journal costs: to a room's tick, on disk, and to compute again.
//!
//! ```text
//! Crowd, with a writer attached → JournalWriter, flushed every 100 ms → bytes           → size
//!   → its tapes, played once more in a world with a recorder → pieces → a writer's thread → hand-over
//!   → Playback, to the end, against every hash                                          → speed
//! ```
//!
//! The hand-over is timed by itself: what it adds to a tick is less than what two runs of the same tick
//! differ by.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_bot_client::behavior::Behavior;
use tickwire_protocol::ids::Tick;
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::file::{Contents, Journal, JournalError, JournalWriter};
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::journal::playback::{Divergence, MakeGame, Playback, PlaybackError};
use tickwire_simulation::journal::recorder::{Piece, Recorder, RecorderConfig};
use tickwire_simulation::journal::tape::{Change, Record, Tape, TapeError, TapeReader};
use tickwire_simulation::registry::{GameFactory, GameOptions, OptionError};
use tickwire_simulation::room::Hopeless;
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::world::World;

use crate::crowd::{Crowd, CrowdError, CrowdPlan};
use crate::script::TICK_RATE_HZ;

/// Ticks after which a server writes what it has: 100 ms.
const FLUSH_TICKS: u32 = 3;
/// Times that a match is computed again: the fastest counts, as a neighbour only ever slows one down.
const REPLAYS: usize = 3;
/// Times that a room is made anew.
const MENDS: usize = 5;

/// Why a journal cannot be measured: something behaves otherwise than this file believes.
#[derive(Debug, Error)]
pub enum JournalBenchError {
    /// The game refuses its options.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// The room and its members do not get along.
    #[error(transparent)]
    Crowd(#[from] CrowdError),
    /// What was written is not read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It is not computed again.
    #[error(transparent)]
    Playback(#[from] PlaybackError),
    /// A keyframe is not restored.
    #[error(transparent)]
    Keyframe(#[from] RestoreError),
    /// A tape is not read.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// It does not begin with a keyframe.
    #[error("the journal does not begin with a keyframe")]
    Beginning,
    /// A room is not made anew.
    #[error(transparent)]
    Hopeless(#[from] Hopeless),
    /// The match came out otherwise.
    #[error("computed again, it is another match: {0:?}")]
    Diverged(Divergence),
}

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct JournalPlan {
    /// The game's name.
    pub game: &'static str,
    /// Makes it.
    pub factory: GameFactory,
    /// What its players do.
    pub behavior: Behavior,
    /// How many they are.
    pub players: usize,
    /// Length of the match.
    pub seconds: u32,
    /// Seed of the match.
    pub seed: u64,
}

/// What a journal costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JournalFigures {
    /// What a tick's record and taking it over take, keyframes and hashes included.
    pub record: Times,
    /// The same with handing it to a writer's thread, which may have to be woken.
    pub hand_over: Times,
    /// Bytes of the file per player and second, keyframes and hashes included.
    pub bytes_per_player_second: f64,
    /// Time of the match by time to compute it again.
    pub speed_x: f64,
    /// What it takes to make a room anew whose rules have failed, just before its next keyframe: the longest of
    /// a few times.
    pub mend: Duration,
}

/// Many times of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// Their mean.
    pub mean: Duration,
    /// 99 of 100 are below.
    pub p99: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self {
            mean: times.iter().sum::<Duration>() / times.len().max(1) as u32,
            p99: times.get(times.len() * 99 / 100).copied().unwrap_or_default(),
        }
    }
}

impl JournalPlan {
    /// Plays a match, and measures its journal.
    ///
    /// # Errors
    /// [`JournalBenchError`]; none are expected.
    pub fn measure(&self) -> Result<JournalFigures, JournalBenchError> {
        let bytes = self.record()?;
        let size = bytes.len() as f64 / (self.players as f64 * f64::from(self.seconds));
        let journal = Arc::new(Journal::read(bytes)?);
        let [record, hand_over] = self.time_hand_over(&journal)?;
        Ok(JournalFigures {
            record,
            hand_over,
            bytes_per_player_second: size,
            speed_x: self.replay(&journal)?,
            mend: self.mend()?,
        })
    }

    fn game(&self) -> Result<Box<dyn Game>, OptionError> {
        (self.factory)(&GameOptions::default())
    }

    fn record(&self) -> Result<Vec<u8>, JournalBenchError> {
        let Self { players, behavior, seed, .. } = *self;
        let plan = CrowdPlan { players, observers: 0, behavior, seed };
        let mut crowd = Crowd::gather(self.game()?, plan)?;
        let header = self.header(crowd.room_mut().tick())?;
        let mut bytes = Vec::new();
        let mut writer = JournalWriter::begin(&header, &mut bytes);
        crowd.room_mut().attach_writer();
        for tick in 0..self.seconds * u32::from(TICK_RATE_HZ) {
            crowd.send()?;
            crowd.step()?;
            crowd.receive()?;
            for piece in crowd.room_mut().take_pieces() {
                writer.take(piece, &mut bytes);
            }
            if tick.is_multiple_of(FLUSH_TICKS) {
                writer.flush(&mut bytes);
            }
        }
        writer.flush(&mut bytes);
        Ok(bytes)
    }

    fn mend(&self) -> Result<Duration, JournalBenchError> {
        let Self { players, behavior, seed, .. } = *self;
        let plan = CrowdPlan { players, observers: 0, behavior, seed };
        let mut crowd = Crowd::gather(self.game()?, plan)?;
        let keyframe_ticks = RecorderConfig::new(TICK_RATE_HZ).keyframe_ticks;
        let mut longest = Duration::ZERO;
        for _ in 0..MENDS {
            while !crowd.room_mut().tick().next().0.is_multiple_of(keyframe_ticks) {
                crowd.send()?;
                crowd.step()?;
                crowd.receive()?;
            }
            let begin = Instant::now();
            crowd.room_mut().handle_failure(|| self.game().ok())?;
            longest = longest.max(begin.elapsed());
            // On to the next keyframe.
            crowd.send()?;
            crowd.step()?;
            crowd.receive()?;
        }
        Ok(longest)
    }

    fn header(&self, first_tick: Tick) -> Result<Header, OptionError> {
        Ok(Header {
            game: self.game.to_owned(),
            options: [].into(),
            schema_hash: schema_hash(&self.game()?.schema()),
            tick_rate_hz: TICK_RATE_HZ,
            seed: self.seed,
            first_tick,
            room: "bench".to_owned(),
            opened_at_ms: 0,
            capacity: self.players as u32,
            spectator_capacity: 0,
            bots: 0,
            server: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// How long the ticks of a match take to be recorded, and to be recorded and handed over.
    fn time_hand_over(&self, journal: &Journal) -> Result<[Times; 2], JournalBenchError> {
        let Some(Contents::Keyframe(first)) = journal.block(0) else {
            return Err(JournalBenchError::Beginning);
        };
        let mut world = World::restore(self.game()?, TICK_RATE_HZ, &first.state)?;
        let mut recorder = Recorder::new(RecorderConfig::new(TICK_RATE_HZ), &mut world);
        recorder.attach_writer(&mut world);
        let header = self.header(first.tick)?;
        let (sender, receiver) = channel::<Vec<Piece>>();
        let writer = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut writer = JournalWriter::begin(&header, &mut bytes);
            for (pieces, tick) in receiver.into_iter().zip(0_u32..) {
                pieces.into_iter().for_each(|piece| writer.take(piece, &mut bytes));
                if tick.is_multiple_of(FLUSH_TICKS) {
                    writer.flush(&mut bytes);
                }
            }
        });
        let reader = TapeReader::new(world.schema());
        let mut tape = Tape::new(world.schema());
        let (mut recorded, mut handed_over) = (Vec::new(), Vec::new());
        for index in 1..journal.blocks() {
            let Some(Contents::Tape(bytes)) = journal.block(index) else { continue };
            let mut rest = &bytes[..];
            while let Some((record, behind)) = reader.read(rest, world.inputs())? {
                rest = behind;
                let changes = changes(&record, &world);
                let players = world.inputs().len();
                if !world.play(record)? {
                    continue;
                }
                let begin = Instant::now();
                // The world has done so once already: all that there is on its tape was paid for within
                // its step, so it is paid for once more here.
                tape.tick(players, &changes);
                tape.clear();
                recorder.handle_tick(&mut world);
                let pieces = recorder.take_pieces();
                recorded.push(begin.elapsed());
                // The thread goes on until the sender is dropped.
                let _ = sender.send(pieces);
                handed_over.push(begin.elapsed());
            }
        }
        drop(sender);
        let _ = writer.join();
        Ok([recorded, handed_over].map(Times::of))
    }

    /// How many times faster than it was played a match is computed again.
    fn replay(&self, journal: &Arc<Journal>) -> Result<f64, JournalBenchError> {
        let factory = self.factory;
        let make: MakeGame = Arc::new(move || Ok(factory(&GameOptions::default())?));
        let mut best = 0.0_f64;
        for _ in 0..REPLAYS {
            let begin = Instant::now();
            let mut playback = Playback::new(Arc::clone(journal), Arc::clone(&make))?;
            let mut ticks = 0_u32;
            while playback.step()?.is_some() {
                ticks += 1;
            }
            let seconds = begin.elapsed().as_secs_f64();
            if let Some(divergence) = playback.divergence() {
                return Err(JournalBenchError::Diverged(divergence));
            }
            best = best.max(f64::from(ticks) / f64::from(TICK_RATE_HZ) / seconds);
        }
        Ok(best)
    }
}

/// What a world writes on its tape for a record.
fn changes(record: &Record, world: &World) -> Vec<Change> {
    let Record::Tick(inputs) = record else { return Vec::new() };
    let before = |index: u32| world.inputs()[index as usize];
    let changes = inputs.iter().map(|&(index, now)| Change { index, before: before(index), now });
    changes.collect()
}

/// Figures as a table in Markdown.
#[must_use]
pub fn render(figures: &[(JournalPlan, JournalFigures)]) -> String {
    let mut table = String::from(
        "| game | behaviour | players | record: mean, µs | p99, µs | … and hand-over: mean, µs | p99, µs \
         | bytes per player and second | replay, × real time | made anew after a panic: ms |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (plan, figures) in figures {
        let micros = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e6);
        let columns = [
            plan.game.to_owned(),
            format!("{:?}", plan.behavior).to_lowercase(),
            plan.players.to_string(),
            micros(figures.record.mean),
            micros(figures.record.p99),
            micros(figures.hand_over.mean),
            micros(figures.hand_over.p99),
            format!("{:.1}", figures.bytes_per_player_second),
            format!("{:.0}", figures.speed_x),
            format!("{:.2}", figures.mend.as_secs_f64() * 1e3),
        ];
        table.push_str(&format!("| {} |\n", columns.join(" | ")));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_match_is_measured() {
        let plan = JournalPlan {
            game: tickwire_drift::NAME,
            factory: tickwire_drift::create,
            behavior: Behavior::Wander,
            players: 10,
            seconds: 6,
            seed: 1,
        };
        let figures = plan.measure().unwrap();
        assert!(figures.hand_over.mean >= figures.record.mean, "{figures:?}");
        assert!((1.0..100.0).contains(&figures.bytes_per_player_second), "{figures:?}");
        assert!(figures.speed_x > 1.0, "{figures:?}");
        assert_eq!(render(&[(plan, figures)]).lines().count(), 3);
    }
}
