//! Opening rooms: a game by name, its options, a place on a thread, a line in the directory.

use std::collections::BTreeMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use actix::{Actor, AsyncContext, Context};
use thiserror::Error;
use tickwire_protocol::ids::{Fence, RoomId};
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::registry::{GameRegistry, OptionError};
use tickwire_simulation::room::{Room, RoomConfig, RoomError, text_every};
use tickwire_simulation::schedule::TickSchedule;
use tracing::error;

use super::RoomHandle;
use super::board::RoomBoard;
use super::clock::{Epoch, RoomClock};
use super::clustered::ClusterParts;
use super::door::{Door, Terms};
use super::driver::{MakeGame, RoomDriver, RoomParts};
use super::hosting::Guests;
use super::inbox::Inbox;
use super::journalled::header_of;
use super::shows::{EMPTY_SHOW_TIMEOUT, Shows};
use super::threads::RoomThreads;
use super::timer::TickTimer;
use crate::config::ServerConfig;
use crate::directory::Directory;
use crate::events::Feed;
use crate::identity::Keyring;
use crate::journal::folder;
use crate::journal::writer::{RoomJournal, Writer};
use crate::metrics::Metrics;

/// The fractional part of the golden ratio: multiples of it spread evenly whatever their number, so
/// rooms of one thread do not all tick at the same moment.
const PHASE_STEP: f64 = 0.618_033_988_749_895;

/// Events of a room that are kept for those who come back: a minute of a busy one, some 50 KiB.
const EVENTS_KEPT: usize = 512;

/// A room that is to be launched.
pub(super) struct Launch<'a> {
    pub(super) id: RoomId,
    pub(super) game: &'a str,
    pub(super) room: Room,
    pub(super) make_game: MakeGame,
    pub(super) shows: Shows,
    pub(super) door: Arc<Door>,
    pub(super) journal: Option<RoomJournal>,
    /// How long it waits for its players, if it does.
    pub(super) pause: Option<Duration>,
    /// Of a match.
    pub(super) header: Option<Header>,
    pub(super) guests: Guests,
    pub(super) fence: Fence,
}

/// Why a room cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// No game of this name.
    #[error("there is no game {name:?}; known: {known}")]
    NoSuchGame {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The game refuses its options.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// There is a room of this id.
    #[error("there is such a room: {0}")]
    Here(RoomId),
    /// As many rooms as are allowed.
    #[error("the server has as many rooms as it may")]
    TooManyRooms,
    /// The game's rules panicked: a mistake in the game.
    #[error("the game's rules failed")]
    Rules,
    /// The game's schema or grid is not valid: a mistake in the game.
    #[error("the game is not valid: {0}")]
    Room(#[from] RoomError),
}

/// Opens rooms.
pub struct RoomOpener {
    pub(super) config: Arc<ServerConfig>,
    pub(super) games: GameRegistry,
    pub(super) directory: Arc<dyn Directory>,
    threads: RoomThreads,
    timer: TickTimer,
    epoch: Epoch,
    pub(super) keyring: Arc<Keyring>,
    pub(super) metrics: Arc<Metrics>,
    /// What happens on the server, for those who only listen.
    events: Arc<Feed>,
    opened: AtomicU32,
    opening: Mutex<()>,
    /// Where matches are written down, if they are.
    pub(super) journals: Option<Writer>,
    /// What the cluster has to do with rooms.
    pub(super) cluster: ClusterParts,
}

impl RoomOpener {
    /// Starts the rooms' threads and their timer.
    ///
    /// # Errors
    /// When the system has no thread left.
    #[expect(clippy::too_many_arguments, reason = "called once, where a server is put together")]
    pub fn start(
        config: Arc<ServerConfig>,
        games: GameRegistry,
        directory: Arc<dyn Directory>,
        keyring: Arc<Keyring>,
        metrics: Arc<Metrics>,
        events: Arc<Feed>,
        journals: Option<Writer>,
        cluster: ClusterParts,
    ) -> std::io::Result<Self> {
        let steps = rayon::ThreadPoolBuilder::new().num_threads(config.step_threads);
        // One pool for the process: another server in it may have started it already. Only where threads
        // could not be started has the error a source.
        if let Err(error) = steps.thread_name(|number| format!("step-{number}")).build_global()
            && error.source().is_some()
        {
            return Err(std::io::Error::other(error));
        }
        Ok(Self {
            threads: RoomThreads::start(config.room_threads),
            timer: TickTimer::start(cluster.epoch)?,
            config,
            games,
            directory,
            epoch: cluster.epoch,
            keyring,
            metrics,
            events,
            journals,
            cluster,
            opened: AtomicU32::new(0),
            opening: Mutex::new(()),
        })
    }

    /// Stops the rooms' threads, and waits until their journals are written.
    pub fn stop(&self) {
        self.threads.stop();
        if let Some(journals) = &self.journals {
            journals.finish();
        }
    }

    /// Opens a room of a game, the server's default where none is named. `options` override those
    /// that the server was started with; `terms` are whose it is.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        &self,
        game: Option<&str>,
        options: BTreeMap<String, String>,
        terms: Terms,
    ) -> Result<RoomHandle, OpenError> {
        let _opening = self.open_one_at_a_time();
        self.open_here(self.unused_id(), Fence::NONE, game, options, terms)
    }

    /// The same with an id that the cluster has chosen, under an ownership of this number.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_as(
        &self,
        id: RoomId,
        fence: Fence,
        game: Option<&str>,
        options: BTreeMap<String, String>,
        terms: Terms,
    ) -> Result<RoomHandle, OpenError> {
        let _opening = self.open_one_at_a_time();
        if self.directory.find(id).is_some() {
            return Err(OpenError::Here(id));
        }
        self.open_here(id, fence, game, options, terms)
    }

    fn open_here(
        &self,
        id: RoomId,
        fence: Fence,
        game: Option<&str>,
        options: BTreeMap<String, String>,
        terms: Terms,
    ) -> Result<RoomHandle, OpenError> {
        let name = game.unwrap_or(&self.config.default_game);
        let factory = self.games.find(name).ok_or_else(|| OpenError::NoSuchGame {
            name: name.to_owned(),
            known: self.games.names().collect::<Vec<_>>().join(", "),
        })?;
        let mut all = self.config.game_options.get(name).cloned().unwrap_or_default();
        all.0.extend(options);
        self.expect_place()?;
        let config = self.room_config(id, name, self.config.tick_rate_hz);
        let mut room = self.make_room(name, config, || Ok(factory(&all)?))?;
        room.set_fence(fence);
        let options = all.0.clone();
        let make_game: MakeGame = Arc::new(move || factory(&all).ok());
        let opened = SystemTime::now();
        let header = header_of(&room, name, options, opened);
        let file = folder::name_of(opened, name, id, folder::Kind::of(&terms));
        let journal = self.open_journal(&mut room, file, &header, fence);
        let shows = self.shows_match(name, &mut room, &make_game);
        let door = Arc::new(Door::new(terms, self.keyring.code_of(id)));
        Ok(self.enlist(Launch {
            id,
            game: name,
            room,
            make_game,
            shows,
            door,
            journal,
            pause: None,
            header: Some(header),
            guests: Guests::default(),
            fence,
        }))
    }

    /// The share of its time that the busiest of the rooms' threads spends on ticks.
    #[must_use]
    pub fn busiest(&self) -> f64 {
        self.threads.busiest()
    }

    /// An id that no room has, nor its code.
    pub fn unused_id(&self) -> RoomId {
        loop {
            let id = RoomId::from_bits(rand::random());
            let has_code = self.directory.find_by_code(self.keyring.code_of(id)).is_some();
            if !has_code && self.directory.find(id).is_none() {
                return id;
            }
        }
    }

    /// Two at once would be one too many.
    pub(super) fn open_one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether another room may be opened.
    ///
    /// # Errors
    /// [`OpenError::TooManyRooms`].
    pub fn expect_place(&self) -> Result<(), OpenError> {
        let is_full = self.directory.list().len() >= self.config.max_rooms;
        if is_full { Err(OpenError::TooManyRooms) } else { Ok(()) }
    }

    pub(super) fn make_room(
        &self,
        game: &str,
        config: RoomConfig,
        make: impl FnOnce() -> Result<Box<dyn Game>, OpenError>,
    ) -> Result<Room, OpenError> {
        let made = catch_unwind(AssertUnwindSafe(|| Ok(Room::new(config, make()?)?)));
        made.unwrap_or_else(|_| {
            error!(game, "the game's rules panicked: no room is opened");
            self.metrics.rooms_failed.inc();
            Err(OpenError::Rules)
        })
    }

    pub(super) fn room_config(&self, id: RoomId, game: &str, tick_rate_hz: u16) -> RoomConfig {
        let config = &self.config;
        let resume_ticks = config.resume_window.as_secs_f64() * f64::from(tick_rate_hz);
        RoomConfig {
            name: id.to_string(),
            seed: config.seed.unwrap_or_else(rand::random),
            capacity: config.room_capacity,
            bots: if game == config.default_game { config.bots } else { 0 },
            heartbeat_interval: config.heartbeat_interval,
            budget_per_second: config.client_budget as f32,
            text_every: text_every(tick_rate_hz, config.json_hz),
            resume_ticks: resume_ticks.ceil() as u32,
            ..RoomConfig::new(tick_rate_hz, config.heartbeat_timeout)
        }
    }

    /// Launches a room and lists it.
    pub(super) fn enlist(&self, launch: Launch<'_>) -> RoomHandle {
        let id = launch.id;
        let handle = self.launch(launch);
        self.directory.insert(handle.clone());
        if !handle.address.connected() {
            // It has ended already, and taken itself off the list before it was on it.
            self.directory.remove(id);
        }
        handle
    }

    fn launch(&self, launch: Launch<'_>) -> RoomHandle {
        let Launch {
            id,
            game,
            room,
            make_game,
            shows,
            door,
            journal,
            pause,
            header,
            guests,
            fence,
        } = launch;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let phase = f64::from(number) * PHASE_STEP;
        let (now, tick_rate_hz) = (self.epoch.now(), room.config().tick_rate_hz);
        let ticks = u64::from(room.tick().0);
        let schedule = TickSchedule::after(ticks, tick_rate_hz, now, phase);
        let pause_until = pause.map(|pause| now + pause);
        let clock = Arc::new(RoomClock::new(self.epoch, schedule.start()));
        if pause_until.is_some() {
            clock.hold(now);
        }
        let seats = room.config().capacity + room.config().spectator_capacity;
        let inbox = Arc::new(Inbox::new(seats));
        let board = Arc::<RoomBoard>::default();
        board.post(&room);
        let game: Arc<str> = game.into();
        let (thread, place) = self.threads.place();
        let empty_timeout = match shows {
            Shows::Match { .. } => self.config.empty_room_timeout,
            _ => EMPTY_SHOW_TIMEOUT.min(self.config.empty_room_timeout),
        };
        let feed = Arc::new(Feed::new(EVENTS_KEPT));
        let handle_at = move |address| RoomHandle {
            id,
            fence,
            game,
            shows,
            door,
            address,
            inbox,
            clock,
            feed,
            board,
        };
        let cluster = self.cluster.clone();
        let (directory, timer, epoch) =
            (Arc::clone(&self.directory), self.timer.clone(), self.epoch);
        let (keyring, metrics) = (Arc::clone(&self.keyring), Arc::clone(&self.metrics));
        let events = Arc::clone(&self.events);
        let drive = handle_at.clone();
        let address =
            RoomDriver::start_in_arbiter(&thread, move |context: &mut Context<RoomDriver>| {
                let handle = drive(context.address());
                RoomDriver::new(RoomParts {
                    room,
                    handle,
                    schedule,
                    timer,
                    make_game,
                    journal,
                    pause_until,
                    header,
                    guests,
                    cluster,
                    epoch,
                    keyring,
                    directory,
                    empty_timeout,
                    metrics,
                    events,
                    place,
                })
            });
        handle_at(address)
    }
}
