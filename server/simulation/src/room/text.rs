//! What members are sent who are told in text: all that they watch, at a lower rate.
//!
//! A cell is written once per tick, when the first one asks, out of the same snapshots that chunks come
//! from; who watches it gets a copy. Nothing is kept of what somebody has been sent but how far their
//! events go: they acknowledge states, and with a state the events that came in it.
//!
//! ```text
//! replication's newest snapshots → Texts: a cell's text → a member's state: head, own, global, cells
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use tickwire_protocol::frame::{MAX_FRAME_BYTES, ReceivedEvent};
use tickwire_protocol::ids::{EventNumber, FrameNumber, PlayerId};
use tickwire_protocol::json::{StateHead, StateWriter, join_state};
use tickwire_protocol::message::Ack;
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::version::Subprotocol;
use tickwire_protocol::watch::Watch;

use super::frames::FrameSender;
use super::member::Member;
use super::{Output, Oversized};
use crate::replication::{PartIndex, Replication};

/// A list in which nothing is.
const NOTHING: &[u8] = b"[]";

/// The stream of one member who is told in text.
#[derive(Debug, Default)]
pub(super) struct TextStream {
    /// The cells watched.
    watch: Watch,
    /// Number of the newest state.
    number: FrameNumber,
    /// States without acknowledgement, each with the newest event that was told by then.
    sent: VecDeque<(FrameNumber, EventNumber)>,
}

impl TextStream {
    /// The stream of a connection that speaks this; none where it speaks no text.
    pub(super) fn of(speaks: Subprotocol) -> Option<Box<Self>> {
        speaks.is_text().then(Box::default)
    }

    fn note_sent(&mut self, newest: EventNumber) {
        self.number = self.number.next();
        self.sent.push_back((self.number, newest));
    }

    /// An acknowledgement of a state, and of the events that came by it.
    pub(super) fn complete(&mut self, ack: Ack) -> Ack {
        let mut event = ack.event;
        while let Some(&(_, told)) = self.sent.front().filter(|sent| ack.frame.since(sent.0) >= 0) {
            event = told;
            self.sent.pop_front();
        }
        Ack { event, ..ack }
    }
}

/// The parts of a room as they are written in the present tick.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Once anybody has asked.
    writer: Option<StateWriter>,
    bytes: Vec<u8>,
    /// Where in them a part is.
    parts: BTreeMap<u32, Range<usize>>,
}

impl Texts {
    /// Another tick begins, or the same one anew.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
    }

    /// A member's state: whatever others have asked for already is copied.
    fn compose(
        &mut self,
        head: &StateHead<'_>,
        player: PlayerId,
        watch: Watch,
        replication: &Replication,
    ) -> Vec<u8> {
        let Self { writer, bytes, parts } = self;
        let writer =
            &*writer.get_or_insert_with(|| StateWriter::new(head.schema, replication.layout()));
        let entities = |part: Option<PartIndex>| {
            part.map(|part| replication.newest(part)).filter(|snapshot| snapshot.slots() > 0)
        };
        let mut shared = |number: PartNumber, write: &dyn Fn(&mut Vec<u8>)| {
            let range = parts.entry(number.0).or_insert_with(|| {
                let begin = bytes.len();
                write(bytes);
                begin..bytes.len()
            });
            range.clone()
        };
        let global = entities(replication.global())
            .map(|snapshot| shared(PartNumber::GLOBAL, &|out| writer.write_part(snapshot, out)));
        let watched = watch.cells(replication.grid().size());
        let cells = watched.filter_map(|cell| {
            let snapshot = entities(replication.cell(cell))?;
            let write = |out: &mut Vec<u8>| writer.write_cell(cell, snapshot, out);
            Some(shared(PartNumber::cell(cell), &write))
        });
        let cells: Vec<_> = cells.collect();
        let mut own = Vec::new();
        match entities(replication.own(player)) {
            Some(snapshot) => writer.write_part(snapshot, &mut own),
            None => own.extend_from_slice(NOTHING),
        }
        let global = global.map_or(NOTHING, |range| &bytes[range]);
        let mut out = Vec::new();
        join_state(head, &own, global, cells.into_iter().map(|range| &bytes[range]), &mut out);
        out
    }
}

impl FrameSender<'_> {
    /// Queues the state of a member who is told in text, unless they are behind.
    pub(super) fn send_text(
        &mut self,
        player: PlayerId,
        member: &mut Member,
    ) -> Result<(), Oversized> {
        let view = self.view(player, member);
        let fence = member.told(self.config.fence);
        let Some(stream) = &mut member.text else { return Ok(()) };
        if !member.flow.is_open(self.tick, &self.config.flow) {
            self.counters.frames_skipped += 1;
            return Ok(());
        }
        stream.watch = self.replication.grid().watch(view, stream.watch);
        let (first, unsent) = member.flow.unsent_events();
        let newest = EventNumber(first.0.wrapping_sub(1)).plus(unsent.len() as u32);
        let numbered = (0..).map(|index| first.plus(index)).zip(unsent);
        let events: Vec<_> = numbered
            .filter_map(|(number, encoded)| {
                let event = encoded.event()?;
                Some(ReceivedEvent { number, tick: encoded.tick, event })
            })
            .collect();
        let input = member.echo.take();
        member.last_echo = input.map_or(member.last_echo, |echo| echo.seq);
        let head =
            StateHead { tick: self.tick, fence, input, events: &events, schema: self.schema };
        let bytes = self.texts.compose(&head, player, stream.watch, self.replication);
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(Oversized::Bytes(bytes.len()));
        }
        stream.note_sent(newest);
        member.flow.handle_sent(self.tick, bytes.len());
        self.counters.frames += 1;
        self.counters.frame_bytes += bytes.len() as u64;
        self.output.push_back(Output::Send { player, bytes: bytes.into() });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_is_acknowledged_takes_its_events_along() {
        let mut stream = TextStream::default();
        for newest in [0, 3, 3, 7] {
            stream.note_sent(EventNumber(newest));
        }
        let mut complete = |frame| {
            let ack = Ack { frame: FrameNumber(frame), event: EventNumber(0) };
            stream.complete(ack).event
        };
        assert_eq!(complete(1), EventNumber(0));
        assert_eq!(complete(3), EventNumber(3));
        assert_eq!(complete(3), EventNumber(0), "nothing new, which is harmless");
        assert_eq!(complete(9), EventNumber(7), "what was never sent the flow finds out");
    }
}
