//! A simulated network: how long what is sent on one connection takes to arrive. Pure: time is passed
//! in, and a seed decides what is random; `delayed` does the waiting.
//!
//! ```text
//! sent ──┬─ half the latency ± half the jitter ─┬─ not before what was sent earlier ─┬─→ arrives
//!        │ (uniform; each message, each way)    │ (TCP keeps the order)              │
//!        └──────────────────────────────────────┴─ in a stall: at its end ───────────┘
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg32;
use thiserror::Error;

/// A way to the other side of the planet and back, by satellites, takes less.
pub const LONGEST_LATENCY: Duration = Duration::from_secs(10);
/// A larger share of stalls is no connection.
pub const LARGEST_STALL: f64 = 0.5;
/// Lengths of stalls, in seconds: TCP sends a lost packet again after 200 ms at the least.
const STALL_SECONDS: [f64; 2] = [0.2, 0.5];

/// What a network does to a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Net {
    /// Round trip: half of it each way.
    latency: Duration,
    /// A round trip takes up to this much more or less; at most the latency.
    jitter: Duration,
    /// Share of time, 0 to [`LARGEST_STALL`], in which nothing is delivered, either way.
    stall: f64,
}

/// Why a text describes no network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseNetError {
    /// Something other than `name=value`.
    #[error("{0:?} is not name=value; write it as latency=80ms,jitter=20ms,stall=2%")]
    NoPair(String),
    /// A name that is none of them.
    #[error("{0:?} is none of latency, jitter and stall")]
    Unknown(String),
    /// The same name twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// No duration, or one out of range.
    #[error(
        "{name}={value}: a duration from 0ms to {} is allowed, such as 80ms",
        humantime::format_duration(LONGEST_LATENCY)
    )]
    Duration {
        /// Whose value it is.
        name: &'static str,
        /// The value.
        value: String,
    },
    /// No share, or one out of range.
    #[error("stall={value}: 0% to {}% of the time is allowed, such as 2%", LARGEST_STALL * 100.0)]
    Stall {
        /// The value.
        value: String,
    },
    /// A way would take less than no time.
    #[error("jitter is at most the latency, which it takes away from as well as it adds to it")]
    Jitter,
}

impl FromStr for Net {
    type Err = ParseNetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut latency, mut jitter, mut stall) = (None, None, None);
        for part in text.split(',') {
            let (name, value) = part
                .split_once('=')
                .map(|(name, value)| (name.trim(), value.trim()))
                .ok_or_else(|| ParseNetError::NoPair(part.to_owned()))?;
            let is_twice = match name {
                "latency" => latency.replace(parse_duration("latency", value)?).is_some(),
                "jitter" => jitter.replace(parse_duration("jitter", value)?).is_some(),
                "stall" => stall.replace(parse_share(value)?).is_some(),
                _ => return Err(ParseNetError::Unknown(name.to_owned())),
            };
            if is_twice {
                let names = ["latency", "jitter", "stall"];
                let name = names.into_iter().find(|known| *known == name).unwrap_or_default();
                return Err(ParseNetError::Twice(name));
            }
        }
        let net = Self {
            latency: latency.unwrap_or_default(),
            jitter: jitter.unwrap_or_default(),
            stall: stall.unwrap_or_default(),
        };
        if net.jitter > net.latency { Err(ParseNetError::Jitter) } else { Ok(net) }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [latency, jitter] = [self.latency, self.jitter].map(humantime::format_duration);
        write!(f, "latency={latency},jitter={jitter},stall={}%", self.stall * 100.0)
    }
}

fn parse_duration(name: &'static str, value: &str) -> Result<Duration, ParseNetError> {
    humantime::parse_duration(value)
        .ok()
        .filter(|duration| *duration <= LONGEST_LATENCY)
        .ok_or_else(|| ParseNetError::Duration { name, value: value.to_owned() })
}

fn parse_share(value: &str) -> Result<f64, ParseNetError> {
    let percent = value.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    percent
        .map(|percent| percent / 100.0)
        // A NaN is in no range.
        .filter(|share| (0.0..=LARGEST_STALL).contains(share))
        .ok_or_else(|| ParseNetError::Stall { value: value.to_owned() })
}

/// A way of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Incoming,
    Outgoing,
}

/// The network of one connection. Times are those since it began, and never go back.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    net: Net,
    incoming: Way,
    outgoing: Way,
    /// Those that may still matter, begin and end, in order.
    stalls: VecDeque<(Duration, Duration)>,
    /// Decides on stalls alone, so that they do not depend on what is sent.
    stalling: Pcg32,
    /// The end of the last stall that was decided on.
    decided: Duration,
}

#[derive(Clone, Debug)]
struct Way {
    jitter: Pcg32,
    /// The last arrival.
    last: Duration,
}

impl Link {
    pub(crate) fn new(net: Net, seed: u64) -> Self {
        let [incoming, outgoing, stalling] =
            [1, 2, 3].map(|stream| Pcg32::new(seed.wrapping_mul(4) + stream, seed));
        let way = |jitter| Way { jitter, last: Duration::ZERO };
        Self {
            net,
            incoming: way(incoming),
            outgoing: way(outgoing),
            stalls: VecDeque::new(),
            stalling,
            decided: Duration::ZERO,
        }
    }

    /// When what is sent now arrives.
    pub(crate) fn arrival(&mut self, direction: Direction, now: Duration) -> Duration {
        let way = match direction {
            Direction::Incoming => &mut self.incoming,
            Direction::Outgoing => &mut self.outgoing,
        };
        let lasts = self.net.latency.as_secs_f64()
            + self.net.jitter.as_secs_f64() * way.jitter.random_range(-1.0..=1.0);
        let earliest = (now + Duration::from_secs_f64(lasts.max(0.0) / 2.0)).max(way.last);
        way.last = earliest;
        let arrival = self.after_stall(earliest, now);
        match direction {
            Direction::Incoming => self.incoming.last = arrival,
            Direction::Outgoing => self.outgoing.last = arrival,
        }
        arrival
    }

    /// This time, or the end of the stall that it falls into.
    fn after_stall(&mut self, time: Duration, now: Duration) -> Duration {
        if self.net.stall <= 0.0 {
            return time;
        }
        while self.stalls.back().is_none_or(|&(begin, _)| begin <= time) {
            let stall = self.next_stall();
            self.stalls.push_back(stall);
        }
        // Nothing arrives before it is sent.
        while self.stalls.front().is_some_and(|&(_, end)| end < now) {
            self.stalls.pop_front();
        }
        let stall = self.stalls.iter().find(|&&(begin, end)| (begin..end).contains(&time));
        stall.map_or(time, |&(_, end)| end)
    }

    /// Pauses between stalls are memoryless, and as long on average as the share asks for.
    fn next_stall(&mut self) -> (Duration, Duration) {
        let [shortest, longest] = STALL_SECONDS;
        let share = self.net.stall;
        let mean_pause = f64::midpoint(shortest, longest) * (1.0 - share) / share;
        let chance: f64 = self.stalling.random_range(0.0..1.0);
        let begin = self.decided + Duration::from_secs_f64(-mean_pause * (1.0 - chance).ln());
        let end = begin + Duration::from_secs_f64(self.stalling.random_range(shortest..=longest));
        self.decided = end;
        (begin, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn link(text: &str, seed: u64) -> Link {
        Link::new(text.parse().unwrap(), seed)
    }

    #[test]
    fn a_network_is_read_from_pairs_in_any_order() {
        let net = Net { latency: ms(80), jitter: ms(20), stall: 0.02 };
        assert_eq!("latency=80ms,jitter=20ms,stall=2%".parse(), Ok(net));
        assert_eq!(net.to_string(), "latency=80ms,jitter=20ms,stall=2%");
        assert_eq!("stall=2%, jitter=20ms, latency=80ms".parse(), Ok(net));
        assert_eq!("stall=0.5%".parse(), Ok(Net { stall: 0.005, ..Net::default() }));
    }

    #[test]
    fn what_is_no_network_says_why() {
        for (text, words) in [
            ("", "name=value"),
            ("80ms", "\"80ms\" is not name=value"),
            ("loss=2%", "\"loss\" is none of latency, jitter and stall"),
            ("latency=80", "latency=80: a duration from 0ms to 10s"),
            ("latency=11s", "latency=11s"),
            ("latency=-1ms", "latency=-1ms"),
            ("stall=2", "stall=2: 0% to 50%"),
            ("stall=51%", "stall=51%"),
            ("stall=NaN%", "stall=NaN%"),
            ("latency=1ms,latency=2ms", "latency is given twice"),
            ("latency=10ms,jitter=11ms", "jitter is at most the latency"),
        ] {
            let error = text.parse::<Net>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn half_the_latency_goes_each_way() {
        let mut link = link("latency=80ms", 1);
        for direction in [Direction::Incoming, Direction::Outgoing] {
            assert_eq!(link.arrival(direction, ms(1000)), ms(1040));
        }
    }

    proptest! {
        #[test]
        fn a_way_takes_half_the_latency_and_jitter_and_keeps_the_order(seed: u64) {
            let mut link = link("latency=80ms,jitter=20ms", seed);
            let (mut last, mut ways) = (Duration::ZERO, Vec::new());
            for number in 0..1000 {
                let sent = ms(number * 5);
                let arrival = link.arrival(Direction::Incoming, sent);
                prop_assert!(arrival >= last);
                last = arrival;
                let way = (arrival - sent).as_secs_f64();
                prop_assert!((0.03..=0.05).contains(&way), "{}", way);
                ways.push(way);
            }
            let mean = ways.iter().sum::<f64>() / 1000.0;
            // Those that wait for an earlier one are late.
            prop_assert!((0.0395..0.046).contains(&mean), "{}", mean);
            prop_assert!(ways.iter().any(|way| *way < 0.033));
        }
    }

    #[test]
    fn nothing_arrives_in_a_stall_and_stalls_take_their_share() {
        const MESSAGES: u64 = 400_000;
        for seed in 0..8 {
            let mut link = link("latency=10ms,stall=10%", seed);
            let mut held_up = 0;
            for number in 0..MESSAGES {
                let ways = [Direction::Incoming, Direction::Outgoing];
                let sent = ms(number * 5);
                let delay = link.arrival(ways[number as usize % 2], sent) - sent;
                assert!(delay >= ms(5) && delay <= ms(5 + 500), "seed {seed}: {delay:?}");
                held_up += u64::from(delay > ms(5));
            }
            let share = held_up as f64 / MESSAGES as f64;
            assert!((0.08..0.12).contains(&share), "seed {seed}: {share}");
            assert!(link.stalls.len() < 5);
        }
    }

    #[test]
    fn the_same_seed_stalls_alike_whatever_is_sent() {
        let stalls = |period, seed| {
            let mut link = link("latency=10ms,stall=10%", seed);
            let mut ends = Vec::new();
            for sent in (0..100_000).step_by(period) {
                let arrival = link.arrival(Direction::Outgoing, ms(sent));
                if arrival - ms(sent) > ms(5) && ends.last() != Some(&arrival) {
                    ends.push(arrival);
                }
            }
            ends
        };
        assert_eq!(stalls(5, 7), stalls(20, 7));
        assert_ne!(stalls(5, 7), stalls(5, 8));
    }
}
