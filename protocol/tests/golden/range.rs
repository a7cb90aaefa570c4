//! Golden vectors of the range coder: several messages one behind the other, and what they say.

use rand::RngExt;
use rand_pcg::Pcg32;
use serde_json::{Value as Json, json};
use tickwire_protocol::range::{RangeDecoder, RangeEncoder};

use super::{check, hex, rng};

#[derive(Clone, Copy)]
enum Piece {
    /// A decision of likelihood `p` / 2¹⁵.
    Decision { p: u32, yes: bool },
    /// The low bits of a number.
    Direct { value: u32, bits: u32 },
}

impl Piece {
    fn random(rng: &mut Pcg32) -> Self {
        if rng.random_bool(0.2) {
            let bits = rng.random_range(0..=32);
            let value = (rng.random::<u64>() & ((1 << bits) - 1)) as u32;
            return Self::Direct { value, bits };
        }
        let p = rng.random_range(1..32_768) >> rng.random_range(0..12) | 1;
        let p = if rng.random_bool(0.5) { p } else { 32_768 - p };
        // Mostly what is likely.
        Self::Decision { p, yes: rng.random_range(0..32_768) < p }
    }

    fn describe(self) -> Json {
        match self {
            Self::Decision { p, yes } => json!({"p": p, "yes": yes}),
            Self::Direct { value, bits } => json!({"value": value, "bits": bits}),
        }
    }
}

fn encode(pieces: &[Piece], out: &mut Vec<u8>) {
    let mut encoder = RangeEncoder::new(out);
    for piece in pieces {
        match *piece {
            Piece::Decision { p, yes } => encoder.decide(p, yes),
            Piece::Direct { value, bits } => encoder.direct(value, bits),
        }
    }
    encoder.finish();
}

/// The length of the message, which must say what `pieces` say.
fn read(pieces: &[Piece], bytes: &[u8]) -> Option<usize> {
    let mut decoder = RangeDecoder::new(bytes);
    for piece in pieces {
        match *piece {
            Piece::Decision { p, yes } => assert_eq!(decoder.decide(p), yes),
            Piece::Direct { value, bits } => assert_eq!(decoder.direct(bits), value),
        }
    }
    decoder.finish()
}

/// Messages in a row, behind which any bytes follow.
fn vector(messages: &[Vec<Piece>]) -> Json {
    let mut bytes = Vec::new();
    let mut lengths = Vec::new();
    for pieces in messages {
        let before = bytes.len();
        encode(pieces, &mut bytes);
        lengths.push(bytes.len() - before);
    }
    bytes.extend([0xff, 0, 0xff]);
    let mut at = 0;
    let described = messages.iter().zip(lengths).map(|(pieces, length)| {
        assert_eq!(read(pieces, &bytes[at..]), Some(length));
        at += length;
        let pieces: Vec<_> = pieces.iter().map(|piece| piece.describe()).collect();
        json!({"bytes": length, "pieces": pieces})
    });
    json!({"messages": described.collect::<Vec<_>>(), "hex": hex(&bytes)})
}

#[test]
fn range_coded_messages() {
    let decision = |p, yes| Piece::Decision { p, yes };
    let by_hand = [
        vec![],
        vec![decision(1 << 14, true)],
        vec![decision(1 << 14, false)],
        vec![decision(1, true)],
        vec![decision(32_767, false)],
        vec![decision(24_576, true), Piece::Direct { value: 5, bits: 3 }],
        vec![Piece::Direct { value: u32::MAX, bits: 32 }],
        vec![Piece::Direct { value: 0, bits: 0 }, Piece::Direct { value: 0, bits: 32 }],
        // Nearly the largest number that a message can be.
        [vec![Piece::Direct { value: u32::MAX, bits: 32 }; 4], vec![decision(32_767, false); 3]]
            .concat(),
    ];
    let mut vectors: Vec<_> =
        by_hand.iter().map(|pieces| vector(std::slice::from_ref(pieces))).collect();
    vectors.push(vector(&by_hand));
    let mut rng = rng(1);
    for length in [10, 40, 200] {
        let messages: Vec<Vec<_>> =
            (0..4).map(|_| (0..length).map(|_| Piece::random(&mut rng)).collect()).collect();
        vectors.push(vector(&messages));
    }
    check("range.json", &vectors);
}
