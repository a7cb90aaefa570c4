//! An address for those who run the server: the flags of it.

use std::fmt;
use std::net::SocketAddr;

use clap::Args;

use super::ConfigError;

/// Shortest token, in bytes: what nobody guesses.
const MIN_TOKEN_BYTES: usize = 16;

/// Flags about administration.
#[derive(Clone, Debug, Args)]
pub struct AdminFlags {
    /// Address and port for those who run the server: POST /api/admin/drain. Needs --admin-token
    #[arg(long, env = "TICKWIRE_ADMIN_BIND", value_name = "ADDR:PORT")]
    pub admin_bind: Option<SocketAddr>,

    /// What they show: Authorization: Bearer TOKEN; 16 characters at least
    #[arg(long, env = "TICKWIRE_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
}

/// Where those who run the server reach it.
#[derive(Clone)]
pub struct AdminConfig {
    /// Where to listen.
    pub bind: SocketAddr,
    /// What they show.
    pub token: String,
}

impl fmt::Debug for AdminConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminConfig").field("bind", &self.bind).finish_non_exhaustive()
    }
}

impl AdminFlags {
    pub(super) fn validate(self) -> Result<Option<AdminConfig>, ConfigError> {
        let wrong = |allowed: &str| ConfigError {
            flag: "admin-token",
            value: "…".to_owned(),
            allowed: allowed.to_owned(),
        };
        match (self.admin_bind, self.admin_token) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(wrong("only with --admin-bind")),
            (Some(_), None) => Err(wrong("due with --admin-bind")),
            (Some(_), Some(token)) if token.len() < MIN_TOKEN_BYTES => {
                Err(wrong("at least 16 characters"))
            }
            (Some(bind), Some(token)) => Ok(Some(AdminConfig { bind, token })),
        }
    }
}
