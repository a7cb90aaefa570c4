//! Numbers out of decisions. Small ones are cheap; how cheap is for the likelihoods to say.

use super::coder::Coder;
use super::contexts::{EXPONENTS, GAP};

/// Bits of a gap that is none of the usual ones.
const GAP_BITS: u32 = 8;

/// Folds a signed number into an unsigned one: 0, −1, 1, −2 … become 0, 1, 2, 3 …
pub(super) const fn zigzag(value: i32) -> u32 {
    (value.cast_unsigned() << 1) ^ (value >> 31).cast_unsigned()
}

/// The inverse of [`zigzag`].
pub(super) const fn unzigzag(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Most exponents of a 32-bit number.
const LAST_EXPONENT: u32 = 31;

/// A number from 1 on: its exponent (the position of its leading one) as decisions whether it goes
/// on, then the two bits below the leading one, then the rest as it is.
#[inline(always)]
pub(super) fn magnitude(coder: &mut impl Coder, contexts: usize, value: u32) -> u32 {
    let wanted = (value | 1).ilog2();
    let mut exponent = 0;
    while exponent < LAST_EXPONENT
        && coder.decide(contexts + (exponent as usize).min(EXPONENTS - 1), exponent < wanted)
    {
        exponent += 1;
    }
    if exponent == 0 {
        return 1;
    }
    let place = (exponent as usize).min(EXPONENTS - 1);
    let bit = |from_top: u32| value >> exponent.saturating_sub(from_top) & 1 == 1;
    let second = coder.decide(contexts + EXPONENTS + place, bit(1));
    let mut number = 2 | u32::from(second);
    if exponent == 1 {
        return number;
    }
    let third = contexts + 2 * EXPONENTS + 2 * place + usize::from(second);
    number = number << 1 | u32::from(coder.decide(third, bit(2)));
    let rest = exponent - 2;
    let low = if rest == 0 { 0 } else { value & ((1 << rest) - 1) };
    number << rest | coder.direct(low, rest)
}

/// A number from 0 on: whether it is 0, and if not, its magnitude.
#[inline]
pub(super) fn count(coder: &mut impl Coder, zero: usize, size: usize, value: u32) -> u32 {
    if coder.decide(zero, value == 0) { 0 } else { magnitude(coder, size, value) }
}

/// A signed number other than 0: whether it is negative, then its magnitude.
#[inline]
pub(super) fn nonzero(coder: &mut impl Coder, sign: usize, size: usize, value: i32) -> i32 {
    let is_negative = coder.decide(sign, value < 0);
    let magnitude = magnitude(coder, size, value.unsigned_abs()).cast_signed();
    if is_negative { magnitude.wrapping_neg() } else { magnitude }
}

/// One of `limit` equally likely numbers from 0 on, in whole bits.
pub(super) fn uniform(coder: &mut impl Coder, limit: usize, value: usize) -> usize {
    let bits = usize::BITS - limit.saturating_sub(1).leading_zeros();
    coder.direct(value as u32, bits) as usize
}

/// The ticks that a chunk spans, from 1 on.
pub(super) fn gap(coder: &mut impl Coder, ticks: u32) -> u32 {
    if !coder.decide(GAP, ticks > 1) {
        1
    } else if coder.decide(GAP + 1, ticks == 2) {
        2
    } else if coder.decide(GAP + 2, ticks == 4) {
        4
    } else {
        coder.direct(ticks, GAP_BITS)
    }
}
