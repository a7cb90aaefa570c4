//! How entities come in: which they are, and all of their columns. Written once for both directions
//! ([`Coder`]).

use super::coder::Coder;
use super::contexts::{ENTER_KIND, ENTER_NUMBER, ENTER_STEP, MAGNITUDE};
use super::numbers::{count, nonzero};
use crate::quantise::{KindLayout, Layout, Manner};

/// Widest lane of an integer that is told bit by bit; wider ones are told by their size.
const PLAIN_BITS: u32 = 12;

/// Codes an entity's kind; `last` is that of the enter before, 0 at first.
pub(super) fn kind(coder: &mut impl Coder, layout: &Layout, last: u32, kind: u32) -> u32 {
    if layout.kinds.len() < 2 || coder.decide(ENTER_KIND, kind == last) {
        last
    } else {
        coder.direct(kind, layout.kind_bits)
    }
}

/// Codes a row of a kind: what is in it is what to write, and in any case it holds it afterwards.
pub(super) fn row(coder: &mut impl Coder, kind: &KindLayout, row: &mut [u32]) {
    for field in &kind.fields {
        for at in field.lanes.clone() {
            let bits = kind.lanes[at].bits;
            row[at] = match field.manner {
                Manner::Player => number(coder, 1, row[at]),
                Manner::Integer if bits > PLAIN_BITS => number(coder, 0, row[at]),
                _ => coder.direct(row[at], bits),
            };
        }
        for at in field.steps.clone() {
            let step = row[at].cast_signed();
            let step = if coder.decide(ENTER_STEP, step == 0) {
                0
            } else {
                nonzero(coder, ENTER_STEP + 1, ENTER_STEP + 2, step)
            };
            row[at] = step.cast_unsigned();
        }
    }
}

fn number(coder: &mut impl Coder, group: usize, value: u32) -> u32 {
    let zero = ENTER_NUMBER + group * (1 + MAGNITUDE);
    count(coder, zero, zero + 1, value)
}
