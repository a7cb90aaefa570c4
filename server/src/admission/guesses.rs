//! How often each address may guess wrong: codes, passwords and keys together.
//!
//! A wrong guess begins a minute in which so many more may follow. Past that nothing that could be a guess is
//! looked at until the minute is over, the right one included: so that guessing faster tells nothing.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use thiserror::Error;

/// The time over which wrong guesses are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// Guesses after which addresses that have not been wrong of late are forgotten.
const FORGET_EVERY: usize = 1024;

/// An address has been wrong too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many wrong guesses from this address: try again in {} s", .wait.as_secs() + 1)]
pub struct TooManyGuesses {
    /// When it may guess again.
    pub wait: Duration,
}

/// Wrong guesses by address.
#[derive(Debug)]
pub struct Guesses {
    most: u32,
    wrong: DashMap<IpAddr, Wrong>,
    made: AtomicUsize,
}

/// Those of one address.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    /// When the first of them was made.
    since: Instant,
    count: u32,
}

impl Guesses {
    /// At most so many a minute for each address.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        Self { most: per_minute.get(), wrong: DashMap::new(), made: AtomicUsize::new(0) }
    }

    /// Looks at what may be a guess, unless too many were wrong; `is_wrong` says whether a failure is.
    /// Guesses of one address are looked at one after the other, so that many at once gain nothing.
    ///
    /// # Errors
    /// [`TooManyGuesses`].
    pub fn guess<T, E>(
        &self,
        address: IpAddr,
        now: Instant,
        look: impl FnOnce() -> Result<T, E>,
        is_wrong: impl FnOnce(&E) -> bool,
    ) -> Result<Result<T, E>, TooManyGuesses> {
        if self.made.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.wrong.retain(|_, wrong| wrong.is_recent(now));
        }
        let mut wrong = self.wrong.entry(address).or_insert(Wrong { since: now, count: 0 });
        if wrong.count == 0 || !wrong.is_recent(now) {
            *wrong = Wrong { since: now, count: 0 };
        }
        if wrong.count >= self.most {
            return Err(TooManyGuesses { wait: WINDOW - now.duration_since(wrong.since) });
        }
        let seen = look();
        wrong.count += u32::from(seen.as_ref().err().is_some_and(is_wrong));
        Ok(seen)
    }
}

impl Wrong {
    fn is_recent(self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_wrong_too_often_is_not_even_right_until_the_minute_is_over() {
        let guesses = Guesses::new(NonZeroU32::new(3).unwrap());
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let guess = |address, now, seen: Result<(), bool>| {
            guesses.guess(address, now, || seen, |&is_wrong| is_wrong)
        };
        for second in 0..3 {
            assert_eq!(guess(one, at(second), Err(false)), Ok(Err(false)), "no wrong guess");
            assert_eq!(guess(one, at(second), Err(true)), Ok(Err(true)));
        }
        let locked = Err(TooManyGuesses { wait: Duration::from_secs(50) });
        assert_eq!(guess(one, at(10), Ok(())), locked);
        assert_eq!(guess(other, at(10), Ok(())), Ok(Ok(())));
        assert_eq!(guess(one, at(60), Ok(())), Ok(Ok(())));
        assert_eq!(guess(one, at(61), Err(true)), Ok(Err(true)), "counted anew");
    }
}
