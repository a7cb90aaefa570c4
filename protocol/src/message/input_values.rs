//! The values of an input, without allocation.

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use crate::schema::{MAX_INPUT_FIELDS, Schema};

/// Values of an input's fields, in the schema's order, held inline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputValues {
    len: u8,
    values: [i32; MAX_INPUT_FIELDS],
}

impl InputValues {
    /// The values given, or `None` when there are more than [`MAX_INPUT_FIELDS`].
    #[must_use]
    pub fn new(values: &[i32]) -> Option<Self> {
        let mut all = [0; MAX_INPUT_FIELDS];
        all.get_mut(..values.len())?.copy_from_slice(values);
        Some(Self { len: values.len() as u8, values: all })
    }

    /// As many zeros as the schema has input fields.
    #[must_use]
    pub fn neutral(schema: &Schema) -> Self {
        Self { len: schema.inputs.len() as u8, values: [0; MAX_INPUT_FIELDS] }
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[i32] {
        &self.values[..usize::from(self.len)]
    }

    /// The value of a field, by its index in the schema; 0 beyond the last.
    #[must_use]
    pub fn get(&self, field: usize) -> i32 {
        self.values.get(field).copied().unwrap_or(0)
    }

    /// Sets the value of a field that exists.
    pub fn set(&mut self, field: usize, value: i32) {
        if field < usize::from(self.len) {
            self.values[field] = value;
        }
    }
}

impl Encode for InputValues {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.len.encode(encoder)?;
        self.as_slice().iter().try_for_each(|value| value.encode(encoder))
    }
}

impl<Context> Decode<Context> for InputValues {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let len = u8::decode(decoder)?;
        let mut values = [0; MAX_INPUT_FIELDS];
        let used = values
            .get_mut(..usize::from(len))
            .ok_or(DecodeError::Other("more input fields than any game has"))?;
        for value in used {
            *value = i32::decode(decoder)?;
        }
        Ok(Self { len, values })
    }
}

bincode::impl_borrow_decode!(InputValues);
