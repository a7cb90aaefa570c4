//! The load: all clients, on one thread, the same for every peer.
//!
//! ```text
//! enter (some at a time) → until everybody has state → settle → the window → leave
//! ```

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tickwire_bot_client::cpu;
use tickwire_bot_client::stats::Stats;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::client::{self, Client};
use super::entry::Doors;
use super::workload::Workload;
use crate::process::Process;
use crate::process::vitals::{Vitals, VitalsError};

/// Clients that are on their way in at the same time.
const ENTERING_AT_ONCE: usize = 50;
/// Clients that have no state when nobody has got any for this long are not waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes that are read at once, into memory that all clients share.
const BUFFER_BYTES: usize = 1 << 18;

/// Where clients write down how they fare. One thread, so plain cells.
#[derive(Debug)]
pub struct Board {
    /// Those on their way in hold a permit.
    pub entrance: Semaphore,
    /// Whether the window is open.
    pub is_measuring: Cell<bool>,
    /// What was seen in the window.
    pub stats: RefCell<Stats>,
    /// What is read goes here, and is looked at before anybody else reads.
    pub buffer: RefCell<Vec<u8>>,
    playing: Cell<usize>,
    failures: RefCell<BTreeMap<String, usize>>,
    changed: Notify,
}

impl Board {
    fn new() -> Self {
        Self {
            entrance: Semaphore::new(ENTERING_AT_ONCE),
            is_measuring: Cell::new(false),
            stats: RefCell::default(),
            buffer: RefCell::new(vec![0; BUFFER_BYTES]),
            playing: Cell::new(0),
            failures: RefCell::default(),
            changed: Notify::new(),
        }
    }

    /// A client has state.
    pub fn count_in(&self) {
        self.playing.set(self.playing.get() + 1);
        self.changed.notify_one();
    }

    /// A client has failed, which may have had state before.
    pub fn count_out(&self, was_in: bool, cause: String) {
        self.playing.set(self.playing.get() - usize::from(was_in));
        *self.failures.borrow_mut().entry(cause).or_default() += 1;
        self.changed.notify_one();
    }

    fn failed(&self) -> usize {
        self.failures.borrow().values().sum()
    }

    /// Waits until everybody has state or has failed, or nobody gets any further.
    async fn gather(&self, clients: usize) {
        while self.playing.get() + self.failed() < clients {
            if tokio::time::timeout(PATIENCE, self.changed.notified()).await.is_err() {
                return;
            }
        }
    }
}

/// How long a load takes, once everybody is in.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Before the window: what JavaScript is made of is compiled while it runs.
    pub settling: Duration,
    /// What is measured.
    pub window: Duration,
}

impl Pace {
    /// That of a measurement.
    #[must_use]
    pub const fn measuring(window: Duration) -> Self {
        Self { settling: Duration::from_secs(3), window }
    }
}

/// What a load saw, and what it took.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What clients saw in the window.
    pub stats: Stats,
    /// How long that was.
    pub window: Duration,
    /// Clients that had state at its end.
    pub playing: usize,
    /// Why others had none, and how many.
    pub failures: BTreeMap<String, usize>,
    /// The server at the beginning of the window.
    pub before: Vitals,
    /// The server at its end.
    pub after: Vitals,
    /// CPU time of this process in it.
    pub load_cpu: Duration,
}

/// Puts a workload on a server for some time.
///
/// # Errors
/// [`VitalsError`] when the server is gone. Clients that fail are part of what was seen.
pub async fn run(
    server: &Process,
    doors: Doors,
    workload: &Workload,
    pace: Pace,
) -> Result<Seen, VitalsError> {
    let (board, doors) = (Rc::new(Board::new()), Rc::new(doors));
    let mut clients = JoinSet::new();
    for number in 0..workload.clients {
        let client = Client::new(number, workload, Rc::clone(&doors), Rc::clone(&board));
        clients.spawn_local(client::run(client));
    }
    board.gather(workload.clients).await;
    tokio::time::sleep(pace.settling).await;

    let (before, load_before) = (server.vitals()?, cpu::process_time().unwrap_or_default());
    let begun = Instant::now();
    board.is_measuring.set(true);
    tokio::time::sleep(pace.window).await;
    board.is_measuring.set(false);
    let window = begun.elapsed();
    let (after, load_after) = (server.vitals()?, cpu::process_time().unwrap_or_default());

    clients.shutdown().await;
    let mut failures = board.failures.take();
    let playing = board.playing.get();
    let missing = workload.clients - playing - failures.values().sum::<usize>();
    if missing > 0 {
        failures.insert(format!("no state within {} s", PATIENCE.as_secs()), missing);
    }
    let load_cpu = load_after.saturating_sub(load_before);
    Ok(Seen { stats: board.stats.take(), window, playing, failures, before, after, load_cpu })
}
