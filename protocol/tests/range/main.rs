//! Properties of the range coder: messages say where they end, what is cut off is none, and bytes
//! that nobody wrote do no harm.

mod pieces;

use proptest::prelude::*;

use pieces::{Piece, decode, encode, read};

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let p = prop_oneof![Just(1), Just(32_767), 1_u32..32_768];
    let decision = (p, any::<bool>()).prop_map(|(p, yes)| Piece::Decision { p, yes });
    let direct = (any::<u32>(), 0_u32..=32).prop_map(|(value, bits)| Piece::Direct {
        value: if bits == 32 { value } else { value & ((1 << bits) - 1) },
        bits,
    });
    prop::collection::vec(prop_oneof![4 => decision, 1 => direct], 0..200)
}

fn assert_no_part_is_a_message(pieces: &[Piece]) {
    let mut bytes = Vec::new();
    encode(pieces, &mut bytes);
    for cut in 0..bytes.len() {
        let (_, decoder) = decode(pieces, &bytes[..cut]);
        assert_eq!(decoder.finish(), None, "{cut} of {} bytes", bytes.len());
    }
}

proptest! {
    #[test]
    fn messages_lie_one_behind_the_other(one in pieces(), other in pieces(), rest: [u8; 5]) {
        let mut bytes = vec![255; 3];
        encode(&one, &mut bytes);
        let first = bytes.len() - 3;
        encode(&other, &mut bytes);
        let second = bytes.len() - 3 - first;
        bytes.extend(rest);
        prop_assert_eq!(&bytes[..3], &[255; 3]);
        prop_assert_eq!(read(&one, &bytes[3..]), Some(first));
        prop_assert_eq!(read(&other, &bytes[3 + first..]), Some(second));
    }

    #[test]
    fn what_is_cut_off_is_no_message(pieces in pieces()) {
        assert_no_part_is_a_message(&pieces);
    }

    #[test]
    fn garbage_is_a_message_only_if_an_encoder_writes_it(bytes: Vec<u8>, like in pieces()) {
        for cut in 0..=bytes.len() {
            let like = &like[..like.len().min(cut)];
            let (pieces, decoder) = decode(like, &bytes[..cut]);
            if let Some(length) = decoder.finish() {
                let mut again = Vec::new();
                encode(&pieces, &mut again);
                prop_assert_eq!(&bytes[..length], again);
            }
        }
    }
}

#[test]
fn likely_decisions_cost_little() {
    let pieces = vec![Piece::Decision { p: 32_000, yes: true }; 100];
    let mut bytes = Vec::new();
    encode(&pieces, &mut bytes);
    // 100 · log₂(32,768 / 32,000) = 3.4 bits
    assert_eq!(bytes.len(), 1);
    assert_eq!(read(&pieces, &bytes), Some(1));
    assert_eq!(read(&pieces, &[]), None, "cut off");
}

#[test]
fn what_no_encoder_wrote_is_no_message() {
    // Three of its six bytes lead beyond the last number that `direct` has.
    let decisions = [(32_767, false), (1, true)].map(|(p, yes)| Piece::Decision { p, yes });
    let pieces = [&decisions[..], &[Piece::Direct { value: 0, bits: 16 }]].concat();
    assert_no_part_is_a_message(&pieces);
    // An encoder's range begins one short of this.
    for pieces in [&pieces[..0], &decisions, &pieces] {
        for rest in 0..=255 {
            let bytes = [255, 255, 255, 255, rest, 0, 0, 0];
            let (_, decoder) = decode(pieces, &bytes);
            assert_eq!(decoder.finish(), None);
        }
    }
}
