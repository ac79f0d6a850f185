//! Canonical JSON (RFC 8785): sorted keys, no spaces, shortest escapes. Digests depend on these bytes.

use std::fmt::Write;

use serde::Serialize;
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
