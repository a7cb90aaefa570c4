//! From the newest snapshot to one frame per client: a short prefix of its own, then the chunk that
//! it shares with everybody who stands where it stands.

use bytes::{BufMut, BytesMut};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::frame::FramePrefix;
use tickwire_protocol::ids::PlayerId;

use super::{Output, Room};

/// Room for a frame's prefix; longer ones make the buffer grow.
const PREFIX_BYTES: usize = 24;
/// Most memory that frames share, in bytes: what a client that does not read keeps alive for the
/// sake of its own frame.
const MAX_SLAB_BYTES: usize = 64 * 1024;

impl Room {
    /// Sends clients away that are too far behind to come back.
    pub(super) fn evict_stalled(&mut self) {
        let stalled: Vec<PlayerId> = self
            .members
            .iter()
            .filter(|(_, member)| member.flow.is_stalled(self.tick, &self.config.flow))
            .map(|(&player, _)| player)
            .collect();
        for player in stalled {
            self.handle_close(player, CloseReason::TooSlow);
        }
    }

    /// Queues a frame for every client whose turn it is and who keeps up. The frames of a tick share
    /// one piece of memory, or a few.
    pub(super) fn send_frames(&mut self) {
        let tick = self.tick;
        let hash = self.due_hash();
        // A tick is about as large as the one before it.
        let slab = (self.tick_bytes + self.tick_bytes / 4).min(MAX_SLAB_BYTES);
        let mut buffer = BytesMut::new();
        self.tick_bytes = 0;
        for (&player, member) in &mut self.members {
            if !member.has_session() || !tick.0.is_multiple_of(u32::from(member.send_every)) {
                continue;
            }
            if !member.flow.is_open(tick, &self.config.flow) {
                self.counters.frames_skipped += 1;
                continue;
            }
            let (baseline, chunk) = self.history.chunk_from(member.flow.baseline());
            let (first_event, events) = member.flow.unsent_events();
            let (input, last_input) = (member.echo.take(), member.last_echo);
            member.last_echo = input.map_or(last_input, |echo| echo.seq);
            let prefix =
                FramePrefix { tick, baseline, input, last_input, first_event, events, hash };
            let needed = PREFIX_BYTES + chunk.len();
            if buffer.capacity() < needed {
                buffer = BytesMut::with_capacity(slab.max(needed));
            }
            prefix.write(&mut buffer);
            buffer.put_slice(&chunk);
            let bytes = buffer.split().freeze();
            member.flow.handle_sent(tick, bytes.len());
            self.tick_bytes += bytes.len();
            self.counters.frames += 1;
            self.counters.frame_bytes += bytes.len() as u64;
            self.counters.keyframes += u64::from(baseline.is_none());
            self.output.push_back(Output::Send { player, bytes });
        }
    }

    fn due_hash(&self) -> Option<u32> {
        let is_due = self.tick.0.is_multiple_of(self.config.hash_every);
        let newest = self.history.newest().filter(|_| is_due)?;
        Some(newest.hash(self.history.layout()))
    }
}
