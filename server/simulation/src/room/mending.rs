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
use tickwire_protocol::close::CloseReason;
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

/// Whose messages the rules fail at so often within that time is sent away.
const MOST_PER_PLAYER: usize = 3;

/// What a room remembers of failures.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Those of late.
    recent: Vec<Failure>,
    /// The request that is being carried out.
    pub(super) asked: Option<(PlayerId, RequestId)>,
}

/// One time that the rules failed.
#[derive(Clone, Copy, Debug)]
struct Failure {
    /// The last tick that was complete.
    after: Tick,
    /// How often they have failed there, by now.
    times: usize,
    /// Whose message they failed at.
    culprit: Option<PlayerId>,
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

/// What making a room anew has come to.
struct Anew {
    /// Ticks that were computed again.
    replayed: u32,
    /// Whose message was the last of what was left out.
    culprit: Option<PlayerId>,
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
        let after = self.recorder.tick();
        let window = FAILURES_WINDOW_S * u32::from(self.config.tick_rate_hz);
        let recent = &mut self.failures.recent;
        recent.retain(|failure| after.since(failure.after).cast_unsigned() <= window);
        let times = recent.last().filter(|last| last.after == after).map_or(0, |last| last.times);
        recent.push(Failure { after, times: times + 1, culprit: None });
        if recent.len() > MOST_FAILURES {
            return Err(Hopeless::Often);
        }
        for without_inputs in [false, true].into_iter().skip(times) {
            // What a panic leaves half done is not looked at again.
            let attempt = catch_unwind(AssertUnwindSafe(|| {
                let game = make().ok_or_else(|| "there is no such game any more".to_owned())?;
                self.make_anew(game, without_inputs)
            }));
            match attempt {
                Ok(Ok(Anew { replayed, culprit })) => {
                    self.note_culprit(culprit);
                    return Ok(Mended { tick: self.tick(), replayed, without_inputs });
                }
                Ok(Err(cause)) => return Err(Hopeless::Record(cause)),
                Err(_) => {
                    if let Some(failure) = self.failures.recent.last_mut() {
                        failure.times += 1;
                    }
                }
            }
        }
        Err(Hopeless::Tick(after))
    }

    /// The rules failed at somebody's message, which was left out: with the next one everything begins anew,
    /// but not again and again.
    fn note_culprit(&mut self, culprit: Option<PlayerId>) {
        let (Some(culprit), Some(last)) = (culprit, self.failures.recent.last_mut()) else {
            return;
        };
        (last.culprit, last.times) = (Some(culprit), 0);
        let of_theirs = |failure: &&Failure| failure.culprit == Some(culprit);
        if self.failures.recent.iter().filter(of_theirs).count() >= MOST_PER_PLAYER {
            self.handle_close(culprit, CloseReason::Internal);
        }
    }

    /// The world anew, and all that is made from it.
    fn make_anew(&mut self, game: Box<dyn Game>, without_inputs: bool) -> Result<Anew, String> {
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
        let mut culprit = None;
        play(&mut world, self.world.recorded(), |record| {
            !without_inputs || without_will(record, &mut culprit)
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
        // What they failed at in a tick may have been anybody's.
        Ok(Anew { replayed, culprit: culprit.filter(|_| !has_ticked) })
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

/// Takes what players want out of a record; false where nothing is left of it. `last` is who wanted it.
fn without_will(record: &mut Record, last: &mut Option<PlayerId>) -> bool {
    match record {
        Record::Tick(inputs) => {
            inputs.clear();
            true
        }
        Record::Happening(happening) => {
            let (Happening::Message { player, .. } | Happening::Rename { player, .. }) = happening
            else {
                return true;
            };
            *last = Some(*player);
            false
        }
    }
}
