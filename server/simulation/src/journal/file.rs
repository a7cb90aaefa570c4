//! A whole journal as bytes: written block by block, read up to the last sound one.
//!
//! ```text
//! file = "TICKWIRE", version: 1 byte, header, keyframe, then tapes, with hashes, keyframes and marks between
//!        them, each about the world after all that is before it, and an end if it came to one
//! ```

use std::fmt;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::GameMessage;

use super::block::{Block, BlockKind, find_block, write_block};
use super::header::Header;
use super::recorder::Piece;
use crate::saved;
use crate::world::hash_of;

/// The version of the format.
pub const VERSION: u8 = 1;
/// What a journal begins with, before its version.
pub const MAGIC: [u8; 8] = *b"TICKWIRE";
/// Bytes in which a keyframe's tick and leader are, whatever they are.
const KEYFRAME_HEAD_BYTES: usize = 16;
const PREAMBLE: usize = MAGIC.len() + 1;
/// Ticks per second that a room may have.
const TICK_RATES_HZ: std::ops::RangeInclusive<u16> = 1..=240;

/// The whole of a world.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Keyframe {
    /// After this tick.
    pub tick: Tick,
    /// Who is ahead in the game, if anybody.
    pub leader: Option<PlayerId>,
    /// [`World::save`](crate::world::World::save).
    pub state: Vec<u8>,
}

/// A world's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StateHash {
    /// After this tick.
    pub tick: Tick,
    /// [`World::hash`](crate::world::World::hash).
    pub hash: u64,
}

/// Something that a person looks for in a match.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Mark {
    /// When.
    pub tick: Tick,
    /// What.
    pub what: MarkKind,
}

/// What a [`Mark`] is of.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum MarkKind {
    /// Somebody came in.
    Joined {
        /// Who.
        player: PlayerId,
        /// What they are called.
        name: String,
    },
    /// Somebody has left.
    Left {
        /// Who.
        player: PlayerId,
    },
    /// A highlight of the game: one of its events.
    Event(GameMessage),
}

/// How a match ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct End {
    /// After this tick.
    pub tick: Tick,
    /// Who was ahead then.
    pub leader: Option<PlayerId>,
    /// Why, in a word or a few.
    pub reason: String,
}

/// Writes a journal: what is to be appended to its file.
#[derive(Clone, Debug)]
pub struct JournalWriter {
    /// Blocks so far.
    blocks: u64,
    /// What was done to the world, and has not been written: a block for a few ticks is smaller than a block
    /// for each.
    tape: Vec<u8>,
}

impl JournalWriter {
    /// Begins a journal.
    #[must_use]
    pub fn begin(header: &Header, out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(&MAGIC);
        out.push(VERSION);
        let mut writer = Self { blocks: 0, tape: Vec::new() };
        writer.write(BlockKind::Header, &saved::encode(header), out);
        writer
    }

    /// Goes on behind so many blocks, the header included.
    #[must_use]
    pub const fn after(blocks: u64) -> Self {
        Self { blocks, tape: Vec::new() }
    }

    /// How many blocks were written, the header included.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Goes on behind the sound part of a journal.
    #[must_use]
    pub const fn behind(journal: &Journal) -> Self {
        Self::after(journal.blocks.len() as u64 + 1)
    }

    /// Takes a room's next piece. Of a tape nothing is written before [`JournalWriter::flush`], or before
    /// there is something else.
    pub fn take(&mut self, piece: Piece, out: &mut Vec<u8>) {
        match piece {
            Piece::Tape(tape) => self.tape.extend_from_slice(&tape),
            Piece::Mark(mark) => {
                self.flush(out);
                self.write(BlockKind::Mark, &saved::encode(&mark), out);
            }
            Piece::State { tick, leader, state, is_keyframe: true } => {
                self.flush(out);
                let keyframe = Keyframe { tick, leader, state: state.into() };
                self.write(BlockKind::Keyframe, &saved::encode(&keyframe), out);
            }
            Piece::State { tick, state, .. } => {
                self.flush(out);
                let hash = StateHash { tick, hash: hash_of(&state) };
                self.write(BlockKind::Hash, &saved::encode(&hash), out);
            }
        }
    }

    /// Writes what was taken and is not written yet.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if !self.tape.is_empty() {
            let tape = std::mem::take(&mut self.tape);
            self.write(BlockKind::Tape, &tape, out);
        }
    }

    /// The match is over.
    pub fn end(&mut self, end: &End, out: &mut Vec<u8>) {
        self.flush(out);
        self.write(BlockKind::End, &saved::encode(end), out);
    }

    fn write(&mut self, kind: BlockKind, contents: &[u8], out: &mut Vec<u8>) {
        write_block(kind, self.blocks, contents, out);
        self.blocks += 1;
    }
}

/// Why a file is no journal at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JournalError {
    /// It does not begin like one.
    #[error("not a journal")]
    Foreign,
    /// It is of a version that this server does not read.
    #[error("a journal of version {0}; this server reads version {VERSION}")]
    Version(u8),
    /// Its rooms tick as none does.
    #[error("damaged: it claims {0} ticks a second")]
    TickRate(u16),
    /// It ends, or is damaged, before the match begins.
    #[error("nothing of it is left but its beginning")]
    Beginning,
}

/// A journal that was read, up to the last sound block.
pub struct Journal {
    bytes: Vec<u8>,
    header: Header,
    /// All behind the header.
    blocks: Vec<Block>,
    /// Indices of those blocks that are keyframes, with their ticks; at least one.
    keyframes: Vec<(Tick, usize)>,
    last_tick: Tick,
    leader: Option<PlayerId>,
    end: Option<End>,
    sound: usize,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Journal {
    /// Reads a file.
    ///
    /// # Errors
    /// [`JournalError`] when nothing of it is of use.
    pub fn read(bytes: Vec<u8>) -> Result<Self, JournalError> {
        let preamble = bytes.get(..PREAMBLE).filter(|bytes| bytes.starts_with(&MAGIC));
        match preamble.ok_or(JournalError::Foreign)?[MAGIC.len()] {
            VERSION => {}
            other => return Err(JournalError::Version(other)),
        }
        let (first, mut at) = find_block(&bytes, PREAMBLE, 0).ok_or(JournalError::Beginning)?;
        let header: Option<Header> = (first.kind == BlockKind::Header)
            .then(|| first.contents(&bytes))
            .flatten()
            .and_then(|contents| saved::decode(&contents).ok());
        let header = header.ok_or(JournalError::Beginning)?;
        if !TICK_RATES_HZ.contains(&header.tick_rate_hz) {
            return Err(JournalError::TickRate(header.tick_rate_hz));
        }
        let mut journal = Self {
            last_tick: header.first_tick,
            header,
            blocks: Vec::new(),
            keyframes: Vec::new(),
            leader: None,
            end: None,
            sound: at,
            bytes,
        };
        while journal.end.is_none()
            && let Some((block, end)) =
                find_block(&journal.bytes, at, journal.blocks.len() as u64 + 1)
            && journal.take_in(&block)
        {
            journal.blocks.push(block);
            (at, journal.sound) = (end, end);
        }
        if journal.keyframes.first().is_none_or(|&(_, index)| index != 0) {
            return Err(JournalError::Beginning);
        }
        Ok(journal)
    }

    /// Notes what a block says; false where it is not what it should be.
    fn take_in(&mut self, block: &Block) -> bool {
        match block.kind {
            BlockKind::Header => return false,
            BlockKind::Tape | BlockKind::Mark => {}
            BlockKind::Keyframe => {
                let Some((tick, leader)) = self.head_of_keyframe(block) else { return false };
                self.keyframes.push((tick, self.blocks.len()));
                (self.leader, self.last_tick) = (leader, tick);
            }
            BlockKind::Hash => {
                let Some(hash) = self.decode::<StateHash>(block) else { return false };
                self.last_tick = hash.tick;
            }
            BlockKind::End => {
                let Some(end) = self.decode::<End>(block) else { return false };
                self.leader = end.leader;
                self.last_tick = end.tick;
                self.end = Some(end);
            }
        }
        true
    }

    /// The tick and the leader of a keyframe. Of a long match there are thousands, each with a whole world: but
    /// for the first one, only what is looked for is read.
    fn head_of_keyframe(&self, block: &Block) -> Option<(Tick, Option<PlayerId>)> {
        if self.keyframes.is_empty() {
            let Keyframe { tick, leader, .. } = self.decode(block)?;
            return Some((tick, leader));
        }
        let beginning = block.beginning(&self.bytes, KEYFRAME_HEAD_BYTES)?;
        saved::decode_beginning(&beginning).ok()
    }

    fn decode<T: Decode<()>>(&self, block: &Block) -> Option<T> {
        saved::decode(&block.contents(&self.bytes)?).ok()
    }

    /// What the match began from.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// How it ended; `None` while it goes on, or when nobody was there to write it down.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Who was ahead last.
    #[must_use]
    pub const fn leader(&self) -> Option<PlayerId> {
        self.leader
    }

    /// The last tick that is told of by a hash, a keyframe or the end.
    #[must_use]
    pub const fn last_tick(&self) -> Tick {
        self.last_tick
    }

    /// Bytes of its sound part, and of what is behind it and is lost.
    #[must_use]
    pub const fn sound_and_lost(&self) -> (usize, usize) {
        (self.sound, self.bytes.len() - self.sound)
    }

    /// How many blocks there are behind the header.
    #[must_use]
    pub const fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// What kind a block is of; `None` behind the last one.
    #[must_use]
    pub fn kind(&self, index: usize) -> Option<BlockKind> {
        self.blocks.get(index).map(|block| block.kind)
    }

    /// What a block holds; `None` behind the last one.
    #[must_use]
    pub fn block(&self, index: usize) -> Option<Contents> {
        let block = self.blocks.get(index)?;
        match block.kind {
            BlockKind::Header => None,
            BlockKind::Tape => block.contents(&self.bytes).map(Contents::Tape),
            BlockKind::Keyframe => self.decode(block).map(Contents::Keyframe),
            BlockKind::Hash => self.decode(block).map(Contents::Hash),
            BlockKind::Mark => self.decode(block).map(Contents::Mark),
            BlockKind::End => self.decode(block).map(Contents::End),
        }
    }

    /// The marks, in order.
    pub fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        let marks = self.blocks.iter().filter(|block| block.kind == BlockKind::Mark);
        marks.filter_map(|block| self.decode(block))
    }

    /// The index of the last keyframe that is not after a tick; of the first one if all are.
    #[must_use]
    pub fn keyframe_before(&self, tick: Tick) -> usize {
        let before = self.keyframes.partition_point(|&(at, _)| !at.is_after(tick));
        self.keyframes[before.saturating_sub(1)].1
    }

    /// The tick of that keyframe.
    #[must_use]
    pub fn keyframe_tick_before(&self, tick: Tick) -> Tick {
        let before = self.keyframes.partition_point(|&(at, _)| !at.is_after(tick));
        self.keyframes[before.saturating_sub(1)].0
    }

    /// The index of the last keyframe.
    #[must_use]
    pub fn last_keyframe(&self) -> usize {
        self.keyframes[self.keyframes.len() - 1].1
    }
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// What was done to the world.
    Tape(Vec<u8>),
    /// The whole of it.
    Keyframe(Keyframe),
    /// Its hash.
    Hash(StateHash),
    /// Something to be found.
    Mark(Mark),
    /// It is over.
    End(End),
}
