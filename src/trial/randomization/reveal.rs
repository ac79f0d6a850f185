//! The files of the reveal: `reveal.json` and `allocations.csv`, the same bytes on every database.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::kernel::digest;
use crate::kernel::digest::Framed;

/// The format of `reveal.json`.
pub const FORMAT: &str = "equipoise-reveal-v1";

/// The columns of `allocations.csv`.
pub const COLUMNS: [&str; 12] = [
    "sequence",
    "participant",
    "version",
    "label",
    "block",
    "position",
    "index",
    "factors",
    "arm",
    "allocated_at",
    "in_error_after",
    "hash",
];

/// How many columns, from the first, an event's hash covers.
const HASHED: usize = 10;

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
    pub beacon: Option<String>,
    /// The seed, 64 hex digits.
    pub seed: String,
    /// The nonce, 64 hex digits.
    pub nonce: String,
    /// The commitment, 64 hex digits.
    pub commitment: String,
    /// When it was committed.
    pub committed_at: String,
    /// The sequence number of its first allocation.
    pub first_sequence: Option<u64>,
}

/// One row of `allocations.csv`; the cells as written.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AllocationRow {
    /// From 1, no gap.
    pub sequence: String,
    /// The pseudonym.
    pub participant: String,
    /// The design version.
    pub version: String,
    /// The stratum: canonical JSON.
    pub label: String,
    /// The block, from 0; empty for methods without blocks.
    pub block: String,
    /// The position in the block, from 1.
    pub position: String,
    /// The index, from 1; empty for methods with blocks.
    pub index: String,
    /// Factor → level as used: canonical JSON.
    pub factors: String,
    /// The arm.
    pub arm: String,
    /// When.
    pub allocated_at: String,
    /// The sequence number after which the event no longer counts; empty: it counts.
    pub in_error_after: String,
    /// The event's hash.
    pub hash: String,
}

impl AllocationRow {
    /// The cells in column order.
    pub fn cells(&self) -> [&str; 12] {
        [
            &self.sequence,
            &self.participant,
            &self.version,
            &self.label,
            &self.block,
            &self.position,
            &self.index,
            &self.factors,
            &self.arm,
            &self.allocated_at,
            &self.in_error_after,
            &self.hash,
        ]
    }

    /// The hash that this row must have behind `previous` (empty for the first row): SHA-256 over the tag, the hash before
    /// and each cell before `in_error_after`, each with its length.
    pub fn expected_hash(&self, previous: &str) -> String {
        let framed = Framed::tagged("RCT-RAND-EVENT-V1").part(previous.as_bytes());
        let framed =
            self.cells().iter().take(HASHED).fold(framed, |framed, cell| framed.part(cell.as_bytes()));
        digest::hex(&framed.sha256())
    }
}

/// Writes `reveal.json`: canonical JSON and a line feed.
pub fn write_reveal(reveal: &Reveal) -> Result<Vec<u8>, crate::kernel::Error> {
    let mut text = crate::kernel::canonical::text_of(reveal)?;
    text.push('\n');
    Ok(text.into_bytes())
}

/// Writes `allocations.csv`.
pub fn write_allocations(rows: &[AllocationRow]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(row.cells())?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Reads `allocations.csv`.
pub fn read_allocations(bytes: &[u8]) -> Result<Vec<AllocationRow>, csv::Error> {
    let mut reader = csv::Reader::from_reader(bytes);
    if reader.headers()?.iter().ne(COLUMNS) {
        let expected = format!("the columns are {}", COLUMNS.join(","));
        return Err(csv::Error::from(std::io::Error::new(std::io::ErrorKind::InvalidData, expected)));
    }
    reader.deserialize().collect()
}
