//! How positions move: the part of a chunk that most bytes are spent on.
//!
//! An entity's replica is a pair, where it is and its last step. It is expected to step likewise.
//! Three things happen instead, and the likelihoods of each follow what the chunk has seen:
//!
//! ```text
//! as predicted                                    one decision
//! near   a little faster, slower, to the side     the difference from the expected step, per axis
//! jump   stops, bounces, is held by a stream      the new step itself, per axis
//!        that repeats its samples
//! ```
//!
//! Between near and jump the encoder takes the shorter; an entity that rests can only jump, a slow
//! one cannot. Steps are looked at by the class of their size, so that a slow walker's noise and a
//! fast ship's turns have likelihoods of their own, and signs by whether they mean slower or faster,
//! so that all directions share them.

use super::coder::Coder;
use super::contexts::{
    CLASSES, DIFFERENCE, EXACT, FIRST, FURTHER, GAP_STEP, GAP_STEP_SIGN, GAP_STEP_SIZE, JUMP,
    MAGNITUDE, SLOWER, STEP, STEP_BLOCK, STEP_FIRST, STEP_FURTHER, STEP_SIGN, STEP_SIZE,
};
use super::numbers::{magnitude, nonzero};

/// What the entities before this one did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MotionMemory {
    /// How many of the last ones were not as predicted, 0 to 2.
    restless: usize,
    /// Whether the last one that was not as predicted jumped.
    jumped: bool,
}

/// The class of a step's size: 0, 1, 2, 3–4, 5–8, 9–20, 21–60, larger.
#[inline]
pub(super) fn class(step: i32) -> usize {
    usize::from(CLASS[(step.unsigned_abs() as usize).min(CLASS.len() - 1)])
}

const CLASS: [u8; 62] = {
    let mut classes = [7; 62];
    let mut size = 0;
    while size < 61 {
        classes[size] = match size {
            0..=2 => size as u8,
            3..=4 => 3,
            5..=8 => 4,
            9..=20 => 5,
            _ => 6,
        };
        size += 1;
    }
    classes
};

/// Class of the larger step from which on an entity can jump: a slower one's differences are as
/// short as its steps.
const JUMP_CLASS: usize = 3;

/// Bits of a number's size: 0 for 0.
#[inline]
const fn length(value: i32) -> u32 {
    u32::BITS - value.unsigned_abs().leading_zeros()
}

/// Codes the way that an entity of last step `step` went, where `expected` was expected (the step
/// times the ticks that the chunk spans). Returns the way.
#[inline]
pub(super) fn way<C: Coder, const AXES: usize>(
    coder: &mut C,
    memory: &mut MotionMemory,
    step: [i32; AXES],
    expected: [i32; AXES],
    way: [i32; AXES],
) -> [i32; AXES] {
    let classes = step.map(class);
    let largest = classes.iter().copied().fold(0, usize::max);
    let smallest = classes.iter().copied().fold(CLASSES, usize::min);
    let context = (largest * 2 + usize::from(smallest == 0)) * 3 + memory.restless;
    if coder.decide(EXACT + context, way == expected) {
        memory.restless = memory.restless.saturating_sub(1);
        return expected;
    }
    memory.restless = (memory.restless + 1).min(2);
    let difference: [i32; AXES] =
        std::array::from_fn(|axis| way[axis].wrapping_sub(expected[axis]));
    let rested = largest == 0;
    memory.jumped &= largest >= JUMP_CLASS;
    if largest >= JUMP_CLASS {
        let sum = |numbers: [i32; AXES]| numbers.iter().map(|&number| length(number)).sum::<u32>();
        let is_shorter = sum(way) < sum(difference);
        let context = JUMP + largest * 2 + usize::from(memory.jumped);
        memory.jumped = coder.decide(context, is_shorter);
    }
    if rested || memory.jumped {
        return jump(coder, &step, largest, way);
    }
    let difference = near(coder, &step, &classes, difference);
    std::array::from_fn(|axis| expected[axis].wrapping_add(difference[axis]))
}

/// A step told by itself.
#[inline]
fn jump<C: Coder, const AXES: usize>(
    coder: &mut C,
    step: &[i32; AXES],
    largest: usize,
    way: [i32; AXES],
) -> [i32; AXES] {
    let rested = largest == 0;
    let block = STEP + if rested { 0 } else { STEP_BLOCK };
    let mut coded = [0; AXES];
    let mut before = 0;
    for axis in 0..AXES {
        // What rested and is not as predicted moves somewhere.
        let must_move = rested && axis == AXES - 1 && coded == [0; AXES];
        let context = if axis == 0 { STEP_FIRST + largest } else { STEP_FURTHER + before };
        if !must_move && coder.decide(block + context, way[axis] == 0) {
            continue;
        }
        let sign = block + STEP_SIGN + usize::from(step[axis] == 0);
        let is_back = (way[axis] < 0) != (step[axis] < 0);
        let is_back = coder.decide(sign, is_back);
        let size = magnitude(coder, block + STEP_SIZE, way[axis].unsigned_abs()).cast_signed();
        let is_negative = is_back != (step[axis] < 0);
        coded[axis] = if is_negative { size.wrapping_neg() } else { size };
        before = 1 + (length(coded[axis]) as usize / 3).min(3);
    }
    coded
}

/// The difference from the expected step, which is not 0 on all axes.
#[inline]
fn near<C: Coder, const AXES: usize>(
    coder: &mut C,
    step: &[i32; AXES],
    classes: &[usize; AXES],
    difference: [i32; AXES],
) -> [i32; AXES] {
    let mut coded = [0; AXES];
    let mut before = 0;
    for axis in 0..AXES {
        let others = (0..AXES).filter(|&other| other != axis).map(|other| classes[other]);
        let other = others.fold(0, usize::max);
        let own = classes[axis];
        let must_differ = axis == AXES - 1 && coded == [0; AXES];
        let context = if axis == 0 {
            FIRST + own * CLASSES + other
        } else {
            FURTHER + before * CLASSES + own
        };
        if !must_differ && coder.decide(context, difference[axis] == 0) {
            continue;
        }
        // Of a resting axis: whether it moves towards smaller numbers.
        let is_slower = (difference[axis] < 0) != (step[axis] < 0);
        let is_slower = coder.decide(SLOWER + own * CLASSES + other, is_slower);
        let group = own.saturating_sub(1).min(3);
        let size = difference[axis].unsigned_abs();
        let size = magnitude(coder, DIFFERENCE + group * MAGNITUDE, size).cast_signed();
        let is_negative = is_slower != (step[axis] < 0);
        coded[axis] = if is_negative { size.wrapping_neg() } else { size };
        let manner = if step[axis] == 0 { 1 } else { 3 - usize::from(is_slower) };
        before = manner + if size > 1 { 3 } else { 0 };
    }
    coded
}

/// Codes the last step at the end of a gap of several ticks: expected to be the old one and the
/// mean of what the way was off by.
#[inline]
pub(super) fn step_after_gap(
    coder: &mut impl Coder,
    gap: i32,
    step: i32,
    off: i32,
    new_step: i32,
) -> i32 {
    let expected = step.wrapping_add(off / gap);
    let context = GAP_STEP + (length(off) as usize).min(3);
    let difference = new_step.wrapping_sub(expected);
    if coder.decide(context, difference == 0) {
        return expected;
    }
    expected.wrapping_add(nonzero(coder, GAP_STEP_SIGN, GAP_STEP_SIZE, difference))
}
