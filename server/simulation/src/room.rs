//! A room: the whole of a match as a plain state machine.
//!
//! Whatever happens is handed in (`handle_*`), time included; `step` computes one tick as a chain of
//! small stages; what is to be done about it is taken out (`poll_output`). No actor, socket, clock
//! or thread in sight: the same calls give the same outputs and the same [`Room::state_hash`], on
//! every run. A driver (an actor, a test, a bench) owns the room and nothing else does.
//!
//! ```text
//! handle_input ─→ input queue ─┐
//! handle_join / handle_leave ──┼─→ step: seats → bots → inputs → world → cast → events → parts → frames
//! handle_ack ─→ flow ──────────┤                                                                   │
//! handle_look ─→ view ─────────┘                   poll_output ←───────────────────────────────────┘
//! ```

mod attention;
mod bots;
mod cast;
mod config;
mod counters;
mod error;
mod flush;
mod frames;
mod handing_over;
mod happenings;
mod hash;
mod healing;
mod hosting;
mod incoming;
mod member;
mod mending;
mod notices;
mod output;
mod presence;
mod requests;
mod revival;
mod rules;
mod seats;
mod text;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{Fence, PlayerId, Tick};
use tickwire_protocol::message::Role;
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::version::Subprotocol;

use crate::game::Game;
use crate::interest::Grid;
use crate::journal::recorder::{Piece, Recorder, RecorderConfig};
use crate::pacing::{Pacing, SLOWEST};
use crate::replication::Replication;
use crate::world::World;

pub use config::{RoomConfig, TEXT_HZ, text_every};
pub use counters::RoomCounters;
pub use error::{MessageError, Oversized, RoomError};
pub use handing_over::TakeOverError;
pub use happenings::Public;
pub use healing::{DesyncReport, FieldDifference};
pub use mending::{Hopeless, Mended};
pub use output::Output;
pub use presence::ResumeError;
pub use seats::{RoomFull, SeatRequest};

use attention::Picks;
use hosting::Hosting;
use member::Member;
use mending::Failures;
use seats::Reservations;
use text::Texts;

/// What who does not say otherwise speaks.
const NEWEST: Subprotocol = Subprotocol::V1_1;

/// A match: the game, its members, and what they have been sent.
pub struct Room {
    config: RoomConfig,
    world: World,
    /// How far back the game can judge what a player saw.
    rewind: Duration,
    /// A tick, and how many there were by then since the room began, as the room's clock counts them, which
    /// never wraps.
    counted: (Tick, u64),
    members: BTreeMap<PlayerId, Member>,
    /// Members by role.
    head_count: [usize; 3],
    /// Members whose connection is lost.
    absent: usize,
    last_player: u32,
    reservations: Reservations,
    replication: Replication,
    /// The parts of one frame: memory that is used again.
    picks: Picks,
    /// What this tick's parts are as text, for those who are told so.
    texts: Texts,
    output: VecDeque<Output>,
    /// How often frames are sent to everybody, when ticks cannot be kept otherwise.
    pacing: Pacing,
    /// The same as frames go by it: it changes only at ticks where all rates meet.
    send_every: u8,
    /// Where frames are written: memory that is used again.
    frame_memory: BytesMut,
    /// Bytes of the frames of the last tick.
    tick_bytes: usize,
    counters: RoomCounters,
    /// What the world can be computed from again.
    recorder: Recorder,
    /// Kinds of the events that a journal marks, ascending.
    highlights: Vec<u8>,
    failures: Failures,
    hosting: Hosting,
    /// What everybody was told, while somebody listens.
    happenings: Option<Vec<(Tick, Public)>>,
    /// The tick whose outcome was told last.
    told: Option<Tick>,
    empty_since: Option<Tick>,
}

impl Room {
    /// A room at its first tick, without members.
    ///
    /// # Errors
    /// [`RoomError`] when the game's schema or grid is not valid.
    pub fn new(config: RoomConfig, game: Box<dyn Game>) -> Result<Self, RoomError> {
        let world = World::new(game, config.seed, config.first_tick, config.tick_rate_hz)?;
        let mut room = Self::around(config, world)?;
        room.balance_bots();
        room.follow_cast();
        room.recorder.begin(&mut room.world);
        room.replication.record(room.world.tick(), room.world.game());
        Ok(room)
    }

    /// A room around a world, without members.
    fn around(config: RoomConfig, mut world: World) -> Result<Self, RoomError> {
        let grid = Grid::new(world.game().interest())?;
        let mut config = config;
        // A whole room that comes and goes at once is no reason to call anybody slow.
        let everybody = config.capacity + config.spectator_capacity;
        config.flow.events = config.flow.events.max(2 * everybody);
        let recorder = Recorder::new(RecorderConfig::new(config.tick_rate_hz), &mut world);
        Ok(Self {
            recorder,
            highlights: highlights(&world),
            failures: Failures::default(),
            hosting: Hosting::default(),
            happenings: None,
            told: None,
            replication: Replication::new(
                Layout::new(world.schema()),
                grid,
                config.hash_every,
                config.history_ticks,
            ),
            picks: Picks::default(),
            texts: Texts::default(),
            rewind: world.game().rewind(),
            world,
            counted: (config.first_tick, u64::from(config.first_tick.0)),
            members: BTreeMap::new(),
            head_count: [0; 3],
            absent: 0,
            last_player: config.reserved_players,
            reservations: Reservations::default(),
            output: VecDeque::new(),
            pacing: Pacing::default(),
            send_every: 1,
            frame_memory: BytesMut::new(),
            tick_bytes: 0,
            counters: RoomCounters::default(),
            empty_since: Some(config.first_tick),
            config,
        })
    }

    /// The last tick computed.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.world.tick()
    }

    /// The game's schema.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        self.world.schema()
    }

    /// The game, and all that its future depends on.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// How the room was set up.
    #[must_use]
    pub const fn config(&self) -> &RoomConfig {
        &self.config
    }

    /// The room has another owner, with a larger fence: keyframes from now on tell this one.
    pub const fn set_fence(&mut self, fence: Fence) {
        self.config.fence = fence;
    }

    /// What has been counted since the room began.
    #[must_use]
    pub const fn counters(&self) -> &RoomCounters {
        &self.counters
    }

    /// The quantised state after the last tick, in parts: what every client that keeps up has of
    /// them, as far as it is sent them. With each the player whose own it is.
    pub fn parts(&self) -> impl Iterator<Item = (PartNumber, Option<PlayerId>, &Snapshot)> {
        self.replication.parts()
    }

    /// From now on all that is done to the world is kept for a writer, from a keyframe on: see
    /// [`Room::take_pieces`].
    pub fn attach_writer(&mut self) {
        self.recorder.attach_writer(&mut self.world);
    }

    /// The same for the writer of the journal that the room was just revived from.
    pub fn continue_writer(&mut self) {
        self.recorder.continue_writer();
    }

    /// Whether there is a writer.
    #[must_use]
    pub const fn has_writer(&self) -> bool {
        self.recorder.has_writer()
    }

    /// The match is over: the last piece is a keyframe, if nothing was done since the last tick.
    pub fn end_journal(&mut self) {
        self.recorder.handle_end(&self.world);
    }

    /// The rules have failed for good: the last piece is what they failed at.
    pub fn abandon_journal(&mut self) {
        self.recorder.handle_abandoned(&self.world);
    }

    /// Nobody takes the pieces any more.
    pub fn detach_writer(&mut self) {
        self.recorder.detach_writer();
    }

    /// What there is for the journal since this was last asked; nothing without a writer.
    pub fn take_pieces(&mut self) -> Vec<Piece> {
        self.recorder.take_pieces()
    }

    /// What was done since the last tick is among the next pieces already, and not only after the next tick.
    pub fn record_happenings(&mut self) {
        self.recorder.handle_happenings(&mut self.world);
    }

    /// The last state that the world can be computed from again.
    #[must_use]
    pub fn keyframe(&self) -> Bytes {
        self.recorder.keyframe()
    }

    /// Who was ahead when people played last; known only while there is a writer.
    #[must_use]
    pub const fn leader(&self) -> Option<PlayerId> {
        self.recorder.leader()
    }

    /// Whether there is anything in the journal that anybody might want to see.
    #[must_use]
    pub const fn was_played(&self) -> bool {
        self.recorder.was_played()
    }

    /// The last tick that the journal has.
    #[must_use]
    pub const fn recorded_tick(&self) -> Tick {
        self.recorder.tick()
    }

    /// How the world is cut into cells.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        self.replication.grid()
    }

    /// How many members have this role.
    #[must_use]
    pub fn count(&self, role: Role) -> usize {
        self.head_count[role as usize]
    }

    /// How many ticks nobody has been connected or held a seat. The server's own bots do not count.
    #[must_use]
    pub fn empty_ticks(&self) -> u32 {
        self.empty_since.map_or(0, |since| self.tick().since(since).max(0).cast_unsigned())
    }

    /// Takes out the next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.output.pop_front()
    }

    /// Removes a member whose connection has ended. Harmless when it is gone already.
    pub fn handle_leave(&mut self, player: PlayerId) {
        self.unseat(player);
    }

    /// Sends a member away for good.
    pub fn handle_close(&mut self, player: PlayerId, reason: CloseReason) {
        if self.unseat(player) {
            self.output.push_back(Output::Close { player, reason });
        }
    }

    /// Ends the room: everybody is sent away.
    pub fn handle_end(&mut self, reason: CloseReason) {
        let members = self.members.iter();
        let sessions: Vec<PlayerId> =
            members.filter(|(_, member)| member.is_person()).map(|(&player, _)| player).collect();
        for player in sessions {
            self.handle_close(player, reason);
        }
    }

    /// Notes after which share of its period, from when it was due, the last tick was done
    /// ([`Pacing::handle_tick`]).
    pub fn handle_ticked(&mut self, done_at: f32) {
        self.counters.slowdowns += u64::from(self.pacing.handle_tick(done_at));
    }

    /// Ticks from one frame to the next of those who want most: 1, or 2 or 4 while ticks cannot be kept.
    #[must_use]
    pub const fn send_every(&self) -> u8 {
        self.send_every
    }

    /// Computes the next tick.
    pub fn step(&mut self) {
        self.lapse_reservations();
        self.lapse_absent();
        self.balance_bots();
        self.apply_inputs();
        self.world.step();
        self.follow_world();
        if self.tick().0.is_multiple_of(SLOWEST.into()) {
            self.send_every = self.pacing.every();
        }
        self.send_frames();
        self.note_emptiness();
    }

    /// What a tick of the world leads to in the room, before anybody is told.
    fn follow_world(&mut self) {
        let (before, count) = self.counted;
        let tick = self.world.tick();
        self.counted = (tick, count.saturating_add_signed(tick.since(before).into()));
        self.follow_cast();
        if self.told == Some(tick) {
            // The rules have failed since, and were asked the same once more.
            self.world.take_events().for_each(drop);
        }
        self.told = Some(tick);
        self.carry_out_outcome();
        self.replication.record(tick, self.world.game());
        self.recorder.handle_tick(&mut self.world);
    }

    fn note_emptiness(&mut self) {
        let is_empty =
            self.reservations.is_empty() && !self.members.values().any(Member::is_person);
        if !is_empty {
            self.empty_since = None;
        } else if self.empty_since.is_none() {
            self.empty_since = Some(self.tick());
        }
    }
}

/// The kinds of a game's events that a journal marks.
fn highlights(world: &World) -> Vec<u8> {
    let names = world.game().highlights();
    let events = world.schema().events.iter().enumerate();
    events
        .filter(|(_, event)| names.contains(&event.name.as_str()))
        .map(|(kind, _)| kind as u8)
        .collect()
}
