//! The writer's thread: takes the pieces of all rooms' journals, and writes them to their files.
//!
//! Rooms hand their pieces over through a bounded queue and never wait. A journal that cannot be written any
//! more (the disk is full, the folder is gone, the queue was full) ends with its last whole block; its room is
//! told when it hands over the next pieces.

mod files;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_simulation::journal::file::{End, Journal, JournalWriter};
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::journal::recorder::Piece;
use tracing::warn;

use super::desync::DesyncCase;
use super::folder;
use crate::config::JournalConfig;
use crate::metrics::Metrics;
use files::Files;

/// Held by the server that writes to the folder.
const LOCK: &str = ".lock";
/// Most reports beside one journal, and of one player: whoever makes them up must not use up the others'.
const MAX_REPORTS: usize = 64;
const MAX_REPORTS_PER_PLAYER: usize = 2;
/// Hand-overs that may wait: a second's of a thousand rooms.
const QUEUE: usize = 32_768;
/// Bytes that may wait, of all journals together.
const MAX_WAITING_BYTES: usize = 256 << 20;

/// Why matches cannot be written down.
#[derive(Debug, Error)]
pub enum WriterError {
    /// The folder is not there and cannot be made, or nothing can be written to it.
    #[error("cannot write journals to {}: {cause}", dir.display())]
    Folder {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Two servers would write over each other's matches.
    #[error("another server writes its journals to {}", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The system has no thread left.
    #[error("cannot start the thread that writes journals: {0}")]
    Thread(io::Error),
}

/// What rooms want written.
pub(super) enum Order {
    Open {
        id: u64,
        name: String,
        header: Box<Header>,
        /// Behind what is there already, as it was read, and how long that is.
        behind: Option<(JournalWriter, u64)>,
        state: Arc<State>,
    },
    Pieces {
        id: u64,
        pieces: Vec<Piece>,
    },
    Close {
        id: u64,
        /// Without one the file goes.
        end: Option<End>,
        /// As long as this waits, the room is not taken to be gone.
        held: Arc<State>,
    },
    /// Nothing more is written, not even an end.
    Abandon {
        id: u64,
        held: Arc<State>,
    },
    /// A file beside the journal.
    Report {
        path: PathBuf,
        text: String,
    },
    /// The server stops: nothing comes after this.
    Stop,
}

/// What a journal's room and the writer both know.
#[derive(Debug, Default)]
pub(super) struct State {
    /// It cannot be written any more.
    pub(super) is_broken: AtomicBool,
}

/// Writes all journals of a server.
pub struct Writer {
    queue: SyncSender<Order>,
    thread: Mutex<Option<JoinHandle<()>>>,
    dir: PathBuf,
    next: AtomicU64,
    waiting: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    /// As long as it is held no other server uses the folder.
    _lock: File,
}

/// One room's journal.
pub struct RoomJournal {
    id: u64,
    name: String,
    dir: PathBuf,
    queue: SyncSender<Order>,
    state: Arc<State>,
    /// Bytes of all journals that wait to be written.
    waiting: Arc<AtomicUsize>,
    /// Of whom cases were written down beside it.
    reports: Mutex<Vec<PlayerId>>,
    metrics: Arc<Metrics>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`WriterError`].
    pub fn start(
        dir: PathBuf,
        config: &JournalConfig,
        metrics: Arc<Metrics>,
    ) -> Result<Self, WriterError> {
        let unusable = |cause| WriterError::Folder { dir: dir.clone(), cause };
        fs::create_dir_all(&dir).map_err(unusable)?;
        let lock = File::create(dir.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WriterError::InUse { dir }),
            Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
        }
        let (queue, orders) = sync_channel(QUEUE);
        let waiting = Arc::<AtomicUsize>::default();
        let files =
            Files::new(dir.clone(), config.clone(), Arc::clone(&waiting), Arc::clone(&metrics));
        let thread = thread::Builder::new()
            .name("journals".to_owned())
            .spawn(move || files.run(&orders))
            .map_err(WriterError::Thread)?;
        let (thread, next) = (Mutex::new(Some(thread)), AtomicU64::new(0));
        Ok(Self { queue, thread, dir, next, waiting, metrics, _lock: lock })
    }

    /// Waits until all is written that was handed over, and writes no more. Once is enough.
    pub fn finish(&self) {
        let _ = self.queue.send(Order::Stop);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// Where the journals are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Begins the journal of a match.
    #[must_use]
    pub fn open(&self, name: String, header: Header) -> Option<RoomJournal> {
        self.begin(name, header, None)
    }

    /// Goes on with a journal behind its sound part.
    #[must_use]
    pub fn reopen(&self, name: String, journal: &Journal) -> Option<RoomJournal> {
        let (sound, _) = journal.sound_and_lost();
        let behind = Some((JournalWriter::behind(journal), sound as u64));
        self.begin(name, journal.header().clone(), behind)
    }

    fn begin(
        &self,
        name: String,
        header: Header,
        behind: Option<(JournalWriter, u64)>,
    ) -> Option<RoomJournal> {
        if !folder::is_name(&name) {
            return None;
        }
        let (id, state) = (self.next.fetch_add(1, Ordering::Relaxed), Arc::<State>::default());
        let (header, file) = (Box::new(header), name.clone());
        let order = Order::Open { id, name: file, header, behind, state: Arc::clone(&state) };
        if self.queue.try_send(order).is_err() {
            warn!(name, "too much waits to be written: this match has no journal");
            self.metrics.journals_broken.inc();
            return None;
        }
        let (queue, metrics) = (self.queue.clone(), Arc::clone(&self.metrics));
        let (dir, reports) = (self.dir.clone(), Mutex::default());
        let waiting = Arc::clone(&self.waiting);
        Some(RoomJournal { id, name, dir, queue, state, waiting, reports, metrics })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.finish();
    }
}

impl RoomJournal {
    /// Its name, without its ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hands pieces over. False when the journal has come to an end before its match.
    #[must_use]
    pub fn hand_over(&self, pieces: Vec<Piece>) -> bool {
        if self.state.is_broken.load(Ordering::Relaxed) {
            return false;
        }
        let bytes = size_of(&pieces);
        let waiting = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        let order = Order::Pieces { id: self.id, pieces };
        let sent = if waiting > MAX_WAITING_BYTES {
            Err(TrySendError::Full(order))
        } else {
            self.queue.try_send(order)
        };
        if sent.is_err() {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        }
        match sent {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                // What comes next would not fit what is there: it ends here.
                self.state.is_broken.store(true, Ordering::Relaxed);
                self.metrics.journals_broken.inc();
                warn!(name = self.name, "too much waits to be written: the journal ends");
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// Writes down a case in which a client's copy of the state differed, unless there are many already.
    pub fn report(&self, tick: Tick, player: PlayerId, case: &DesyncCase) {
        let Ok(text) = serde_json::to_string_pretty(case) else { return };
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let of_theirs = reports.iter().filter(|&&other| other == player).count();
        if reports.len() < MAX_REPORTS && of_theirs < MAX_REPORTS_PER_PLAYER {
            reports.push(player);
            let path = folder::report_path(&self.dir, &self.name, tick, player);
            let _ = self.queue.try_send(Order::Report { path, text });
        }
    }

    /// The match is over; without an end it was none, and its journal goes.
    pub fn close(&self, end: Option<End>) {
        let order = Order::Close { id: self.id, end, held: Arc::clone(&self.state) };
        if self.queue.try_send(order).is_err() {
            self.state.is_broken.store(true, Ordering::Relaxed);
        }
    }
}

impl RoomJournal {
    /// The match goes on elsewhere, since when is not known: nothing more is written here, and nobody brings the
    /// match back from what there is.
    pub fn abandon(self) {
        let order = Order::Abandon { id: self.id, held: Arc::clone(&self.state) };
        if self.queue.try_send(order).is_err() {
            self.state.is_broken.store(true, Ordering::Relaxed);
        }
    }
}

/// Bytes of pieces, about.
pub(super) fn size_of(pieces: &[Piece]) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Tape(tape) => tape.len(),
        Piece::State { state, .. } => state.len(),
        Piece::Mark(_) => 64,
    };
    pieces.iter().map(of).sum()
}
