//! The fields of an object, taken out one by one; and values as the schema has them.

use serde_json::{Map, Value as Json};

use super::error::{JsonError, quoted};
use crate::ids::PlayerId;
use crate::message::Value;
use crate::schema::{InputKind, ParamKind};

/// What is left of an object.
pub(super) struct Fields {
    /// What its fields are called by: empty, or the name of the object and a dot.
    path: &'static str,
    left: Map<String, Json>,
}

impl Fields {
    /// The fields of a message.
    pub(super) const fn of(object: Map<String, Json>) -> Self {
        Self { path: "", left: object }
    }

    fn bad(&self, name: &str, expected: impl Into<String>) -> JsonError {
        JsonError::BadValue { field: self.name(name), expected: expected.into() }
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        self.left.remove(name)
    }

    fn expect(&mut self, name: &str) -> Result<Json, JsonError> {
        self.take(name).ok_or_else(|| JsonError::MissingField(self.name(name)))
    }

    /// Text that has to be there.
    pub(super) fn text(&mut self, name: &str) -> Result<String, JsonError> {
        match self.expect(name)? {
            Json::String(text) => Ok(text),
            _ => Err(self.bad(name, "text")),
        }
    }

    /// Text that may be left out.
    pub(super) fn optional_text(&mut self, name: &str) -> Result<Option<String>, JsonError> {
        if self.left.contains_key(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// Text of at most so many bytes, that has to be there.
    pub(super) fn short_text(&mut self, name: &str, most: usize) -> Result<String, JsonError> {
        let text = self.text(name)?;
        if text.len() <= most {
            Ok(text)
        } else {
            Err(self.bad(name, format!("text of at most {most} bytes")))
        }
    }

    /// A whole number from `min` to `max`; `None` where it was left out.
    pub(super) fn integer(
        &mut self,
        name: &str,
        min: i64,
        max: i64,
    ) -> Result<Option<i64>, JsonError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let value = whole(&value).filter(|value| (min..=max).contains(value));
        value.map(Some).ok_or_else(|| self.bad(name, integers(min, max)))
    }

    /// A `u32` likewise.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u32>, JsonError> {
        // In range, as it says.
        Ok(self.integer(name, 0, u32::MAX.into())?.map(|value| value as u32))
    }

    /// Two numbers that have to be there, finite, and of at least `min`.
    pub(super) fn pair(&mut self, name: &str, min: f32) -> Result<[f32; 2], JsonError> {
        let value = self.expect(name)?;
        let numbers = value.as_array().and_then(|list| match &list[..] {
            [x, y] => Some([real(x)?, real(y)?]),
            _ => None,
        });
        let sound = numbers.filter(|numbers| numbers.iter().all(|&number| number >= min));
        let kind = if min < 0.0 { "two numbers" } else { "two numbers, neither below 0" };
        sound.ok_or_else(|| self.bad(name, kind))
    }

    /// The fields of an object in this one; none where it was left out.
    pub(super) fn object(
        &mut self,
        name: &'static str,
        path: &'static str,
    ) -> Result<Self, JsonError> {
        match self.take(name) {
            None => Ok(Self { path, left: Map::new() }),
            Some(Json::Object(left)) => Ok(Self { path, left }),
            Some(_) => Err(self.bad(name, "an object")),
        }
    }

    /// The value of an input's field: 0 where it was left out.
    pub(super) fn input(&mut self, name: &str, kind: InputKind) -> Result<i32, JsonError> {
        let (min, max) = match kind {
            InputKind::Integer { min, max } => (min, max),
            InputKind::Button => (0, 1),
        };
        // In range, as it says.
        Ok(self.integer(name, min.into(), max.into())?.unwrap_or(0) as i32)
    }

    /// The value of a message's parameter, which has to be there.
    pub(super) fn param(&mut self, name: &str, kind: ParamKind) -> Result<Value, JsonError> {
        let value = self.expect(name)?;
        param(&value, kind).ok_or_else(|| self.bad(name, expected(kind)))
    }

    /// Nothing else is there.
    ///
    /// # Errors
    /// [`JsonError::UnknownField`].
    pub(super) fn end(self) -> Result<(), JsonError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(JsonError::UnknownField(quoted(&self.name(name)))),
        }
    }
}

/// A whole number, however it is written: 5, 5.0 or 5e0.
fn whole(value: &Json) -> Option<i64> {
    // Below 2^53 either side of 0 a float tells whole numbers apart; ranges here end far below that.
    let whole = |float: f64| (float.fract() == 0.0 && float.abs() < 1e15).then_some(float as i64);
    value.as_i64().or_else(|| whole(value.as_f64()?))
}

/// A number that an `f32` can hold.
fn real(value: &Json) -> Option<f32> {
    value.as_f64().map(|number| number as f32).filter(|number| number.is_finite())
}

fn param(value: &Json, kind: ParamKind) -> Option<Value> {
    match kind {
        ParamKind::Integer { min, max } => {
            let value = i32::try_from(whole(value)?).ok()?;
            (min..=max).contains(&value).then_some(Value::Integer(value))
        }
        ParamKind::Number { min, max } => {
            let value = real(value)?;
            (min..=max).contains(&value).then_some(Value::Number(value))
        }
        ParamKind::Text { max_chars } => {
            let text = value.as_str()?;
            let fits = text.chars().count() <= usize::from(max_chars);
            fits.then(|| Value::Text(text.to_owned()))
        }
        ParamKind::Player => Some(Value::Player(PlayerId(u32::try_from(whole(value)?).ok()?))),
    }
}

fn expected(kind: ParamKind) -> String {
    match kind {
        ParamKind::Integer { min, max } => integers(min.into(), max.into()),
        ParamKind::Number { min, max } => format!("a number from {min} to {max}"),
        ParamKind::Text { max_chars } => format!("text of at most {max_chars} characters"),
        ParamKind::Player => "a player's id".to_owned(),
    }
}

fn integers(min: i64, max: i64) -> String {
    format!("a whole number from {min} to {max}")
}
