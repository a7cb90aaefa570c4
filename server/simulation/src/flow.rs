//! One client's stream of frames and events: what it has, what is on the way, when to hold back.
//!
//! A WebSocket is reliable and ordered, so the baseline of the next frame is simply the last frame
//! queued. Acknowledgements are not needed for that: they show whether the client keeps up. Kernel
//! buffers hide a stalled reader for minutes, so nothing else would. A client that is behind is
//! skipped *before* anything is encoded for it; what has been queued is never taken back.

use std::collections::VecDeque;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_protocol::frame::EncodedEvent;
use tickwire_protocol::ids::{EventNumber, FrameNumber, Tick};
use tickwire_protocol::message::Ack;

/// How far a client may be behind before it is skipped, and before it is sent away.
#[derive(Clone, Copy, Debug)]
pub struct FlowLimits {
    /// Frames that a client may leave unacknowledged before it has to say something. As long as
    /// fewer are on the way, age does not close the window: nothing would ever open it again.
    pub ack_every: u16,
    /// Most frames without acknowledgement.
    pub frames: usize,
    /// Most bytes without acknowledgement.
    pub bytes: usize,
    /// Greatest age of the oldest frame without acknowledgement, in ticks; past it frames are
    /// skipped.
    pub age_ticks: u32,
    /// The same age past which the client is too slow to stay, in ticks.
    pub stall_ticks: u32,
    /// Most events without acknowledgement; past it the client is too slow to stay.
    pub events: usize,
}

/// An acknowledgement of something that was never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("acknowledges frames or events that were never sent")]
pub struct AckError;

#[derive(Clone, Copy, Debug)]
struct InFlight {
    tick: Tick,
    bytes: u32,
}

/// What of a stream another process needs to go on with it, for a client that comes back there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct KeptFlow {
    /// Events without acknowledgement, as they were encoded, each with its tick.
    events: Vec<(Tick, Vec<u8>)>,
    /// How many of them were in a frame, whether or not it has arrived.
    sent_events: u32,
    acked_event: EventNumber,
    has_lost: bool,
}

/// One client's stream.
#[derive(Debug, Default)]
pub struct Flow {
    /// Tick of the last frame queued: the next one's baseline; `None` makes that one a keyframe.
    baseline: Option<Tick>,
    /// Number of the last frame queued.
    last_frame: FrameNumber,
    /// Frames without acknowledgement; the last one is `last_frame`.
    in_flight: VecDeque<InFlight>,
    bytes_in_flight: usize,
    /// Events without acknowledgement, the first `sent_events` of them already in a frame.
    events: VecDeque<EncodedEvent>,
    sent_events: usize,
    /// Number of the newest acknowledged event.
    acked_event: EventNumber,
    /// The client may have events that were sent before a crash, and which nobody knows any more.
    has_lost: bool,
    /// Number of the newest event of a moment that somebody waits for.
    marked_event: EventNumber,
}

impl Flow {
    /// A stream on which nothing was sent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tick at which the client stands once it has read everything queued.
    #[must_use]
    pub const fn baseline(&self) -> Option<Tick> {
        self.baseline
    }

    /// The stream was lost in a crash: the client, when it comes back, says which events it has.
    pub const fn begin_after_crash(&mut self) {
        self.has_lost = true;
    }

    /// What another process needs to go on with this stream.
    #[must_use]
    pub fn keep(&self) -> KeptFlow {
        let event = |event: &EncodedEvent| (event.tick, event.bytes.to_vec());
        KeptFlow {
            events: self.events.iter().map(event).collect(),
            sent_events: self.sent_events as u32,
            acked_event: self.acked_event,
            has_lost: self.has_lost,
        }
    }

    /// A stream that goes on where another one was kept: nothing is on the way. `None` for what no stream was
    /// ever kept as.
    #[must_use]
    pub fn go_on(kept: KeptFlow) -> Option<Self> {
        let KeptFlow { events, sent_events, acked_event, has_lost } = kept;
        let sent_events = sent_events as usize;
        if sent_events > events.len() {
            return None;
        }
        let known = |(tick, bytes): (Tick, Vec<u8>)| {
            let event = EncodedEvent { tick, bytes: bytes.into() };
            // In the only way that it is written: nothing is behind it.
            (EncodedEvent::new(tick, &event.event()?) == event).then_some(event)
        };
        let events = events.into_iter().map(known).collect::<Option<VecDeque<_>>>()?;
        Some(Self { events, sent_events, acked_event, has_lost, ..Self::default() })
    }

    /// The next frame has no baseline: it is a keyframe.
    pub const fn forget_baseline(&mut self) {
        self.baseline = None;
    }

    /// Whether a frame may be queued at `now`.
    #[must_use]
    pub fn is_open(&self, now: Tick, limits: &FlowLimits) -> bool {
        let may_wait = self.in_flight.len() < usize::from(limits.ack_every);
        self.in_flight.len() < limits.frames
            && self.bytes_in_flight < limits.bytes
            && (may_wait || self.age(now) <= limits.age_ticks)
    }

    /// Whether the client is too far behind to stay.
    #[must_use]
    pub fn is_stalled(&self, now: Tick, limits: &FlowLimits) -> bool {
        self.age(now) > limits.stall_ticks || self.events.len() > limits.events
    }

    fn age(&self, now: Tick) -> u32 {
        self.in_flight.front().map_or(0, |oldest| now.since(oldest.tick).max(0).cast_unsigned())
    }

    /// Keeps an event for the next frame.
    pub fn push_event(&mut self, event: EncodedEvent) {
        self.events.push_back(event);
    }

    /// Events for the next frame, and the number of the first.
    pub fn unsent_events(&mut self) -> (EventNumber, &[EncodedEvent]) {
        let first = self.acked_event.plus(self.sent_events as u32 + 1);
        (first, &self.events.make_contiguous()[self.sent_events..])
    }

    /// Remembers the newest event, for [`Flow::has_taken_marked`].
    pub fn mark_events(&mut self) {
        self.marked_event = self.acked_event.plus(self.events.len() as u32);
    }

    /// Whether all events up to the one that was marked have been acknowledged.
    #[must_use]
    pub const fn has_taken_marked(&self) -> bool {
        self.acked_event.since(self.marked_event) >= 0
    }

    /// Notes that a frame was queued, with all events that waited.
    pub fn handle_sent(&mut self, tick: Tick, bytes: usize) {
        self.baseline = Some(tick);
        self.last_frame = self.last_frame.next();
        // A frame is at most 1 MiB.
        self.in_flight.push_back(InFlight { tick, bytes: bytes as u32 });
        self.bytes_in_flight += bytes;
        self.sent_events = self.events.len();
    }

    /// The connection is lost: what was on the way is on the way no more.
    pub fn handle_lost(&mut self) {
        self.in_flight.clear();
        self.bytes_in_flight = 0;
    }

    /// Keeps at most so many events for a client that is away, the newest.
    pub fn bound_events(&mut self, most: usize) {
        let surplus = self.events.len().saturating_sub(most);
        self.events.drain(..surplus);
        self.acked_event = self.acked_event.plus(surplus as u32);
        self.sent_events = self.sent_events.saturating_sub(surplus);
    }

    /// Begins anew on another connection, for a client that has all events up to `event`: those after
    /// it are sent again. Returns how many of them are not there any more.
    ///
    /// # Errors
    /// [`AckError`] when it names what was never sent; nothing has changed then.
    pub fn resume(&mut self, event: EventNumber) -> Result<u32, AckError> {
        if std::mem::take(&mut self.has_lost) {
            // Events are numbered on from there.
            self.acked_event = event;
        }
        let new_events = event.since(self.acked_event);
        if new_events > self.sent_events as i32 {
            return Err(AckError);
        }
        if new_events > 0 {
            self.events.drain(..new_events.cast_unsigned() as usize);
            self.acked_event = event;
        }
        self.handle_lost();
        self.baseline = None;
        self.last_frame = FrameNumber(0);
        self.sent_events = 0;
        Ok(new_events.min(0).unsigned_abs())
    }

    /// Takes in an acknowledgement and returns the tick of the frame that it names, unless that was
    /// acknowledged before. Older ones than the newest are harmless.
    ///
    /// # Errors
    /// [`AckError`] when it names what was never sent.
    pub fn handle_ack(&mut self, ack: Ack) -> Result<Option<Tick>, AckError> {
        let unacked = self.last_frame.since(ack.frame);
        let new_events = ack.event.since(self.acked_event);
        if unacked < 0 || new_events > self.sent_events as i32 {
            return Err(AckError);
        }
        let mut newest = None;
        while self.in_flight.len() > unacked.cast_unsigned() as usize {
            let Some(frame) = self.in_flight.pop_front() else { break };
            self.bytes_in_flight -= frame.bytes as usize;
            newest = Some(frame.tick);
        }
        if new_events > 0 {
            self.events.drain(..new_events.cast_unsigned() as usize);
            self.sent_events -= new_events.cast_unsigned() as usize;
            self.acked_event = ack.event;
        }
        if self.events.is_empty() {
            // A crowd that came in is many events once; as a rule there are few, and no memory is kept.
            self.events = VecDeque::new();
        }
        Ok(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::ids::PlayerId;
    use tickwire_protocol::message::Event;

    const LIMITS: FlowLimits = FlowLimits {
        ack_every: 2,
        frames: 3,
        bytes: 1000,
        age_ticks: 10,
        stall_ticks: 20,
        events: 2,
    };

    fn ack(frame: u32, event: u32) -> Ack {
        Ack { frame: FrameNumber(frame), event: EventNumber(event) }
    }

    fn event(tick: u32) -> EncodedEvent {
        EncodedEvent::new(Tick(tick), &Event::Left { player: PlayerId(1) })
    }

    #[test]
    fn the_window_closes_by_frames_bytes_and_age_and_opens_by_acknowledgement() {
        let mut flow = Flow::new();
        for tick in 1..=3 {
            assert!(flow.is_open(Tick(tick), &LIMITS));
            flow.handle_sent(Tick(tick), 100);
        }
        assert!(!flow.is_open(Tick(4), &LIMITS));
        flow.handle_ack(ack(1, 0)).unwrap();
        assert!(flow.is_open(Tick(4), &LIMITS));
        assert!(!flow.is_open(Tick(13), &LIMITS), "frame of tick 2 is too old");
        assert_eq!(
            flow.handle_ack(ack(3, 0)),
            Ok(Some(Tick(3))),
            "of those acknowledged the newest"
        );
        assert!(flow.is_open(Tick(13), &LIMITS));
        flow.handle_sent(Tick(13), 1000);
        assert!(!flow.is_open(Tick(13), &LIMITS));
        assert!(!flow.is_stalled(Tick(33), &LIMITS));
        assert!(flow.is_stalled(Tick(34), &LIMITS));
        assert_eq!(flow.baseline(), Some(Tick(13)));
    }

    #[test]
    fn age_alone_never_closes_the_window_for_good() {
        let mut flow = Flow::new();
        flow.handle_sent(Tick(1), 10);
        assert!(flow.is_open(Tick(15), &LIMITS), "the client need not have said anything yet");
        flow.handle_sent(Tick(15), 10);
        assert!(!flow.is_open(Tick(16), &LIMITS), "now it must");
    }

    #[test]
    fn acknowledging_what_was_never_sent_is_an_error() {
        let mut flow = Flow::new();
        flow.push_event(event(1));
        assert_eq!(flow.handle_ack(ack(0, 1)), Err(AckError), "the event was not sent yet");
        flow.handle_sent(Tick(1), 10);
        assert_eq!(flow.handle_ack(ack(2, 0)), Err(AckError));
        assert_eq!(flow.handle_ack(ack(1, 2)), Err(AckError));
        assert_eq!(flow.handle_ack(ack(1, 1)), Ok(Some(Tick(1))));
        assert_eq!(flow.handle_ack(ack(0, 0)), Ok(None), "an old one changes nothing");
    }

    #[test]
    fn a_stream_goes_on_where_its_events_were() {
        let mut flow = Flow::new();
        for tick in 1..=4 {
            flow.push_event(event(tick));
        }
        flow.handle_sent(Tick(4), 100);
        flow.handle_ack(ack(1, 1)).unwrap();
        flow.push_event(event(5));
        flow.handle_lost();
        assert!(!flow.is_stalled(Tick(1000), &FlowLimits { events: 99, ..LIMITS }));
        assert_eq!(flow.resume(EventNumber(5)), Err(AckError), "it was never sent");
        assert_eq!(flow.resume(EventNumber(3)), Ok(0));
        assert_eq!(flow.baseline(), None);
        assert_eq!(flow.unsent_events(), (EventNumber(4), &[event(4), event(5)][..]));
        flow.handle_sent(Tick(9), 100);
        assert_eq!(flow.handle_ack(ack(2, 5)), Err(AckError), "frames begin anew");
        assert_eq!(flow.handle_ack(ack(1, 5)), Ok(Some(Tick(9))));
    }

    #[test]
    fn who_is_away_for_long_is_told_what_was_lost() {
        let mut flow = Flow::new();
        for tick in 1..=3 {
            flow.push_event(event(tick));
        }
        flow.handle_sent(Tick(3), 100);
        flow.handle_lost();
        for tick in 4..=9 {
            flow.push_event(event(tick));
            flow.bound_events(2);
        }
        assert_eq!(flow.resume(EventNumber(2)), Ok(5), "3 to 7");
        assert_eq!(flow.unsent_events(), (EventNumber(8), &[event(8), event(9)][..]));
    }

    #[test]
    fn a_kept_stream_goes_on_where_it_was() {
        let mut flow = Flow::new();
        for tick in 1..=3 {
            flow.push_event(event(tick));
        }
        flow.handle_sent(Tick(3), 100);
        flow.handle_ack(ack(1, 1)).unwrap();
        flow.push_event(event(4));
        let mut other = Flow::go_on(flow.keep()).unwrap();
        assert!(other.is_open(Tick(1000), &LIMITS), "nothing is on the way");
        assert_eq!(other.resume(EventNumber(4)), Err(AckError), "it was never sent");
        assert_eq!(other.resume(EventNumber(2)), Ok(0));
        assert_eq!(other.unsent_events(), (EventNumber(3), &[event(3), event(4)][..]));
        let kept = flow.keep();
        assert_eq!(Flow::go_on(KeptFlow { sent_events: 4, ..kept.clone() }).map(drop), None);
        let mut longer = kept.clone();
        longer.events[0].1.push(0);
        assert_eq!(Flow::go_on(longer).map(drop), None, "more than an event");
        let events = vec![(Tick(1), Vec::new())];
        assert_eq!(Flow::go_on(KeptFlow { events, sent_events: 0, ..kept }).map(drop), None);
    }

    #[test]
    fn a_moment_is_taken_in_when_its_events_are() {
        let mut flow = Flow::new();
        assert!(flow.has_taken_marked());
        flow.push_event(event(1));
        flow.push_event(event(1));
        flow.mark_events();
        flow.handle_sent(Tick(1), 10);
        flow.push_event(event(2));
        flow.handle_ack(ack(1, 1)).unwrap();
        assert!(!flow.has_taken_marked());
        flow.handle_ack(ack(1, 2)).unwrap();
        assert!(flow.has_taken_marked(), "the later one does not count");
    }

    #[test]
    fn events_are_numbered_sent_once_and_kept_until_acknowledged() {
        let mut flow = Flow::new();
        flow.push_event(event(1));
        flow.push_event(event(2));
        let (first, events) = flow.unsent_events();
        assert_eq!((first, events.len()), (EventNumber(1), 2));
        flow.handle_sent(Tick(2), 10);
        assert_eq!(flow.unsent_events().1.len(), 0);
        flow.push_event(event(3));
        assert_eq!(flow.unsent_events().0, EventNumber(3));
        assert!(flow.is_stalled(Tick(3), &LIMITS), "three events are beyond the bound");
        flow.handle_ack(ack(1, 2)).unwrap();
        assert!(!flow.is_stalled(Tick(3), &LIMITS));
        let (first, events) = flow.unsent_events();
        assert_eq!((first, events), (EventNumber(3), &[event(3)][..]));
    }
}
