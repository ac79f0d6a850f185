//! `reveal.json`: what is disclosed after the trial, and how a file that does not fit is reported.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde_json::Value;

use crate::kernel::Error;
use crate::kernel::canonical;

/// The format of `reveal.json`.
pub const FORMAT: &str = "equipoise-reveal-v1";

/// The name of the file with the secrets.
pub const REVEAL_FILE: &str = "reveal.json";

/// `reveal.json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Always `equipoise-reveal-v1`.
    pub format: String,
    /// The study's id.
    pub study: String,
    /// The software that wrote it.
    pub software: String,
    /// The design versions, ascending.
    pub versions: Vec<RevealedVersion>,
    /// The number of allocation events.
    pub events: u64,
    /// The hash of the last event; empty for none.
    pub head: String,
}

/// One design version, disclosed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RevealedVersion {
    /// Its number.
    pub version: u64,
    /// The design.
    pub design: Value,
    /// The beacon that it names, or `none`.
    pub beacon_ref: String,
    /// The beacon's value, 64 hex digits.
    #[serde(deserialize_with = "present")]
    pub beacon: Option<String>,
    /// The seed, 64 hex digits.
    pub seed: String,
    /// The nonce, 64 hex digits.
    pub nonce: String,
    /// The commitment, 64 hex digits.
    pub commitment: String,
    /// When it was committed.
    pub committed_at: String,
    /// The sequence number of its first allocation; null if it has none.
    #[serde(deserialize_with = "present")]
    pub first_sequence: Option<u64>,
}

/// Null is a value, absence is a fault.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// The first thing that does not fit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mismatch {
    /// `reveal.json` or `allocations.csv`.
    pub file: &'static str,
    /// `row 1` (the first below the header), `version 1`, `header`, or `top`.
    pub row: String,
    /// What was compared.
    pub what: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Mismatch {
    /// States a mismatch.
    pub fn new(
        file: &'static str,
        row: impl Into<String>,
        what: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { file, row: row.into(), what: what.to_owned(), expected: expected.into(), found: found.into() }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, what, expected, found } = self;
        write!(f, "{file}, {row}: {what}: expected '{expected}', found '{found}'")
    }
}

impl std::error::Error for Mismatch {}

/// Writes `reveal.json`: canonical JSON and a line feed.
pub fn write_reveal(reveal: &Reveal) -> Result<Vec<u8>, Error> {
    let mut text = canonical::text_of(reveal)?;
    text.push('\n');
    Ok(text.into_bytes())
}

/// Reads `reveal.json`: every key once, no other. Whether the values fit each other is for the verification.
pub fn read_reveal(bytes: &[u8]) -> Result<Reveal, Mismatch> {
    let broken =
        |error: &dyn fmt::Display| Mismatch::new(REVEAL_FILE, "top", "structure", FORMAT, error.to_string());
    let text = std::str::from_utf8(bytes).map_err(|error| broken(&error))?;
    let value = canonical::read(text).map_err(|error| broken(&error))?;
    serde_json::from_value(value).map_err(|error| broken(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = concat!(
        r#"{"events":0,"format":"equipoise-reveal-v1","head":"","software":"equipoise 0.1.0","study":"S","versions":"#,
        r#"[{"beacon":null,"beacon_ref":"none","commitment":"c","committed_at":"2026-01-05T08:00:00.000000Z","#,
        r#""design":{"v":1},"first_sequence":null,"nonce":"n","seed":"s","version":1}]}"#,
        "\n"
    );

    #[test]
    fn a_reveal_reads_and_writes_the_same_bytes() {
        let reveal = read_reveal(TEXT.as_bytes()).unwrap();
        assert_eq!((reveal.versions.len(), reveal.versions[0].first_sequence), (1, None));
        assert_eq!(write_reveal(&reveal).unwrap(), TEXT.as_bytes());
    }

    #[test]
    fn a_key_that_is_missing_unknown_or_doubled_is_named() {
        let fault = |from: &str, to: &str| {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT);
            let mismatch = read_reveal(text.as_bytes()).unwrap_err();
            assert_eq!((mismatch.file, mismatch.what.as_str()), ("reveal.json", "structure"));
            mismatch.found
        };
        assert!(fault(r#""beacon":null,"#, "").contains("missing field `beacon`"));
        assert!(fault(r#""first_sequence":null,"#, "").contains("missing field `first_sequence`"));
        assert!(fault(r#""study":"S","#, "").contains("missing field `study`"));
        assert!(fault(r#""study":"S","#, r#""study":"S","note":1,"#).contains("unknown field `note`"));
        assert!(
            fault(r#""seed":"s","#, r#""seed":"s","seed":"t","#).contains("the key 'seed' is given twice")
        );
        assert!(read_reveal(b"\xff").is_err());
    }
}
