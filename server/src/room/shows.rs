//! What rooms show: a match that is played in them, a recorded one, or one that is played in another room,
//! some time later.

use std::sync::Arc;
use std::time::Duration;

use tickwire_protocol::ids::{Fence, RoomId};
use tickwire_simulation::flow::FlowLimits;
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::delay::{DelayLine, Delayed};
use tickwire_simulation::journal::header::GameError;
use tickwire_simulation::journal::playback;
use tickwire_simulation::journal::screening::LARGEST_RECORDED_PLAYER;
use tickwire_simulation::room::{Room, RoomConfig};
use tracing::warn;

use super::RoomHandle;
use super::door::Door;
use super::driver::MakeGame;
use super::hosting::Guests;
use super::opener::{Launch, OpenError, RoomOpener};
use crate::recordings::Showing;

/// How long a room without a match of its own stays when nobody watches: whoever comes later gets another one.
pub(super) const EMPTY_SHOW_TIMEOUT: Duration = Duration::from_secs(1);
/// Events of members who come and go that a client of a room without a match of its own may be behind by, for
/// each who takes part.
const EVENTS_PER_PART: usize = 8;
/// Most who take part, as far as that is concerned.
const MOST_PARTS: usize = 10_000;

/// What a room shows.
#[derive(Clone)]
pub enum Shows {
    /// A match that is played in it.
    Match {
        /// Where those who only watch see it from; nothing where they see it at once, in the room itself.
        delay: Option<Delay>,
    },
    /// A recorded match, of this name.
    Recording(Arc<str>),
    /// The match of another room, some time later.
    Delayed {
        /// The other room.
        of: RoomId,
        /// Where it comes from.
        line: DelayLine,
    },
}

/// How a match is shown some time later.
#[derive(Clone)]
pub struct Delay {
    /// What is kept of it.
    pub line: DelayLine,
    /// Makes a new game like it.
    make: playback::MakeGame,
    tick_rate_hz: u16,
    capacity: usize,
}

/// A room without a match of its own.
struct Show<'a> {
    shows: Shows,
    game: &'a str,
    /// The room that clients are told they are in, if it is another one.
    name: Option<RoomId>,
    tick_rate_hz: u16,
    /// Most who take part at once.
    cast: usize,
    make_game: MakeGame,
    door: Arc<Door>,
}

impl Shows {
    /// The recording, if it is one.
    #[must_use]
    pub fn recording(&self) -> Option<&str> {
        match self {
            Self::Recording(name) => Some(name),
            Self::Match { .. } | Self::Delayed { .. } => None,
        }
    }

    /// Whether a match is played in the room.
    #[must_use]
    pub const fn is_match(&self) -> bool {
        matches!(self, Self::Match { .. })
    }

    /// What a match that is played in the room is kept in for those who watch.
    #[must_use]
    pub const fn delay(&self) -> Option<&Delay> {
        match self {
            Self::Match { delay } => delay.as_ref(),
            Self::Recording(_) | Self::Delayed { .. } => None,
        }
    }
}

impl RoomOpener {
    /// What a room that has just been made shows: its match, for those who watch as late as the server says.
    pub(super) fn shows_match(&self, game: &str, room: &mut Room, make_game: &MakeGame) -> Shows {
        let delay = self.config.journal.spectator_delay;
        if delay.is_zero() {
            return Shows::Match { delay: None };
        }
        if !room.has_writer() {
            room.attach_writer();
        }
        let config = room.config();
        let ticks = (delay.as_secs_f64() * f64::from(config.tick_rate_hz)).ceil() as u32;
        let line = DelayLine::new(ticks, room.tick(), room.keyframe());
        let (make_game, game) = (Arc::clone(make_game), game.to_owned());
        let make: playback::MakeGame =
            Arc::new(move || make_game().ok_or_else(|| GameError::Unknown(game.clone())));
        let (tick_rate_hz, capacity) = (room.config().tick_rate_hz, room.config().capacity);
        Shows::Match { delay: Some(Delay { line, make, tick_rate_hz, capacity }) }
    }

    /// Opens a room that shows a recording.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_screening(&self, showing: Showing) -> Result<RoomHandle, OpenError> {
        let Showing { name, game, tick_rate_hz, cast, screening, make } = showing;
        let shows = Shows::Recording(name.as_str().into());
        let (game, name, make_game) = (game.as_str(), None, make);
        let door = Arc::<Door>::default();
        let show = Show { shows, game, name, tick_rate_hz, cast, make_game, door };
        self.open_show(show, screening)
    }

    /// Opens a room for those who watch another one's match, some time later.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_delayed(
        &self,
        watched: &RoomHandle,
        delay: &Delay,
    ) -> Result<RoomHandle, OpenError> {
        let Delay { line, make, tick_rate_hz, capacity: cast } = delay.clone();
        let shows = Shows::Delayed { of: watched.id, line: line.clone() };
        let make_game: MakeGame = Arc::new(move || {
            let delayed = Delayed::new(line.clone(), Arc::clone(&make), tick_rate_hz);
            delayed.ok().map(|delayed| Box::new(delayed) as Box<dyn Game>)
        });
        let Some(showing) = make_game() else {
            warn!(room = %watched.id, "its match cannot be shown later");
            return Err(OpenError::Rules);
        };
        // Whoever asks is told of the match's room: players come in there.
        let name = Some(watched.id);
        let (game, door) = (&*watched.game, Arc::clone(&watched.door));
        let show = Show { shows, game, name, tick_rate_hz, cast, make_game, door };
        self.open_show(show, showing)
    }

    fn open_show(&self, show: Show<'_>, showing: Box<dyn Game>) -> Result<RoomHandle, OpenError> {
        let _opening = self.open_one_at_a_time();
        self.expect_place()?;
        let id = RoomId::from_bits(rand::random());
        let config = self.show_config(id, &show);
        let room = self.make_room(show.game, config, || Ok(showing))?;
        let Show { shows, game, make_game, door, .. } = show;
        Ok(self.enlist(Launch {
            id,
            game,
            room,
            make_game,
            shows,
            door,
            journal: None,
            pause: None,
            header: None,
            guests: Guests::default(),
            fence: Fence::NONE,
        }))
    }

    /// Of a room in which the cast have parts, and nobody plays.
    fn show_config(&self, id: RoomId, show: &Show<'_>) -> RoomConfig {
        let any = self.room_config(show.name.unwrap_or(id), show.game, show.tick_rate_hz);
        // Everybody may come and go at once, as often as somebody goes elsewhere in the match.
        let events = any.flow.events.max(EVENTS_PER_PART * show.cast.min(MOST_PARTS));
        RoomConfig {
            capacity: 0,
            bots: 0,
            reserved_players: LARGEST_RECORDED_PLAYER,
            flow: FlowLimits { events, ..any.flow },
            ..any
        }
    }
}
