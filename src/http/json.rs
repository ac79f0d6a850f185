//! Reading JSON strictly: no key given twice, no zero character, no nesting deeper than the limit.

use std::fmt;

use serde::de::DeserializeSeed;
use serde::de::Deserializer;
use serde::de::Error as DeError;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;

use crate::kernel::Error;
use crate::kernel::Kind;

/// How deep objects and lists may nest.
pub const DEPTH: u32 = 32;

/// Reads one JSON value and nothing after it. Anything else is `request.malformed`, with line and column.
pub fn parse(bytes: &[u8]) -> Result<Value, Error> {
    let malformed = |error: serde_json::Error| {
        // These messages tell what the reader wanted, never what the text holds.
        Error::new(Kind::Malformed, "request.malformed")
            .detail(format!("The body is no valid JSON: {error}."))
    };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Level(DEPTH).deserialize(&mut reader).map_err(malformed)?;
    reader.end().map_err(malformed)?;
    Ok(value)
}

/// Levels that are left below this one.
#[derive(Clone, Copy)]
struct Level(u32);

impl Level {
    fn below<E: DeError>(self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom(format!("nesting deeper than {DEPTH}")))
    }
}

fn without_zero<E: DeError>(text: &str) -> Result<String, E> {
    if text.contains('\0') { Err(E::custom("a zero character")) } else { Ok(text.to_owned()) }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: DeError>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: DeError>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: DeError>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: DeError>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: DeError>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E: DeError>(self, value: &str) -> Result<Value, E> {
        without_zero(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(below)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut members = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            let key = without_zero(&key)?;
            let value = object.next_value_seed(below)?;
            if members.insert(key, value).is_some() {
                return Err(A::Error::custom("a key given twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(text: &str) -> String {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Malformed, "request.malformed"));
        error.detail_text().unwrap().to_owned()
    }

    #[test]
    fn plain_json_reads_as_it_is() {
        let text = r#" {"a": [1, -2, 2.5, null, true], "b": {"ö": "x\ny"}} "#;
        assert_eq!(
            parse(text.as_bytes()).unwrap(),
            json!({"a": [1, -2, 2.5, null, true], "b": {"ö": "x\ny"}})
        );
    }

    #[test]
    fn nesting_ends_at_thirty_two() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(32).as_bytes()).is_ok());
        assert!(refusal(&nested(33)).contains("nesting deeper than 32"));
        assert!(refusal(&nested(100_000)).contains("nesting deeper than 32"));
    }

    #[test]
    fn doubled_keys_zero_characters_and_broken_text_are_refused_with_a_place() {
        assert!(refusal(r#"{"a": 1, "a": 1}"#).contains("a key given twice at line 1 column"));
        assert!(refusal(r#"["a\u0000"]"#).contains("a zero character"));
        assert!(refusal(r#"{"\u0000": 1}"#).contains("a zero character"));
        for broken in ["", "{", "{} {}", "[1,]", "NaN", "1e999", "\"\0\"", "{'a': 1}"] {
            assert!(refusal(broken).contains("line 1 column"), "{broken}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }
}
