//! A client's text as a JSON object: not too deep, and no key twice.
//!
//! The parser stops where a bound is passed, so what comes after it costs nothing. (serde_json has a bound
//! of its own, 128, and takes the last of equal keys.)

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Number, Value};

use super::error::{JsonError, quoted};
use super::{MAX_DEPTH, error};

/// Reads a text that is one object.
///
/// # Errors
/// [`JsonError`].
pub(super) fn read_object(text: &str) -> Result<Map<String, Value>, JsonError> {
    let fault = Cell::new(None);
    let mut parser = Deserializer::from_str(text);
    let seed = Bounded { depth: MAX_DEPTH, fault: &fault };
    let read = seed.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
    match (read, fault.take()) {
        (_, Some(fault)) => Err(fault),
        (Err(cause), None) => Err(JsonError::Syntax(error::quoted_cause(&cause))),
        (Ok(Value::Object(object)), None) => Ok(object),
        (Ok(_), None) => Err(JsonError::NotAnObject),
    }
}

/// Reads a value in which at most so many arrays and objects lie in each other.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    depth: usize,
    /// What was wrong, beyond what the parser can say.
    fault: &'a Cell<Option<JsonError>>,
}

impl Bounded<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(self.stop(JsonError::TooDeep));
        };
        Ok(Self { depth, ..self })
    }

    fn stop<E: Error>(self, fault: JsonError) -> E {
        self.fault.set(Some(fault));
        E::custom("a bound was passed")
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, parser: D) -> Result<Value, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        // JSON has no other numbers than finite ones, and one that is too large the parser refuses.
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(deeper)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let deeper = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(self.stop(JsonError::DuplicateKey(quoted(&key))));
            }
            object.insert(key, entries.next_value_seed(deeper)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Result<(), &'static str> {
        read_object(text).map(|_| ()).map_err(|fault| fault.code())
    }

    #[test]
    fn what_is_no_object_says_why() {
        for (text, expected) in [
            ("{}", Ok(())),
            (" {\"a\": [1, -2.5, \"x\", null, true]} ", Ok(())),
            ("", Err("bad_json")),
            ("{", Err("bad_json")),
            ("{} {}", Err("bad_json")),
            ("{'a': 1}", Err("bad_json")),
            ("{\"a\": NaN}", Err("bad_json")),
            ("{\"a\": 1e999}", Err("bad_json")),
            ("{\"a\": \"\\ud800\"}", Err("bad_json")),
            ("{\"a\": 1, \"\\u0061\": 1}", Err("duplicate_key")),
            ("{\"a\": {\"b\": 1, \"b\": 2}}", Err("duplicate_key")),
            ("[]", Err("not_an_object")),
            ("7", Err("not_an_object")),
            ("\"{}\"", Err("not_an_object")),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_before_anything_is_built() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(code(&nested(MAX_DEPTH - 1)), Ok(()));
        assert_eq!(code(&nested(MAX_DEPTH)), Err("too_deep"));
        // Where the bound is passed, nobody looks at what follows.
        assert_eq!(code(&"[".repeat(1_000_000)), Err("too_deep"));
        assert_eq!(code(&"{\"a\":".repeat(1_000_000)), Err("too_deep"));
    }
}
