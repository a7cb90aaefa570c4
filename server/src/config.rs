//! Configuration: flags and environment variables, checked once into what the server uses.

mod access;
mod admin;
mod cluster;
mod drain;
mod durability;
mod duration;
mod game_options;
mod journal;
mod limits;
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use thiserror::Error;
use tickwire_simulation::registry::{GameOptions, GameRegistry};
use tickwire_simulation::room::TEXT_HZ;

pub use access::{AccessConfig, AccessFlags};
pub use admin::{AdminConfig, AdminFlags};
pub use cluster::{ClusterConfig, ClusterFlags};
pub use drain::{DrainConfig, DrainFlags};
pub use durability::{Durability, NoDurability};
pub use journal::{JournalConfig, JournalFlags};
pub use limits::{LimitFlags, LimitsConfig};
pub use tls::{TlsFiles, TlsFlags};

use crate::http::Pages;

use duration::{parse_duration, parse_window};
use game_options::read_game_options;

/// Authoritative game state server: rooms with a fixed tick, binary deltas over WebSocket.
#[derive(Clone, Debug, Parser)]
#[command(name = "server", version)]
pub struct Flags {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, env = "TICKWIRE_BIND", default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    pub bind: SocketAddr,

    /// Simulation steps per second, 1 to 240
    #[arg(long, env = "TICKWIRE_TICK_RATE", default_value_t = 30, value_name = "HZ",
          value_parser = clap::value_parser!(u16).range(1..=240))]
    pub tick_rate: u16,

    /// Most players in a room, 1 to 10000
    #[arg(long, env = "TICKWIRE_ROOM_CAPACITY", default_value_t = 50, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub room_capacity: u16,

    /// Most rooms at once, 1 to 100000
    #[arg(long, env = "TICKWIRE_MAX_ROOMS", default_value_t = 1000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_rooms: u32,

    /// Threads for connections, 1 to 256 [default: one per core]
    #[arg(long, env = "TICKWIRE_WORKERS", value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// Threads that rooms are spread over, 1 to 256 [default: half the cores, at least one]
    #[arg(long, env = "TICKWIRE_ROOM_THREADS", value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub room_threads: Option<u16>,

    /// Threads that steps of large rooms are spread over, 1 for none but the room's own, to 256 [default: one
    /// per core]
    #[arg(long, env = "TICKWIRE_STEP_THREADS", value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub step_threads: Option<u16>,

    /// Bytes of state per second and client before far cells are sent less often, 1000 to 100000000
    #[arg(long, env = "TICKWIRE_CLIENT_BUDGET", default_value_t = 65_536, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1000..=100_000_000))]
    pub client_budget: u32,

    /// States per second of a client that speaks text (tickwire.v1.json), 1 to the tick rate, at most
    /// [default: 10, or the tick rate where that is less]
    #[arg(long, env = "TICKWIRE_JSON_HZ", value_name = "HZ",
          value_parser = clap::value_parser!(u16).range(1..=240))]
    pub json_hz: Option<u16>,

    /// Time between two pings to a client, 100ms to 1h
    #[arg(long, env = "TICKWIRE_HEARTBEAT_INTERVAL", default_value = "5s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub heartbeat_interval: Duration,

    /// Silence that ends a session, longer than the interval, at most 1h
    #[arg(long, env = "TICKWIRE_HEARTBEAT_TIMEOUT", default_value = "15s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub heartbeat_timeout: Duration,

    /// How long a player whose connection is lost stays and can come back, 100ms to 1h; 0s for not at all
    #[arg(long, env = "TICKWIRE_RESUME_WINDOW", default_value = "20s", value_name = "DURATION",
          value_parser = parse_window)]
    pub resume_window: Duration,

    /// How long a room stays when nobody is connected, 100ms to 1h
    #[arg(long, env = "TICKWIRE_EMPTY_ROOM_TIMEOUT", default_value = "30s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub empty_room_timeout: Duration,

    /// Players run by the server in each room of the default game; they give way to people, 0 to 100
    #[arg(long, env = "TICKWIRE_BOTS", default_value_t = 6, value_name = "N",
          value_parser = clap::value_parser!(u16).range(0..=100))]
    pub bots: u16,

    /// Game of rooms for which none is named
    #[arg(long, env = "TICKWIRE_DEFAULT_GAME", default_value = "arena", value_name = "NAME")]
    pub default_game: String,

    /// An option of a game, such as drift.world=8000x8000 or arena.rewind=400ms; may be repeated
    #[arg(
        long = "game-option",
        env = "TICKWIRE_GAME_OPTION",
        value_name = "GAME.KEY=VALUE",
        value_delimiter = ','
    )]
    pub game_options: Vec<String>,

    /// Seed of every room's random numbers [default: a new one per room]
    #[arg(long, env = "TICKWIRE_SEED", value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// Where clients reach this server, if not at the address they join by: http://HOST:PORT or https://HOST
    #[arg(long, env = "TICKWIRE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Whether TLS is spoken.
    #[command(flatten)]
    pub tls: TlsFlags,

    /// Who may come in.
    #[command(flatten)]
    pub access: AccessFlags,

    /// What one connection may send.
    #[command(flatten)]
    pub limits: LimitFlags,

    /// How the server ends.
    #[command(flatten)]
    pub drain: DrainFlags,

    /// What is written down of matches.
    #[command(flatten)]
    pub journal: JournalFlags,

    /// Whether it is one of many.
    #[command(flatten)]
    pub cluster: ClusterFlags,

    /// Who runs it.
    #[command(flatten)]
    pub admin: AdminFlags,

    /// Also serve an echo of WebSocket messages at /test/echo, for suites that test the protocol
    #[arg(long, env = "TICKWIRE_TEST_ECHO")]
    pub test_echo: bool,

    /// What to log: error, warn, info, debug or trace, also per module, as in RUST_LOG
    #[arg(
        long,
        env = "TICKWIRE_LOG",
        default_value = "info,actix_server=warn",
        value_name = "FILTER"
    )]
    pub log: String,
}

/// What the server runs with: checked, and with every default worked out.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen. 127.0.0.1:8080 by default.
    pub bind: SocketAddr,
    /// Ticks per second. 30 by default.
    pub tick_rate_hz: u16,
    /// Most players of a room. 50 by default.
    pub room_capacity: usize,
    /// Most rooms. 1000 by default: what fills a core at 50 players each several times over.
    pub max_rooms: usize,
    /// Threads for connections. One per core by default.
    pub workers: usize,
    /// Threads for rooms. Half the cores by default: sockets cost more than rules.
    pub room_threads: usize,
    /// Threads that steps of large rooms are spread over; with 1 each is done on the room's own. One per core
    /// by default: they sleep unless there is a large room.
    pub step_threads: usize,
    /// Bytes of state per second and client before far cells are sent less often. 65536 by default:
    /// half a megabit, several times what a crowded screen takes.
    pub client_budget: u32,
    /// Most states per second of a client that speaks text. 10 by default, which a person can follow, or the
    /// tick rate where that is less.
    pub json_hz: u16,
    /// Time between two pings. 5 s by default.
    pub heartbeat_interval: Duration,
    /// Silence that ends a session. 15 s by default: three pings.
    pub heartbeat_timeout: Duration,
    /// How long a player whose connection is lost stays and can come back. 20 s by default: what a
    /// phone takes from one network to the next.
    pub resume_window: Duration,
    /// How a server ends that is told to.
    pub drain: DrainConfig,
    /// How long an empty room stays. 30 s by default: a page reload finds its room again.
    pub empty_room_timeout: Duration,
    /// Bots in each room of the default game. 6 by default.
    pub bots: usize,
    /// Game of rooms for which none is named.
    pub default_game: String,
    /// Options by game.
    pub game_options: BTreeMap<String, GameOptions>,
    /// Seed of every room; a new one per room by default.
    pub seed: Option<u64>,
    /// Where clients reach this server, without a slash at the end.
    pub public_url: Option<String>,
    /// What the server proves itself by. Nothing by default: then it speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Who is let in, from where, and how many.
    pub access: AccessConfig,
    /// What one connection may send.
    pub limits: LimitsConfig,
    /// What is written down of matches.
    pub journal: JournalConfig,
    /// The cluster that it is in. None by default.
    pub cluster: Option<ClusterConfig>,
    /// Where those who run it reach it. Nowhere by default.
    pub admin: Option<AdminConfig>,
    /// Whether there is an echo at `/test/echo`. Not by default: it is for suites that test the protocol.
    pub test_echo: bool,
    /// What is shown in a browser. The web demo by default; no flag changes it, but an application can.
    pub pages: Pages,
}

/// A flag that does not fit together with the others. Its text names flag, value and what is
/// allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid value {value:?} for --{flag}: {allowed}")]
pub struct ConfigError {
    /// The flag, without dashes.
    pub flag: &'static str,
    /// The value given.
    pub value: String,
    /// What is allowed.
    pub allowed: String,
}

impl Flags {
    /// Checks what spans several flags, or needs the games.
    ///
    /// # Errors
    /// [`ConfigError`] for the first flag that is wrong.
    pub fn validate(self, games: &GameRegistry) -> Result<ServerConfig, ConfigError> {
        if self.heartbeat_timeout <= self.heartbeat_interval {
            return Err(ConfigError {
                flag: "heartbeat-timeout",
                value: humantime::format_duration(self.heartbeat_timeout).to_string(),
                allowed: format!(
                    "longer than --heartbeat-interval, which is {}",
                    humantime::format_duration(self.heartbeat_interval)
                ),
            });
        }
        if games.find(&self.default_game).is_none() {
            let allowed = format!("one of {}", games.names().collect::<Vec<_>>().join(", "));
            return Err(ConfigError { flag: "default-game", value: self.default_game, allowed });
        }
        let public_url =
            self.public_url.map(|url| check_base_url("public-url", url)).transpose()?;
        let has_key = !self.access.auth_key.is_empty();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(ServerConfig {
            bind: self.bind,
            tick_rate_hz: self.tick_rate,
            room_capacity: self.room_capacity.into(),
            max_rooms: self.max_rooms as usize,
            workers: self.workers.map_or(cores, usize::from),
            room_threads: self.room_threads.map_or((cores / 2).max(1), usize::from),
            step_threads: self.step_threads.map_or(cores, usize::from),
            client_budget: self.client_budget,
            json_hz: check_json_hz(self.json_hz, self.tick_rate)?,
            heartbeat_interval: self.heartbeat_interval,
            heartbeat_timeout: self.heartbeat_timeout,
            resume_window: self.resume_window,
            drain: self.drain.validate()?,
            empty_room_timeout: self.empty_room_timeout,
            bots: self.bots.into(),
            game_options: read_game_options(&self.game_options, games)?,
            default_game: self.default_game,
            seed: self.seed,
            access: self.access.validate(public_url.clone())?,
            limits: self.limits.into(),
            journal: self.journal.validate()?,
            cluster: self.cluster.validate(has_key)?,
            admin: self.admin.validate()?,
            test_echo: self.test_echo,
            pages: Pages::demo(),
            public_url,
            tls: self.tls.validate()?,
        })
    }
}

fn check_json_hz(hz: Option<u16>, tick_rate: u16) -> Result<u16, ConfigError> {
    match hz {
        None => Ok(TEXT_HZ.min(tick_rate)),
        Some(hz) if hz <= tick_rate => Ok(hz),
        Some(hz) => Err(ConfigError {
            flag: "json-hz",
            value: hz.to_string(),
            allowed: format!("1 to --tick-rate, which is {tick_rate}"),
        }),
    }
}

/// A URL with a host and nothing behind it, without a slash at its end.
fn check_base_url(flag: &'static str, url: String) -> Result<String, ConfigError> {
    let trimmed = url.trim_end_matches('/');
    let host = trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains('/') => Ok(trimmed.to_owned()),
        _ => Err(ConfigError {
            flag,
            value: url,
            allowed: "http://HOST[:PORT] or https://HOST[:PORT]".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
