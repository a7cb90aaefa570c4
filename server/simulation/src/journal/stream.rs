//! A journal on its way to a store elsewhere: in batches, of which the newest segment is all that it takes to go
//! on with the match.
//!
//! ```text
//! segment  = a journal by itself: magic, header, keyframe, then tapes, with hashes and marks between them
//! stream   = segments; each keyframe begins the next one, so what is before it may be deleted
//! batches  = a segment in pieces, each kept whole or not at all
//! ```
//!
//! A store keeps batches in order and may lose the last ones, never one in between: should it all the same, the
//! checksums of the blocks behind it are not right, and the segment counts up to there.

use std::borrow::Borrow;

use thiserror::Error;

use super::file::{End, Journal, JournalError, JournalWriter};
use super::header::Header;
use super::recorder::Piece;

/// Some bytes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// What is to be kept behind the batches before.
    pub bytes: Vec<u8>,
    /// Whether it begins a segment: nothing before it is needed any more.
    pub begins_segment: bool,
}

/// Why nothing can be made of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StreamError {
    /// There are no batches, or none begins a segment.
    #[error("there is no beginning of a segment in it")]
    NoSegment,
    /// No segment is a journal; why the newest is none.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Makes batches of a room's pieces.
#[derive(Clone, Debug)]
pub struct StreamWriter {
    header: Header,
    /// Of the present segment; none before the first keyframe, and after the end.
    segment: Option<JournalWriter>,
    /// What the next batch has, but for the tape that the segment's writer holds back.
    bytes: Vec<u8>,
    begins_segment: bool,
    is_over: bool,
}

impl StreamWriter {
    /// A stream of the match with this header; each segment has its own first tick.
    #[must_use]
    pub const fn new(header: Header) -> Self {
        Self { header, segment: None, bytes: Vec::new(), begins_segment: false, is_over: false }
    }

    /// Takes a room's next piece. What is before the first keyframe, or behind the end, is of no use.
    pub fn take(&mut self, piece: Piece) {
        if self.is_over {
            return;
        }
        if let Piece::State { tick, is_keyframe: true, .. } = piece {
            // What has not been flushed is in the keyframe.
            self.bytes.clear();
            self.header.first_tick = tick;
            self.segment = Some(JournalWriter::begin(&self.header, &mut self.bytes));
            self.begins_segment = true;
        }
        if let Some(segment) = &mut self.segment {
            segment.take(piece, &mut self.bytes);
        }
    }

    /// All that was taken since the last batch; `None` where that is nothing.
    pub fn flush(&mut self) -> Option<Batch> {
        if let Some(segment) = &mut self.segment {
            segment.flush(&mut self.bytes);
        }
        if self.bytes.is_empty() {
            return None;
        }
        let begins_segment = std::mem::take(&mut self.begins_segment);
        Some(Batch { bytes: std::mem::take(&mut self.bytes), begins_segment })
    }

    /// The match is over: the last batch.
    pub fn end(&mut self, end: &End) -> Option<Batch> {
        if let Some(mut segment) = self.segment.take() {
            segment.end(end, &mut self.bytes);
        }
        self.is_over = true;
        self.flush()
    }
}

/// The newest segment that is of use, as a journal up to its last sound block. Should the beginning of the newest
/// one be damaged, an older one does, if it is still there.
///
/// # Errors
/// [`StreamError`] when none is.
pub fn journal_of<B: Borrow<Batch>>(batches: &[B]) -> Result<Journal, StreamError> {
    let mut end = batches.len();
    let mut cause = None;
    while let Some(begin) = batches[..end].iter().rposition(|batch| batch.borrow().begins_segment) {
        let segment = batches[begin..end].iter();
        let bytes: Vec<u8> = segment.flat_map(|batch| &batch.borrow().bytes).copied().collect();
        match Journal::read(bytes) {
            Ok(journal) => return Ok(journal),
            Err(why) => cause = cause.or(Some(why)),
        }
        end = begin;
    }
    Err(cause.map_or(StreamError::NoSegment, StreamError::Journal))
}
