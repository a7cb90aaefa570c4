//! Rooms and their journals: what one begins with, what is written down in it, its end, and rooms that are
//! brought back from theirs.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tickwire_protocol::ids::{Fence, PlayerId};
use tickwire_simulation::journal::file::End;
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::room::{DesyncReport, Room};
use tracing::{info, warn};

use super::driver::{MakeGame, RoomDriver};
use super::hosting::Guests;
use super::opener::{Launch, RoomOpener};
use super::routes::send;
use super::shows::{Delay, Shows};
use crate::journal::desync::DesyncCase;
use crate::journal::folder::Kind;
use crate::journal::revival::{Revived, candidates, revive};
use crate::journal::writer::{RoomJournal, Writer};

/// How long a room that was brought back waits for its players.
const REVIVAL_PAUSE: Duration = Duration::from_secs(5);

/// What a room's journal begins with.
pub(super) fn header_of(
    room: &Room,
    game: &str,
    options: BTreeMap<String, String>,
    opened: SystemTime,
) -> Header {
    let config = room.config();
    let opened = opened.duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = |seats: usize| u32::try_from(seats).unwrap_or(u32::MAX);
    Header {
        game: game.to_owned(),
        options,
        schema_hash: schema_hash(room.schema()),
        tick_rate_hz: config.tick_rate_hz,
        seed: config.seed,
        first_tick: config.first_tick,
        room: config.name.clone(),
        opened_at_ms: u64::try_from(opened.as_millis()).unwrap_or(u64::MAX),
        capacity: count(config.capacity),
        spectator_capacity: count(config.spectator_capacity),
        bots: count(config.bots),
        server: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

impl RoomOpener {
    /// Brings back the matches that a crash has cut off. Rooms begin paused, for their players to come back.
    pub fn revive_all(&self) {
        let Some(writer) = &self.journals else { return };
        let candidates = match candidates(writer.dir(), SystemTime::now()) {
            Ok(candidates) => candidates,
            Err(cause) => return warn!(%cause, "the journals cannot be listed"),
        };
        for name in candidates {
            match revive(writer.dir(), &name, &self.games) {
                Ok(Some(revived)) => self.relaunch(revived, writer),
                Ok(None) => {}
                Err(cause) => warn!(name, %cause, "a match cannot be brought back"),
            }
        }
    }

    fn relaunch(&self, revived: Revived, writer: &Writer) {
        let Revived { name, room: id, journal, world, replayed } = revived;
        if self.directory.find(id).is_some() || self.expect_place().is_err() {
            return warn!(name, room = %id, "a match is not brought back: there is such a room, or no place");
        }
        let header = journal.header().clone();
        let (game, games) = (header.game.clone(), self.games.clone());
        let (sound, lost) = journal.sound_and_lost();
        let config = self.config_of(id, &header);
        let mut room = match Room::revive(config, world) {
            Ok(room) => room,
            Err(cause) => return warn!(name, %cause, "a match cannot be brought back"),
        };
        let door = Arc::new(self.door_after_crash(id, Kind::of_name(&name)));
        info!(
            name, room = %id, tick = %room.tick(), players = room.absent(), replayed, sound, lost,
            "a match is brought back"
        );
        self.metrics.rooms_revived.inc();
        let room_journal = writer.reopen(name, &journal);
        if room_journal.is_some() {
            room.continue_writer();
        }
        let made_of = header.clone();
        let make_game: MakeGame = Arc::new(move || made_of.make_game(&games).ok());
        let shows = self.shows_match(&game, &mut room, &make_game);
        if shows.delay().is_some() {
            // Those who watch do so from elsewhere.
            room.handle_spectators_leave();
        }
        self.enlist(Launch {
            id,
            game: &game,
            room,
            make_game,
            shows,
            door,
            journal: room_journal,
            pause: Some(REVIVAL_PAUSE),
            header: Some(header),
            guests: Guests::default(),
            fence: Fence::NONE,
        });
    }

    /// Begins a room's journal, in a file and elsewhere, as far as there is to be one: from now on the room
    /// makes pieces of it.
    pub(super) fn open_journal(
        &self,
        room: &mut Room,
        name: String,
        header: &Header,
        fence: Fence,
    ) -> Option<RoomJournal> {
        let writer = self.journals.as_ref();
        let journal = writer.and_then(|writer| writer.open(name, header.clone()));
        if journal.is_some() || self.cluster.keeper_for(fence).is_some() {
            room.attach_writer();
        }
        journal
    }
}

impl RoomDriver {
    /// Hands over what there is for the journal.
    pub(super) fn write_down(&mut self) {
        let delay = self.parts.handle.shows.delay();
        if self.parts.journal.is_none() && delay.is_none() && self.safe.is_none() {
            return;
        }
        let now = self.parts.epoch.now();
        if !self.parts.cluster.warrant.is_valid(now) {
            // They are there when it is again.
            return;
        }
        let pieces = self.parts.room.take_pieces();
        if let Some(Delay { line, .. }) = delay {
            line.take_in(&pieces, self.parts.room.recorded_tick());
        }
        if let Some(safe) = &mut self.safe {
            safe.take(&pieces, now);
        }
        if let Some(journal) = &self.parts.journal
            && !pieces.is_empty()
            && !journal.hand_over(pieces)
        {
            self.parts.journal = None;
            if delay.is_none() && self.safe.is_none() {
                self.parts.room.detach_writer();
            }
        }
    }

    /// Whether the match that the room shows later is over, and was shown to its end.
    pub(super) fn is_shown(&mut self) -> bool {
        let Shows::Delayed { line, .. } = &self.parts.handle.shows else { return false };
        self.ticks_over += u32::from(line.is_over());
        self.ticks_over > line.delay_ticks()
    }

    /// Writes down how a client's copy came to differ, beside the journal.
    pub(super) fn write_down_desync(
        &self,
        player: PlayerId,
        report: &DesyncReport,
        recent: &[Vec<u8>],
    ) {
        if let Some(journal) = &self.parts.journal {
            let now = self.parts.room.tick();
            let case = DesyncCase::new(journal.name(), now, player, report, recent);
            journal.report(report.tick, player, &case);
        }
    }

    /// The match is over, and its journal as well.
    pub(super) fn close_journal(&mut self, reason: &str) {
        // Broken rules have no say.
        let room = &mut self.parts.room;
        let _ = catch_unwind(AssertUnwindSafe(|| room.end_journal()));
        self.write_down();
        self.end_delay();
        let (tick, leader) = (self.parts.room.recorded_tick(), self.parts.room.leader());
        let end = End { tick, leader, reason: reason.to_owned() };
        if let Some(safe) = self.safe.take() {
            safe.end(&end).for_each(send);
        }
        if let Some(journal) = self.parts.journal.take() {
            // Rooms open that are only looked into: nobody wants to see them again.
            let is_kept = self.parts.room.was_played();
            journal.close(is_kept.then_some(end));
        }
    }
}
