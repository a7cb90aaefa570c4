//! Blocks: bytes of one kind with their length and a checksum, compressed where that helps.
//!
//! ```text
//! block    = kind, with 0x80 if deflated: 1 byte
//!            length of what is stored: LEB128
//!            what is stored
//!            checksum: 4 bytes, little-endian; XXH3 of all before it in the block, seeded with the
//!            block's number in the file, its low 32 bits
//! deflated = length once inflated: LEB128; DEFLATE (RFC 1951)
//! ```
//!
//! The number as seed makes a block count only in its place: one that is missing, doubled or left over from
//! another file is a damage like any other.

use std::io::{Read, Write};
use std::ops::Range;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Largest block once inflated, in bytes: a keyframe of the largest state, and what it is told with.
pub const MAX_BLOCK_BYTES: usize = crate::saved::MAX_STATE_BYTES + (1 << 20);

const DEFLATED: u8 = 0x80;
const CHECKSUM_BYTES: usize = 4;
/// Shorter ones are not worth a try.
const LEAST_DEFLATED: usize = 64;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BlockKind {
    /// What the world begins from.
    Header = 1,
    /// What was done to it.
    Tape = 2,
    /// The whole of it.
    Keyframe = 3,
    /// Its hash.
    Hash = 4,
    /// What a person looks for in a match.
    Mark = 5,
    /// It is over.
    End = 6,
}

impl BlockKind {
    const fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Header),
            2 => Some(Self::Tape),
            3 => Some(Self::Keyframe),
            4 => Some(Self::Hash),
            5 => Some(Self::Mark),
            6 => Some(Self::End),
            _ => None,
        }
    }
}

/// Where a block of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it holds.
    pub kind: BlockKind,
    is_deflated: bool,
    stored: Range<usize>,
}

/// Appends a block, the `number`-th of its file.
pub fn write_block(kind: BlockKind, number: u64, contents: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let deflated = deflate(contents);
    let (flag, stored) = deflated.as_ref().map_or((0, contents), |deflated| (DEFLATED, deflated));
    out.push(kind as u8 | flag);
    write_length(stored.len(), out);
    out.extend_from_slice(stored);
    let checksum = checksum(&out[start..], number);
    out.extend_from_slice(&checksum);
}

/// The block that begins at `at`, the `number`-th of its file, and where it ends; `None` where there is no
/// sound one.
#[must_use]
pub fn find_block(file: &[u8], at: usize, number: u64) -> Option<(Block, usize)> {
    let (&tag, rest) = file.get(at..)?.split_first()?;
    let kind = BlockKind::of(tag & !DEFLATED)?;
    let (length, rest) = read_length(rest)?;
    let from = file.len() - rest.len();
    let to = from.checked_add(length)?;
    let end = to.checked_add(CHECKSUM_BYTES)?;
    let told = file.get(to..end)?;
    if told != checksum(&file[at..to], number) {
        return None;
    }
    Some((Block { kind, is_deflated: tag & DEFLATED != 0, stored: from..to }, end))
}

impl Block {
    /// What it holds; `None` where that is more than [`MAX_BLOCK_BYTES`], or is not deflated as it says.
    #[must_use]
    pub fn contents(&self, file: &[u8]) -> Option<Vec<u8>> {
        let stored = file.get(self.stored.clone())?;
        if !self.is_deflated {
            return Some(stored.to_vec());
        }
        let (length, deflated) = read_length(stored)?;
        if length > MAX_BLOCK_BYTES {
            return None;
        }
        let mut contents = Vec::new();
        DeflateDecoder::new(deflated).take(length as u64 + 1).read_to_end(&mut contents).ok()?;
        (contents.len() == length).then_some(contents)
    }
}

impl Block {
    /// The first of what it holds, up to so many bytes, without the rest being looked at; `None` where it is not
    /// deflated as it says.
    #[must_use]
    pub fn beginning(&self, file: &[u8], most: usize) -> Option<Vec<u8>> {
        let stored = file.get(self.stored.clone())?;
        if !self.is_deflated {
            return Some(stored[..stored.len().min(most)].to_vec());
        }
        let (_, deflated) = read_length(stored)?;
        let mut beginning = Vec::new();
        DeflateDecoder::new(deflated).take(most as u64).read_to_end(&mut beginning).ok()?;
        Some(beginning)
    }
}

/// The contents deflated, with their length, if that is less.
fn deflate(contents: &[u8]) -> Option<Vec<u8>> {
    if contents.len() < LEAST_DEFLATED {
        return None;
    }
    let mut deflated = Vec::new();
    write_length(contents.len(), &mut deflated);
    let mut encoder = DeflateEncoder::new(deflated, Compression::default());
    encoder.write_all(contents).ok()?;
    encoder.finish().ok().filter(|deflated| deflated.len() < contents.len())
}

fn checksum(bytes: &[u8], number: u64) -> [u8; CHECKSUM_BYTES] {
    (xxh3_64_with_seed(bytes, number) as u32).to_le_bytes()
}

fn write_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (index, &byte) in bytes.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * index);
        if byte < 0x80 {
            return Some((length, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(contents: &[u8]) -> Vec<u8> {
        let mut file = vec![9; 3];
        write_block(BlockKind::Tape, 7, contents, &mut file);
        file
    }

    #[test]
    fn blocks_come_back_and_what_repeats_is_small() {
        for length in [0, 1, 63, 64, 127, 128, 5000] {
            for contents in [vec![7; length], (0..length).map(|at| (at * at / 3) as u8).collect()] {
                let file = written(&contents);
                let (block, end) = find_block(&file, 3, 7).unwrap();
                assert_eq!((block.kind, end), (BlockKind::Tape, file.len()));
                assert_eq!(block.contents(&file), Some(contents));
            }
        }
        assert!(written(&[7; 5000]).len() < 60);
    }

    #[test]
    fn whatever_byte_changes_the_block_is_none() {
        for contents in [&b"short"[..], &[7; 500]] {
            let file = written(contents);
            for at in 3..file.len() {
                for change in [1, 0x80, 0xFF] {
                    let mut damaged = file.clone();
                    damaged[at] ^= change;
                    assert_eq!(find_block(&damaged, 3, 7), None, "byte {at}");
                }
                assert_eq!(find_block(&file[..at], 3, 7), None, "cut off at {at}");
            }
            assert_eq!(find_block(&file, 3, 8), None, "in another place");
        }
    }

    #[test]
    fn a_block_that_claims_more_than_there_is_takes_no_memory() {
        let mut bomb = Vec::new();
        write_length(usize::MAX >> 30, &mut bomb);
        let block = Block { kind: BlockKind::Tape, is_deflated: true, stored: 0..bomb.len() };
        assert_eq!(block.contents(&bomb), None);
    }
}
