//! The folder of recordings: which there are, and one of them, read within bounds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use actix_web::web;
use serde::Serialize;
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::journal::playback::{self, Playback};
use tickwire_simulation::journal::screening::Screening;
use tickwire_simulation::registry::GameRegistry;
use tracing::debug;

use super::summary::{Details, Summary};
use super::{RecordingError, RecordingName};
use crate::directory::Directory;
use crate::journal::folder::Kind;
use crate::room::driver::MakeGame;

/// Largest file that is read, in bytes: days of a full room.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// How old a list may be that is given out once more: what is being recorded grows all the time.
const LIST_LIFETIME: Duration = Duration::from_secs(1);
/// Most recordings that are listed, the newest.
const MOST_LISTED: usize = 1000;

/// The recordings of a folder.
pub struct Library {
    dir: PathBuf,
    games: GameRegistry,
    directory: Arc<dyn Directory>,
    shelf: Mutex<Shelf>,
    /// Held while a file is read: however many ask, one thread works for them.
    reading: tokio::sync::Mutex<()>,
}

/// What is known of the files.
#[derive(Default)]
struct Shelf {
    known: BTreeMap<RecordingName, Known>,
    /// What is being watched: one copy, however many do.
    watched: BTreeMap<RecordingName, (Version, Weak<Journal>)>,
    listed: Option<(Instant, Arc<Listing>)>,
}

/// Tells a file from what it was: its length, and when it was written last.
type Version = (u64, Option<SystemTime>);

/// What is known of a file, as long as it stays as it is.
#[derive(Clone)]
struct Known {
    version: Version,
    summary: Result<Summary, String>,
}

/// All recordings, the newest first.
#[derive(Debug, Default, Serialize)]
pub struct Listing {
    /// Those that can be shown.
    pub replays: Vec<Summary>,
    /// The rest.
    pub unreadable: Vec<Unreadable>,
}

/// A file that cannot be shown.
#[derive(Debug, Serialize)]
pub struct Unreadable {
    /// What it is called.
    pub name: RecordingName,
    /// Why not.
    pub message: String,
}

/// A match that is about to be shown.
pub struct Showing {
    /// The recording.
    pub name: RecordingName,
    /// Its game's name.
    pub game: String,
    /// Its ticks per second.
    pub tick_rate_hz: u16,
    /// Most who take part in it at once.
    pub cast: usize,
    /// The game that shows it.
    pub screening: Box<dyn Game>,
    /// Makes another one.
    pub make: MakeGame,
}

impl Library {
    /// The recordings of a folder, of these games, but for those of rooms that are still there.
    #[must_use]
    pub fn new(dir: PathBuf, games: GameRegistry, directory: Arc<dyn Directory>) -> Self {
        Self {
            dir,
            games,
            directory,
            shelf: Mutex::default(),
            reading: tokio::sync::Mutex::new(()),
        }
    }

    /// All recordings.
    ///
    /// # Errors
    /// [`RecordingError::Io`] when the folder cannot be read.
    pub async fn list(self: &Arc<Self>) -> Result<Arc<Listing>, RecordingError> {
        self.read(Self::list_now).await
    }

    /// What happened in a match.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub async fn details(self: &Arc<Self>, name: RecordingName) -> Result<Details, RecordingError> {
        self.read(move |library| {
            let journal = library.journal(&name)?;
            let schema = journal.header().make_game(&library.games)?.schema();
            Details::of(name, &journal, &schema)
        })
        .await
    }

    /// A match, to be shown.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub async fn showing(self: &Arc<Self>, name: RecordingName) -> Result<Showing, RecordingError> {
        self.read(move |library| {
            let journal = library.watched(&name)?;
            Summary::of(name.clone(), &journal)?;
            let (header, games) = (journal.header().clone(), library.games.clone());
            let make_world: playback::MakeGame = Arc::new(move || header.make_game(&games));
            let header = journal.header().clone();
            let screening = screen(&journal, &make_world)?;
            Ok(Showing {
                name,
                game: header.game,
                tick_rate_hz: header.tick_rate_hz,
                cast: (header.capacity as usize).saturating_add(header.bots as usize),
                screening,
                make: Arc::new(move || screen(&journal, &make_world).ok()),
            })
        })
        .await
    }

    /// Does what reads files, or asks games, away from the threads that serve.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, RecordingError> + Send + 'static,
    ) -> Result<T, RecordingError> {
        let _one_at_a_time = self.reading.lock().await;
        let library = Arc::clone(self);
        let done = web::block(move || {
            catch_unwind(AssertUnwindSafe(|| work(&library))).unwrap_or(Err(RecordingError::Rules))
        });
        done.await.unwrap_or(Err(RecordingError::Rules))
    }

    /// Reads a recording. Whoever can put links into the folder can do what they like anyway; this is for
    /// those who did so without thinking of whom it is served to.
    fn journal(&self, name: &RecordingName) -> Result<Journal, RecordingError> {
        if Kind::of_name(name.as_str()) != Kind::Open {
            return Err(RecordingError::Missing(name.clone()));
        }
        let path = self.dir.join(name.file());
        let found = fs::symlink_metadata(&path);
        if !found.is_ok_and(|metadata| metadata.is_file()) {
            return Err(RecordingError::Missing(name.clone()));
        }
        let file = File::open(&path)?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(RecordingError::TooLarge);
        }
        let journal = Journal::read(bytes)?;
        let is_played = |room| self.directory.find(room).is_some_and(|room| room.shows.is_match());
        match journal.header().room.parse() {
            Ok(room) if is_played(room) => Err(RecordingError::Played(name.clone())),
            _ => Ok(journal),
        }
    }

    /// The same, shared with those who watch it already.
    fn watched(&self, name: &RecordingName) -> Result<Arc<Journal>, RecordingError> {
        let metadata = fs::symlink_metadata(self.dir.join(name.file()));
        let version = metadata.map(|metadata| version_of(&metadata));
        let version = version.map_err(|_| RecordingError::Missing(name.clone()))?;
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let held = shelf.watched.get(name).filter(|(held, _)| *held == version);
        if let Some(journal) = held.and_then(|(_, journal)| journal.upgrade()) {
            return Ok(journal);
        }
        drop(shelf);
        let journal = Arc::new(self.journal(name)?);
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.watched.retain(|_, (_, journal)| journal.strong_count() > 0);
        shelf.watched.insert(name.clone(), (version, Arc::downgrade(&journal)));
        Ok(journal)
    }

    fn list_now(&self) -> Result<Arc<Listing>, RecordingError> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, listing)) = &shelf.listed
            && at.elapsed() < LIST_LIFETIME
        {
            return Ok(Arc::clone(listing));
        }
        let files = match fs::read_dir(&self.dir) {
            Ok(files) => files,
            // Nothing has been recorded yet.
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Arc::default()),
            Err(cause) => return Err(cause.into()),
        };
        // By name: they change all the time, and are not even read.
        let rooms = self.directory.list().into_iter().map(|room| format!("-{}", room.id));
        let rooms: Vec<String> = rooms.collect();
        let is_played =
            |name: &RecordingName| rooms.iter().any(|room| name.as_str().contains(room.as_str()));
        let mut known = BTreeMap::new();
        for file in files.filter_map(Result::ok) {
            let name = file.file_name().to_str().and_then(RecordingName::of_file);
            // Of the entry itself: what a link leads to does not count.
            let metadata = file.metadata().ok().filter(fs::Metadata::is_file);
            let (Some(name), Some(metadata)) = (name, metadata) else { continue };
            if is_played(&name) || Kind::of_name(name.as_str()) != Kind::Open {
                continue;
            }
            let version = version_of(&metadata);
            let before = shelf.known.remove(&name).filter(|known| known.version == version);
            let now = before.unwrap_or_else(|| self.look_at(&name, version));
            known.insert(name, now);
        }
        let listing = Arc::new(listing_of(&known));
        shelf.known = known;
        shelf.listed = Some((Instant::now(), Arc::clone(&listing)));
        Ok(listing)
    }

    fn look_at(&self, name: &RecordingName, version: Version) -> Known {
        let summary = self.journal(name).and_then(|journal| Summary::of(name.clone(), &journal));
        let summary = summary.map_err(|cause| {
            debug!(%name, %cause, "a recording cannot be read");
            cause.to_string()
        });
        Known { version, summary }
    }
}

fn version_of(metadata: &fs::Metadata) -> Version {
    (metadata.len(), metadata.modified().ok())
}

fn screen(
    journal: &Arc<Journal>,
    make_world: &playback::MakeGame,
) -> Result<Box<dyn Game>, RecordingError> {
    let playback = Playback::new(Arc::clone(journal), Arc::clone(make_world))?;
    Ok(Box::new(Screening::new(Box::new(playback))))
}

fn listing_of(known: &BTreeMap<RecordingName, Known>) -> Listing {
    let mut listing = Listing::default();
    for (name, known) in known {
        match &known.summary {
            Ok(summary) => listing.replays.push(summary.clone()),
            Err(message) => {
                listing.unreadable.push(Unreadable { name: name.clone(), message: message.clone() })
            }
        }
    }
    let newness = |summary: &Summary| (summary.started_at.clone(), summary.name.clone());
    listing.replays.sort_by_cached_key(|summary| std::cmp::Reverse(newness(summary)));
    listing.replays.truncate(MOST_LISTED);
    listing.unreadable.truncate(MOST_LISTED);
    listing
}
