//! Golden vectors of the range coder: several messages one behind the other, and what they say.

#[path = "../range/pieces.rs"]
mod pieces;

use rand::RngExt;
use rand_pcg::Pcg32;
use serde_json::{Value as Json, json};

use super::{check, hex, rng};
use pieces::{Piece, encode, read};

fn random_piece(rng: &mut Pcg32) -> Piece {
    if rng.random_bool(0.2) {
        let bits = rng.random_range(0..=32);
        let value = (rng.random::<u64>() & ((1 << bits) - 1)) as u32;
        return Piece::Direct { value, bits };
    }
    let p = rng.random_range(1..32_768) >> rng.random_range(0..12) | 1;
    let p = if rng.random_bool(0.5) { p } else { 32_768 - p };
    // Mostly what is likely.
    Piece::Decision { p, yes: rng.random_range(0..32_768) < p }
}

fn describe(piece: &Piece) -> Json {
    match *piece {
        Piece::Decision { p, yes } => json!({"p": p, "yes": yes}),
        Piece::Direct { value, bits } => json!({"value": value, "bits": bits}),
    }
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
        let pieces: Vec<_> = pieces.iter().map(describe).collect();
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
        // Cut to three bytes it leads beyond what an encoder writes.
        vec![decision(32_767, false), decision(1, true), Piece::Direct { value: 0, bits: 16 }],
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
            (0..4).map(|_| (0..length).map(|_| random_piece(&mut rng)).collect()).collect();
        vectors.push(vector(&messages));
    }
    check("range.json", &vectors);
}
