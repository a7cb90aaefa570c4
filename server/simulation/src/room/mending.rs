//! A room whose game's rules have failed (a panic) is made anew: its world from what was recorded, and what
//! its members are sent from there. They stay connected, and are told.
//!
//! ```text
//! first time at a tick   last keyframe → all that was done since, what failed included: most failures are
//!                        of a moment (a lock, a resource, a race with the outside)
//! second time            the same, but that tick is computed without inputs and messages
//! third time             hopeless: the room has to end
//! ```
//!
//! Who comes and goes at that tick does so in either case: the members are there or not.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, RequestId, Tick};
use tickwire_protocol::message::{Event, Interruption};
use tickwire_protocol::quantise::Layout;

use super::Room;
use super::attention::{Attention, Picks};
use crate::game::{Audience, Game};
use crate::interest::Grid;
use crate::journal::tape::{Record, TapeReader};
use crate::replication::Replication;
use crate::world::{Happening, World};

/// Rules that fail more often than this in [`FAILURES_WINDOW_S`] are not to be mended.
const MOST_FAILURES: usize = 10;
/// Seconds over which failures are counted.
const FAILURES_WINDOW_S: u32 = 60;

/// What a room remembers of failures.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// After which ticks the rules failed lately.
    at: Vec<Tick>,
    /// The request that is being carried out.
    pub(super) asked: Option<(PlayerId, RequestId)>,
}

/// A room was made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The tick at which it goes on.
    pub tick: Tick,
    /// Ticks that were computed again.
    pub replayed: u32,
    /// Whether inputs and messages of that tick were left out.
    pub without_inputs: bool,
}

/// A room cannot be made anew.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Hopeless {
    /// The rules fail at this tick whatever is done.
    #[error("the rules fail again and again at the tick after {0}")]
    Tick(Tick),
    /// They fail all the time.
    #[error("the rules have failed {MOST_FAILURES} times in {FAILURES_WINDOW_S} s")]
    Often,
    /// What was recorded cannot be computed again.
    #[error("what was recorded does not lead to a world again: {0}")]
    Record(String),
}

impl Room {
    /// The rules have failed in a call of this room: makes the world anew, in games that `make` makes, and
    /// goes on. `make` must give new games of the same options; it may fail like any rules.
    ///
    /// # Errors
    /// [`Hopeless`] when the room has to end: nothing may be asked of it any more then.
    pub fn handle_failure(
        &mut self,
        mut make: impl FnMut() -> Option<Box<dyn Game>>,
    ) -> Result<Mended, Hopeless> {
        let completed = self.recorder.tick();
        let window = FAILURES_WINDOW_S * u32::from(self.config.tick_rate_hz);
        self.failures.at.retain(|at| completed.since(*at).cast_unsigned() <= window);
        self.failures.at.push(completed);
        if self.failures.at.len() > MOST_FAILURES {
            return Err(Hopeless::Often);
        }
        let failed_before = self.failures.at.iter().filter(|&&at| at == completed).count() - 1;
        for without_inputs in [false, true].into_iter().skip(failed_before) {
            // What a panic leaves half done is not looked at again.
            let attempt = catch_unwind(AssertUnwindSafe(|| {
                let game = make().ok_or_else(|| "there is no such game any more".to_owned())?;
                self.make_anew(game, without_inputs)
            }));
            match attempt {
                Ok(Ok(replayed)) => {
                    return Ok(Mended { tick: self.tick(), replayed, without_inputs });
                }
                Ok(Err(cause)) => return Err(Hopeless::Record(cause)),
                Err(_) => self.failures.at.push(completed),
            }
        }
        Err(Hopeless::Tick(completed))
    }

    /// The world anew, and all that is made from it. Returns how many ticks were computed again.
    fn make_anew(&mut self, game: Box<dyn Game>, without_inputs: bool) -> Result<u32, String> {
        let (keyframe, since) = self.recorder.kept();
        let rate = self.config.tick_rate_hz;
        // Where the rules panic once more it is let go of, not dropped: they could panic at that as well,
        // and two panics at once end the process.
        let mut world = ManuallyDrop::new(
            World::restore(game, rate, keyframe).map_err(|cause| cause.to_string())?,
        );
        let from = world.tick();
        play(&mut world, since, |_| true)?;
        // Whoever was concerned has been told of all this.
        world.take_events().for_each(drop);
        world.rewind_tape();
        play(&mut world, self.world.recorded(), |record| {
            if without_inputs { without_will(record) } else { true }
        })?;
        let replayed = world.tick().since(from).cast_unsigned();
        let has_ticked = world.tick() != self.recorder.tick();
        self.world = ManuallyDrop::into_inner(world);
        self.begin_replication()?;
        if has_ticked {
            self.follow_world();
        } else {
            self.replication.record(self.world.tick(), self.world.game());
        }
        if let Some((player, id)) = self.failures.asked.take() {
            self.answer_failed(player, id);
        }
        self.tell(Audience::Everybody, &Event::Interrupted { cause: Interruption::Rules });
        Ok(replayed)
    }

    /// What members are sent begins anew: everybody gets all of the state next.
    fn begin_replication(&mut self) -> Result<(), String> {
        let grid = Grid::new(self.world.game().interest()).map_err(|cause| cause.to_string())?;
        let layout = Layout::new(self.world.schema());
        let (hash_every, history) = (self.config.hash_every, self.config.history_ticks);
        self.replication = Replication::new(layout, grid, hash_every, history);
        self.picks = Picks::default();
        for (&player, member) in &mut self.members {
            if member.is_person() {
                self.replication.admit(player);
                member.flow.forget_baseline();
                member.attention = Attention::default();
            }
        }
        Ok(())
    }
}

/// Plays what a tape has, as far as it is wanted.
fn play(
    world: &mut World,
    tape: &[u8],
    mut wanted: impl FnMut(&mut Record) -> bool,
) -> Result<(), String> {
    let reader = TapeReader::new(world.schema());
    let mut rest = tape;
    while let Some((mut record, behind)) =
        reader.read(rest, world.inputs()).map_err(|cause| cause.to_string())?
    {
        rest = behind;
        if wanted(&mut record) {
            world.play(record).map_err(|cause| cause.to_string())?;
        }
    }
    Ok(())
}

/// Takes what players want out of a record; false where nothing is left of it.
fn without_will(record: &mut Record) -> bool {
    match record {
        Record::Tick(inputs) => {
            inputs.clear();
            true
        }
        Record::Happening(happening) => {
            !matches!(happening, Happening::Message { .. } | Happening::Rename { .. })
        }
    }
}
