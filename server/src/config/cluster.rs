//! Whether the server runs rooms together with others: the flags of it.

use std::fmt;
use std::time::Duration;

use clap::Args;
use tickwire_cluster::NodeName;

use super::duration::parse_duration;
use super::{ConfigError, Durability, check_base_url};

/// Shortest and longest lease.
const LEASES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(300)..=Duration::from_secs(30);

/// Flags about the cluster.
#[derive(Clone, Debug, Args)]
pub struct ClusterFlags {
    /// Run rooms together with all servers that are given this Redis (or Valkey): redis://HOST:PORT or
    /// rediss://HOST:PORT. Needs --auth-key, the same for all
    #[arg(long, env = "TICKWIRE_CLUSTER", value_name = "URL", hide_env_values = true)]
    pub cluster: Option<String>,

    /// Where clients and the other servers of the cluster reach this one: http://HOST:PORT or https://HOST
    /// [default: where it listens]
    #[arg(long, env = "TICKWIRE_ADVERTISE", value_name = "URL")]
    pub advertise: Option<String>,

    /// What this server is called in its cluster: letters, digits, '.', '_' and '-', 64 at most
    /// [default: a new name at each start]
    #[arg(long, env = "TICKWIRE_NODE_NAME", value_name = "NAME")]
    pub node_name: Option<NodeName>,

    /// How long this server is known to its cluster after its last sign of life, 300ms to 30s; the same for all
    #[arg(long, env = "TICKWIRE_CLUSTER_LEASE", default_value = "1s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub cluster_lease: Duration,

    /// Wait for a Redis that does not answer when the server starts, rather than end with status 2
    #[arg(long, env = "TICKWIRE_CLUSTER_WAIT")]
    pub cluster_wait: bool,

    /// How much of a match the cluster can lose with its server: tick (nothing that anybody has seen),
    /// interval=DURATION (10ms to 10s), or none (all of it)
    #[arg(
        long,
        env = "TICKWIRE_DURABILITY",
        default_value = "interval=100ms",
        value_name = "WHEN"
    )]
    pub durability: Durability,
}

/// The cluster that a server is in.
#[derive(Clone)]
pub struct ClusterConfig {
    /// Where Redis is. It may hold a password, and is not shown.
    pub store: String,
    /// Where clients and other servers reach this one, without a slash at the end; where it listens by default.
    pub advertise: Option<String>,
    /// What it is called.
    pub name: NodeName,
    /// How long it is known after its last sign of life. 1 s by default: what players who wait hardly bear.
    pub lease: Duration,
    /// Whether it waits at its start for a Redis that does not answer. Not by default: an address that is wrong
    /// shows at once.
    pub waits: bool,
    /// When what rooms have computed is kept. Every 100 ms by default.
    pub durability: Durability,
}

impl fmt::Debug for ClusterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut config = f.debug_struct("ClusterConfig");
        config.field("name", &self.name).field("advertise", &self.advertise);
        config.field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl ClusterFlags {
    pub(super) fn validate(self, has_key: bool) -> Result<Option<ClusterConfig>, ConfigError> {
        let Some(store) = self.cluster else {
            // What would be without effect is a mistake.
            return match self.advertise {
                Some(value) => Err(ConfigError {
                    flag: "advertise",
                    value,
                    allowed: "only with --cluster".to_owned(),
                }),
                None => Ok(None),
            };
        };
        // It may hold a password.
        let hidden = || store.split("://").next().unwrap_or_default().to_owned() + "://…";
        if !store.starts_with("redis://") && !store.starts_with("rediss://") {
            let allowed = "redis://HOST:PORT or rediss://HOST:PORT".to_owned();
            return Err(ConfigError { flag: "cluster", value: hidden(), allowed });
        }
        if !has_key {
            let allowed = "only with --auth-key, the same for all servers: tokens have to hold at each of them";
            return Err(ConfigError {
                flag: "cluster",
                value: hidden(),
                allowed: allowed.to_owned(),
            });
        }
        if !LEASES.contains(&self.cluster_lease) {
            return Err(ConfigError {
                flag: "cluster-lease",
                value: humantime::format_duration(self.cluster_lease).to_string(),
                allowed: "300ms to 30s".to_owned(),
            });
        }
        let advertise = self.advertise.map(|url| check_base_url("advertise", url)).transpose()?;
        Ok(Some(ClusterConfig {
            store,
            advertise,
            name: self.node_name.unwrap_or_else(random_name),
            lease: self.cluster_lease,
            waits: self.cluster_wait,
            durability: self.durability,
        }))
    }
}

#[expect(clippy::expect_used, reason = "it is made of letters, digits and a dash")]
fn random_name() -> NodeName {
    format!("node-{:08x}", rand::random::<u32>()).parse().expect("a name")
}
