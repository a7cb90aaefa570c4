//! `directory`: prints what a cluster of many nodes asks of its Redis, as a table in Markdown.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<ExitCode> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<ExitCode> {
    anyhow::bail!("directory needs Linux, as all benches of whole processes do")
}

#[cfg(target_os = "linux")]
mod linux {
    use std::process::ExitCode;
    use std::time::Duration;

    use clap::Parser;
    use tickwire_benches::directory::{self, Size};

    /// Simulates the nodes of a cluster against a real Redis, which has to be empty, and reckons what a core of it
    /// bears.
    #[derive(Debug, Parser)]
    #[command(name = "directory")]
    struct Args {
        /// Where it is: redis://HOST:PORT
        #[arg(long, value_name = "URL")]
        redis: String,
        /// Nodes of the cluster, each with two connections
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=4000))]
        nodes: u32,
        /// Their rooms, all together: one for each at least
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        rooms: u32,
        /// People who play in them
        #[arg(long, default_value_t = 1_000_000)]
        players: u32,
        /// How long one of them stays
        #[arg(long, default_value = "10m", value_name = "DURATION", value_parser = humantime::parse_duration)]
        stay: Duration,
        /// From one piece of a room's journal to the next, as --durability interval=
        #[arg(long, default_value = "100ms", value_name = "DURATION", value_parser = humantime::parse_duration)]
        interval: Duration,
        /// How long each thing is done
        #[arg(long, default_value = "5s", value_name = "DURATION", value_parser = humantime::parse_duration)]
        duration: Duration,
    }

    pub(super) fn main() -> anyhow::Result<ExitCode> {
        let Args { redis, nodes, rooms, players, stay, interval, duration } = Args::parse();
        anyhow::ensure!(rooms >= nodes, "--rooms: one for each node at least");
        anyhow::ensure!(!stay.is_zero() && !interval.is_zero(), "--stay, --interval: more than 0s");
        let size = Size { nodes, rooms, players, stay, interval };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let costs = runtime.block_on(directory::measure(&redis, size, duration))?;
        print!("{}", directory::render(&size, &costs));
        Ok(ExitCode::SUCCESS)
    }
}
