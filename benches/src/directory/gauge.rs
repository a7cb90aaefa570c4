//! What Redis tells of itself: how many commands it has carried out, and how much of its core that took.

use std::time::Duration;

use redis::aio::ConnectionManager;
use tickwire_cluster::store::{Patience, connect};

use super::DirectoryError;

/// Redis is busy with what is measured when it is asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to ask by.
pub(super) struct Gauge(ConnectionManager);

/// What was read.
pub(super) struct Reading {
    pub(super) commands: u64,
    pub(super) cpu: Duration,
}

impl Gauge {
    pub(super) async fn connect(url: &str) -> Result<Self, DirectoryError> {
        let patience = Patience { connect: PATIENCE, answer: PATIENCE };
        Ok(Self(connect(url, patience, None).await?))
    }

    /// Whether there is nothing in it that the cluster's could get in the way of.
    pub(super) async fn expect_empty(&mut self) -> Result<(), DirectoryError> {
        let keys: u64 = redis::cmd("DBSIZE").query_async(&mut self.0).await?;
        if keys == 0 { Ok(()) } else { Err(DirectoryError::Occupied(keys)) }
    }

    pub(super) async fn read(&mut self) -> Result<Reading, DirectoryError> {
        let commands: String =
            redis::cmd("INFO").arg("commandstats").query_async(&mut self.0).await?;
        let cpu: String = redis::cmd("INFO").arg("cpu").query_async(&mut self.0).await?;
        Ok(Reading { commands: commands_of(&commands), cpu: cpu_of(&cpu)? })
    }
}

/// Of lines such as `cmdstat_xadd:calls=3,usec=12,…`: all calls but those of who asks.
fn commands_of(info: &str) -> u64 {
    let of_line = |line: &str| {
        let (name, numbers) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let calls = numbers.split(',').next()?.parse::<u64>().ok()?;
        (name != "info").then_some(calls)
    };
    info.lines().filter_map(of_line).sum()
}

/// Its time in its own code and in the kernel, in seconds.
fn cpu_of(info: &str) -> Result<Duration, DirectoryError> {
    let seconds = |name: &'static str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let seconds = line.and_then(|seconds| seconds.trim().parse::<f64>().ok());
        seconds.filter(|seconds| *seconds >= 0.0).ok_or(DirectoryError::Missing(name))
    };
    Ok(Duration::from_secs_f64(seconds("used_cpu_user")? + seconds("used_cpu_sys")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_redis_tells_is_read() {
        let stats = "# Commandstats\r\ncmdstat_xadd:calls=3,usec=12,usec_per_call=4.00\r\n\
                     cmdstat_info:calls=9,usec=1\r\ncmdstat_config|get:calls=2,usec=1\r\n";
        assert_eq!(commands_of(stats), 5);
        let cpu = "# CPU\r\nused_cpu_sys:1.25\r\nused_cpu_user:0.5\r\nused_cpu_user_children:7\r\n";
        assert_eq!(cpu_of(cpu).unwrap(), Duration::from_millis(1750));
        assert!(matches!(cpu_of("# CPU"), Err(DirectoryError::Missing("used_cpu_user"))));
    }
}
