//! Chunks over random worlds: every decoded snapshot equals the encoded one, whoever reads it, and no
//! bytes whatever do harm.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use proptest::prelude::*;
use proptest::sample::Index;
use tickwire_protocol::chunk::prior::{PRIOR_SETS, PriorSet};
use tickwire_protocol::chunk::{
    Baseline, ChunkDecoder, ChunkEncoder, ChunkError, encode_chunk, is_as_predicted,
};
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::{MAX_SLOTS, Snapshot};

use world::{history, layout, predict, ticks};

/// Most ticks between the snapshots of a chunk here.
const MAX_GAP: usize = 16;

fn prior_sets() -> impl Iterator<Item = PriorSet> {
    (0..PRIOR_SETS as u8).map(PriorSet)
}

fn has_moved(id: EntityId) -> bool {
    id.0 % 2 == 1
}

fn encode(layout: &Layout, prior: PriorSet, from: Option<Baseline<'_>>, to: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    encode_chunk(layout, prior, from, to, &has_moved, &mut out);
    out
}

/// Two ticks of a history, the later one first chosen, at most [`MAX_GAP`] apart.
fn pair(history: &[Snapshot], to: &Index, gap: &Index) -> (usize, usize) {
    let to = 1 + to.index(history.len() - 1);
    (to - 1 - gap.index(to.min(MAX_GAP)), to)
}

fn baseline(history: &[Snapshot], from: usize, to: usize) -> Baseline<'_> {
    Baseline { snapshot: &history[from], gap: (to - from) as u32 }
}

/// Whether two snapshots have the same entity in a slot, as far as a chunk goes.
fn stays(layout: &Layout, from: &Snapshot, to: &Snapshot, slot: usize) -> bool {
    let (Some(before), Some(after)) = (from.row(slot), to.row(slot)) else { return false };
    let kind = &layout.kinds[usize::from(after.kind)];
    let mut constant = kind.fields.iter().filter(|field| field.constant);
    before.id == after.id
        && before.kind == after.kind
        && constant
            .all(|field| before.lanes[field.lanes.clone()] == after.lanes[field.lanes.clone()])
}

proptest! {
    #[test]
    fn any_two_ticks_are_bridged_exactly(
        ticks in ticks(1..24),
        pairs: [(Index, Index); 6],
        rest: [u8; 3],
    ) {
        let layout = layout();
        let history = history(&layout, &ticks);
        let mut decoder = ChunkDecoder::new(layout.clone());
        for (to, gap) in &pairs {
            let (from, to) = pair(&history, to, gap);
            let left: Vec<_> = history[from]
                .rows()
                .filter(|row| !stays(&layout, &history[from], &history[to], row.slot))
                .map(|row| (row.id, has_moved(row.id)))
                .collect();
            let entered: Vec<_> = history[to]
                .rows()
                .map(|row| row.slot)
                .filter(|&slot| !stays(&layout, &history[from], &history[to], slot))
                .collect();
            for prior in prior_sets() {
                let chunk = encode(&layout, prior, Some(baseline(&history, from, to)), &history[to]);
                let wire = [&chunk[..], &rest].concat();
                // Whoever has a state since which all went as predicted reads the same chunk.
                let readers = (0..=from).filter(|&reader| {
                    reader == from
                        || is_as_predicted(&layout, baseline(&history, reader, from), &history[from])
                });
                for reader in readers {
                    let mut state = history[reader].clone();
                    let elapsed = Some((to - reader) as u32);
                    let reading = decoder.decode(&mut state, elapsed, &wire).unwrap();
                    prop_assert_eq!(&state, &history[to]);
                    prop_assert_eq!(reading.bytes, chunk.len());
                    prop_assert!(!reading.is_keyframe);
                    prop_assert_eq!(&reading.left, &left);
                    prop_assert_eq!(&reading.entered, &entered);
                }
            }
        }
    }

    #[test]
    fn a_keyframe_leads_from_anything(ticks in ticks(1..9), before in ticks(0..3), rest: [u8; 3]) {
        let layout = layout();
        let to = history(&layout, &ticks).pop().unwrap();
        let before = history(&layout, &before).pop().unwrap();
        let mut decoder = ChunkDecoder::new(layout.clone());
        for prior in prior_sets() {
            let chunk = encode(&layout, prior, None, &to);
            for elapsed in [None, Some(1), Some(100)] {
                let mut state = before.clone();
                let wire = [&chunk[..], &rest].concat();
                let reading = decoder.decode(&mut state, elapsed, &wire).unwrap();
                prop_assert_eq!(&state, &to);
                prop_assert_eq!((reading.bytes, reading.is_keyframe), (chunk.len(), true));
                prop_assert_eq!(reading.entered.len(), to.entities());
            }
        }
    }

    #[test]
    fn what_goes_as_predicted_need_not_be_told(ticks in ticks(1..24), to: Index, gap: Index) {
        let layout = layout();
        let history = history(&layout, &ticks);
        let (from, to) = pair(&history, &to, &gap);
        let predicted = predict(&layout, &history[from], (to - from) as u32) == history[to];
        let from = baseline(&history, from, to);
        prop_assert_eq!(is_as_predicted(&layout, from, &history[to]), predicted);
    }

    #[test]
    fn chunks_of_a_room_are_read_whatever_prior_they_choose(ticks in ticks(40..80)) {
        let layout = layout();
        let history = history(&layout, &ticks);
        let mut encoder = ChunkEncoder::new(layout.clone());
        let mut decoder = ChunkDecoder::new(layout.clone());
        let mut state = history[0].clone();
        for to in 1..history.len() {
            let from = Some(baseline(&history, to - 1, to));
            let mut chunk = Vec::new();
            let prior = encoder.encode(from, &history[to], &has_moved, &mut chunk);
            prop_assert_eq!(&chunk, &encode(&layout, prior, from, &history[to]));
            decoder.decode(&mut state, Some(1), &chunk).unwrap();
            prop_assert_eq!(&state, &history[to]);
        }
    }

    #[test]
    fn a_chunk_that_is_cut_off_is_an_error(ticks in ticks(1..9), to: Index, gap: Index, prior in 0_u8..4) {
        let layout = layout();
        let history = history(&layout, &ticks);
        let (from, to) = pair(&history, &to, &gap);
        let mut decoder = ChunkDecoder::new(layout.clone());
        for from in [Some(from), None] {
            let baseline = from.map(|from| baseline(&history, from, to));
            let chunk = encode(&layout, PriorSet(prior), baseline, &history[to]);
            for cut in 0..chunk.len() {
                let mut state = history[from.unwrap_or(0)].clone();
                let elapsed = from.map(|from| (to - from) as u32);
                prop_assert!(decoder.decode(&mut state, elapsed, &chunk[..cut]).is_err(), "{} of {}", cut, chunk.len());
            }
        }
    }

    #[test]
    fn no_bytes_whatever_do_harm(
        ticks in ticks(1..9),
        to: Index,
        gap: Index,
        flips in prop::collection::vec((any::<Index>(), 0_u32..8), 1..4),
        garbage in prop::collection::vec(any::<u8>(), 0..300),
        elapsed in prop_oneof![Just(None), Just(Some(1)), any::<u32>().prop_map(Some)],
    ) {
        let layout = layout();
        let history = history(&layout, &ticks);
        let (from, to) = pair(&history, &to, &gap);
        let mut flipped = encode(&layout, PriorSet(0), Some(baseline(&history, from, to)), &history[to]);
        for (byte, bit) in flips {
            let byte = byte.index(flipped.len());
            flipped[byte] ^= 1_u8 << bit;
        }
        let mut decoder = ChunkDecoder::new(layout.clone());
        for (elapsed, bytes) in [(Some((to - from) as u32), &flipped), (elapsed, &garbage)] {
            let mut state = history[from].clone();
            if let Ok(reading) = decoder.decode(&mut state, elapsed, bytes) {
                prop_assert!(reading.bytes <= bytes.len() && state.slots() <= MAX_SLOTS);
                for row in state.rows() {
                    let kind = &layout.kinds[usize::from(row.kind)];
                    prop_assert!(kind.lanes.iter().zip(row.lanes).all(|(lane, &value)| value <= lane.max));
                }
            }
        }
    }
}

#[test]
fn an_entity_with_other_constants_or_of_another_kind_leaves_and_enters() {
    let layout = layout();
    let mut decoder = ChunkDecoder::new(layout.clone());
    let (ship, bullet, rock) = (0, 1, 2);
    let mut from = Snapshot::new(&layout);
    from.insert(0, EntityId(1), ship)[0] = 5;
    from.insert(1, EntityId(2), bullet);
    from.insert(2, EntityId(3), rock)[2] = 5;
    let mut to = from.clone();
    to.insert(0, EntityId(1), ship)[0] = 6;
    to.insert(1, EntityId(2), rock);
    let baseline = Baseline { snapshot: &from, gap: 1 };
    assert!(!is_as_predicted(&layout, baseline, &to));
    let chunk = encode(&layout, PriorSet(0), Some(baseline), &to);
    let mut state = from.clone();
    let reading = decoder.decode(&mut state, Some(1), &chunk).unwrap();
    assert_eq!(state, to);
    assert_eq!(reading.left, [(EntityId(1), true), (EntityId(2), false)]);
    assert_eq!(reading.entered, [0, 1]);
}

#[test]
fn a_chunk_is_read_only_from_where_it_leads_from_or_earlier() {
    let layout = layout();
    let mut decoder = ChunkDecoder::new(layout.clone());
    let mut state = Snapshot::new(&layout);
    state.insert(0, EntityId(1), 1);
    for gap in [1, 2, 3, 4, 5, 255] {
        let baseline = Baseline { snapshot: &state.clone(), gap };
        let chunk = encode(&layout, PriorSet(0), Some(baseline), &state);
        for elapsed in [0, 1, 2, 3, 4, 5, 6, 255, u32::MAX] {
            let read = decoder.decode(&mut state, Some(elapsed), &chunk);
            let expected =
                if elapsed < gap { Err(ChunkError::Gap { gap, elapsed }) } else { Ok(()) };
            assert_eq!(read.map(|_| ()), expected);
        }
        let read = decoder.decode(&mut state, None, &chunk);
        assert_eq!(read, Err(ChunkError::Gap { gap, elapsed: 0 }));
    }
}

#[test]
fn a_thousand_that_rest_cost_a_few_bytes() {
    let layout = layout();
    let mut snapshot = Snapshot::new(&layout);
    for slot in 0..1000 {
        snapshot.insert(slot, EntityId(slot as u32 + 1), 0);
    }
    let baseline = Baseline { snapshot: &snapshot, gap: 1 };
    assert!(is_as_predicted(&layout, baseline, &snapshot));
    assert!(encode(&layout, PriorSet(0), Some(baseline), &snapshot).len() <= 4);
}
