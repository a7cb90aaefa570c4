//! CPU time of this process: a load generator that is out of breath measures itself.

use std::time::Duration;

/// Above this share of a core a run says that it isn't valid: what is then measured as the server's
/// delay may be this process's own.
pub const VALID_SHARE: f64 = 0.85;

/// CPU time that this process has used in all its threads; `None` where the system does not tell.
#[cfg(unix)]
#[must_use]
pub fn process_time() -> Option<Duration> {
    read(rustix::time::ClockId::ProcessCPUTime)
}

/// CPU time that this thread has used; `None` where the system does not tell.
#[cfg(unix)]
#[must_use]
pub fn thread_time() -> Option<Duration> {
    read(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Option<Duration> {
    let time = rustix::time::clock_gettime(clock);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// CPU time that this process has used in all its threads; `None` where the system does not tell.
#[cfg(not(unix))]
#[must_use]
pub fn process_time() -> Option<Duration> {
    None
}

/// CPU time that this thread has used; `None` where the system does not tell.
#[cfg(not(unix))]
#[must_use]
pub fn thread_time() -> Option<Duration> {
    None
}

/// Cores that this process may use, by its affinity and its quota.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        for clock in [process_time, thread_time] {
            let before = clock().unwrap();
            let mut sum = 0_u64;
            while clock().unwrap() == before {
                sum = std::hint::black_box(sum + 1);
            }
            assert!(clock().unwrap() > before);
        }
    }
}
