//! What can become of a frame on its way.

use rand::RngExt;
use rand::rngs::StdRng;

/// Bytes that begin something else: longer numbers, other tags.
const TELLING: [u8; 6] = [0x00, 0x80, 0xfb, 0xfc, 0xfd, 0xff];

/// A frame with up to two things wrong with it; with none it is only one that has come before.
pub fn damaged(frame: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = frame.to_vec();
    for _ in 0..rng.random_range(0..3) {
        let Some(last) = bytes.len().checked_sub(1) else { break };
        let at = rng.random_range(0..=last);
        match rng.random_range(0..6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, rng.random()),
            3 => bytes[at] = TELLING[rng.random_range(0..TELLING.len())],
            _ => bytes[at] ^= 1 << rng.random_range(0..8),
        }
    }
    bytes
}
