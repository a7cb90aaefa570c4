//! The files of the journals that are being written: what the writer's thread works on.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

use tickwire_protocol::ids::Tick;
use tickwire_simulation::journal::file::{End, JournalWriter};
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::journal::recorder::Piece;
use tracing::{info, warn};

use super::{Order, State, size_of};
use crate::config::JournalConfig;
use crate::journal::folder;
use crate::metrics::Metrics;

/// Time between two looks at what is to be deleted.
const SWEEP_PERIOD: Duration = Duration::from_secs(30);
/// From this length on a journal goes on in another file, with the next keyframe: days of a full room.
const PART_BYTES: u64 = 64 << 20;

/// All that are being written.
pub(super) struct Files {
    dir: PathBuf,
    config: JournalConfig,
    open: BTreeMap<u64, OpenFile>,
    /// From this length on a journal goes on in another file.
    part_bytes: u64,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
}

/// A journal that is being written.
struct OpenFile {
    file: File,
    header: Header,
    /// Its name, and that of its first part with the number of this one.
    name: String,
    base: String,
    part: u32,
    writer: JournalWriter,
    /// What is to be written next.
    out: Vec<u8>,
    /// Bytes and number of the blocks in the file.
    written: u64,
    blocks: u64,
    /// The last tick that a state was of.
    tick: Tick,
    state: Arc<State>,
}

impl Files {
    pub(super) const fn new(
        dir: PathBuf,
        config: JournalConfig,
        waiting: Arc<AtomicUsize>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { dir, config, open: BTreeMap::new(), part_bytes: PART_BYTES, waiting, metrics }
    }

    /// Works until there is nobody to work for.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        let begin = Instant::now();
        // What a crash has cut off is brought back first.
        let (mut flush_at, mut sweep_at) = (begin + self.config.flush, begin + SWEEP_PERIOD);
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
            Order::Open { id, name, header, behind, state } => {
                match OpenFile::open(&self.dir, name.clone(), *header, behind, Arc::clone(&state)) {
                    Ok(file) => {
                        self.open.insert(id, file);
                    }
                    Err(cause) => self.break_off(&state, &name, &cause),
                }
            }
            Order::Pieces { id, pieces } => {
                self.waiting.fetch_sub(size_of(&pieces), Ordering::Relaxed);
                let Some(file) = self.open.get_mut(&id) else { return };
                if let Err(cause) = file.take_in(&self.dir, self.part_bytes, pieces) {
                    self.give_up(id, &cause);
                }
            }
            Order::Stop => {}
            Order::Report { path, text } => {
                if let Err(cause) = fs::write(&path, text) {
                    warn!(path = %path.display(), %cause, "a report cannot be written");
                }
            }
            Order::Abandon { id, held } => {
                self.abandon(id);
                drop(held);
            }
            Order::Close { id, end, held } => {
                self.close(id, end);
                drop(held);
            }
        }
    }

    fn close(&mut self, id: u64, end: Option<End>) {
        let Some(file) = self.open.get_mut(&id) else { return };
        let Some(end) = end else { return self.remove(id) };
        file.writer.end(&end, &mut file.out);
        match file.write() {
            Ok(()) => drop(self.open.remove(&id)),
            Err(cause) => self.give_up(id, &cause),
        }
    }

    /// Leaves a journal as it is, under a name by which nobody goes on with it.
    fn abandon(&mut self, id: u64) {
        let Some(file) = self.open.remove(&id) else { return };
        if let (Some(from), Some(to)) = (
            folder::path_of(&self.dir, &file.name),
            folder::path_of(&self.dir, &folder::cut_name(&file.name)),
        ) && let Err(cause) = fs::rename(from, to)
        {
            warn!(name = file.name, %cause, "the journal of a match that goes on elsewhere keeps its name");
        }
    }

    fn flush_all(&mut self) {
        let mut broken = Vec::new();
        for (&id, file) in &mut self.open {
            file.writer.flush(&mut file.out);
            if let Err(cause) = file.write() {
                broken.push((id, cause));
            } else if file.state.is_broken.load(Ordering::Relaxed) {
                broken.push((id, io::Error::other("too much waits to be written")));
            } else if Arc::strong_count(&file.state) == 1 {
                broken.push((id, io::Error::other("its room is gone")));
            }
        }
        for (id, cause) in broken {
            self.give_up(id, &cause);
        }
    }

    /// Deletes a journal of nothing.
    fn remove(&mut self, id: u64) {
        let file = self.open.remove(&id);
        if let Some(path) = file.and_then(|file| folder::path_of(&self.dir, &file.name)) {
            // If not, it goes with age.
            let _ = fs::remove_file(path);
        }
    }

    /// Ends a journal before its match. It must not look like one that a crash has cut off.
    fn give_up(&mut self, id: u64, cause: &io::Error) {
        let Some(mut file) = self.open.remove(&id) else { return };
        if !file.state.is_broken.load(Ordering::Relaxed) {
            self.break_off(&file.state, &file.name, cause);
        }
        file.out.clear();
        let end =
            End { tick: file.tick, leader: None, reason: format!("the journal broke: {cause}") };
        JournalWriter::after(file.blocks).end(&end, &mut file.out);
        if file.write().is_err()
            && let (Some(from), Some(to)) = (
                folder::path_of(&self.dir, &file.name),
                folder::path_of(&self.dir, &folder::cut_name(&file.name)),
            )
        {
            // Hardly anything takes less of a disk than another name.
            let _ = fs::rename(from, to);
        }
    }

    fn break_off(&self, state: &State, name: &str, cause: &io::Error) {
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
    fn open(
        dir: &Path,
        name: String,
        header: Header,
        behind: Option<(JournalWriter, u64)>,
        state: Arc<State>,
    ) -> io::Result<Self> {
        let path = folder::path_of(dir, &name).ok_or(io::ErrorKind::InvalidInput)?;
        let mut out = Vec::new();
        let (file, writer, written) = match behind {
            None => {
                let file = OpenOptions::new().write(true).create_new(true).open(path)?;
                (file, JournalWriter::begin(&header, &mut out), 0)
            }
            Some((writer, sound)) => {
                let file = OpenOptions::new().append(true).open(path)?;
                file.set_len(sound)?;
                (file, writer, sound)
            }
        };
        let (base, part, tick) = (name.clone(), 1, header.first_tick);
        let blocks = if written == 0 { 0 } else { writer.blocks() };
        Ok(Self { file, header, name, base, part, writer, out, written, blocks, tick, state })
    }

    fn take_in(&mut self, dir: &Path, part_bytes: u64, pieces: Vec<Piece>) -> io::Result<()> {
        for piece in pieces {
            if let Piece::State { tick, leader, is_keyframe: true, .. } = piece
                && self.written > part_bytes
            {
                self.part += 1;
                let name = format!("{}-part{}", self.base, self.part);
                let reason = format!("it goes on in {name}");
                self.writer.end(&End { tick, leader, reason }, &mut self.out);
                self.write()?;
                let header = Header { first_tick: tick, ..self.header.clone() };
                let next = Self::open(dir, name, header, None, Arc::clone(&self.state))?;
                let (base, part) = (self.base.clone(), self.part);
                *self = Self { base, part, ..next };
            }
            if let Piece::State { tick, .. } = piece {
                self.tick = tick;
            }
            self.writer.take(piece, &mut self.out);
        }
        Ok(())
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
        self.blocks = self.writer.blocks();
        self.out.clear();
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use tickwire_simulation::journal::file::{Contents, Journal};

    fn header() -> Header {
        Header {
            game: "drift".to_owned(),
            options: BTreeMap::new(),
            schema_hash: 1,
            tick_rate_hz: 30,
            seed: 1,
            first_tick: Tick(0),
            room: "room".to_owned(),
            opened_at_ms: 0,
            capacity: 1,
            spectator_capacity: 1,
            bots: 0,
            server: String::new(),
        }
    }

    fn keyframe(tick: u32) -> Piece {
        let state = vec![tick as u8; 100].into();
        Piece::State { tick: Tick(tick), leader: None, state, is_keyframe: true }
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("tickwire-{name}-{}", std::process::id()));
            fs::create_dir_all(&dir).unwrap();
            Self(dir)
        }

        fn read(&self, name: &str) -> Journal {
            Journal::read(fs::read(folder::path_of(&self.0, name).unwrap()).unwrap()).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn files(folder: &Folder) -> Files {
        let metrics = Arc::new(Metrics::new().unwrap());
        let (config, waiting) = (JournalConfig::default(), Arc::default());
        Files { part_bytes: 1, ..Files::new(folder.0.clone(), config, waiting, metrics) }
    }

    fn open(files: &mut Files) -> Arc<State> {
        let state = Arc::<State>::default();
        let (name, header) = ("match".to_owned(), Box::new(header()));
        let (behind, held) = (None, Arc::clone(&state));
        files.carry_out(Order::Open { id: 1, name, header, behind, state: held });
        state
    }

    #[test]
    fn a_long_journal_goes_on_in_another_file_from_a_keyframe_on() {
        let folder = Folder::new("parts");
        let mut files = files(&folder);
        let held = open(&mut files);
        for pieces in [vec![keyframe(0), Piece::Tape(vec![0])], vec![keyframe(150)]] {
            files.carry_out(Order::Pieces { id: 1, pieces });
            files.flush_all();
        }
        let end = End { tick: Tick(151), leader: None, reason: "over".to_owned() };
        files.carry_out(Order::Close { id: 1, end: Some(end), held });
        let (first, second) = (folder.read("match"), folder.read("match-part2"));
        assert_eq!(first.end().unwrap().reason, "it goes on in match-part2");
        assert_eq!((first.last_tick(), first.blocks()), (Tick(150), 3));
        assert_eq!(second.header().first_tick, Tick(150));
        assert!(matches!(second.block(0), Some(Contents::Keyframe(_))));
        assert_eq!(second.end().unwrap().reason, "over");
    }

    #[test]
    fn a_journal_that_is_abandoned_has_no_end_and_another_name() {
        let folder = Folder::new("abandoned");
        let mut files = files(&folder);
        let held = open(&mut files);
        files.carry_out(Order::Pieces { id: 1, pieces: vec![keyframe(0), Piece::Tape(vec![0])] });
        files.flush_all();
        files.carry_out(Order::Pieces { id: 1, pieces: vec![Piece::Tape(vec![0])] });
        files.carry_out(Order::Abandon { id: 1, held });
        files.flush_all();
        assert!(files.open.is_empty());
        let journal = folder.read("match-cut");
        assert_eq!((journal.end(), journal.blocks()), (None, 2));
        assert!(folder::is_cut("match-cut"));
    }

    #[test]
    fn a_journal_that_breaks_off_ends_and_is_let_go_of() {
        let folder = Folder::new("broken");
        let mut files = files(&folder);
        let state = open(&mut files);
        files.carry_out(Order::Pieces { id: 1, pieces: vec![keyframe(0), Piece::Tape(vec![0])] });
        files.flush_all();
        assert!(!files.open.is_empty());
        state.is_broken.store(true, Ordering::Relaxed);
        files.flush_all();
        assert!(files.open.is_empty());
        let journal = folder.read("match");
        let reason = &journal.end().unwrap().reason;
        assert!(reason.contains("too much waits"), "{reason}");
    }
}
