//! A real server under hardships: what becomes of it, and of those who do nothing wrong.
//!
//! ```text
//! case → server         a process of its own; /proc and /metrics say how it fares
//!      → witnesses      players by the rules, who note the time between their updates
//!      → peers, load    who vanish, stall, flood, or come in thousands, on threads of their own
//!      → verdict        figures beside the targets that they are held to
//! ```
//!
//! | module | job |
//! |---|---|
//! | [`vanish`], [`stall`], [`cut`], [`idle`], [`flood`], [`handshakes`], [`storm`], [`churn`], [`listeners`] | the cases |
//! | [`server`], [`metrics`], [`process`](crate::process) | the server, and what is known of it |
//! | [`witness`], [`probe`] | those who must not feel it: players, newcomers |
//! | [`peer`], [`wire`], [`http`], [`offender`] | those who do it, from the outside to the bytes |
//! | [`plan`], [`load`], [`namespace`] | numbers and stages of a case, threads; networks that can be taken down |
//! | [`verdict`] | figures and targets |
//!
//! Linux only. Every load has an end, and goes over loopback or networks of its own making.

pub mod churn;
pub mod cut;
pub mod flood;
pub mod handshakes;
pub mod http;
pub mod idle;
pub mod listeners;
pub mod load;
pub mod metrics;
pub mod namespace;
pub mod offender;
pub mod peer;
pub mod plan;
pub mod probe;
pub mod server;
pub mod stall;
pub mod storm;
pub mod vanish;
pub mod verdict;
pub mod wire;
pub mod witness;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use thiserror::Error;
use tickwire_bot_client::join::{CallError, Lobby, ParseServerUrlError};

use crate::process::cores::Cores;
use crate::process::vitals::VitalsError;
use flood::Flood;
use load::LoadError;
use namespace::NamespaceError;
use peer::PeerError;
use server::ServerError;
use storm::IdentityError;
use verdict::Verdict;
use witness::WitnessError;

/// A hardship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// Peers vanish without a word, as when a network fails
    Vanish,
    /// Peers stop reading, and keep their connections open
    Stall,
    /// All connections are cut at once, and everybody comes back
    Cut,
    /// As many sessions as a process has descriptors, which do nothing
    Idle,
    /// Bytes that break every rule, again and again
    Garbage,
    /// More pings than allowed, again and again
    Pings,
    /// Messages in fragments of one byte, again and again
    Fragments,
    /// More joins than allowed
    Joins,
    /// Handshakes that take for ever
    Handshakes,
    /// Everybody comes by TLS at once
    Storm,
    /// Players who come, are cut off, come back and leave, for a long time
    Churn,
    /// A thousand who listen to a room's events over HTTP
    Listeners,
}

/// How cases are run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The server's binary.
    pub server: PathBuf,
    /// In seconds and small numbers, judged by outcomes alone.
    pub short: bool,
    /// Where the server and the load run; wherever the system likes by default.
    pub cores: Option<Cores>,
    /// How long floods and churn take; a case's own choice by default.
    pub duration: Option<Duration>,
    /// Seed of everything that is done at random.
    pub seed: u64,
}

/// Why a case has no verdict.
#[derive(Debug, Error)]
pub enum SiegeError {
    /// This machine cannot run it.
    #[error("{0}")]
    Unable(#[from] Unable),
    /// The server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server again.
    #[error(transparent)]
    Vitals(#[from] VitalsError),
    /// The witnesses.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The peers.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The threads of the load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The server's HTTP side.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Its cores, and those of the load.
    #[error("keeping to cores: {0}")]
    Cores(std::io::Error),
    /// A mistake in this program.
    #[error(transparent)]
    Url(#[from] ParseServerUrlError),
    /// What the server proves itself by.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The bots.
    #[error("bots: {0}")]
    Bots(String),
}

/// What this machine lacks.
#[derive(Debug, Error)]
pub enum Unable {
    /// Networks of its own.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// Enough open files.
    #[error("{due} open files are needed, {limit} are allowed: raise the limit (ulimit -Hn)")]
    OpenFiles {
        /// How many.
        due: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl SiegeError {
    /// Whether it is the machine that cannot do it, and nothing has been tried.
    #[must_use]
    pub const fn is_unable(&self) -> bool {
        matches!(self, Self::Unable(_))
    }
}

impl Case {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vanish => "vanish",
            Self::Stall => "stall",
            Self::Cut => "cut",
            Self::Idle => "idle",
            Self::Garbage => "garbage",
            Self::Pings => "pings",
            Self::Fragments => "fragments",
            Self::Joins => "joins",
            Self::Handshakes => "handshakes",
            Self::Storm => "storm",
            Self::Churn => "churn",
            Self::Listeners => "listeners",
        }
    }
}

/// Runs a case against a fresh server.
///
/// # Errors
/// [`SiegeError`] when it cannot be judged: the machine cannot run it, or the server was not there to the
/// end.
pub async fn run(case: Case, setting: &Setting) -> Result<Verdict, SiegeError> {
    let setting = Setting {
        // So many sessions are more than a core has time for, however idle they are.
        cores: setting.cores.filter(|_| case != Case::Idle),
        ..setting.clone()
    };
    let Some(cores) = setting.cores else { return besiege(case, &setting).await };
    cores.keep_to_load().map_err(SiegeError::Cores)?;
    let verdict = besiege(case, &setting).await;
    cores.let_go().map_err(SiegeError::Cores)?;
    verdict
}

async fn besiege(case: Case, setting: &Setting) -> Result<Verdict, SiegeError> {
    let mut verdict = Verdict::new(case.name(), setting.short);
    match case {
        Case::Vanish => vanish::run(setting, &mut verdict).await?,
        Case::Stall => stall::run(setting, &mut verdict).await?,
        Case::Cut => cut::run(setting, &mut verdict).await?,
        Case::Idle => idle::run(setting, &mut verdict).await?,
        Case::Garbage => flood::run(Flood::Garbage, setting, &mut verdict).await?,
        Case::Pings => flood::run(Flood::Pings, setting, &mut verdict).await?,
        Case::Fragments => flood::run(Flood::Fragments, setting, &mut verdict).await?,
        Case::Joins => flood::run(Flood::Joins, setting, &mut verdict).await?,
        Case::Handshakes => handshakes::run(setting, &mut verdict).await?,
        Case::Storm => storm::run(setting, &mut verdict).await?,
        Case::Churn => churn::run(setting, &mut verdict).await?,
        Case::Listeners => listeners::run(setting, &mut verdict).await?,
    }
    Ok(verdict)
}

/// The HTTP side of a server at an address.
fn lobby(address: SocketAddr) -> Result<Lobby, SiegeError> {
    Ok(Lobby::new(format!("http://{address}").parse()?))
}

/// The game of all cases: it has no limit of its own, and rests when nobody plays.
const GAME: &str = "drift";
