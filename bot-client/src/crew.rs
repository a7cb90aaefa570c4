//! The threads that bots run on: each has a runtime of its own, some of the bots, and their numbers,
//! so that nothing on the way of a message is shared.
//!
//! ```text
//! swarm ─ enter, take, cut off → thread: bots as tasks ─ slices of numbers → swarm
//!       └ phase, number wanted → board ← comings and goings ┘
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet, LocalSet};
use tokio::time::timeout;

use crate::board::Board;
use crate::bot;
use crate::casting::Casting;
use crate::cpu;
use crate::join::Lobby;
use crate::stats::Stats;

/// Bots have this long to say goodbye.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why there are no threads, or no longer.
#[derive(Debug, Error)]
pub enum CrewError {
    /// The system has none to give.
    #[error("cannot start a thread: {0}")]
    Start(#[from] std::io::Error),
    /// A mistake of this program; it has said more of it already.
    #[error("a thread of bots has ended unexpectedly")]
    Ended,
}

/// The threads.
#[derive(Debug)]
pub struct Crew {
    threads: Vec<Thread>,
}

#[derive(Debug)]
struct Thread {
    orders: mpsc::UnboundedSender<Order>,
    handle: JoinHandle<()>,
}

#[derive(Debug)]
enum Order {
    /// The bot of this number comes.
    Enter(usize),
    /// All numbers since the last slice are asked for.
    Take(oneshot::Sender<Slice>),
    /// Bots of this number and above are ended, whatever they are at.
    CutOff(usize),
}

/// What one thread's bots saw in some time.
#[derive(Debug)]
struct Slice {
    stats: Stats,
    length: Duration,
    cpu: Option<Duration>,
}

/// What all bots saw in some time.
#[derive(Clone, Debug, Default)]
pub struct Takings {
    /// Their numbers.
    pub stats: Stats,
    /// The time.
    pub length: Duration,
    /// CPU time of each thread in it, as far as the system tells.
    pub thread_cpu: Vec<Duration>,
}

impl Takings {
    /// Adds what was seen after it.
    pub fn append(&mut self, later: &Self) {
        self.stats.add(&later.stats);
        self.length += later.length;
        self.thread_cpu.resize(later.thread_cpu.len(), Duration::ZERO);
        for (sum, cpu) in self.thread_cpu.iter_mut().zip(&later.thread_cpu) {
            *sum += *cpu;
        }
    }
}

impl Crew {
    /// Starts threads with nobody on them; each has lobbies of its own, in the order of the servers.
    ///
    /// # Errors
    /// [`CrewError::Start`].
    pub fn start(
        lobbies: Vec<Vec<Lobby>>,
        casting: &Casting,
        board: &Arc<Board>,
    ) -> Result<Self, CrewError> {
        let start = |(index, lobbies)| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (orders, inbox) = mpsc::unbounded_channel();
            let (casting, board) = (casting.clone(), Arc::clone(board));
            let handle =
                std::thread::Builder::new().name(format!("bots {index}")).spawn(move || {
                    let troupe = Troupe::new(casting, lobbies, board);
                    LocalSet::new().block_on(&runtime, troupe.run(inbox));
                })?;
            Ok(Thread { orders, handle })
        };
        let threads =
            lobbies.into_iter().enumerate().map(start).collect::<Result<_, CrewError>>()?;
        Ok(Self { threads })
    }

    /// How many threads there are.
    #[must_use]
    pub const fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Sends a bot in.
    pub fn enter(&self, number: usize) {
        // A thread that has ended is found when its numbers are asked for.
        let _ = self.threads[number % self.threads.len()].orders.send(Order::Enter(number));
    }

    /// Ends bots of this number and above, whatever they are at.
    pub fn cut_off(&self, number: usize) {
        for thread in &self.threads {
            let _ = thread.orders.send(Order::CutOff(number));
        }
    }

    /// All numbers since they were last taken.
    ///
    /// # Errors
    /// [`CrewError::Ended`].
    pub async fn take(&self) -> Result<Takings, CrewError> {
        let ask = |thread: &Thread| {
            let (answer, slice) = oneshot::channel();
            // If it has ended, so has the answer.
            let _ = thread.orders.send(Order::Take(answer));
            slice
        };
        // All are asked before any is waited for: the slices are of the same time.
        let slices: Vec<_> = self.threads.iter().map(ask).collect();
        let mut all = Takings::default();
        for slice in slices {
            let slice = slice.await.map_err(|_| CrewError::Ended)?;
            all.stats.add(&slice.stats);
            all.length += slice.length / u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
            all.thread_cpu.extend(slice.cpu);
        }
        Ok(all)
    }

    /// Waits until all bots have left, or for [`LEAVE_TIMEOUT`]; then ends the threads.
    pub fn leave(self) {
        let (orders, handles): (Vec<_>, Vec<_>) =
            self.threads.into_iter().map(|thread| (thread.orders, thread.handle)).unzip();
        drop(orders);
        for handle in handles {
            // One that panicked has said so.
            let _ = handle.join();
        }
    }
}

/// One thread's bots.
struct Troupe {
    casting: Casting,
    lobbies: Vec<Lobby>,
    board: Arc<Board>,
    stats: Rc<RefCell<Stats>>,
    bots: JoinSet<()>,
    handles: BTreeMap<usize, AbortHandle>,
    taken: Instant,
    cpu: Option<Duration>,
}

impl Troupe {
    fn new(casting: Casting, lobbies: Vec<Lobby>, board: Arc<Board>) -> Self {
        Self {
            casting,
            lobbies,
            board,
            stats: Rc::default(),
            bots: JoinSet::new(),
            handles: BTreeMap::new(),
            taken: Instant::now(),
            cpu: cpu::thread_time(),
        }
    }

    /// Follows orders until there are no more to come; then waits for the bots to leave.
    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.follow(order),
                    None => break,
                },
                Some(_) = self.bots.join_next() => {}
            }
        }
        let goodbyes = async { while self.bots.join_next().await.is_some() {} };
        // Those who cannot even leave are cut off when `bots` is dropped.
        let _ = timeout(LEAVE_TIMEOUT, goodbyes).await;
    }

    fn follow(&mut self, order: Order) {
        match order {
            Order::Enter(number) => {
                let plan = self.casting.plan(number, &self.lobbies);
                let place = self.board.place(number, &self.stats);
                self.handles.insert(number, self.bots.spawn_local(bot::run(plan, place)));
            }
            Order::Take(answer) => {
                // Nobody waits for it where the run was given up.
                let _ = answer.send(self.slice());
            }
            Order::CutOff(number) => {
                for handle in self.handles.split_off(&number).into_values() {
                    handle.abort();
                }
            }
        }
    }

    fn slice(&mut self) -> Slice {
        let now = Instant::now();
        let cpu = cpu::thread_time();
        let spent = cpu.zip(self.cpu).map(|(after, before)| after.saturating_sub(before));
        let length = now - std::mem::replace(&mut self.taken, now);
        self.cpu = cpu;
        Slice { stats: self.stats.take(), length, cpu: spent }
    }
}
