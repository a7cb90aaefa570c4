//! What the codec makes of a recording: bytes, time, and whether it comes out as it went in.
//!
//! ```text
//! recording → ChunkEncoder → chunks → ChunkDecoder → compared with the recording, tick by tick
//!                              ↓
//!               Gauge: which of the bytes tell how positions moved; what resting entities cost
//! ```
//!
//! The recording is one cell of a room, and the client keeps up: the first tick is a keyframe, then
//! comes a chunk from each tick to the next. A tick that went as predicted throughout has none, as
//! in a room. What a frame carries beside its chunks is not counted.

mod gauge;
mod report;

use std::hint::black_box;
use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::chunk::{
    Baseline, ChunkDecoder, ChunkEncoder, ChunkError, MAX_GAP, is_as_predicted,
};
use tickwire_protocol::snapshot::Snapshot;

use crate::recording::Recording;
use gauge::Shares;
pub use report::TraceReport;

/// Least number of passes over a recording, of which the median time is taken.
const PASSES: usize = 5;
/// Short recordings are gone through until so much time has passed.
const LEAST_TIME: Duration = Duration::from_millis(300);

/// The codec is broken.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TraceError {
    /// A chunk that was encoded does not decode.
    #[error("tick {tick}: {cause}")]
    Chunk {
        /// Of the recording, from 0 on.
        tick: usize,
        /// Why not.
        cause: ChunkError,
    },
    /// It decodes to something else.
    #[error("tick {tick}: what is decoded differs from what was encoded")]
    Different {
        /// Of the recording, from 0 on.
        tick: usize,
    },
}

/// One tick on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    /// `None` where everything went as predicted.
    chunk: Option<Vec<u8>>,
    prior: PriorSet,
}

/// Encodes and decodes a recording of `hz` ticks per second, compares every tick, and takes the time.
///
/// # Errors
/// [`TraceError`].
pub fn measure(recording: &Recording, hz: f64) -> Result<TraceReport, TraceError> {
    let sent = send(recording);
    check(recording, &sent)?;
    let shares = Shares::of(recording, &sent);
    let mut failure = None;
    // An encoder that goes on and on, as a room's does: it hardly tries priors out any more.
    let mut encoder = ChunkEncoder::new(recording.layout().clone());
    let encode_time = median_time(|| {
        encode(recording, &mut encoder, |chunk, _| {
            black_box(chunk);
        });
    });
    let decode_time = median_time(|| failure = decode(recording, &sent, |_, _| Ok(())).err());
    if let Some(error) = failure {
        return Err(error);
    }
    let entity_ticks: usize = recording.snapshots().iter().map(Snapshot::entities).sum();
    let per_entity = |amount: f64| amount / entity_ticks.max(1) as f64;
    let bytes: usize = sent.iter().filter_map(|sent| sent.chunk.as_ref()).map(Vec::len).sum();
    let ticks = recording.snapshots().len();
    let bytes_per_tick = bytes as f64 / ticks as f64;
    Ok(TraceReport {
        bytes_per_entity: per_entity(bytes as f64),
        position_bytes_per_entity: per_entity(shares.position_bits / 8.0),
        resting_bytes_per_entity: shares.resting_bytes_per_entity(),
        encode_ns_per_entity: per_entity(encode_time.as_nanos() as f64),
        decode_ns_per_entity: per_entity(decode_time.as_nanos() as f64),
        bytes_per_tick,
        bytes_per_second: bytes_per_tick * hz,
        ticks,
        entity_ticks,
        exact: true,
    })
}

/// What is sent at each tick.
fn send(recording: &Recording) -> Vec<Sent> {
    let mut sent = Vec::with_capacity(recording.snapshots().len());
    let mut encoder = ChunkEncoder::new(recording.layout().clone());
    encode(recording, &mut encoder, |chunk, prior| {
        sent.push(Sent { chunk: chunk.map(<[u8]>::to_vec), prior })
    });
    sent
}

/// Encodes tick by tick, as a room does: `take` is given each chunk and the prior it begins with.
fn encode(
    recording: &Recording,
    encoder: &mut ChunkEncoder,
    mut take: impl FnMut(Option<&[u8]>, PriorSet),
) {
    let mut bytes = Vec::new();
    let mut quiet = 0;
    let ticks = recording.ticks().map(|(from, to)| (Some(from), to));
    for (from, to) in std::iter::once((None, recording.first())).chain(ticks) {
        let is_quiet = from.is_some_and(|from| is_as_predicted(recording.layout(), from, to));
        if is_quiet && quiet < MAX_GAP - 1 {
            quiet += 1;
            take(None, PriorSet::default());
            continue;
        }
        quiet = 0;
        bytes.clear();
        let prior = encoder.encode(from, to, &|_| false, &mut bytes);
        take(Some(&bytes), prior);
    }
}

/// Compares every tick, as a client has it, with the recording.
fn check(recording: &Recording, sent: &[Sent]) -> Result<(), TraceError> {
    let mut last: Option<(usize, Snapshot)> = None;
    decode(recording, sent, |tick, state| {
        let expected = &recording.snapshots()[tick];
        let is_same = match (state, &last) {
            (Some(state), _) => {
                last = Some((tick, state.clone()));
                state == expected
            }
            (None, Some((at, snapshot))) => {
                let baseline = Baseline { snapshot, gap: (tick - at) as u32 };
                is_as_predicted(recording.layout(), baseline, expected)
            }
            (None, None) => false,
        };
        if is_same { Ok(()) } else { Err(TraceError::Different { tick }) }
    })
}

/// Decodes tick by tick; `look` is given each state, `None` where the last one goes on as predicted.
fn decode(
    recording: &Recording,
    sent: &[Sent],
    mut look: impl FnMut(usize, Option<&Snapshot>) -> Result<(), TraceError>,
) -> Result<(), TraceError> {
    let mut decoder = ChunkDecoder::new(recording.layout().clone());
    let mut state = Snapshot::new(recording.layout());
    let mut elapsed = None;
    for (tick, sent) in sent.iter().enumerate() {
        if let Some(chunk) = &sent.chunk {
            let reading = decoder.decode(&mut state, elapsed, chunk);
            let reading = reading.map_err(|cause| TraceError::Chunk { tick, cause })?;
            if reading.bytes != chunk.len() {
                return Err(TraceError::Chunk { tick, cause: ChunkError::Truncated });
            }
            elapsed = Some(0);
        }
        look(tick, sent.chunk.is_some().then_some(&state))?;
        elapsed = elapsed.map(|elapsed: u32| elapsed + 1);
    }
    Ok(())
}

/// The median time of a number of passes.
fn median_time(mut pass: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < PASSES || begin.elapsed() < LEAST_TIME {
        let begin = Instant::now();
        pass();
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movement::Movement;
    use crate::movement::synthetic::Synthetic;

    fn measure_synthetic(text: &str) -> TraceReport {
        let synthetic: Synthetic = text.parse().unwrap();
        let recording = synthetic.movement().quantise(0.25).unwrap();
        measure(&recording, synthetic.hz).unwrap()
    }

    #[test]
    fn players_cost_a_fraction_of_a_byte_and_resting_ones_next_to_nothing() {
        let report = measure_synthetic("players=64,hz=20,seed=5,seconds=10");
        assert!(report.exact && (report.ticks, report.entity_ticks) == (200, 12_800));
        assert!((0.2..0.75).contains(&report.bytes_per_entity), "{report:?}");
        assert!(report.position_bytes_per_entity < report.bytes_per_entity);
        let per_second = report.bytes_per_entity * 64.0 * 20.0;
        assert!((report.bytes_per_second / per_second - 1.0).abs() < 0.01, "{report:?}");
        let resting = measure_synthetic("players=1000,hz=20,seed=5,seconds=5,resting=0.95");
        assert!(resting.resting_bytes_per_entity.unwrap() < 0.02, "{resting:?}");
    }

    #[test]
    fn every_kind_of_movement_costs_a_byte_or_two_at_most() {
        for kind in Synthetic::kinds() {
            for fresh in ["1", "0.6"] {
                let settings = format!("kind={kind},seconds=6,fresh={fresh}");
                let synthetic: Synthetic = settings.parse().unwrap();
                let recording = synthetic.movement().quantise(synthetic.step).unwrap();
                let sent = send(&recording);
                check(&recording, &sent).unwrap();
                let bytes: usize = sent.iter().flat_map(|sent| &sent.chunk).map(Vec::len).sum();
                let entity_ticks: usize =
                    recording.snapshots().iter().map(Snapshot::entities).sum();
                let bytes = bytes as f64 / entity_ticks as f64;
                println!("{settings}: {bytes}");
                assert!((0.2..2.5).contains(&bytes), "{settings}: {bytes}");
            }
        }
    }

    #[test]
    fn what_goes_as_predicted_has_no_chunk() {
        let ticks = (0..600).map(|tick| vec![(1, [f64::from(tick), 5.0])]).collect();
        let recording = Movement { ticks }.quantise(1.0).unwrap();
        let sent = send(&recording);
        let sent_at: Vec<_> = (0..600).filter(|&tick: &usize| sent[tick].chunk.is_some()).collect();
        // The keyframe, the first step, and what keeps the gap in bounds.
        assert_eq!(sent_at, [0, 1, 256, 511]);
        check(&recording, &sent).unwrap();
    }

    #[test]
    fn what_is_not_as_it_was_is_noticed() {
        let recording =
            "players=3,hz=20,seconds=2".parse::<Synthetic>().unwrap().movement().quantise(0.25);
        let recording = recording.unwrap();
        let sent = send(&recording);
        let mut missing = sent.clone();
        let lost = (5..40).find(|&tick| sent[tick].chunk.is_some()).unwrap();
        missing[lost].chunk = None;
        assert!(check(&recording, &missing).is_err());
        let mut longer = sent;
        longer[lost].chunk.as_mut().unwrap().push(0);
        let error = check(&recording, &longer).unwrap_err();
        assert_eq!(error, TraceError::Chunk { tick: lost, cause: ChunkError::Truncated });
    }
}
