//! What is done to a world, as bytes: happenings, and the inputs of each tick.
//!
//! ```text
//! record = 0                        a tick without another input than holds anyway
//!        | 1, range-coded inputs    a tick with some
//!        | 2, bincode of Happening
//! inputs = how many, which players, and of each: its fields (as before, or the value in as many bits as
//!          the field's range takes), the age of the view (as before, or the value), the age that holds
//!          after the tick (the same, or the value)
//! ```
//!
//! An input is told against the one that held before, so a record is read with the inputs that hold at
//! hand. Likelihoods are fixed: which ones change is told in as many bits as the number of ways to choose
//! them has, and no record depends on how another one was coded.

use bincode::config::standard;
use thiserror::Error;
use tickwire_protocol::message::{InputValues, SchemaMismatch, ViewAge};
use tickwire_protocol::range::{PROBABILITY_BITS, RangeDecoder, RangeEncoder};
use tickwire_protocol::schema::{InputKind, Schema};

use crate::inputs::PlayerInput;
use crate::world::Happening;

const TICK: u8 = 0;
const TICK_WITH_INPUTS: u8 = 1;
const HAPPENING: u8 = 2;

const CERTAIN: u32 = 1 << PROBABILITY_BITS;
/// Likelihoods that a field, the age of the view, and the age after the tick are as they were.
const FIELD_STAYS: u32 = CERTAIN / 4;
const AGE_STAYS: u32 = CERTAIN * 7 / 8;
const AGE_HOLDS: u32 = CERTAIN * 15 / 16;
/// Most memory that a happening may take when it is read, in bytes.
const MAX_HAPPENING_BYTES: usize = 1 << 16;

/// An input that takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapedInput {
    /// Its fields, buttons included.
    pub values: InputValues,
    /// How old the view is that it goes by.
    pub view_age: ViewAge,
    /// The same from the next tick on.
    pub held_age: ViewAge,
}

/// One input of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose: an index into the inputs in effect.
    pub index: u32,
    /// What held before.
    pub before: PlayerInput,
    /// What takes effect.
    pub now: TapedInput,
}

/// Inputs that take effect at a tick, by ascending index.
pub type TickInputs = Vec<(u32, TapedInput)>;

/// What a tape holds one of after the other, as it is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A tick, and the inputs that take effect at it.
    Tick(TickInputs),
    /// Something between two ticks.
    Happening(Happening),
}

/// Why a tape does not read.
#[derive(Debug, Error)]
pub enum TapeError {
    /// There is no such record.
    #[error("a record of kind {0}, which there is not")]
    Kind(u8),
    /// It ends within a record.
    #[error("it ends within a tick's inputs")]
    CutOff,
    /// A happening is none.
    #[error("not a happening: {0}")]
    Happening(#[from] bincode::error::DecodeError),
    /// An input does not fit the game.
    #[error("an input does not fit the game: {0}")]
    Input(#[from] SchemaMismatch),
    /// A happening does not fit the world.
    #[error("{0}")]
    Misfit(&'static str),
}

/// How the fields of an input are told.
#[derive(Clone, Debug)]
struct InputCoder {
    fields: Vec<(i32, u32)>,
}

impl InputCoder {
    fn new(schema: &Schema) -> Self {
        let field = |kind| match kind {
            InputKind::Integer { min, max } => (min, bits_of(max.abs_diff(min))),
            InputKind::Button => (0, 1),
        };
        Self { fields: schema.inputs.iter().map(|input| field(input.kind)).collect() }
    }

    fn write(&self, players: usize, changes: &[Change], out: &mut Vec<u8>) {
        let mut coder = RangeEncoder::new(out);
        coder.direct(changes.len() as u32, bits_of(players as u32));
        let mut left = Left::new(players, changes.len());
        let mut next = 0;
        for change in changes {
            while next < change.index {
                left.miss().inspect(|&likely| coder.decide(likely, false));
                next += 1;
            }
            left.hit().inspect(|&likely| coder.decide(likely, true));
            next += 1;
            self.write_input(change, &mut coder);
        }
        coder.finish();
    }

    fn write_input(&self, Change { before, now, .. }: &Change, coder: &mut RangeEncoder<'_>) {
        for (field, &(min, bits)) in self.fields.iter().enumerate() {
            let value = now.values.get(field);
            let stays = value == before.values.get(field);
            coder.decide(FIELD_STAYS, stays);
            if !stays {
                coder.direct(value.abs_diff(min), bits);
            }
        }
        write_age(AGE_STAYS, before.view_age, now.view_age, coder);
        write_age(AGE_HOLDS, now.view_age, now.held_age, coder);
    }

    fn read<'a>(
        &self,
        inputs: &[PlayerInput],
        bytes: &'a [u8],
    ) -> Result<(TickInputs, &'a [u8]), TapeError> {
        let mut coder = RangeDecoder::new(bytes);
        let count = coder.direct(bits_of(inputs.len() as u32)) as usize;
        if count > inputs.len() {
            return Err(TapeError::CutOff);
        }
        let mut left = Left::new(inputs.len(), count);
        let mut changes = Vec::with_capacity(count);
        for (index, before) in inputs.iter().enumerate() {
            if changes.len() == count {
                break;
            }
            if left.is_next(|likely| coder.decide(likely)) {
                changes.push((index as u32, self.read_input(before, &mut coder)));
            }
        }
        let used = coder.finish().ok_or(TapeError::CutOff)?;
        Ok((changes, &bytes[used..]))
    }

    fn read_input(&self, before: &PlayerInput, coder: &mut RangeDecoder<'_>) -> TapedInput {
        let mut values = before.values;
        for (field, &(min, bits)) in self.fields.iter().enumerate() {
            if !coder.decide(FIELD_STAYS) {
                values.set(field, min.wrapping_add_unsigned(coder.direct(bits)));
            }
        }
        let view_age = read_age(AGE_STAYS, before.view_age, coder);
        let held_age = read_age(AGE_HOLDS, view_age, coder);
        TapedInput { values, view_age, held_age }
    }
}

/// How many are still to be told of, of how many: how likely the next one is among them.
struct Left {
    all: u32,
    wanted: u32,
}

impl Left {
    const fn new(all: usize, wanted: usize) -> Self {
        Self { all: all as u32, wanted: wanted as u32 }
    }

    /// The likelihood that the next one is wanted, unless that is certain either way.
    fn likely(&self) -> Option<u32> {
        let share = u64::from(CERTAIN) * u64::from(self.wanted) / u64::from(self.all.max(1));
        (0 < self.wanted && self.wanted < self.all).then(|| (share as u32).clamp(1, CERTAIN - 1))
    }

    fn hit(&mut self) -> Option<u32> {
        let likely = self.likely();
        self.all -= 1;
        self.wanted -= 1;
        likely
    }

    fn miss(&mut self) -> Option<u32> {
        let likely = self.likely();
        self.all -= 1;
        likely
    }

    fn is_next(&mut self, decide: impl FnOnce(u32) -> bool) -> bool {
        let is_wanted = self.likely().map_or(self.wanted > 0, decide);
        self.all -= 1;
        self.wanted -= u32::from(is_wanted);
        is_wanted
    }
}

fn write_age(stays: u32, before: ViewAge, now: ViewAge, coder: &mut RangeEncoder<'_>) {
    coder.decide(stays, now == before);
    if now != before {
        let bits = bits_of(now.0.into());
        coder.direct(bits, AGE_LENGTH_BITS);
        coder.direct(now.0.into(), bits);
    }
}

fn read_age(stays: u32, before: ViewAge, coder: &mut RangeDecoder<'_>) -> ViewAge {
    if coder.decide(stays) {
        return before;
    }
    let bits = coder.direct(AGE_LENGTH_BITS).min(u16::BITS);
    ViewAge(coder.direct(bits) as u16)
}

/// Bits of the number of bits of an age, 0 to 16.
const AGE_LENGTH_BITS: u32 = 5;

/// Bits that numbers up to this one take.
const fn bits_of(largest: u32) -> u32 {
    u32::BITS - largest.leading_zeros()
}

/// Where what is done to a world is written.
#[derive(Clone, Debug)]
pub struct Tape {
    coder: InputCoder,
    bytes: Vec<u8>,
}

impl Tape {
    /// An empty tape of a game.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self { coder: InputCoder::new(schema), bytes: Vec::new() }
    }

    /// What is on it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Empties it. Its memory is used again, unless it was much more than usual.
    pub fn clear(&mut self) {
        if self.bytes.capacity() > MAX_HAPPENING_BYTES {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
    }

    /// Something happens.
    pub fn happen(&mut self, happening: &Happening) {
        self.bytes.push(HAPPENING);
        self.bytes.extend_from_slice(&crate::saved::encode(happening));
    }

    /// A tick is computed, with these inputs of so many players, by ascending index.
    pub fn tick(&mut self, players: usize, changes: &[Change]) {
        if changes.is_empty() {
            self.bytes.push(TICK);
        } else {
            self.bytes.push(TICK_WITH_INPUTS);
            self.coder.write(players, changes, &mut self.bytes);
        }
    }
}

/// Reads a tape.
#[derive(Clone, Debug)]
pub struct TapeReader {
    coder: InputCoder,
}

impl TapeReader {
    /// Reads tapes of a game.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self { coder: InputCoder::new(schema) }
    }

    /// The first record of a tape, and what is behind it; `None` at the end. `inputs` are those in effect.
    ///
    /// # Errors
    /// [`TapeError`] when it is no tape of this world. That its inputs and messages fit the schema is for
    /// the world to say.
    pub fn read<'a>(
        &self,
        bytes: &'a [u8],
        inputs: &[PlayerInput],
    ) -> Result<Option<(Record, &'a [u8])>, TapeError> {
        let Some((&kind, rest)) = bytes.split_first() else { return Ok(None) };
        let (record, rest) = match kind {
            TICK => (Record::Tick(Vec::new()), rest),
            TICK_WITH_INPUTS => {
                let (changes, rest) = self.coder.read(inputs, rest)?;
                (Record::Tick(changes), rest)
            }
            HAPPENING => {
                let limited = standard().with_limit::<MAX_HAPPENING_BYTES>();
                let (happening, used) = bincode::decode_from_slice(rest, limited)?;
                (Record::Happening(happening), &rest[used..])
            }
            kind => return Err(TapeError::Kind(kind)),
        };
        Ok(Some((record, rest)))
    }
}
