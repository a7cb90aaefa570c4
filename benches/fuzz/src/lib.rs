//! What the fuzz target does with bytes: reads them as a movement file, and sends what it says through
//! the codec. Panics if something is wrong. `tests/corpus.rs` of the benches does the same on stable
//! Rust.

use tickwire_benches::movement::Movement;
use tickwire_protocol::chunk::ChunkDecoder;
use tickwire_protocol::snapshot::Snapshot;

/// Grid of the codec, in a file's unit.
const STEP: f64 = 0.25;
/// Files that say more are not sent through the codec: that would only take time.
const MAX_TICKS: usize = 200;
const MAX_ENTITY_TICKS: usize = 2000;

/// A movement file: what is read has finite places under ascending ids, and comes out of the codec as
/// it went in.
pub fn trace(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(movement) = Movement::from_csv(text) else { return };
    assert!(movement.entity_ticks() > 0, "a file of nothing is an error");
    for places in &movement.ticks {
        assert!(places.is_sorted_by(|(one, _), (other, _)| one < other));
        assert!(places.iter().flat_map(|(_, place)| place).all(|number| number.is_finite()));
    }
    if movement.ticks.len() > MAX_TICKS || movement.entity_ticks() > MAX_ENTITY_TICKS {
        return;
    }
    // Places too far apart for the grid are refused.
    let Ok(recording) = movement.quantise(STEP) else { return };
    assert_eq!(recording.snapshots().len(), movement.ticks.len());
    let mut decoder = ChunkDecoder::new(recording.layout().clone());
    let mut state = Snapshot::new(recording.layout());
    recording.play(&mut decoder, &mut state, &recording.chunks()).expect("what is encoded is read");
    assert!(state == *recording.last(), "it comes out otherwise");
}
