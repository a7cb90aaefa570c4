//! How long an input takes until an update shows it: a measure that works for every peer, since it needs
//! nothing of the protocol but where the client's own body is.
//!
//! A body goes straight on until an input turns it. The first update in which it has moved more in the
//! new direction than in the old one is the one that shows the input. Positions are as each peer sends
//! them; a body moves several units a tick, far more than any of them rounds off.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Turns by less than about 30° are not looked for: the cosine.
const STRAIGHT_ON: f64 = 0.866;
/// So near to an edge of the world, in units, a body may be stopped by it: more than a tick's way.
const EDGE: f64 = 10.0;
/// A turn that has not been seen for so long is given up: an edge, or a server that left it out.
const PATIENCE: Duration = Duration::from_secs(5);

type Pair = [f64; 2];

/// Watches one body.
#[derive(Clone, Debug)]
pub struct Probe {
    world: Pair,
    velocity: Pair,
    position: Option<Pair>,
    /// Turns that were sent and not yet seen.
    turns: VecDeque<Turn>,
}

#[derive(Clone, Copy, Debug)]
struct Turn {
    sent: Instant,
    before: Pair,
    after: Pair,
}

impl Probe {
    /// One for a body in a world of these sides, in units.
    #[must_use]
    pub const fn new(world: Pair) -> Self {
        Self { world, velocity: [0.0; 2], position: None, turns: VecDeque::new() }
    }

    /// An input was sent.
    pub fn handle_sent(&mut self, velocity: Pair, now: Instant) {
        let before = std::mem::replace(&mut self.velocity, velocity);
        let both = length(before) * length(velocity);
        if both > 0.0 && dot(before, velocity) < STRAIGHT_ON * both {
            self.turns.push_back(Turn { sent: now, before, after: velocity });
        }
    }

    /// An update has arrived; says how long the input took that it shows first, if it shows one.
    pub fn handle_position(&mut self, position: Pair, now: Instant) -> Option<Duration> {
        let last = self.position.replace(position)?;
        let is_inside = |at: Pair| {
            at.iter().zip(self.world).all(|(&at, side)| (EDGE..side - EDGE).contains(&at))
        };
        if !is_inside(position) {
            self.turns.clear();
            return None;
        }
        let turn = *self.turns.front()?;
        let moved = [position[0] - last[0], position[1] - last[1]];
        let along = |direction: Pair| dot(moved, direction) / length(direction);
        let age = now.saturating_duration_since(turn.sent);
        if along(turn.after) > along(turn.before) {
            self.turns.pop_front();
            return Some(age);
        }
        if age > PATIENCE {
            self.turns.pop_front();
        }
        None
    }
}

fn dot(one: Pair, other: Pair) -> f64 {
    one[0] * other[0] + one[1] * other[1]
}

fn length(pair: Pair) -> f64 {
    pair[0].hypot(pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(33);

    /// A body that obeys `delay` ticks late, and what its probe says of the turns.
    fn latencies(start: Pair, velocities: &[Pair], delay: usize) -> Vec<(usize, Duration)> {
        let (begun, mut probe, mut position) = (Instant::now(), Probe::new([4000.0; 2]), start);
        let mut seen = Vec::new();
        for (tick, &velocity) in velocities.iter().enumerate() {
            let now = begun + TICK * tick as u32;
            probe.handle_sent(velocity, now);
            let obeyed = tick.checked_sub(delay).map_or([0.0; 2], |tick| velocities[tick]);
            position = std::array::from_fn(|axis| {
                (position[axis] + obeyed[axis] / 30.0).clamp(0.0, 4000.0)
            });
            // As the coarsest peer sends it.
            let sent = position.map(|at| (at / 4000.0 * 65_535.0).floor() / 65_535.0 * 4000.0);
            seen.extend(probe.handle_position(sent, now).map(|latency| (tick, latency)));
        }
        seen
    }

    fn route(legs: &[(Pair, usize)]) -> Vec<Pair> {
        legs.iter().flat_map(|&(velocity, ticks)| vec![velocity; ticks]).collect()
    }

    #[test]
    fn a_turn_is_seen_in_the_first_update_that_shows_it() {
        let route = route(&[([127.0, 0.0], 10), ([0.0, -127.0], 8), ([90.0, 90.0], 10)]);
        for delay in 0..7 {
            let late = TICK * delay as u32;
            let expected = [(10 + delay, late), (18 + delay, late)];
            assert_eq!(latencies([2000.0; 2], &route, delay), expected);
        }
    }

    #[test]
    fn going_nearly_straight_on_is_not_a_turn() {
        let route = route(&[([127.0, 0.0], 5), ([110.0, 63.0], 5), ([127.0, 5.0], 5)]);
        assert_eq!(latencies([2000.0; 2], &route, 2), []);
    }

    #[test]
    fn an_edge_is_not_a_turn() {
        let route = route(&[([120.0, 40.0], 10), ([-40.0, 120.0], 5)]);
        assert_eq!(latencies([3998.0, 2000.0], &route, 6), []);
    }
}
