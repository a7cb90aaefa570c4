//! A binary range coder: yes-or-no decisions whose likelihood both ends know, in as many bits as
//! they are surprising.
//!
//! Carry-propagating, 32 bits wide, integer arithmetic only, so that JavaScript decodes it exactly.
//! A coded message says where it ends: the decoder knows its length without being told, and several
//! can lie one behind the other. Nothing here knows what the decisions mean.
//!
//! ```text
//! range of 2³² − 1, low of 0; per decision of likelihood p / 2¹⁵
//!   bound = (range >> 15) · p;   yes: range = bound   no: low += bound, range −= bound
//!   while range < 2²⁴: the top byte of low goes out; low and range are shifted by 8 bits
//! at the end: one byte if range ≥ 2²⁵, else two: the shortest that any bytes may follow
//! ```

/// Bits of a likelihood: 2¹⁵ is certainty, which none ever reaches.
pub const PROBABILITY_BITS: u32 = 15;
/// Most bits that are coded in one piece as they are.
const DIRECT_BITS: u32 = 8;
/// Below this the range is shifted up by a byte.
const LEAST_RANGE: u32 = 1 << 24;
/// From this range on one byte is enough to end a message.
const SHORT_END: u32 = 1 << 25;

/// Appends one message to a vector of bytes.
#[derive(Debug)]
pub struct RangeEncoder<'a> {
    out: &'a mut Vec<u8>,
    low: u32,
    range: u32,
}

impl<'a> RangeEncoder<'a> {
    /// Begins a message behind what is in `out`.
    pub const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, low: 0, range: u32::MAX }
    }

    /// Codes a decision that is "yes" with likelihood `p` / 2¹⁵, 0 < p < 2¹⁵.
    #[inline]
    pub fn decide(&mut self, p: u32, yes: bool) {
        let bound = (self.range >> PROBABILITY_BITS) * p;
        // Chosen, not branched on: what is coded is by its nature hard to predict.
        self.range = if yes { bound } else { self.range - bound };
        self.add(if yes { 0 } else { bound });
        self.shift();
    }

    /// Codes the low `bits` bits of a number, 0 to 32, all values equally likely.
    #[inline]
    pub fn direct(&mut self, value: u32, mut bits: u32) {
        while bits > 0 {
            let piece = bits.min(DIRECT_BITS);
            bits -= piece;
            self.range >>= piece;
            self.add(self.range * ((value >> bits) & ((1 << piece) - 1)));
            self.shift();
        }
    }

    /// Ends the message, so that whatever follows it cannot change it.
    pub fn finish(mut self) {
        let bytes = if self.range >= SHORT_END { 1 } else { 2 };
        let kept = 32 - 8 * bytes;
        // The next multiple of 2^kept: it and everything up to the one after it lie in the range.
        self.add((1 << kept) - 1);
        let end = self.low.to_be_bytes();
        self.out.extend_from_slice(&end[..bytes]);
    }

    #[inline]
    fn add(&mut self, amount: u32) {
        let (low, carries) = self.low.overflowing_add(amount);
        self.low = low;
        if carries {
            self.carry();
        }
    }

    /// Adds 1 to what has gone out. It never runs past the message's first byte: all of it stays
    /// below 1.
    #[cold]
    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    #[inline]
    fn shift(&mut self) {
        while self.range < LEAST_RANGE {
            self.out.push((self.low >> 24) as u8);
            self.low <<= 8;
            self.range <<= 8;
        }
    }
}

/// Reads what [`RangeEncoder`] wrote. Takes any bytes whatever; past their end, and past what no
/// encoder wrote, it reads zeros, which [`RangeDecoder::is_overdrawn`] and [`RangeDecoder::finish`]
/// tell.
#[derive(Clone, Debug)]
pub struct RangeDecoder<'a> {
    bytes: &'a [u8],
    /// The byte that is read next; the message ends before it.
    next: usize,
    code: u32,
    range: u32,
}

/// Bytes that the decoder holds ahead of what it has decided.
const AHEAD: usize = 4;

impl<'a> RangeDecoder<'a> {
    /// A decoder of the message that begins at the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
        let code = byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
        let mut decoder = Self { bytes, next: AHEAD, code, range: u32::MAX };
        if code == u32::MAX {
            decoder.give_up();
        }
        decoder
    }

    /// Goes beyond the end, for good: no encoder wrote this, since the code is not within the range.
    /// Shifted further it would lose its highest bits, and could end like any other message.
    #[cold]
    fn give_up(&mut self) {
        self.next = self.next.max(self.bytes.len() + AHEAD + 1);
    }

    /// Reads a decision that is "yes" with likelihood `p` / 2¹⁵.
    #[inline]
    pub fn decide(&mut self, p: u32) -> bool {
        let bound = (self.range >> PROBABILITY_BITS) * p;
        let yes = self.code < bound;
        self.range = if yes { bound } else { self.range - bound };
        self.code -= if yes { 0 } else { bound };
        self.shift();
        yes
    }

    /// Reads a number of `bits` bits, 0 to 32.
    #[inline]
    pub fn direct(&mut self, mut bits: u32) -> u32 {
        let mut value = 0;
        while bits > 0 {
            let piece = bits.min(DIRECT_BITS);
            bits -= piece;
            self.range >>= piece;
            let last = (1 << piece) - 1;
            let mut part = self.code / self.range;
            if part > last {
                self.give_up();
                part = last;
            }
            self.code -= part * self.range;
            value = value << piece | part;
            self.shift();
        }
        value
    }

    /// Where the decoder stands, in bytes from the message's start; roughly, as bytes hold many
    /// decisions.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.next - AHEAD
    }

    /// Whether more was read than the bytes hold, or what no encoder wrote: they are cut off.
    #[must_use]
    pub const fn is_overdrawn(&self) -> bool {
        self.position() > self.bytes.len()
    }

    /// The length of the message, all of whose decisions have been read; `None` when the bytes are
    /// fewer, or do not end as the encoder ends. So what is cut off is never taken for another
    /// message.
    #[must_use]
    pub fn finish(self) -> Option<usize> {
        let bytes = if self.range >= SHORT_END { 1 } else { 2 };
        let end = self.position() + bytes;
        if end > self.bytes.len() {
            return None;
        }
        let following = (end..self.next).fold(0, |following, at| {
            following << 8 | u32::from(self.bytes.get(at).copied().unwrap_or(0))
        });
        // How far the end lies above the encoder's low: it took the first multiple of 2^kept.
        let kept = 32 - 8 * bytes;
        let above = self.code.checked_sub(following)?;
        (above < 1 << kept).then_some(end)
    }

    #[inline]
    fn shift(&mut self) {
        while self.range < LEAST_RANGE {
            let byte = self.bytes.get(self.next).copied().unwrap_or(0);
            self.code = self.code << 8 | u32::from(byte);
            self.range <<= 8;
            self.next += 1;
        }
    }
}
