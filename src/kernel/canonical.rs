//! Canonical JSON (RFC 8785): sorted keys, no spaces, shortest escapes. Digests depend on these bytes.
//! Texts that are to be hashed are read here too: a key given twice has no canonical form.

use std::fmt;
use std::fmt::Write;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error as _;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;

use crate::kernel::error::Error;

/// The canonical text of a value.
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// The canonical text of anything that serializes to JSON.
pub fn text_of<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_value(value)
        .map(|value| to_text(&value))
        .map_err(|error| Error::internal("a value has no JSON form").caused_by(error))
}

/// Reads one JSON value and nothing after it; a key that an object gives twice is an error, with line and column.
pub fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Unambiguous>(text).map(|Unambiguous(value)| value)
}

/// A JSON value whose objects give each key once.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnambiguousVisitor).map(Self)
    }
}

struct UnambiguousVisitor;

impl<'de> Visitor<'de> for UnambiguousVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unambiguous(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((key, Unambiguous(value))) = object.next_entry::<String, Unambiguous>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key '{key}' is given twice")));
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_string(text, key);
                text.push(':');
                write_value(text, value);
            }
            text.push('}');
        }
    }
}

fn write_number(text: &mut String, number: &serde_json::Number) {
    if let Some(whole) = number.as_i64() {
        let _ = write!(text, "{whole}");
    } else if let Some(whole) = number.as_u64() {
        let _ = write!(text, "{whole}");
    } else if let Some(float) = number.as_f64() {
        text.push_str(&ecmascript_number(float));
    }
}

/// A double as ECMAScript prints it: the shortest digits that read back as the same double.
fn ecmascript_number(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-6..21).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { "-" } else { "+" };
    format!("{mantissa}e{sign}{}", exponent.abs())
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control if u32::from(control) < 0x20 => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_utf16_and_strings_escape_little() {
        let value: Value = serde_json::from_str(
            "{\"\u{20ac}\":1,\"\\r\":2,\"\u{fb33}\":3,\"1\":4,\"\u{1f600}\":5,\"\u{80}\":6,\"ö\":7}",
        )
        .unwrap();
        assert_eq!(
            to_text(&value),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
        assert_eq!(to_text(&Value::from("a\u{1}\"\\/\n")), "\"a\\u0001\\\"\\\\/\\n\"");
    }

    #[test]
    fn a_key_given_twice_is_refused_at_any_depth() {
        let text = r#" {"a": [1, -2, 2.5, null, true, {"b": "x\ny"}]} "#;
        assert_eq!(to_text(&read(text).unwrap()), r#"{"a":[1,-2,2.5,null,true,{"b":"x\ny"}]}"#);
        let refusal = |text: &str| read(text).unwrap_err().to_string();
        assert!(refusal(r#"{"a":1,"a":1}"#).starts_with("the key 'a' is given twice at line 1 column"));
        assert!(refusal(r#"[{"x":{"b":1,"\u0062":2}}]"#).contains("the key 'b' is given twice"));
        assert!(refusal("{} {}").contains("trailing characters"));
    }

    #[test]
    fn numbers_print_as_in_rfc_8785() {
        for (float, text) in [
            (333_333_333.333_333_3, "333333333.3333333"),
            (1e30, "1e+30"),
            (4.5, "4.5"),
            (2e-3, "0.002"),
            (1e-27, "1e-27"),
            (1e20, "100000000000000000000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (2.0, "2"),
        ] {
            assert_eq!(ecmascript_number(float), text);
        }
        assert_eq!(
            to_text(&serde_json::json!({"b": [1, -2, null, true], "a": {}})),
            r#"{"a":{},"b":[1,-2,null,true]}"#
        );
    }
}
