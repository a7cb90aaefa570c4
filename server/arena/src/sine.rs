//! Sines of integer angles, equal on every machine and in every language.
//!
//! An angle is a `u16` in which 65,536 is a full turn. Its top ten bits choose one of 1,024
//! directions, whose sine is a whole number of 2⁻¹⁴, so it is exact as an `f32`. The library's
//! `sin` is not used because its last bit differs between platforms.
//!
//! A twin in another language gets the same table from this, in f64 throughout, each line one
//! rounding per operation and from left to right:
//!
//! ```text
//! for i in 0..=256:
//!     x = i · 3.141592653589793 / 512
//!     term = x; sum = x
//!     for k in 1..=8:
//!         term = 0 − term · x · x / (2k · (2k + 1))
//!         sum = sum + term
//!     quarter[i] = floor(sum · 16384 + 0.5)
//!
//! sine(angle): i = angle >> 6; r = i & 255
//!     i >> 8 = 0:  quarter[r] / 16384          2: −quarter[r] / 16384
//!              1:  quarter[256 − r] / 16384    3: −quarter[256 − r] / 16384
//! cosine(angle) = sine(angle + 16384 modulo 65536)
//! ```

use glam::Vec2;

/// Directions of a quarter turn.
const QUARTER: usize = 256;
/// What a sine of 1 is in the table.
const ONE: f64 = 16_384.0;
/// A quarter of a full turn, as an angle.
const QUARTER_TURN: u16 = 0x4000;

static TABLE: [i16; QUARTER + 1] = quarter_wave();

const fn quarter_wave() -> [i16; QUARTER + 1] {
    let mut table = [0; QUARTER + 1];
    let mut i = 0;
    while i <= QUARTER {
        let x = i as f64 * std::f64::consts::PI / 512.0;
        let mut term = x;
        let mut sum = x;
        let mut k = 1.0;
        while k <= 8.0 {
            term = 0.0 - term * x * x / (2.0 * k * (2.0 * k + 1.0));
            sum += term;
            k += 1.0;
        }
        // Not negative, so the conversion rounds down.
        table[i] = (sum * ONE + 0.5) as i16;
        i += 1;
    }
    table
}

/// The sine of an angle: a whole number of 2⁻¹⁴ from −1 to 1.
#[must_use]
pub fn sine(angle: u16) -> f32 {
    let index = usize::from(angle >> 6);
    let rest = index % QUARTER;
    let value = match index / QUARTER {
        0 => TABLE[rest],
        1 => TABLE[QUARTER - rest],
        2 => -TABLE[rest],
        _ => -TABLE[QUARTER - rest],
    };
    f32::from(value) / ONE as f32
}

/// The cosine of an angle.
#[must_use]
pub fn cosine(angle: u16) -> f32 {
    sine(angle.wrapping_add(QUARTER_TURN))
}

/// The direction of an angle: 0 is +x, a quarter turn +y.
#[must_use]
pub fn direction(angle: u16) -> Vec2 {
    Vec2::new(cosine(angle), sine(angle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_sine_to_within_half_a_step() {
        for index in 0..1024_u16 {
            let exact = (f64::from(index) * std::f64::consts::TAU / 1024.0).sin();
            let error = (f64::from(sine(index << 6)) - exact).abs();
            assert!(error <= 0.500_001 / ONE, "{index}: {error}");
        }
    }

    #[test]
    fn quarters_mirror_each_other_exactly() {
        for angle in 0..=u16::MAX {
            // The other end of the 1/1,024 turn that an angle belongs to.
            let mirrored = 0x8000_u16.wrapping_sub(angle & !63);
            assert_eq!(sine(mirrored), sine(angle));
            assert_eq!(sine(angle.wrapping_add(0x8000)), -sine(angle));
            assert_eq!(cosine(angle), sine(angle.wrapping_add(QUARTER_TURN)));
        }
        let ends = [0, 0x4000, 0x8000, 0xc000].map(|angle| direction(angle).to_array());
        assert_eq!(ends, [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]);
    }
}
