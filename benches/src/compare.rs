//! Other servers beside this one: the same workload, the same clients, the same inputs.
//!
//! ```text
//! workload → peer     who, what runs it, what it speaks
//!              → process   its server, on a core of its own
//!              → load      all clients, on another
//!                  → entry → client → wire (websocket; probe) → stats
//!              → figures   of a run; medians → table, bars
//! floor      what bare writes cost: a peer without a game
//! ```
//!
//! Peers take turns within a round, so that what the machine does besides hits all of them alike. The
//! servers of the others are in `benches/peers`.

pub mod bars;
pub mod client;
pub mod entry;
pub mod figures;
pub mod floor;
pub mod load;
pub mod peer;
pub mod probe;
pub mod table;
pub mod wire;
pub mod workload;

use std::time::Duration;

use thiserror::Error;
use tokio::task::LocalSet;

use crate::process::cores::Cores;
use crate::process::vitals::VitalsError;
use crate::process::{Process, ProcessError};
use entry::{Doors, EntryError};
use figures::Run;
use load::Pace;
use peer::{MissingError, Peer, Programs};
use workload::Workload;

/// A server that has just said that it listens still loads this and that: its memory is read after this
/// time.
const QUIET: Duration = Duration::from_millis(500);

/// Why there are no figures of a peer.
#[derive(Debug, Error)]
pub enum CompareError {
    /// It cannot be started here: nobody's fault.
    #[error(transparent)]
    Missing(#[from] MissingError),
    /// It does not run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Nobody can be let in.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It went away.
    #[error("{cause}; it said: {last_words}")]
    Gone {
        /// How that was noticed.
        cause: VitalsError,
        /// What it said before.
        last_words: String,
    },
    /// Nobody got any state.
    #[error("no client got any state: {0}")]
    Empty(String),
}

/// Gives a workload to a peer once. To be called on the load's core, if cores are divided.
///
/// # Errors
/// [`CompareError`]. Clients that fail are part of the run.
pub async fn run(
    peer: Peer,
    programs: &Programs,
    workload: &Workload,
    pace: Pace,
    cores: Option<&Cores>,
) -> Result<Run, CompareError> {
    let server = Process::start(peer.command(programs, workload)?, cores).await?;
    tokio::time::sleep(QUIET).await;
    let gone = |cause| CompareError::Gone { cause, last_words: server.last_words() };
    let empty_bytes = server.vitals().map_err(gone)?.memory;
    let doors = Doors::open(peer.protocol(), server.address(), *workload).await?;
    let load = load::run(&server, doors, workload, pace);
    let seen = LocalSet::new().run_until(load).await.map_err(gone)?;
    if seen.playing == 0 {
        let causes: Vec<_> = seen.failures.into_keys().collect();
        return Err(CompareError::Empty(causes.join("; ")));
    }
    Ok(Run::new(peer, workload, seen, empty_bytes))
}
