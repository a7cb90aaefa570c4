//! The writer's thread: takes the pieces of all rooms' journals, and writes them to their files.
//!
//! Rooms hand their pieces over through a bounded queue and never wait. A journal that cannot be written any
//! more (the disk is full, the folder is gone, the queue was full) ends with its last whole block; its room is
//! told when it hands over the next pieces.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_simulation::journal::file::{End, Journal, JournalWriter};
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::journal::recorder::Piece;
use tracing::{info, warn};

use super::desync::DesyncCase;
use super::folder;
use crate::config::JournalConfig;
use crate::metrics::Metrics;

/// Held by the server that writes to the folder.
const LOCK: &str = ".lock";
/// Most reports beside one journal.
const MAX_REPORTS: u64 = 16;
/// Hand-overs that may wait: a second's of a thousand rooms.
const QUEUE: usize = 32_768;
/// Time between two looks at what is to be deleted.
const SWEEP_PERIOD: Duration = Duration::from_secs(30);

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
enum Order {
    Open {
        id: u64,
        path: PathBuf,
        begin: Begin,
        state: Arc<State>,
    },
    Pieces {
        id: u64,
        pieces: Vec<Piece>,
    },
    Close {
        id: u64,
        end: End,
    },
    /// A file beside the journal.
    Report {
        path: PathBuf,
        text: String,
    },
    /// The server stops: nothing comes after this.
    Stop,
}

/// How a journal begins.
enum Begin {
    Anew(Box<Header>),
    /// Behind what is there already, as it was read.
    Behind(JournalWriter, u64),
}

/// What a journal's room and the writer both know.
#[derive(Debug, Default)]
struct State {
    /// It cannot be written any more.
    is_broken: AtomicBool,
}

/// Writes all journals of a server.
pub struct Writer {
    queue: SyncSender<Order>,
    thread: Option<JoinHandle<()>>,
    dir: PathBuf,
    next: AtomicU64,
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
    /// Cases that were written down beside it.
    reports: AtomicU64,
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
        let files = Files {
            dir: dir.clone(),
            config: config.clone(),
            open: BTreeMap::new(),
            metrics: Arc::clone(&metrics),
        };
        let thread = thread::Builder::new()
            .name("journals".to_owned())
            .spawn(move || files.run(&orders))
            .map_err(WriterError::Thread)?;
        let next = AtomicU64::new(0);
        Ok(Self { queue, thread: Some(thread), dir, next, metrics, _lock: lock })
    }

    /// Where the journals are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Begins the journal of a match.
    #[must_use]
    pub fn open(&self, name: String, header: Header) -> Option<RoomJournal> {
        self.begin(name, Begin::Anew(Box::new(header)))
    }

    /// Goes on with a journal behind its sound part.
    #[must_use]
    pub fn reopen(&self, name: String, journal: &Journal) -> Option<RoomJournal> {
        let (sound, _) = journal.sound_and_lost();
        self.begin(name, Begin::Behind(JournalWriter::behind(journal), sound as u64))
    }

    fn begin(&self, name: String, begin: Begin) -> Option<RoomJournal> {
        let path = folder::path_of(&self.dir, &name)?;
        let (id, state) = (self.next.fetch_add(1, Ordering::Relaxed), Arc::<State>::default());
        let order = Order::Open { id, path, begin, state: Arc::clone(&state) };
        if self.queue.try_send(order).is_err() {
            warn!(name, "too much waits to be written: this match has no journal");
            self.metrics.journals_broken.inc();
            return None;
        }
        let (queue, metrics) = (self.queue.clone(), Arc::clone(&self.metrics));
        let (dir, reports) = (self.dir.clone(), AtomicU64::new(0));
        Some(RoomJournal { id, name, dir, queue, state, reports, metrics })
    }
}

impl Drop for Writer {
    /// Waits until all is written; the rooms have ended by then.
    fn drop(&mut self) {
        let _ = self.queue.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
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
        match self.queue.try_send(Order::Pieces { id: self.id, pieces }) {
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
        if self.reports.fetch_add(1, Ordering::Relaxed) < MAX_REPORTS {
            let path = folder::report_path(&self.dir, &self.name, tick, player);
            let _ = self.queue.try_send(Order::Report { path, text });
        }
    }

    /// The match is over.
    pub fn close(&self, end: End) {
        let order = Order::Close { id: self.id, end };
        // Where there is no room for it, the journal merely has no end.
        let _ = self.queue.try_send(order);
    }
}

/// A journal that is being written.
struct OpenFile {
    file: File,
    name: String,
    writer: JournalWriter,
    /// What is to be written next.
    out: Vec<u8>,
    /// Bytes of whole blocks in the file.
    written: u64,
    state: Arc<State>,
}

/// All that are being written.
struct Files {
    dir: PathBuf,
    config: JournalConfig,
    open: BTreeMap<u64, OpenFile>,
    metrics: Arc<Metrics>,
}

impl Files {
    fn run(mut self, orders: &Receiver<Order>) {
        self.sweep();
        let (mut flush_at, mut sweep_at) =
            (Instant::now() + self.config.flush, Instant::now() + SWEEP_PERIOD);
        loop {
            let now = Instant::now();
            if now >= flush_at {
                self.flush_all();
                flush_at = now + self.config.flush;
            }
            if now >= sweep_at {
                self.sweep();
                sweep_at = now + SWEEP_PERIOD;
            }
            match orders.recv_timeout(flush_at.saturating_duration_since(now)) {
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(order) => self.carry_out(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.flush_all();
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Open { id, path, begin, state } => match OpenFile::open(&path, begin, state) {
                Ok(file) => {
                    self.open.insert(id, file);
                }
                Err((state, cause)) => {
                    self.give_up(&state, &path.display().to_string(), &cause);
                }
            },
            Order::Pieces { id, pieces } => {
                if let Some(file) = self.open.get_mut(&id) {
                    pieces.into_iter().for_each(|piece| file.writer.take(piece, &mut file.out));
                }
            }
            Order::Stop => {}
            Order::Report { path, text } => {
                if let Err(cause) = fs::write(&path, text) {
                    warn!(path = %path.display(), %cause, "a report cannot be written");
                }
            }
            Order::Close { id, end } => {
                let Some(mut file) = self.open.remove(&id) else { return };
                file.writer.end(&end, &mut file.out);
                if let Err(cause) = file.write() {
                    self.give_up(&file.state, &file.name, &cause);
                }
            }
        }
    }

    fn flush_all(&mut self) {
        let mut broken = Vec::new();
        for (&id, file) in &mut self.open {
            file.writer.flush(&mut file.out);
            if let Err(cause) = file.write() {
                broken.push((id, cause));
            }
        }
        for (id, cause) in broken {
            if let Some(file) = self.open.remove(&id) {
                self.give_up(&file.state, &file.name, &cause);
            }
        }
    }

    fn give_up(&self, state: &State, name: &str, cause: &io::Error) {
        state.is_broken.store(true, Ordering::Relaxed);
        self.metrics.journals_broken.inc();
        warn!(name, %cause, "the journal cannot be written and ends; its match goes on");
    }

    /// Deletes what is too old or too much.
    fn sweep(&self) {
        let JournalConfig { max_age, max_bytes, .. } = self.config;
        let Ok(entries) = folder::list(&self.dir) else { return };
        let is_open = |name: &str| self.open.values().any(|file| file.name == name);
        for name in folder::surplus(&entries, SystemTime::now(), max_age, max_bytes, is_open) {
            let Some(path) = folder::path_of(&self.dir, &name) else { continue };
            match fs::remove_file(path) {
                Ok(()) => {
                    folder::remove_reports(&self.dir, &name);
                    info!(name, "an old journal is deleted");
                }
                Err(cause) => warn!(name, %cause, "an old journal cannot be deleted"),
            }
        }
    }
}

impl OpenFile {
    fn open(path: &Path, begin: Begin, state: Arc<State>) -> Result<Self, (Arc<State>, io::Error)> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut out = Vec::new();
        let opened = match begin {
            Begin::Anew(header) => OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(path)
                .map(|file| (file, JournalWriter::begin(&header, &mut out), 0)),
            Begin::Behind(writer, sound) => OpenOptions::new()
                .append(true)
                .open(path)
                .and_then(|file| file.set_len(sound).map(|()| (file, writer, sound))),
        };
        match opened {
            Ok((file, writer, written)) => Ok(Self { file, name, writer, out, written, state }),
            Err(cause) => Err((state, cause)),
        }
    }

    /// Writes what there is; where that fails, the file is as long as it was.
    fn write(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        if let Err(cause) = self.file.write_all(&self.out) {
            let _ = self.file.set_len(self.written);
            return Err(cause);
        }
        self.written += self.out.len() as u64;
        self.out.clear();
        Ok(())
    }
}
