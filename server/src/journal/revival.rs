//! Bringing matches back that a crash cut off: each journal without an end, as far as it goes.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use thiserror::Error;
use tickwire_protocol::ids::{ParseRoomIdError, RoomId};
use tickwire_simulation::journal::file::{Journal, JournalError};
use tickwire_simulation::journal::playback::{Playback, PlaybackError};
use tickwire_simulation::registry::GameRegistry;
use tickwire_simulation::world::World;

use super::folder;

/// Matches that have not been written to for so long are over: everybody has gone elsewhere.
pub const OLDEST: Duration = Duration::from_secs(600);
/// Longest journal that is brought back, in bytes: days of a full room.
const MAX_JOURNAL_BYTES: u64 = 1 << 30;

/// A match as it was when its journal was last written to.
pub struct Revived {
    /// The journal's name.
    pub name: String,
    /// The room that it was in.
    pub room: RoomId,
    /// All that was written down.
    pub journal: Arc<Journal>,
    /// Its world.
    pub world: World,
    /// How many ticks had to be computed again.
    pub replayed: u32,
}

/// Why a match cannot be brought back.
#[derive(Debug, Error)]
pub enum ReviveError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] io::Error),
    /// It is too long.
    #[error("it is longer than {MAX_JOURNAL_BYTES} bytes")]
    TooLong,
    /// It is no journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It is of no room.
    #[error("of no room: {0}")]
    Room(#[from] ParseRoomIdError),
    /// The match cannot be computed again.
    #[error(transparent)]
    Playback(#[from] PlaybackError),
    /// It was computed again, and is not what it was.
    #[error("computed again it is another match from tick {0} on")]
    Diverged(u32),
    /// The rules panicked.
    #[error("the game's rules panicked")]
    Rules,
}

/// The names of those journals whose matches a crash may have cut off lately.
///
/// # Errors
/// When the folder cannot be read.
pub fn candidates(dir: &Path, now: SystemTime) -> io::Result<Vec<String>> {
    let is_recent = |modified| now.duration_since(modified).is_ok_and(|age| age <= OLDEST);
    let entries = folder::list(dir)?.into_iter().filter(|entry| !folder::is_cut(&entry.name));
    Ok(entries.filter(|entry| is_recent(entry.modified)).map(|entry| entry.name).collect())
}

/// A match that was cut off; `None` if it came to its end.
///
/// # Errors
/// [`ReviveError`].
pub fn revive(
    dir: &Path,
    name: &str,
    games: &GameRegistry,
) -> Result<Option<Revived>, ReviveError> {
    let path =
        folder::path_of(dir, name).ok_or(io::ErrorKind::InvalidInput).map_err(io::Error::from)?;
    if fs::metadata(&path)?.len() > MAX_JOURNAL_BYTES {
        return Err(ReviveError::TooLong);
    }
    let journal = Arc::new(Journal::read(fs::read(&path)?)?);
    if journal.end().is_some() {
        return Ok(None);
    }
    let room = journal.header().room.parse()?;
    let (world, replayed) = compute(&journal, games)?;
    Ok(Some(Revived { name: name.to_owned(), room, journal, world, replayed }))
}

/// The world of a match as it was when its journal was last written to, and how many ticks had to be computed
/// again.
///
/// # Errors
/// [`ReviveError`].
pub fn compute(journal: &Arc<Journal>, games: &GameRegistry) -> Result<(World, u32), ReviveError> {
    let (games, header) = (games.clone(), journal.header().clone());
    let make = Arc::new(move || header.make_game(&games));
    let computed = catch_unwind(AssertUnwindSafe(|| {
        let mut playback = Playback::at_last_keyframe(Arc::clone(journal), make)?;
        let mut replayed = 0;
        while playback.step()?.is_some() {
            replayed += 1;
        }
        if let Some(divergence) = playback.divergence() {
            return Err(ReviveError::Diverged(divergence.tick.0));
        }
        Ok((playback.into_world(), replayed))
    }));
    computed.map_err(|_| ReviveError::Rules)?
}
