//! A match some time behind, for those who watch it: what they could tell the players is old by then.
//!
//! ```text
//! the match ─ pieces of its journal ─→ DelayLine, as many as the delay takes ─→ Delayed: a game like it
//! ```
//!
//! The match and those who watch it are two rooms: what is sent to the latter is made of another world, which
//! is computed from the same record some ticks later.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::schema::Schema;

use super::playback::{MakeGame, PlaybackError};
use super::recorder::Piece;
use super::tape::TapeReader;
use crate::game::{Context, Game};
use crate::inputs::Inputs;
use crate::interest::Interest;
use crate::saved::RestoreError;
use crate::scene::SceneWriter;
use crate::world::{Entrant, World, hash_of};

/// Ticks that are computed at once, at most, to catch up with the match.
const MOST_AT_ONCE: u32 = 4;
/// Keyframes that are kept of a delay, about.
const MOST_KEYFRAMES: u32 = 16;

/// What is kept of a match for those who watch it later. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct DelayLine(Arc<Mutex<Line>>);

#[derive(Debug)]
struct Line {
    delay_ticks: u32,
    kept: VecDeque<Kept>,
    /// How many pieces there were before those.
    dropped: u64,
    newest: Tick,
    is_over: bool,
}

#[derive(Clone, Debug)]
enum Kept {
    Tape(Bytes),
    Keyframe(Tick, Bytes),
}

impl DelayLine {
    /// A line for a match as it is at a tick, when this is all of it.
    #[must_use]
    pub fn new(delay_ticks: u32, tick: Tick, keyframe: Bytes) -> Self {
        let kept = VecDeque::from([Kept::Keyframe(tick, keyframe)]);
        let line = Line { delay_ticks, kept, dropped: 0, newest: tick, is_over: false };
        Self(Arc::new(Mutex::new(line)))
    }

    /// Takes in what the match has recorded, up to a tick.
    pub fn take_in(&self, pieces: &[Piece], tick: Tick) {
        let mut line = self.line();
        for piece in pieces {
            match piece {
                Piece::Tape(tape) => line.kept.push_back(Kept::Tape(Bytes::copy_from_slice(tape))),
                Piece::State { tick, state, is_keyframe: true, .. } if line.wants(*tick) => {
                    line.kept.push_back(Kept::Keyframe(*tick, state.clone()));
                }
                Piece::State { .. } | Piece::Mark(_) => {}
            }
        }
        line.newest = tick;
        line.prune();
    }

    /// How many ticks later it is shown.
    #[must_use]
    pub fn delay_ticks(&self) -> u32 {
        self.line().delay_ticks
    }

    /// Whether the match is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.line().is_over
    }

    /// The match is over: those who watch see the rest of it.
    pub fn end(&self) {
        self.line().is_over = true;
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing that is done to it can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whether a keyframe is kept: of a long delay only some are, since each is all of the state.
    fn wants(&self, tick: Tick) -> bool {
        let newest = self.kept.iter().rev().find_map(|kept| match kept {
            Kept::Keyframe(tick, _) => Some(*tick),
            Kept::Tape(_) => None,
        });
        newest.is_none_or(|newest| {
            tick.since(newest).cast_unsigned() >= self.delay_ticks / MOST_KEYFRAMES
        })
    }

    /// The tick that is shown now: so far behind, until the match is over.
    fn shown(&self) -> Tick {
        Tick(self.newest.0.wrapping_sub(self.delay_ticks))
    }

    /// Forgets what is before the last keyframe that anybody would begin with.
    fn prune(&mut self) {
        let shown = self.shown();
        let is_first =
            |kept: &Kept| matches!(kept, Kept::Keyframe(tick, _) if !tick.is_after(shown));
        let surplus = self.kept.iter().rposition(is_first).unwrap_or(0);
        self.kept.drain(..surplus);
        self.dropped += surplus as u64;
    }

    fn get(&self, number: u64) -> Option<&Kept> {
        self.kept.get(usize::try_from(number.checked_sub(self.dropped)?).ok()?)
    }
}

/// A game that shows another one's match, some time behind. It looks just like it; nobody can play in it.
pub struct Delayed {
    line: DelayLine,
    make: MakeGame,
    tick_rate_hz: u16,
    schema: Schema,
    world: World,
    reader: TapeReader,
    /// The piece that comes next.
    next: u64,
    /// The tape that is being played.
    tape: Bytes,
    /// Whether what is shown is old enough to be: nothing is before.
    is_old: bool,
    /// Who takes part while nothing is shown.
    nobody: BTreeMap<PlayerId, Entrant>,
    /// Its match cannot be computed again.
    is_broken: bool,
}

impl Delayed {
    /// Shows a match from its line. Before it is old enough, there is nothing to be seen.
    ///
    /// # Errors
    /// [`PlaybackError`] when its world cannot be made.
    pub fn new(line: DelayLine, make: MakeGame, tick_rate_hz: u16) -> Result<Self, PlaybackError> {
        let (world, next) = begin(&line, &make, tick_rate_hz)?;
        let (schema, reader) = (world.schema().clone(), TapeReader::new(world.schema()));
        let tape = Bytes::new();
        let nobody = BTreeMap::new();
        let (is_old, is_broken) = (false, false);
        Ok(Self {
            line,
            make,
            tick_rate_hz,
            schema,
            world,
            reader,
            next,
            tape,
            is_old,
            nobody,
            is_broken,
        })
    }

    /// Plays what is old enough, and says what everybody was told then.
    fn play(&mut self, context: &mut Context<'_>) -> Result<(), PlaybackError> {
        let (shown, is_lost) = {
            let line = self.line.line();
            let left = line.newest.since(self.world.tick());
            // A match that is over is shown to its end, at its own speed.
            let shown =
                if line.is_over && left > 0 { self.world.tick().next() } else { line.shown() };
            (shown, self.next < line.dropped)
        };
        if is_lost {
            (self.world, self.next) = begin(&self.line, &self.make, self.tick_rate_hz)?;
            self.tape = Bytes::new();
        }
        self.is_old = self.is_old || !self.world.tick().is_after(shown);
        for _ in 0..MOST_AT_ONCE {
            if !shown.is_after(self.world.tick()) || !self.play_tick()? {
                break;
            }
            self.world.take_events().for_each(|event| context.emit(event));
        }
        Ok(())
    }

    /// Plays up to the next tick; false where there is none yet.
    fn play_tick(&mut self) -> Result<bool, PlaybackError> {
        loop {
            let tick = self.world.tick();
            let failed = |cause| PlaybackError::Tape { tick, cause };
            let read = self.reader.read(&self.tape, self.world.inputs()).map_err(failed)?;
            let Some((record, rest)) = read else {
                let kept = self.line.line().get(self.next).cloned();
                match kept {
                    None => return Ok(false),
                    Some(Kept::Tape(tape)) => self.tape = tape,
                    Some(Kept::Keyframe(tick, state)) => self.hold_against(tick, &state)?,
                }
                self.next += 1;
                continue;
            };
            self.tape = self.tape.slice(self.tape.len() - rest.len()..);
            let is_tick = self.world.play(record).map_err(failed)?;
            self.world.rewind_tape();
            if is_tick {
                return Ok(true);
            }
        }
    }

    /// Goes by a keyframe where the world is not what it was.
    fn hold_against(&mut self, tick: Tick, state: &Bytes) -> Result<(), PlaybackError> {
        if tick == self.world.tick() && hash_of(state) != self.world.hash() {
            self.world = World::restore((self.make)()?, self.tick_rate_hz, state)?;
        }
        Ok(())
    }
}

/// The world where a line begins, and the number of the piece after it.
fn begin(
    line: &DelayLine,
    make: &MakeGame,
    tick_rate_hz: u16,
) -> Result<(World, u64), PlaybackError> {
    let (keyframe, next) = {
        let line = line.line();
        let keyframe = match line.kept.front() {
            Some(Kept::Keyframe(_, state)) => state.clone(),
            _ => return Err(PlaybackError::Block(line.newest)),
        };
        (keyframe, line.dropped + 1)
    };
    Ok((World::restore(make()?, tick_rate_hz, &keyframe)?, next))
}

impl Game for Delayed {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}

    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn step(&mut self, context: &mut Context<'_>, _: &Inputs<'_>) {
        if !self.is_broken {
            // What cannot be computed again stands still; the match itself goes on.
            self.is_broken = self.play(context).is_err();
        }
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        if self.is_old {
            self.world.game().replicate(out);
        }
    }

    fn interest(&self) -> Interest {
        self.world.game().interest()
    }

    fn cast(&self) -> Option<&BTreeMap<PlayerId, Entrant>> {
        Some(if self.is_old { self.world.roster() } else { &self.nobody })
    }

    fn save(&self) -> Vec<u8> {
        // It is what the line says.
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Ok(())
    }
}
