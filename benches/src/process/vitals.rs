//! What a process takes of the system, as Linux tells in `/proc`.

use std::fs;
use std::io;
use std::time::Duration;

use thiserror::Error;

/// Ticks per second in which Linux tells CPU time to programs, whatever the kernel's own clock.
const USER_HZ: f64 = 100.0;

/// What a process takes at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Resident memory, in bytes.
    pub memory: u64,
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
    /// CPU time so far, of all threads.
    pub cpu: Duration,
}

/// Why a process cannot be looked at.
#[derive(Debug, Error)]
pub enum VitalsError {
    /// It is gone, or belongs to somebody else.
    #[error("process {pid} cannot be looked at: {cause}")]
    Unreadable {
        /// The process.
        pid: u32,
        /// What the system said.
        cause: io::Error,
    },
    /// The file does not say it.
    #[error("/proc says nothing about {0}")]
    Missing(&'static str),
}

impl Vitals {
    /// Looks at a process.
    ///
    /// # Errors
    /// [`VitalsError`].
    pub fn of(pid: u32) -> Result<Self, VitalsError> {
        let unreadable = |cause| VitalsError::Unreadable { pid, cause };
        let read =
            |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).map_err(unreadable);
        let (status, stat) = (read("status")?, read("stat")?);
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).map_err(unreadable)?.count();
        Ok(Self {
            memory: status_number(&status, "VmRSS:")? * 1024,
            threads: status_number(&status, "Threads:")? as usize,
            descriptors,
            cpu: cpu_time(&stat)?,
        })
    }
}

fn status_number(status: &str, name: &'static str) -> Result<u64, VitalsError> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .ok_or(VitalsError::Missing(name))
}

/// User and system time: fields 14 and 15. The name in field 2 stands in brackets and may have blanks.
fn cpu_time(stat: &str) -> Result<Duration, VitalsError> {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: Vec<u64> = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks[..] {
        [user, system] => Ok(Duration::from_secs_f64((user + system) as f64 / USER_HZ)),
        _ => Err(VitalsError::Missing("CPU time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_something() {
        let vitals = Vitals::of(std::process::id()).unwrap();
        assert!(vitals.memory > 100_000 && vitals.descriptors > 2 && vitals.threads > 0);
        assert!(Vitals::of(u32::MAX).is_err());
    }

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 100";
        assert_eq!(cpu_time(stat).unwrap(), Duration::from_secs(2));
        assert!(cpu_time("7 (x) S 1").is_err());
    }
}
