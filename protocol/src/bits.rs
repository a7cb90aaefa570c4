//! Bits, least significant first: the alphabet that deltas are written in.
//!
//! Three codes beside plain fixed-width fields: *gamma* for counts and gaps (Elias gamma of n + 1),
//! *Rice* for residuals, and *zigzag*, which folds signed numbers into unsigned ones. The last byte
//! is padded with zero bits. Nothing here knows what the bits mean.

use thiserror::Error;

/// Why bits could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BitError {
    /// The input ended inside a code.
    #[error("input ends at bit {at}")]
    Truncated {
        /// Length of the input, in bits.
        at: usize,
    },
    /// A gamma code longer than any 32-bit number has.
    #[error("gamma code at bit {at} is too long")]
    GammaTooLong {
        /// Where the code begins, in bits.
        at: usize,
    },
}

/// Ones in a row after which a Rice code gives up on unary and writes the number plainly. Bounds
/// the cost of an outlier (a teleport among small steps) to this many bits plus the field's width.
pub const RICE_ESCAPE: u32 = 12;

/// Folds a signed number into an unsigned one: 0, -1, 1, -2 … become 0, 1, 2, 3 …
#[must_use]
pub const fn zigzag(value: i32) -> u32 {
    (value.cast_unsigned() << 1) ^ (value >> 31).cast_unsigned()
}

/// The inverse of [`zigzag`].
#[must_use]
pub const fn unzigzag(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Appends bits to a byte vector.
#[derive(Debug, Default)]
pub struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// A writer with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the low `width` bits of `value`, 0 to 32.
    pub fn bits(&mut self, value: u32, width: u32) {
        debug_assert!(width <= 32);
        debug_assert!(width == 32 || u64::from(value) < 1 << width);
        self.pending |= u64::from(value) << self.pending_bits;
        self.pending_bits += width;
        if self.pending_bits >= 32 {
            self.bytes.extend_from_slice(&(self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.pending_bits -= 32;
        }
    }

    /// Writes one bit.
    pub fn bit(&mut self, set: bool) {
        self.bits(u32::from(set), 1);
    }

    /// Writes a count or gap, 0 to 2³² - 2: as many zeros as n + 1 has bits after its first, a one,
    /// then those bits. Small numbers are short: 0 takes 1 bit, 1 and 2 take 3, 3 to 6 take 5.
    pub fn gamma(&mut self, value: u32) {
        debug_assert!(value < u32::MAX);
        let plus_one = value + 1;
        let extra = plus_one.ilog2();
        self.bits(0, extra);
        self.bit(true);
        self.bits(plus_one & ((1 << extra) - 1), extra);
    }

    /// Writes a residual as a Rice code with parameter `k` (0 to 31): `value >> k` ones, a zero, the
    /// low `k` bits; or [`RICE_ESCAPE`] ones and the plain number in `width` bits.
    pub fn rice(&mut self, value: u32, k: u32, width: u32) {
        let quotient = value >> k;
        if quotient < RICE_ESCAPE {
            self.bits((1 << quotient) - 1, quotient + 1);
            self.bits(value & ((1 << k) - 1), k);
        } else {
            self.bits((1 << RICE_ESCAPE) - 1, RICE_ESCAPE);
            self.bits(value, width);
        }
    }

    /// Length so far, in bits.
    #[must_use]
    pub fn len_bits(&self) -> usize {
        self.bytes.len() * 8 + self.pending_bits as usize
    }

    /// The bytes, the last one padded with zero bits.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let rest = self.pending.to_le_bytes();
        self.bytes.extend_from_slice(&rest[..self.pending_bits.div_ceil(8) as usize]);
        self.bytes
    }
}

/// Bits that a Rice code of `value` with parameter `k` takes.
#[must_use]
pub const fn rice_cost(value: u32, k: u32, width: u32) -> u32 {
    let quotient = value >> k;
    if quotient < RICE_ESCAPE { quotient + 1 + k } else { RICE_ESCAPE + width }
}

/// Reads what [`BitWriter`] wrote. Never reads past the end, whatever the input.
#[derive(Clone, Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> BitReader<'a> {
    /// A reader at the first bit of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Where the reader stands, in bits.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Bits that are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.position
    }

    /// Reads `width` bits, 0 to 32.
    ///
    /// # Errors
    /// [`BitError::Truncated`] when fewer are left.
    pub fn bits(&mut self, width: u32) -> Result<u32, BitError> {
        debug_assert!(width <= 32);
        if self.remaining() < width as usize {
            return Err(BitError::Truncated { at: self.bytes.len() * 8 });
        }
        let first = self.position / 8;
        let mut window = [0_u8; 8];
        let available = (self.bytes.len() - first).min(8);
        window[..available].copy_from_slice(&self.bytes[first..first + available]);
        let value = u64::from_le_bytes(window) >> (self.position % 8);
        self.position += width as usize;
        Ok((value & ((1_u64 << width) - 1)) as u32)
    }

    /// Reads one bit.
    ///
    /// # Errors
    /// [`BitError::Truncated`] at the end.
    pub fn bit(&mut self) -> Result<bool, BitError> {
        Ok(self.bits(1)? == 1)
    }

    /// Reads what [`BitWriter::gamma`] wrote.
    ///
    /// # Errors
    /// [`BitError::Truncated`] at the end, [`BitError::GammaTooLong`] when it is no 32-bit number.
    pub fn gamma(&mut self) -> Result<u32, BitError> {
        let at = self.position;
        let mut extra = 0;
        while !self.bit()? {
            extra += 1;
            if extra > 31 {
                return Err(BitError::GammaTooLong { at });
            }
        }
        Ok(((1 << extra) | self.bits(extra)?) - 1)
    }

    /// Reads what [`BitWriter::rice`] wrote with the same `k` and `width`.
    ///
    /// # Errors
    /// [`BitError::Truncated`] at the end. The number can exceed what any writer would have
    /// written: callers reduce it to the field's width.
    pub fn rice(&mut self, k: u32, width: u32) -> Result<u32, BitError> {
        let mut quotient = 0;
        while self.bit()? {
            quotient += 1;
            if quotient == RICE_ESCAPE {
                return self.bits(width);
            }
        }
        Ok(quotient.wrapping_shl(k) | self.bits(k)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_code_round_trips(values in prop::collection::vec((any::<u32>(), 0_u32..=32, 0_u32..32), 0..200)) {
            let masked = |value: u32, width: u32| if width == 32 { value } else { value & ((1 << width) - 1) };
            let mut writer = BitWriter::new();
            let mut expected_bits = 0;
            for &(value, width, k) in &values {
                writer.bits(masked(value, width), width);
                writer.gamma(value.min(u32::MAX - 1));
                writer.rice(value, k, 32);
                expected_bits += width + 2 * (value.min(u32::MAX - 1) + 1).ilog2() + 1 + rice_cost(value, k, 32);
            }
            prop_assert_eq!(writer.len_bits(), expected_bits as usize);
            let bytes = writer.finish();
            let mut reader = BitReader::new(&bytes);
            for &(value, width, k) in &values {
                prop_assert_eq!(reader.bits(width).unwrap(), masked(value, width));
                prop_assert_eq!(reader.gamma().unwrap(), value.min(u32::MAX - 1));
                prop_assert_eq!(reader.rice(k, 32).unwrap(), value);
            }
            prop_assert!(reader.remaining() < 8);
        }

        #[test]
        fn zigzag_round_trips(value in any::<i32>()) {
            prop_assert_eq!(unzigzag(zigzag(value)), value);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40), k in 0_u32..32) {
            let mut reader = BitReader::new(&bytes);
            while reader.gamma().is_ok() && reader.rice(k, 7).is_ok() {}
        }
    }

    #[test]
    fn the_end_is_an_error() {
        let mut reader = BitReader::new(&[0xff]);
        assert_eq!(reader.bits(9), Err(BitError::Truncated { at: 8 }));
        assert_eq!(reader.bits(8), Ok(0xff));
        assert_eq!(reader.bit(), Err(BitError::Truncated { at: 8 }));
        assert_eq!(BitReader::new(&[0; 9]).gamma(), Err(BitError::GammaTooLong { at: 0 }));
    }
}
