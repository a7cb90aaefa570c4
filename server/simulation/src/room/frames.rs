//! From the newest state to one frame per client: a short prefix of its own, then the chunks that it
//! shares with everybody who stands where it stands.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::frame::{Contents, FramePrefix, MAX_FRAME_BYTES, write_cell_bits};
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::Role;
use tickwire_protocol::replica::max_slots;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::watch::Watch;

use super::attention::{Picks, Turn};
use super::member::Member;
use super::text::Texts;
use super::{Output, Oversized, Room, RoomConfig, RoomCounters};
use crate::game::{Game, View};
use crate::replication::{Chunk, Replication};

/// Room for a frame's prefix; longer ones make the buffer grow.
const PREFIX_BYTES: usize = 24;
/// Most memory that frames share, in bytes: what a client that does not read keeps alive for the
/// sake of its own frame.
const MAX_SLAB_BYTES: usize = 64 * 1024;

impl Room {
    /// Queues a frame for every client whose turn it is, who keeps up, and for whom there is
    /// anything to tell. The frames of a tick share one piece of memory, or a few. Clients that are
    /// too far behind to come back are sent away, and so are those who could not read their frame.
    pub(super) fn send_frames(&mut self) {
        let (tick, mut leaving) = (self.tick(), Vec::new());
        // A tick is about as large as the one before it, whose memory is free again by now, as a rule.
        let slab = (self.tick_bytes + self.tick_bytes / 4).min(MAX_SLAB_BYTES);
        let is_large = self.frame_memory.capacity() > MAX_SLAB_BYTES;
        if is_large || !self.frame_memory.try_reclaim(slab) {
            self.frame_memory = BytesMut::new();
        }
        let mut sender = FrameSender {
            tick,
            send_every: self.send_every,
            config: &self.config,
            game: self.world.game(),
            replication: &mut self.replication,
            picks: &mut self.picks,
            buffer: &mut self.frame_memory,
            slab,
            schema: self.world.schema(),
            texts: &mut self.texts,
            counters: &mut self.counters,
            output: &mut self.output,
        };
        sender.texts.clear();
        let before = sender.counters.frame_bytes;
        for (&player, member) in &mut self.members {
            let is_due = tick.0.is_multiple_of(sender.every(member));
            if !member.has_session() {
                continue;
            }
            if member.flow.is_stalled(tick, &self.config.flow) {
                leaving.push((player, CloseReason::TooSlow));
                continue;
            }
            if is_due && let Err(cause) = sender.send(player, member) {
                sender.counters.oversized += 1;
                sender.output.push_back(Output::Oversized { player, cause });
                leaving.push((player, CloseReason::Internal));
            }
            member.attention.hold(tick, player, sender.replication);
        }
        self.tick_bytes = (self.counters.frame_bytes - before) as usize;
        for (player, reason) in leaving {
            match reason {
                CloseReason::TooSlow => self.disconnect(player, reason),
                _ => self.handle_close(player, reason),
            }
        }
    }
}

/// Makes the frames of one tick, one client after the other.
pub(super) struct FrameSender<'a> {
    pub(super) tick: Tick,
    /// Ticks from one frame to the next of those who want most.
    send_every: u8,
    pub(super) config: &'a RoomConfig,
    game: &'a dyn Game,
    pub(super) replication: &'a mut Replication,
    picks: &'a mut Picks,
    buffer: &'a mut BytesMut,
    /// Size of the pieces of memory that frames share.
    slab: usize,
    pub(super) schema: &'a Schema,
    pub(super) texts: &'a mut Texts,
    pub(super) counters: &'a mut RoomCounters,
    pub(super) output: &'a mut VecDeque<Output>,
}

impl FrameSender<'_> {
    /// Ticks from one frame to the next of a client.
    fn every(&self, member: &Member) -> u32 {
        let least = if member.text.is_some() { self.config.text_every } else { 1 };
        member.send_every.max(self.send_every).max(least).into()
    }

    fn send(&mut self, player: PlayerId, member: &mut Member) -> Result<(), Oversized> {
        if member.text.is_some() {
            return self.send_text(player, member);
        }
        if !member.flow.is_open(self.tick, &self.config.flow) {
            self.counters.frames_skipped += 1;
            return Ok(());
        }
        let baseline = member.flow.baseline();
        let turn = self.turn(player, member);
        let watch = member.attention.follow(self.replication.grid(), &turn);
        self.check_slots(player, member)?;
        member.attention.pick(&turn, self.replication, self.picks);
        let has_events = !member.flow.unsent_events().1.is_empty();
        let has_news =
            !self.picks.is_empty() || watch.is_some() || member.echo.is_some() || has_events;
        if has_news || is_overdue(baseline, self.tick, self.config.quiet_ticks) {
            let bytes = self.write(member, watch);
            if bytes.len() > MAX_FRAME_BYTES {
                return Err(Oversized::Bytes(bytes.len()));
            }
            member.flow.handle_sent(self.tick, bytes.len());
            self.counters.frames += 1;
            self.counters.frame_bytes += bytes.len() as u64;
            self.counters.keyframes += u64::from(baseline.is_none());
            self.output.push_back(Output::Send { player, bytes });
        }
        Ok(())
    }

    /// Whether a client can keep what it watches. Hardly any room is so large that the client matters.
    fn check_slots(&self, player: PlayerId, member: &Member) -> Result<(), Oversized> {
        let most = max_slots(self.replication.layout()) / 2;
        if self.replication.slots() <= most {
            return Ok(());
        }
        let slots = member.attention.slots(player, self.replication);
        if slots <= most { Ok(()) } else { Err(Oversized::Slots { slots, most }) }
    }

    /// What a client sees; `None` for all of it.
    pub(super) fn view(&self, player: PlayerId, member: &Member) -> Option<View> {
        let grid = self.replication.grid();
        match member.role {
            _ if grid.is_single() => None,
            Role::Spectator => member.look.or(grid.spectator_view()),
            Role::Player | Role::Bot => self.game.view_of(player),
        }
    }

    /// What picking a client's parts goes by.
    fn turn(&self, player: PlayerId, member: &Member) -> Turn {
        Turn {
            tick: self.tick,
            player,
            is_keyframe: member.flow.baseline().is_none(),
            send_every: self.every(member),
            view: self.view(player, member),
            budget: self.config.budget_per_second / f32::from(self.config.tick_rate_hz),
        }
    }

    /// Writes the frame of the parts that were picked.
    fn write(&mut self, member: &mut Member, watch: Option<Watch>) -> Bytes {
        let picks = &*self.picks;
        let contents = Contents {
            own: !picks.own.is_empty(),
            global: !picks.global.is_empty(),
            cells: picks.has_cells(),
        };
        let (input, last_input) = (member.echo.take(), member.last_echo);
        member.last_echo = input.map_or(last_input, |echo| echo.seq);
        let baseline = member.flow.baseline();
        let fence = member.told(self.config.fence);
        let (first_event, events) = member.flow.unsent_events();
        let prefix = FramePrefix {
            tick: self.tick,
            baseline,
            fence,
            input,
            last_input,
            first_event,
            events,
            watch,
            contents,
        };
        let buffer = &mut *self.buffer;
        let needed = PREFIX_BYTES + picks.cells.len() / 8 + picks.bytes();
        if buffer.capacity() < needed {
            *buffer = BytesMut::with_capacity(self.slab.max(needed));
        }
        prefix.write(buffer);
        let chunks = self.replication.bytes();
        if contents.cells || baseline.is_none() {
            write_cell_bits(picks.cells.iter().map(|chunk| !chunk.is_empty()), buffer);
        }
        // Chunks that were asked for one after the other lie so: they are copied in one piece.
        // (`for_each`: a loop over chained iterators asks each time which of them it is in.)
        let mut run = 0..0;
        picks.chunks().map(Chunk::range).for_each(|chunk| {
            if chunk.start == run.end {
                run.end = chunk.end;
            } else {
                buffer.put_slice(&chunks[run.clone()]);
                run = chunk;
            }
        });
        buffer.put_slice(&chunks[run]);
        buffer.split().freeze()
    }
}

/// Whether a frame is due although there is nothing to tell.
fn is_overdue(last: Option<Tick>, now: Tick, quiet_ticks: u32) -> bool {
    last.is_none_or(|last| now.since(last) >= quiet_ticks.cast_signed())
}
