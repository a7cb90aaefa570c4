//! What range-coded messages are made of.

use tickwire_protocol::range::{RangeDecoder, RangeEncoder};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A decision of likelihood `p` / 2¹⁵.
    Decision { p: u32, yes: bool },
    /// The low bits of a number.
    Direct { value: u32, bits: u32 },
}

/// Appends a message of these pieces.
pub fn encode(pieces: &[Piece], out: &mut Vec<u8>) {
    let mut encoder = RangeEncoder::new(out);
    for piece in pieces {
        match *piece {
            Piece::Decision { p, yes } => encoder.decide(p, yes),
            Piece::Direct { value, bits } => encoder.direct(value, bits),
        }
    }
    encoder.finish();
}

/// Reads a message of pieces such as these, whatever they turn out to say.
pub fn decode<'a>(like: &[Piece], bytes: &'a [u8]) -> (Vec<Piece>, RangeDecoder<'a>) {
    let mut decoder = RangeDecoder::new(bytes);
    let pieces = like.iter().map(|piece| match *piece {
        Piece::Decision { p, .. } => Piece::Decision { p, yes: decoder.decide(p) },
        Piece::Direct { bits, .. } => Piece::Direct { value: decoder.direct(bits), bits },
    });
    (pieces.collect(), decoder)
}

/// The length of a message, which must say what `pieces` say.
pub fn read(pieces: &[Piece], bytes: &[u8]) -> Option<usize> {
    let (read, decoder) = decode(pieces, bytes);
    assert_eq!(read, pieces);
    decoder.finish()
}
