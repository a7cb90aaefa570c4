//! Movement as it looks through a stream that repeats its samples.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Movement;

/// When things are seen anew; in between they seem to stand still.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hold {
    /// Each by itself, with this likelihood per tick.
    Random(f64),
    /// Each in so many ticks of so many, evenly: a source of a lower rate.
    Even(u32, u32),
}

impl Movement {
    /// The same movement, seen so.
    #[must_use]
    pub fn held(&self, hold: Hold, seed: u64) -> Self {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut ticks: Vec<super::Places> = Vec::with_capacity(self.ticks.len());
        for (tick, places) in (0..).zip(&self.ticks) {
            let seen = places.iter().map(|&(id, place)| {
                let is_fresh = match hold {
                    Hold::Random(likelihood) => rng.random_bool(likelihood),
                    Hold::Even(fresh, of) => (tick * fresh + id) % of < fresh,
                };
                let last = ticks.last().and_then(|last| find(last, id)).filter(|_| !is_fresh);
                (id, last.unwrap_or(place))
            });
            ticks.push(seen.collect());
        }
        Self { ticks }
    }
}

fn find(places: &super::Places, id: u32) -> Option<[f64; 2]> {
    let index = places.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    Some(places[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_repeats_and_then_catches_up() {
        let ticks = (0..300).map(|tick| vec![(4, [f64::from(tick), 0.0])]).collect();
        let movement = Movement { ticks };
        let places = |movement: &Movement| -> Vec<f64> {
            movement.ticks.iter().map(|places| places[0].1[0]).collect()
        };
        let even = places(&movement.held(Hold::Even(2, 3), 1));
        let repeats = even.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!((99..=100).contains(&repeats), "{repeats}");
        let random = places(&movement.held(Hold::Random(0.5), 1));
        let repeats = random.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!((110..190).contains(&repeats), "{repeats}");
        assert!((0..300).zip(&random).all(|(tick, &seen)| seen <= f64::from(tick)));
        assert_eq!(places(&movement.held(Hold::Random(1.0), 1)), places(&movement));
    }
}
