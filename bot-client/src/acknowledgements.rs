//! When frames are to be acknowledged. Pure: time is passed in; the
//! [`connection`](crate::connection) does the sending.

use std::time::{Duration, Instant};

use tickwire_protocol::message::Welcome;

/// A frame is acknowledged at the latest when it was received so long ago: well within the second that
/// the protocol allows, as a connection looks only now and then, and the way takes time too.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What one connection has received and not yet acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledgements {
    /// Frames after which one is due.
    every: u32,
    /// Frames that have none.
    waiting: u32,
    /// When the oldest of them was received.
    oldest: Option<Instant>,
    /// Whether one is due however few they are.
    is_urgent: bool,
    /// Whether the next frame makes it so.
    is_next_urgent: bool,
}

impl Acknowledgements {
    /// Those of a connection that begins with this welcome.
    pub(crate) fn new(welcome: &Welcome) -> Self {
        Self {
            every: u32::from(welcome.ack_every),
            waiting: 0,
            oldest: None,
            is_urgent: false,
            // The first one of a connection that resumes another tells the server that the newest
            // token has arrived, and that it may forget the one before.
            is_next_urgent: welcome.resumed.is_some(),
        }
    }

    /// A frame was received.
    pub(crate) fn handle_frame(&mut self, has_events: bool, now: Instant) {
        self.waiting = self.waiting.saturating_add(1);
        self.oldest.get_or_insert(now);
        // The server keeps events until then.
        self.is_urgent |= has_events || self.is_next_urgent;
        self.is_next_urgent = false;
    }

    /// Everything was acknowledged.
    pub(crate) const fn handle_sent(&mut self) {
        (self.waiting, self.oldest, self.is_urgent) = (0, None, false);
    }

    /// Whether one is to be sent now.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let Some(oldest) = self.oldest else { return false };
        self.is_urgent
            || self.waiting >= self.every
            || now.saturating_duration_since(oldest) >= LONGEST_WAIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::ids::{PlayerId, Tick};
    use tickwire_protocol::message::Resumed;
    use tickwire_protocol::schema::Schema;
    use tickwire_protocol::watch::GridSize;

    fn welcome(ack_every: u16) -> Welcome {
        Welcome {
            room: String::new(),
            player: PlayerId(1),
            spectator: false,
            tick: Tick(0),
            room_time_us: 0,
            tick_rate_hz: 30,
            send_every: 1,
            heartbeat_interval_ms: 5000,
            heartbeat_timeout_ms: 15_000,
            ack_every,
            hash_every: 0,
            grid: GridSize::SINGLE,
            resume_token: String::new(),
            resume_window_ms: 0,
            resumed: None,
            roster: Vec::new(),
            schema: Schema::new("none"),
        }
    }

    #[test]
    fn one_is_due_after_so_many_frames() {
        let now = Instant::now();
        for every in [1, 8] {
            let mut acks = Acknowledgements::new(&welcome(every));
            for _ in 0..3 {
                for _ in 0..every {
                    assert!(!acks.is_due(now));
                    acks.handle_frame(false, now);
                }
                assert!(acks.is_due(now));
                acks.handle_sent();
            }
        }
    }

    #[test]
    fn one_is_due_at_once_for_events() {
        let now = Instant::now();
        let mut acks = Acknowledgements::new(&welcome(8));
        acks.handle_frame(true, now);
        // As long as it was not sent, whatever comes after.
        acks.handle_frame(false, now);
        assert!(acks.is_due(now));
        acks.handle_sent();
        acks.handle_frame(false, now);
        assert!(!acks.is_due(now));
    }

    #[test]
    fn one_is_due_within_a_second_of_the_oldest_frame() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let mut acks = Acknowledgements::new(&welcome(8));
        assert!(!acks.is_due(at(9000)), "nothing came");
        acks.handle_frame(false, at(9000));
        acks.handle_frame(false, at(9450));
        assert!(!acks.is_due(at(9450)));
        assert!(acks.is_due(at(9500)));
        acks.handle_sent();
        assert!(!acks.is_due(at(20_000)), "nothing came since");
    }

    #[test]
    fn one_is_due_with_the_first_frame_after_a_resume() {
        let now = Instant::now();
        let resumed = Some(Resumed { lost_events: 0 });
        let mut acks = Acknowledgements::new(&Welcome { resumed, ..welcome(8) });
        assert!(!acks.is_due(now));
        for is_first in [true, false] {
            acks.handle_frame(false, now);
            assert_eq!(acks.is_due(now), is_first);
            acks.handle_sent();
        }
    }
}
