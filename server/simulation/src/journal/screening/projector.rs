//! Shows any place of a match: drives the reel there, and keeps the two ticks around it.

use tickwire_protocol::message::GameMessage;
use tickwire_protocol::quantise::Layout;

use super::reel::Reel;
use super::still::Still;
use super::transport::{Position, QUARTERS, Transport};
use crate::scene::SceneWriter;
use crate::world::World;

/// How much is computed in a step on the way to somewhere far away, in entities times ticks: a few
/// milliseconds, so that other rooms of the thread keep their time. Of a hundred entities that is the way
/// from any keyframe.
const EFFORT: u64 = 60_000;

pub(super) struct Projector {
    reel: Box<dyn Reel>,
    layout: Layout,
    /// The tick that is shown, or the one before.
    before: Still,
    /// The one after.
    after: Still,
    /// What has happened at the tick after.
    pending: Vec<GameMessage>,
    has_failed: bool,
}

impl Projector {
    /// `layout` is that of the match's own game.
    pub(super) fn new(layout: Layout, reel: Box<dyn Reel>) -> Self {
        Self {
            before: Still::new(&layout),
            after: Still::new(&layout),
            reel,
            layout,
            pending: Vec::new(),
            has_failed: false,
        }
    }

    /// The world, up to a tick ahead of what is shown.
    pub(super) fn world(&self) -> &World {
        self.reel.world()
    }

    /// Ticks from the first to the last.
    pub(super) fn length(&self) -> u32 {
        let (first, last) = self.reel.range();
        last.since(first).max(0).cast_unsigned()
    }

    /// Whether the last attempt to go somewhere has failed.
    pub(super) const fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether it goes no further, or is not what was played.
    pub(super) fn is_broken(&self) -> bool {
        self.has_failed || self.reel.has_diverged()
    }

    /// The tick that the reel has come to, from the first one.
    fn reached(&self) -> u32 {
        let (first, _) = self.reel.range();
        self.reel.world().tick().since(first).max(0).cast_unsigned()
    }

    /// Goes to a place at once, however far it is.
    pub(super) fn show(&mut self, position: Position) {
        let tick = (position / QUARTERS) as u32;
        if self.jump(tick) {
            self.play_to(position, &mut |_| ());
        }
    }

    /// Comes nearer to a tick, and says whether it is there. What is shown stays until then.
    pub(super) fn approach(&mut self, tick: u32, has_jumped: bool) -> bool {
        if !has_jumped && !self.jump(tick) {
            return false;
        }
        let entities = self.before.len().max(self.after.len()).max(1) as u64;
        let most = (EFFORT / entities).max(1);
        for _ in 0..most {
            if self.reached() >= tick {
                break;
            }
            if !self.step() {
                return false;
            }
        }
        if self.reached() < tick {
            return false;
        }
        self.pending.clear();
        self.play_to(Transport::at(tick), &mut |_| ())
    }

    /// Plays on to a place that is not behind what is shown, tells what happens up to there, and says whether
    /// it is there.
    pub(super) fn play_to(
        &mut self,
        position: Position,
        tell: &mut impl FnMut(GameMessage),
    ) -> bool {
        let (tick, needed) = ((position / QUARTERS) as u32, position.div_ceil(QUARTERS) as u32);
        if self.after.tick == Some(tick) {
            std::mem::swap(&mut self.before, &mut self.after);
        }
        loop {
            let reached = self.reached();
            if reached <= tick {
                self.pending.drain(..).for_each(&mut *tell);
            }
            if reached == tick && self.before.tick != Some(tick) {
                self.before.film(tick, self.reel.world().game(), &self.layout);
            }
            if reached >= needed {
                break;
            }
            if !self.step() {
                return false;
            }
        }
        if needed > tick && self.after.tick != Some(needed) {
            self.after.film(needed, self.reel.world().game(), &self.layout);
        }
        true
    }

    /// Writes what is shown: the two ticks around a place are at hand, unless it is on its way.
    pub(super) fn replicate(&self, position: Position, out: &mut SceneWriter<'_>) {
        let (tick, quarters) = ((position / QUARTERS) as u32, position % QUARTERS);
        if quarters != 0 && self.after.tick == Some(tick + 1) {
            self.before.replicate_towards(&self.after, quarters, &self.layout, out);
        } else {
            self.before.replicate(out);
        }
    }

    fn jump(&mut self, tick: u32) -> bool {
        self.pending.clear();
        let (first, _) = self.reel.range();
        let is_done = self.reel.jump(first.plus(tick)).is_ok();
        self.has_failed = !is_done;
        is_done
    }

    fn step(&mut self) -> bool {
        match self.reel.step() {
            Ok(Some(played)) => {
                self.pending.extend(played.events);
                true
            }
            // The last tick is one that there is, so at the end is where nobody wants to go further.
            Ok(None) | Err(_) => {
                self.has_failed = true;
                false
            }
        }
    }
}
