//! Rooms that another server had: handed over by it, or left behind when it died.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use thiserror::Error;
use tickwire_protocol::ids::{Fence, ParseRoomIdError, RoomId};
use tickwire_simulation::journal::file::Journal;
use tickwire_simulation::journal::header::{GameError, Header};
use tickwire_simulation::room::{self, Room, RoomConfig, RoomError};
use tracing::{error, info};

use super::RoomHandle;
use super::door::Door;
use super::driver::MakeGame;
use super::hosting::Guests;
use super::opener::{Launch, OpenError, RoomOpener};
use super::transfer::Transfer;
use crate::journal::folder::{self, Kind};
use crate::journal::revival::{ReviveError, compute};

/// Longest time that a room waits for its players before it goes on. They come at once: they were told where to,
/// or find it within a second.
const TAKE_OVER_PAUSE: Duration = Duration::from_secs(2);

/// Why a room of another server cannot go on here.
#[derive(Debug, Error)]
pub enum TakeOverError {
    /// It is here.
    #[error("there is such a room here: {0}")]
    Here(RoomId),
    /// There are as many rooms here as may be.
    #[error(transparent)]
    Place(#[from] OpenError),
    /// It says that it is of no room.
    #[error(transparent)]
    Room(#[from] ParseRoomIdError),
    /// It is of another room than is said.
    #[error("it is of another room: {0}")]
    OtherRoom(RoomId),
    /// There is no such game here.
    #[error(transparent)]
    Game(#[from] GameError),
    /// What was handed over is damaged.
    #[error(transparent)]
    State(#[from] room::TakeOverError),
    /// The match cannot be computed from its journal.
    #[error(transparent)]
    Journal(#[from] ReviveError),
    /// The match has come to its end.
    #[error("the match is over")]
    Over,
    /// The game is not valid.
    #[error(transparent)]
    Invalid(#[from] RoomError),
    /// The game's rules panicked.
    #[error("the game's rules panicked")]
    Rules,
}

/// A room that goes on here.
struct Going {
    id: RoomId,
    room: Room,
    header: Header,
    door: Door,
    kind: Kind,
    guests: Guests,
    fence: Fence,
}

impl RoomOpener {
    /// Goes on with a room that another server has handed over, under an ownership of this number. It waits a
    /// moment for its players.
    ///
    /// # Errors
    /// [`TakeOverError`]; nothing has changed then.
    pub fn take_over(&self, transfer: Transfer, fence: Fence) -> Result<RoomHandle, TakeOverError> {
        let id = transfer.room()?;
        self.expect_place_for(id)?;
        let (code, terms) = (self.keyring.code_of(id), transfer.terms());
        let kind = match Kind::of(&terms) {
            // It was brought back once, and its password is not known any more.
            Kind::Private if !transfer.has_code => Kind::Locked,
            kind => kind,
        };
        let code = transfer.has_code.then_some(code);
        let Transfer { header, kept_out, guests, state, .. } = transfer;
        let door = Door::handed_over(terms, code, kept_out, Instant::now());
        let config = self.config_of(id, &header);
        let room = self.unharmed(&header.game, || {
            Ok(Room::take_over(config, header.make_game(&self.games)?, &state)?)
        })?;
        let guests = Guests::from(guests);
        self.go_on_here(Going { id, room, header, door, kind, guests, fence })
    }

    /// Goes on with a room whose server has died, from what was kept of its journal ([`journal_of`]), as after a
    /// crash of this one: under an ownership of this number, behind a door of this kind. It waits a moment for
    /// its players.
    ///
    /// [`journal_of`]: tickwire_simulation::journal::stream::journal_of
    ///
    /// # Errors
    /// [`TakeOverError`]; nothing has changed then.
    pub fn go_on(
        &self,
        journal: Journal,
        id: RoomId,
        kind: Kind,
        fence: Fence,
    ) -> Result<RoomHandle, TakeOverError> {
        let header = journal.header().clone();
        let told = header.room.parse()?;
        if told != id {
            return Err(TakeOverError::OtherRoom(told));
        }
        if journal.end().is_some() {
            return Err(TakeOverError::Over);
        }
        self.expect_place_for(id)?;
        let (world, replayed) = compute(&Arc::new(journal), &self.games)?;
        let config = self.config_of(id, &header);
        let room = self.unharmed(&header.game, || Ok(Room::revive(config, world)?))?;
        info!(room = %id, tick = %room.tick(), replayed, "the match was computed again");
        let (door, guests) = (self.door_after_crash(id, kind), Guests::default());
        self.go_on_here(Going { id, room, header, door, kind, guests, fence })
    }

    /// The door of a room of which a crash has left its kind alone.
    pub(super) fn door_after_crash(&self, id: RoomId, kind: Kind) -> Door {
        match kind {
            Kind::Open => Door::default(),
            Kind::Private => Door::private(Some(self.keyring.code_of(id))),
            // Its password is not written down: nobody else gets in than those who come back, and the host.
            Kind::Locked => Door::private(None),
        }
    }

    /// How a room was set up that another process has opened.
    pub(super) fn config_of(&self, id: RoomId, header: &Header) -> RoomConfig {
        RoomConfig {
            seed: header.seed,
            capacity: header.capacity as usize,
            spectator_capacity: header.spectator_capacity as usize,
            bots: header.bots as usize,
            ..self.room_config(id, &header.game, header.tick_rate_hz)
        }
    }

    fn expect_place_for(&self, id: RoomId) -> Result<(), TakeOverError> {
        if self.directory.find(id).is_some() {
            return Err(TakeOverError::Here(id));
        }
        Ok(self.expect_place()?)
    }

    /// Does what calls the game's rules, which may panic.
    fn unharmed<T>(
        &self,
        game: &str,
        work: impl FnOnce() -> Result<T, TakeOverError>,
    ) -> Result<T, TakeOverError> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            error!(game, "the game's rules panicked: a room cannot go on here");
            self.metrics.rooms_failed.inc();
            Err(TakeOverError::Rules)
        })
    }

    fn go_on_here(&self, going: Going) -> Result<RoomHandle, TakeOverError> {
        let Going { id, mut room, header, door, kind, guests, fence } = going;
        let _opening = self.open_one_at_a_time();
        // Once more: computing it has taken its time.
        self.expect_place_for(id)?;
        let server = env!("CARGO_PKG_VERSION").to_owned();
        let header = Header { first_tick: room.tick(), server, ..header };
        room.set_fence(fence);
        let name = folder::name_of(SystemTime::now(), &header.game, id, kind);
        let journal = self.open_journal(&mut room, name, &header, fence);
        let (games, made_of) = (self.games.clone(), header.clone());
        let make_game: MakeGame = Arc::new(move || made_of.make_game(&games).ok());
        let game = header.game.clone();
        let shows = self.shows_match(&game, &mut room, &make_game);
        if shows.delay().is_some() {
            // Those who watch do so from elsewhere.
            room.handle_spectators_leave();
        }
        info!(room = %id, game, %fence, tick = %room.tick(), players = room.absent(), "a room is taken over");
        self.metrics.rooms_taken_over.inc();
        Ok(self.enlist(Launch {
            id,
            game: &game,
            room,
            make_game,
            shows,
            door: Arc::new(door),
            journal,
            pause: Some(TAKE_OVER_PAUSE),
            header: Some(header),
            guests,
            fence,
        }))
    }
}
