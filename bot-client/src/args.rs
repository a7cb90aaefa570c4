//! The flags of `bot-client`.
//!
//! Their environment variables begin with `TICKWIRE_SWARM_`, so that one environment can set up a
//! server and its bots: both have a `--bots`.

mod settings;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::behavior::Behavior;
use crate::capacity::Limits;
use crate::carrier::Transport;
use crate::cpu;
use crate::cuts::CutPlan;
use crate::join::ServerUrl;
use crate::net::Net;
use crate::trust::{Authority, Trust};

/// Most bots of one process: each is a socket, and forty of the loopback's addresses are plenty.
const MAX_BOTS: u32 = 1_000_000;

/// Headless players that join a Tickwire server like any client, play, and report what they saw.
///
/// Exit status: 0 when all went well, 1 when a bot failed or a replica differed from the server's
/// hash, 2 for a bad flag.
#[derive(Clone, Debug, Parser)]
#[command(name = "bot-client", version)]
pub struct Args {
    /// Server to join, as http://HOST:PORT or https://HOST:PORT. May be repeated: bots and rooms spread over all of
    /// them, and where they run rooms together bots find theirs again at any
    #[arg(
        long,
        env = "TICKWIRE_SWARM_URL",
        value_name = "URL",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:8080"
    )]
    pub url: Vec<ServerUrl>,

    /// PEM file with certificates that are trusted as well, beside those that the system trusts: for servers that
    /// have signed their own. Default: none
    #[arg(long, env = "TICKWIRE_SWARM_CA", value_name = "FILE")]
    pub ca: Option<Authority>,

    /// Game to play, by the name it is registered under on the server
    #[arg(long, env = "TICKWIRE_SWARM_GAME", value_name = "NAME", default_value = "arena")]
    pub game: String,

    /// Number of bots; with --find-capacity, that of the first level
    #[arg(
        long,
        env = "TICKWIRE_SWARM_BOTS",
        value_name = "N",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BOTS))
    )]
    pub bots: u32,

    /// Number of rooms to create and spread the bots over evenly. 0: the server places them
    #[arg(long, env = "TICKWIRE_SWARM_ROOMS", value_name = "R", default_value_t = 0)]
    pub rooms: u32,

    /// Room to join, by its id; its game is played, whatever --game says
    #[arg(long, env = "TICKWIRE_SWARM_ROOM", value_name = "ID", conflicts_with = "rooms")]
    pub room: Option<String>,

    /// Length of the measurement, as a duration such as 10s or 2m. It begins when all bots are in; with
    /// --find-capacity, each level is held for so long
    #[arg(
        long,
        env = "TICKWIRE_SWARM_DURATION",
        value_name = "DURATION",
        default_value = "10s",
        value_parser = values::duration
    )]
    pub duration: Duration,

    /// Inputs per second that each bot sends
    #[arg(
        long,
        env = "TICKWIRE_SWARM_INPUT_HZ",
        value_name = "HZ",
        default_value_t = 20.0,
        value_parser = values::input_hz
    )]
    pub input_hz: f64,

    /// What the bots do
    #[arg(
        long,
        env = "TICKWIRE_SWARM_BEHAVIOR",
        value_name = "NAME",
        value_enum,
        default_value_t = Behavior::Wander
    )]
    pub behavior: Behavior,

    /// Seed of everything that the bots do at random: the same seed, the same bots
    #[arg(long, env = "TICKWIRE_SWARM_SEED", value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// Share of the bots, 0 to 1, that keep a replica of the room and check it against the server's
    /// hashes; the others read only what stands in front of the state. Bots that chase all keep one
    #[arg(
        long,
        env = "TICKWIRE_SWARM_VERIFY_SHARE",
        value_name = "SHARE",
        default_value_t = 1.0,
        value_parser = values::share
    )]
    pub verify_share: f64,

    /// Time after which each bot cuts its TCP connection, without a close frame, and comes back, again
    /// and again; as a duration from 100ms, such as 5s. Bots begin at random phases. Default: never
    #[arg(
        long,
        env = "TICKWIRE_SWARM_CUT_EVERY",
        value_name = "DURATION",
        value_parser = values::cut_every
    )]
    pub cut_every: Option<Duration>,

    /// When, after the measurement has begun, all bots cut their TCP connections at once, without a
    /// close frame, and come back; as a duration such as 3s, less than --duration. Default: never
    #[arg(long, env = "TICKWIRE_SWARM_CUT_AT", value_name = "DURATION", value_parser = values::cut_at)]
    pub cut_at: Option<Duration>,

    /// Threads that the bots are spread over, each with a runtime of its own (1 to 256). Default: the
    /// cores that this process may use, less one for the server if there are several
    #[arg(
        long,
        env = "TICKWIRE_SWARM_THREADS",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=256)
    )]
    pub threads: Option<u16>,

    /// Bots that begin to enter per second, as 50/s (0.1/s to 100000/s). Default: fifty are on their way
    /// in at any time, as fast as they get in
    #[arg(long, env = "TICKWIRE_SWARM_RAMP", value_name = "N/s", value_parser = values::ramp)]
    pub ramp: Option<f64>,

    /// Look for the highest number of bots that the server holds for --duration: from --bots on twice as
    /// many, level by level, until one passes --max-gap or --max-lateness (twice, as that may be by
    /// chance) or loses bots, then halfway between, to a twentieth. Each level has two seconds (or
    /// --duration, if less) to settle first
    #[arg(
        long,
        env = "TICKWIRE_SWARM_FIND_CAPACITY",
        value_parser = FalseyValueParser::new(),
        conflicts_with_all = ["cut_every", "cut_at"]
    )]
    pub find_capacity: bool,

    /// Most bots that --find-capacity tries (1 to 1000000)
    #[arg(
        long,
        env = "TICKWIRE_SWARM_MAX_BOTS",
        value_name = "N",
        default_value_t = 20_000,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BOTS))
    )]
    pub max_bots: u32,

    /// Longest gap between updates, p99, at which --find-capacity takes a level as held; as a duration
    /// from 1ms. Bots that keep still get fewer updates: not a matter for --behavior idle
    #[arg(
        long,
        env = "TICKWIRE_SWARM_MAX_GAP",
        value_name = "DURATION",
        default_value = "50ms",
        value_parser = values::max_gap
    )]
    pub max_gap: Duration,

    /// Longest time from a tick's due time to its beginning on the server, p99, at which --find-capacity
    /// takes a level as held; as a duration from 100us to 99ms. Checked where the server tells at /metrics
    #[arg(
        long,
        env = "TICKWIRE_SWARM_MAX_LATENESS",
        value_name = "DURATION",
        default_value = "5ms",
        value_parser = values::max_lateness
    )]
    pub max_lateness: Duration,

    /// Network to simulate on the bots' side of each connection, as latency=80ms,jitter=20ms,stall=2%,
    /// or some of these. latency: the round trip, half of it each way (0ms to 10s). jitter: how much
    /// longer or shorter a round trip may be, evenly spread, though nothing overtakes (at most the
    /// latency). stall: share of time in which nothing arrives, either way, for 200 to 500 ms at once,
    /// as while a lost packet is sent again (0% to 50%). Joining over HTTP is not delayed. Default: none
    #[arg(long, env = "TICKWIRE_SWARM_NET", value_name = "NETWORK")]
    pub net: Option<Net>,

    /// What carries each bot's connection: a WebSocket (ws), one long answer of HTTP (stream) or long polling
    /// (poll)
    #[arg(
        long,
        env = "TICKWIRE_SWARM_TRANSPORT",
        value_name = "NAME",
        value_enum,
        default_value_t
    )]
    pub transport: Transport,

    /// Directory to write a report to, made if it is missing: index.html, a page of plots that needs
    /// nothing else, and report.json, what --json prints and each second of the run. Servers are asked
    /// for /metrics once a second. Default: none
    #[arg(long, env = "TICKWIRE_SWARM_REPORT", value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Print the summary as one JSON object, the last line on standard output, instead of a table
    #[arg(long, env = "TICKWIRE_SWARM_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
}

impl Args {
    /// Checks what only shows when flags are seen together.
    ///
    /// # Errors
    /// As of a flag with a bad value.
    pub fn validated(self) -> Result<Self, clap::Error> {
        let refuse = |text| Err(Self::command().error(ErrorKind::ValueValidation, text));
        if let Some(at) = self.cut_at.filter(|at| *at >= self.duration) {
            let [at, duration] = [at, self.duration].map(humantime::format_duration);
            return refuse(format!(
                "--cut-at {at} is never: the measurement is over after --duration {duration}"
            ));
        }
        if self.find_capacity && self.bots > self.max_bots {
            let Self { bots, max_bots, .. } = self;
            return refuse(format!("--bots {bots} is more than --max-bots {max_bots}"));
        }
        Ok(self)
    }

    /// Threads to spread the bots over; there are no more than bots.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        let bots = if self.find_capacity { self.max_bots } else { self.bots };
        let spare = cpu::cores().saturating_sub(1).max(1);
        self.threads.map_or(spare, usize::from).min(bots as usize)
    }

    /// Whose certificates are believed.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.ca.as_ref().map_or_else(Trust::system, Trust::with)
    }

    /// What a level of a search for the capacity must not pass.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        Limits { gap: self.max_gap, lateness: self.max_lateness }
    }

    /// When bots cut their connections.
    #[must_use]
    pub const fn cut_plan(&self) -> CutPlan {
        CutPlan { every: self.cut_every, at: self.cut_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(flags: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once(&"bot-client").chain(flags)).and_then(Args::validated)
    }

    #[test]
    fn the_flags_are_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_flag_has_an_environment_variable() {
        let command = Args::command();
        for arg in command
            .get_arguments()
            .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        {
            let name = format!("TICKWIRE_SWARM_{}", arg.get_id().as_str().to_uppercase());
            assert_eq!(arg.get_env().unwrap(), name.as_str());
            assert!(arg.get_help().is_some(), "{name}");
        }
    }

    #[test]
    fn connections_are_cut_only_on_request() {
        assert!(!parse(&[]).unwrap().cut_plan().is_any());
        let args = parse(&["--cut-every", "1500ms", "--cut-at", "9s"]).unwrap();
        let [every, at] = [1500, 9000].map(|ms| Some(Duration::from_millis(ms)));
        assert_eq!(args.cut_plan(), CutPlan { every, at });
    }

    #[test]
    fn there_are_no_more_threads_than_bots() {
        let threads = |flags: &[&str]| parse(flags).unwrap().thread_count();
        assert_eq!(threads(&["--threads", "4", "--bots", "3"]), 3);
        assert_eq!(threads(&["--threads", "4", "--bots", "3", "--find-capacity"]), 4);
        assert!((1..=10).contains(&threads(&[])));
    }

    #[test]
    fn urls_may_be_repeated() {
        let args = parse(&["--url", "http://a:1", "--url", "http://b:2"]).unwrap();
        assert_eq!(
            args.url.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["http://a:1", "http://b:2"]
        );
    }

    #[test]
    fn bad_values_name_the_flag_the_value_and_what_is_allowed() {
        for (flags, words) in [
            (&["--bots", "0"][..], &["--bots", "0", "1..=1000000"][..]),
            (&["--url", "ftp://a"], &["--url", "ftp://a", "http://HOST:PORT"]),
            (&["--ca", "/nowhere"], &["--ca", "/nowhere", "PEM file with certificates"]),
            (&["--duration", "10"], &["--duration", "10", "10s"]),
            (&["--duration", "0s"], &["--duration", "0s", "more than"]),
            (&["--input-hz", "NaN"], &["--input-hz", "NaN", "0.1 to 1000"]),
            (&["--verify-share", "1.5"], &["--verify-share", "1.5", "0 to 1"]),
            (&["--behavior", "sleep"], &["--behavior", "sleep", "wander"]),
            (&["--cut-every", "2"], &["--cut-every", "2", "10s"]),
            (&["--cut-every", "0s"], &["--cut-every", "0s", "at least 100ms"]),
            (&["--cut-every=-1s"], &["--cut-every", "-1s", "10s"]),
            (&["--cut-at", "soon"], &["--cut-at", "soon", "10s"]),
            (&["--cut-at", "0s"], &["--cut-at", "0s", "more than"]),
            (&["--cut-at", "10s"], &["--cut-at 10s", "--duration 10s"]),
            (&["--threads", "0"], &["--threads", "0", "1..=256"]),
            (&["--ramp", "50"], &["--ramp", "50", "50/s"]),
            (&["--ramp", "0/s"], &["--ramp", "0/s", "0.1 to 100000"]),
            (&["--max-gap", "0ms"], &["--max-gap", "0ms", "at least 1ms"]),
            (&["--max-lateness", "100ms"], &["--max-lateness", "100ms", "100us to 99ms"]),
            (&["--find-capacity", "--bots", "9", "--max-bots", "8"], &["--bots 9", "--max-bots 8"]),
            (&["--find-capacity", "--cut-at", "1s"], &["--find-capacity", "--cut-at"]),
            (&["--net", "80ms"], &["--net", "80ms", "latency=80ms,jitter=20ms,stall=2%"]),
            (&["--net", "stall=60%"], &["--net", "stall=60%", "0% to 50%"]),
            (&["--transport", "pigeon"], &["--transport", "pigeon", "stream"]),
            (&["--rooms", "2", "--room", "abc"], &["--rooms", "--room"]),
        ] {
            let error = parse(flags).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let text = error.to_string();
            assert!(words.iter().all(|word| text.contains(word)), "{flags:?}: {text}");
        }
    }
}
