//! CPU time of this process: a load generator that is out of breath measures itself.

use std::time::Duration;

/// Above this share of a core a run says that it isn't valid: what is then measured as the server's
/// delay may be this process's own.
pub const VALID_SHARE: f64 = 0.85;

/// CPU time that this process has used in all its threads; `None` where the system does not tell.
#[cfg(unix)]
#[must_use]
pub fn process_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// CPU time that this process has used in all its threads; `None` where the system does not tell.
#[cfg(not(unix))]
#[must_use]
pub fn process_time() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let before = process_time().unwrap();
        let mut sum = 0_u64;
        while process_time().unwrap() == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(process_time().unwrap() > before);
    }
}
