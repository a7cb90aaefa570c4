//! How old a view an input may claim: what a client says, held against what the room knows.
//!
//! What a client shows of others is behind the tick at which its input takes effect by as long as the
//! input was there before (which the room knows exactly), the round trip (which acknowledgements show), and what
//! the client holds back to show motion without steps (a send interval and what arrivals vary by).
//! A claim above that bound is not cut to it but judged without the allowance for variation, so an
//! exaggeration gains nothing. A client that holds its acknowledgements back cannot be told from one
//! with a long way to the server: the game's limit is all that bounds it.

use std::time::Duration;

use tickwire_protocol::message::ViewAge;

/// Acknowledgements that a round trip is taken from: two seconds' worth at the usual rates.
const SAMPLES: usize = 16;
/// Of these, the longest that say nothing of how the way varies: some clients acknowledge a frame
/// late, when there was nothing else to say.
const OUTLIERS: usize = 2;
/// Variation that every client is allowed: frames of a display, timers, ticks that were late. In ms.
const LEAST_ALLOWANCE_MS: i64 = 25;
/// Most variation that a client is allowed, in ms: acknowledgements can be made to vary.
const MOST_ALLOWANCE_MS: i64 = 120;

/// The round trips of a client's newest acknowledgements: from when a frame's tick was due until the
/// frame was acknowledged.
#[derive(Clone, Debug, Default)]
pub struct RoundTrips {
    /// In ms; a ring of which `count` are in use.
    samples: [u16; SAMPLES],
    next: u8,
    count: u8,
}

/// How a client is sent the state, and how far back the game can look.
#[derive(Clone, Copy, Debug)]
pub struct ViewAgeLimits {
    /// The oldest view that is granted; zero grants none.
    pub most: Duration,
    /// Ticks from one state frame to the next.
    pub send_every: u8,
    /// Ticks per second.
    pub tick_rate_hz: u16,
}

/// What is held against the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The age that the client told.
    pub view_age: ViewAge,
    /// How long before the tick at which it takes effect was due the input arrived, in ms. Of that
    /// tick and not of the one that it named, which a client may choose as it likes.
    pub early_ms: i64,
    /// Ticks from the one that the input named to the one at which it takes effect.
    pub late_ticks: u32,
}

impl RoundTrips {
    /// Takes in one more.
    pub fn record(&mut self, round_trip: Duration) {
        let ms = u16::try_from(round_trip.as_millis()).unwrap_or(u16::MAX);
        self.samples[usize::from(self.next)] = ms;
        self.next = (self.next + 1) % SAMPLES as u8;
        self.count = (self.count + 1).min(SAMPLES as u8);
    }

    /// The shortest, in ms, and how much longer those are that are not outliers; both 0 while nothing
    /// was acknowledged.
    #[must_use]
    pub fn shortest_and_spread_ms(&self) -> (u16, u16) {
        let mut samples = self.samples;
        let samples = &mut samples[..usize::from(self.count)];
        samples.sort_unstable();
        let usual = samples.len().saturating_sub(OUTLIERS + 1);
        match (samples.first(), samples.get(usual)) {
            (Some(&shortest), Some(&usual)) => (shortest, usual - shortest),
            _ => (0, 0),
        }
    }
}

impl ViewAgeLimits {
    /// The age, behind the tick at which the input takes effect, that a game may go by.
    #[must_use]
    pub fn grant(&self, claim: Claim, round_trips: &RoundTrips) -> ViewAge {
        if claim.view_age == ViewAge::UNTOLD || self.most.is_zero() {
            return ViewAge::UNTOLD;
        }
        let late = i64::from(claim.late_ticks) * i64::from(ViewAge::PER_TICK);
        let claimed = i64::from(claim.view_age.0) + late;
        let (shortest, spread) = round_trips.shortest_and_spread_ms();
        let interval = i64::from(self.send_every) * i64::from(ViewAge::PER_TICK);
        let allowance_ms = (LEAST_ALLOWANCE_MS + i64::from(spread) * 3 / 2).min(MOST_ALLOWANCE_MS);
        let usual = self.steps(claim.early_ms + i64::from(shortest)) + interval;
        let granted = if claimed <= usual + self.steps(allowance_ms) { claimed } else { usual };
        let most = self.steps(i64::try_from(self.most.as_millis()).unwrap_or(i64::MAX));
        ViewAge(granted.clamp(0, most).try_into().unwrap_or(u16::MAX))
    }

    /// A number of milliseconds in the steps of an age.
    fn steps(&self, ms: i64) -> i64 {
        let per_second = i64::from(self.tick_rate_hz) * i64::from(ViewAge::PER_TICK);
        ms.saturating_mul(per_second) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ViewAgeLimits =
        ViewAgeLimits { most: Duration::from_millis(400), send_every: 1, tick_rate_hz: 30 };

    fn steps(ms: u32) -> u16 {
        (ms * 30 * 16 / 1000) as u16
    }

    fn trips(ms: impl IntoIterator<Item = u64>) -> RoundTrips {
        let mut trips = RoundTrips::default();
        ms.into_iter().for_each(|ms| trips.record(Duration::from_millis(ms)));
        trips
    }

    /// What is granted to an age in ms, of an input that was 20 ms early.
    fn granted(claimed_ms: u32, trips: &RoundTrips) -> u16 {
        let claim = Claim { view_age: ViewAge(steps(claimed_ms)), early_ms: 20, late_ticks: 0 };
        LIMITS.grant(claim, trips).0
    }

    #[test]
    fn an_honest_age_is_granted_as_it_is() {
        let steady = trips([150; 20]);
        for honest in [20, 100, 203, 225] {
            assert_eq!(granted(honest, &steady), steps(honest), "{honest} ms");
        }
        // Of a way that varies by 60 ms the client shows others so much later.
        let varying = trips((0..16).map(|sample| 120 + sample % 8 * 60 / 7));
        assert_eq!(granted(20 + 150 + 34 + 60, &varying), steps(264));
    }

    #[test]
    fn an_age_that_it_cannot_have_is_judged_as_the_usual_one() {
        let steady = trips([150; 20]);
        let usual = steps(20 + 150 + 34);
        for claimed in [235, 300, 400, 100_000] {
            assert_eq!(granted(claimed, &steady), usual, "{claimed} ms");
        }
        let worst = Claim { view_age: ViewAge(u16::MAX), early_ms: 20, late_ticks: 0 };
        assert_eq!(LIMITS.grant(worst, &steady).0, usual);
        // Acknowledgements that are made to vary gain no more than the most that is allowed.
        let made = trips((0..16).map(|sample| 150 + sample % 2 * 5000));
        assert_eq!(granted(20 + 150 + 34 + 125, &made), usual);
    }

    #[test]
    fn nothing_is_granted_beyond_what_the_game_can_look_back() {
        let far = trips([600; 16]);
        assert_eq!(granted(650, &far), steps(400));
        assert_eq!(granted(5000, &far), steps(400));
        let never = ViewAgeLimits { most: Duration::ZERO, ..LIMITS };
        let claim = Claim { view_age: ViewAge(40), early_ms: 900, late_ticks: 0 };
        assert_eq!(never.grant(claim, &far), ViewAge::UNTOLD);
    }

    #[test]
    fn before_the_first_acknowledgement_there_is_no_round_trip() {
        assert_eq!(granted(75, &RoundTrips::default()), steps(75));
        assert_eq!(granted(90, &RoundTrips::default()), steps(54));
        assert_eq!(granted(0, &RoundTrips::default()), 0, "not told");
    }

    #[test]
    fn a_late_input_sees_further_back_from_the_tick_at_which_it_takes_effect() {
        let steady = trips([150; 16]);
        // It named a tick that was due 50 ms before it came, and takes effect two ticks after that.
        let claim = Claim { view_age: ViewAge(steps(130)), early_ms: 16, late_ticks: 2 };
        assert_eq!(LIMITS.grant(claim, &steady).0, steps(130) + 32);
    }

    #[test]
    fn naming_a_tick_long_past_gains_nothing() {
        let near = trips([4; 16]);
        let usual = steps(16 + 4) + 16;
        for late_ticks in [10, 60, 200_000, u32::MAX] {
            let claim = Claim { view_age: ViewAge(1), early_ms: 16, late_ticks };
            assert_eq!(LIMITS.grant(claim, &near).0, usual, "{late_ticks} ticks late");
        }
        let after_all = Claim { view_age: ViewAge(90), early_ms: i64::MIN / 4, late_ticks: 0 };
        assert_eq!(LIMITS.grant(after_all, &near), ViewAge(0));
    }

    #[test]
    fn round_trips_are_of_the_newest_acknowledgements() {
        assert_eq!(RoundTrips::default().shortest_and_spread_ms(), (0, 0));
        assert_eq!(trips([90]).shortest_and_spread_ms(), (90, 0));
        let moved = trips([10; 16].into_iter().chain((0..16).map(|sample| 200 + sample)));
        assert_eq!(moved.shortest_and_spread_ms(), (200, 13));
        assert_eq!(trips([1 << 40]).shortest_and_spread_ms(), (u16::MAX, 0));
    }
}
