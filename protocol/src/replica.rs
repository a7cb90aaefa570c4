//! A client's copy of the room: frames in, the same parts as the server's out.
//!
//! ```text
//! frame → FrameCursor → per part with a chunk: a copy, decoded in place → all taken over together
//! ```
//!
//! A frame that cannot be read to its end changes nothing. Cells are sent at different rates, so an
//! entity that goes from one to another can be in two of them for a moment; the one that it entered
//! last counts, and [`Replica::entities`] has it once. Or it is in none for a few ticks: a client that
//! draws keeps it by its leave's mark of having moved on, as the SDK does; bots do without.

mod difference;
mod parts;

use std::collections::HashMap;

use crate::chunk::{ChunkDecoder, ChunkReading};
use crate::frame::{Frame, FrameCursor, FrameError};
use crate::ids::{EntityId, PlayerId};
use crate::message::Welcome;
use crate::parts::PartNumber;
use crate::quantise::Layout;
use crate::snapshot::{Row, Snapshot};
use crate::watch::Watch;

pub use parts::Part;
use parts::{CellBits, Parts};

/// Most slots of all parts together, those that a frame replaces included: a few bytes can claim as
/// many as a part may have, and a client watches thousands of parts.
pub const MAX_REPLICA_SLOTS: usize = 1 << 18;

/// Most columns of all these slots: what a slot takes depends on the schema.
pub const MAX_REPLICA_COLUMNS: usize = 1 << 22;
/// Snapshots whose memory is kept for the next frames.
const MAX_SPARE: usize = 64;
/// Most slots of a snapshot whose memory is kept.
const MAX_SPARE_SLOTS: usize = 4096;

/// Most slots of all parts together for entities of this layout, those that a frame replaces
/// included.
#[must_use]
pub const fn max_slots(layout: &Layout) -> usize {
    let by_columns = MAX_REPLICA_COLUMNS / layout.stride;
    if by_columns < MAX_REPLICA_SLOTS { by_columns } else { MAX_REPLICA_SLOTS }
}

/// A client's copy of a room's state.
#[derive(Clone, Debug)]
pub struct Replica {
    cursor: FrameCursor,
    decoder: ChunkDecoder,
    player: PlayerId,
    /// Every so many ticks each part carries a hash.
    hash_every: u32,
    parts: Parts,
    /// The part that each entity entered last.
    places: HashMap<EntityId, PartNumber>,
    /// Parts whose hash differed in the newest frame.
    differing: Vec<PartNumber>,
    /// Memory of snapshots, used again.
    spare: Vec<Snapshot>,
}

/// Whether a replica agrees with the server, where the frame said what the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The frame carried no hash.
    NotChecked,
    /// The hashes are equal.
    Equal,
    /// A part differs from the server's: a desync.
    Different,
}

/// A part of a frame, decoded but not yet taken over.
struct Staged {
    number: PartNumber,
    snapshot: Snapshot,
    reading: ChunkReading,
    /// What the server says that the part hashes to.
    hash: Option<u32>,
}

impl Replica {
    /// An empty replica, for the frames that follow a (valid) welcome.
    #[must_use]
    pub fn new(welcome: &Welcome) -> Self {
        let layout = Layout::new(&welcome.schema);
        Self {
            cursor: FrameCursor::default(),
            player: welcome.player,
            hash_every: welcome.hash_every,
            parts: Parts::new(welcome.grid, &layout),
            places: HashMap::new(),
            differing: Vec::new(),
            spare: Vec::new(),
            decoder: ChunkDecoder::new(layout),
        }
    }

    /// Takes in the next frame of the connection.
    ///
    /// # Errors
    /// [`FrameError`]; the replica is then as it was before.
    pub fn handle_frame(&mut self, bytes: &[u8]) -> Result<(Frame, Agreement), FrameError> {
        let mut cursor = self.cursor;
        let (frame, at) = cursor.read(bytes)?;
        let staged = self.stage(&frame, bytes, at)?;
        self.cursor = cursor;
        let agreement = self.take_over(&frame, staged);
        Ok((frame, agreement))
    }

    /// Decodes every chunk of a frame into a copy of its part.
    fn stage(
        &mut self,
        frame: &Frame,
        bytes: &[u8],
        mut at: usize,
    ) -> Result<Vec<Staged>, FrameError> {
        let grid = self.parts.grid();
        let watch = frame.watch.unwrap_or(self.parts.watch());
        if !watch.fits(grid) {
            return Err(FrameError::Watch(watch));
        }
        let mut numbers = Vec::new();
        numbers.extend(frame.contents.own.then_some(PartNumber::OWN));
        numbers.extend(frame.contents.global.then_some(PartNumber::GLOBAL));
        if frame.contents.cells {
            let bits = CellBits::read(bytes, &mut at, watch.len())?;
            let cells = watch.cells(grid).enumerate();
            let chosen = cells.filter(|&(index, _)| bits.is_set(index));
            numbers.extend(chosen.map(|(_, cell)| PartNumber::cell(cell)));
        }
        let mut staged = Vec::with_capacity(numbers.len());
        let mut slots = if frame.is_keyframe { 0 } else { self.parts.slots(watch) };
        let most = max_slots(self.decoder.layout());
        for number in numbers {
            let copied = self.parts.get(number).map_or(0, |part| part.snapshot().slots());
            if slots + copied > most {
                return Err(FrameError::Slots { slots: slots + copied, most });
            }
            let part = self.stage_part(frame, number, most - slots, bytes, &mut at)?;
            slots += part.snapshot.slots();
            staged.push(part);
        }
        if at < bytes.len() {
            return Err(FrameError::Trailing { at });
        }
        Ok(staged)
    }

    fn stage_part(
        &mut self,
        frame: &Frame,
        number: PartNumber,
        max_slots: usize,
        bytes: &[u8],
        at: &mut usize,
    ) -> Result<Staged, FrameError> {
        let layout = self.decoder.layout();
        let mut snapshot = self.spare.pop().unwrap_or_else(|| Snapshot::new(layout));
        let part = self.parts.get(number).filter(|_| !frame.is_keyframe);
        let from = part.and_then(Part::tick);
        match part {
            Some(part) => snapshot.copy_from(part.snapshot()),
            None => snapshot.clear(0),
        }
        let begin = *at;
        let elapsed = from.map(|from| frame.tick.0.wrapping_sub(from.0));
        let reading = self
            .decoder
            .decode_within(max_slots, &mut snapshot, elapsed, &bytes[begin..])
            .map_err(|cause| FrameError::Chunk { part: number.0, at: begin, cause })?;
        *at += reading.bytes;
        let from = from.filter(|_| !reading.is_keyframe);
        let is_hashed = from
            .is_some_and(|from| number.is_hashed(self.player, self.hash_every, from, frame.tick));
        let hash = if is_hashed { Some(read_hash(bytes, at)?) } else { None };
        Ok(Staged { number, snapshot, reading, hash })
    }

    /// Takes over what was decoded. Nothing can go wrong here.
    fn take_over(&mut self, frame: &Frame, staged: Vec<Staged>) -> Agreement {
        if frame.is_keyframe {
            self.places.clear();
            self.parts.clear();
        }
        if let Some(watch) = frame.watch {
            for dropped in self.parts.change_watch(watch) {
                let ids = dropped.snapshot().rows().map(|row| row.id);
                forget(&mut self.places, dropped.number(), ids);
            }
        }
        self.differing.clear();
        let mut agreement = Agreement::NotChecked;
        for Staged { number, mut snapshot, reading, hash } in staged {
            if let Some(hash) = hash {
                if hash != snapshot.hash(self.decoder.layout()) {
                    self.differing.push(number);
                }
                agreement =
                    if self.differing.is_empty() { Agreement::Equal } else { Agreement::Different };
            }
            self.follow_entities(number, &snapshot, &reading);
            if let Some(part) = self.parts.get_mut(number) {
                part.replace(frame.tick, &mut snapshot);
            }
            if self.spare.len() < MAX_SPARE && snapshot.slots() <= MAX_SPARE_SLOTS {
                self.spare.push(snapshot);
            }
        }
        agreement
    }

    /// Keeps track of which part each entity entered last.
    fn follow_entities(&mut self, number: PartNumber, snapshot: &Snapshot, reading: &ChunkReading) {
        if reading.is_keyframe
            && let Some(before) = self.parts.get(number)
        {
            forget(&mut self.places, number, before.snapshot().rows().map(|row| row.id));
        }
        forget(&mut self.places, number, reading.left.iter().map(|(id, _)| *id));
        let entered = reading.entered.iter().filter_map(|&slot| snapshot.row(slot));
        self.places.extend(entered.map(|row| (row.id, number)));
    }

    /// Every entity that the client knows of, once.
    pub fn entities(&self) -> impl Iterator<Item = Row<'_>> {
        self.parts.iter().flat_map(|part| {
            let here = |row: &Row<'_>| self.places.get(&row.id) == Some(&part.number());
            part.snapshot().rows().filter(here)
        })
    }

    /// How many there are.
    #[must_use]
    pub fn entity_count(&self) -> usize {
        self.places.len()
    }

    /// The client's own part, the global one, and the cells that it watches.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter()
    }

    /// A part of the state; `None` for a cell that is not watched.
    #[must_use]
    pub fn part(&self, number: PartNumber) -> Option<&Part> {
        self.parts.get(number)
    }

    /// The cells that are watched.
    #[must_use]
    pub const fn watch(&self) -> Watch {
        self.parts.watch()
    }

    /// The schema's layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.decoder.layout()
    }

    /// Where the connection stands.
    #[must_use]
    pub const fn cursor(&self) -> &FrameCursor {
        &self.cursor
    }
}

/// Forgets entities that were in a part, unless they have entered another one since.
fn forget(
    places: &mut HashMap<EntityId, PartNumber>,
    number: PartNumber,
    ids: impl Iterator<Item = EntityId>,
) {
    for id in ids {
        if places.get(&id) == Some(&number) {
            places.remove(&id);
        }
    }
}

fn read_hash(bytes: &[u8], at: &mut usize) -> Result<u32, FrameError> {
    let hash = bytes.get(*at..).and_then(|rest| rest.first_chunk::<4>());
    let hash = hash.ok_or(FrameError::Hash { at: *at })?;
    *at += hash.len();
    Ok(u32::from_le_bytes(*hash))
}
