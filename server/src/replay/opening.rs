//! A journal file, opened: its bytes read, and its game found among those of this server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tickwire_protocol::ids::Tick;
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::journal::playback::{MakeGame, Playback, PlaybackError};
use tickwire_simulation::registry::GameRegistry;

use super::ReplayError;

/// A journal whose game is here.
pub(super) struct Opened {
    path: PathBuf,
    journal: Arc<Journal>,
    make: MakeGame,
}

impl Opened {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ReplayError`] when it cannot be read, is no journal, or its game is not here as it was.
    pub(super) fn read(path: &Path, games: &GameRegistry) -> Result<Self, ReplayError> {
        let told = || path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|cause| ReplayError::Unreadable { path: told(), cause })?;
        let journal =
            Journal::read(bytes).map_err(|cause| ReplayError::Journal { path: told(), cause })?;
        let header = journal.header().clone();
        // Made once here, so that an unknown game is told of as what it is.
        header.make_game(games).map_err(|cause| ReplayError::Game { path: told(), cause })?;
        let games = games.clone();
        let make: MakeGame = Arc::new(move || header.make_game(&games));
        Ok(Self { path: path.to_owned(), journal: Arc::new(journal), make })
    }

    /// The match at its beginning.
    ///
    /// # Errors
    /// [`ReplayError::Playback`] when it does not restore.
    pub(super) fn playback(&self) -> Result<Playback, ReplayError> {
        let playback = Playback::new(Arc::clone(&self.journal), Arc::clone(&self.make));
        playback.map_err(|cause| self.playback_error(cause))
    }

    pub(super) fn playback_error(&self, cause: PlaybackError) -> ReplayError {
        ReplayError::Playback { path: self.path(), cause }
    }

    pub(super) fn path(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn header(&self) -> &Header {
        self.journal.header()
    }

    /// Says what of the file does not read, if anything. `reached` is a tick that could be computed.
    pub(super) fn warn_of_loss(&self, reached: Tick) {
        let (sound, lost) = self.journal.sound_and_lost();
        if lost == 0 {
            return;
        }
        let told = self.journal.last_tick();
        let Tick(last) = if reached.is_after(told) { reached } else { told };
        eprintln!(
            "warning: {}: damaged or cut off at byte {sound}: {lost} bytes from there on are lost; it reads \
             up to tick {last}",
            self.path.display()
        );
    }
}
