//! Who may come in, from where, and how many: the flags of it.

use std::net::IpAddr;
use std::num::NonZeroU32;

use clap::Args;
use ipnet::IpNet;

use super::ConfigError;
use crate::admission::AdmissionLimits;
use crate::http::origin::OriginPolicy;
use crate::identity::AuthKey;

/// Most keys at once: the one in use, and the one before it.
const MAX_KEYS: usize = 2;

/// Flags about who is let in.
#[derive(Clone, Debug, Args)]
pub struct AccessFlags {
    /// Key that tokens are signed with: 64 hexadecimal digits, or a file that holds them. A second one,
    /// after a comma, is accepted as well, for the time of a change [default: a new one at each start]
    #[arg(
        long,
        env = "TICKWIRE_AUTH_KEY",
        value_name = "KEY[,OLD]",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub auth_key: Vec<String>,

    /// An origin whose pages may connect beside the server's own, such as `https://play.example`; `*` for
    /// any; may be repeated
    #[arg(
        long = "allow-origin",
        env = "TICKWIRE_ALLOW_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub allowed_origins: Vec<String>,

    /// Turn away connections without an Origin header: native clients and bots
    #[arg(long, env = "TICKWIRE_REQUIRE_ORIGIN")]
    pub require_origin: bool,

    /// Most connections at once, 1 to 1000000; past it they are refused with 503
    #[arg(long, env = "TICKWIRE_MAX_SESSIONS", default_value_t = 20_000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_sessions: u32,

    /// Most sessions of one address (of one /64 with IPv6), 1 to 1000000, past it 429; and four times as many
    /// connections of HTTP
    #[arg(long, env = "TICKWIRE_MAX_SESSIONS_PER_ADDRESS", default_value_t = 64, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_sessions_per_address: u32,

    /// Joins and opened rooms per second of one address, four times as many at once, 1 to 1000000; past it 429
    #[arg(long, env = "TICKWIRE_JOINS_PER_SECOND", default_value = "8", value_name = "N",
          value_parser = parse_rate)]
    pub joins_per_second: NonZeroU32,

    /// WebSockets that one address opens per second, four times as many at once, 1 to 1000000; past it 429
    #[arg(long, env = "TICKWIRE_UPGRADES_PER_SECOND", default_value = "16", value_name = "N",
          value_parser = parse_rate)]
    pub upgrades_per_second: NonZeroU32,

    /// Wrong codes, passwords and host keys of one address in a minute, the own machine's as well, 1 to 1000000;
    /// past it 429 for the rest of the minute, the right one included
    #[arg(long, env = "TICKWIRE_GUESSES_PER_MINUTE", default_value = "10", value_name = "N",
          value_parser = parse_rate)]
    pub guesses_per_minute: NonZeroU32,

    /// Most who listen to server-sent events at once, 1 to 1000000; past it they are refused with 503
    #[arg(long, env = "TICKWIRE_MAX_EVENT_LISTENERS", default_value_t = 2000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_event_listeners: u32,

    /// Hold the server's own machine to the limits per address as well
    #[arg(long, env = "TICKWIRE_LIMIT_LOOPBACK")]
    pub limit_loopback: bool,

    /// A proxy whose X-Forwarded-For, -Host and -Proto are believed: an address or a network such as
    /// 10.0.0.0/8; may be repeated
    #[arg(long = "trusted-proxy", env = "TICKWIRE_TRUSTED_PROXY", value_name = "ADDRESS",
          value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Most joins that wait for their connections, 1 to 1000000; past it they are refused with 503
    #[arg(long, env = "TICKWIRE_MAX_PENDING_JOINS", default_value_t = 20_000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_pending_joins: u32,
}

/// Who is let in: checked.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// Keys that tokens are signed and verified with, the newest first. None by default: then a new
    /// one is made at each start, and tokens do not outlive the process.
    pub auth_keys: Vec<AuthKey>,
    /// Whose pages may connect. The server's own by default.
    pub origins: OriginPolicy,
    /// How many may come in, and how fast.
    pub admission: AdmissionLimits,
    /// Most joins that wait for their connections. 20000 by default: as many as the descriptors of a
    /// large server, and a few megabytes.
    pub max_pending_joins: usize,
}

impl AccessFlags {
    /// Checks what the parser cannot. `public_url` is where clients reach the server, if it was told.
    ///
    /// # Errors
    /// [`ConfigError`] for the first flag that is wrong.
    pub fn validate(self, public_url: Option<String>) -> Result<AccessConfig, ConfigError> {
        let given = self.allowed_origins.join(",");
        let origins = OriginPolicy::new(self.allowed_origins, public_url, self.require_origin);
        let origins = origins.map_err(|cause| ConfigError {
            flag: "allow-origin",
            value: given,
            allowed: cause.to_string(),
        })?;
        Ok(AccessConfig {
            auth_keys: read_auth_keys(&self.auth_key)?,
            origins,
            admission: AdmissionLimits {
                sessions: self.max_sessions as usize,
                sessions_per_address: self.max_sessions_per_address as usize,
                joins_per_second: self.joins_per_second,
                upgrades_per_second: self.upgrades_per_second,
                guesses_per_minute: self.guesses_per_minute,
                event_listeners: self.max_event_listeners as usize,
                limits_loopback: self.limit_loopback,
                trusted_proxies: self.trusted_proxies,
            },
            max_pending_joins: self.max_pending_joins as usize,
        })
    }
}

fn parse_rate(text: &str) -> Result<NonZeroU32, String> {
    let rate = text.parse().ok().filter(|rate: &NonZeroU32| rate.get() <= 1_000_000);
    rate.ok_or_else(|| "a number from 1 to 1000000 is due".to_owned())
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(|| address().ok());
    network.ok_or_else(|| "an address or a network is due".to_owned())
}

fn read_auth_keys(texts: &[String]) -> Result<Vec<AuthKey>, ConfigError> {
    // What was given is not repeated: it may be a key.
    let error =
        |allowed: String| ConfigError { flag: "auth-key", value: "…".to_owned(), allowed };
    if texts.len() > MAX_KEYS {
        return Err(error(format!("at most {MAX_KEYS} keys")));
    }
    let keys = texts.iter().map(|text| AuthKey::read(text));
    keys.collect::<Result<_, _>>().map_err(|cause| error(cause.to_string()))
}
