//! `allocations.csv`: the allocation events in order, chained by hashes, with the same bytes on every database.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kernel::Error;
use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::digest::Framed;
use crate::kernel::time::Timestamp;
use crate::trial::randomization::draw::Place;
use crate::trial::randomization::reveal::Mismatch;

/// The name of the file with the events.
pub const ALLOCATIONS_FILE: &str = "allocations.csv";

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

/// An allocation, as it was made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllocationEvent {
    /// The pseudonym, or the cluster's code.
    pub participant: String,
    /// The design version.
    pub version: u64,
    /// The label of the list.
    pub label: String,
    /// Where in the list.
    pub place: Place,
    /// Factor → level, as used.
    pub factors: BTreeMap<String, String>,
    /// The arm's id.
    pub arm: String,
    /// When.
    pub allocated_at: Timestamp,
    /// The sequence number after which it no longer counts.
    pub in_error_after: Option<u64>,
}

/// One row of `allocations.csv`; the cells as written.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct AllocationRow {
    /// From 1, no gap.
    pub sequence: String,
    /// The pseudonym, or the cluster's code.
    pub participant: String,
    /// The design version.
    pub version: String,
    /// The label of the list: canonical JSON.
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

/// The cells `block`, `position`, `index` of a place.
pub fn place_cells(place: Place) -> [String; 3] {
    match place {
        Place::Block(block, position) => [block.to_string(), position.to_string(), String::new()],
        Place::Index(index) => [String::new(), String::new(), index.to_string()],
    }
}

/// Numbers the events from 1 and chains them. The hash of the last is the head of the reveal.
pub fn chain(events: &[AllocationEvent]) -> Result<Vec<AllocationRow>, Error> {
    let mut rows: Vec<AllocationRow> = Vec::with_capacity(events.len());
    let mut previous = String::new();
    for (event, sequence) in events.iter().zip(1_u64..) {
        let [block, position, index] = place_cells(event.place);
        let mut row = AllocationRow {
            sequence: sequence.to_string(),
            participant: event.participant.clone(),
            version: event.version.to_string(),
            label: event.label.clone(),
            block,
            position,
            index,
            factors: canonical::text_of(&event.factors)?,
            arm: event.arm.clone(),
            allocated_at: event.allocated_at.to_string(),
            in_error_after: event.in_error_after.map(|after| after.to_string()).unwrap_or_default(),
            hash: String::new(),
        };
        row.hash = row.expected_hash(&previous);
        previous.clone_from(&row.hash);
        rows.push(row);
    }
    Ok(rows)
}

/// Writes `allocations.csv`: commas, line feeds, quotes only where they are needed.
pub fn write_allocations(rows: &[AllocationRow]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(row.cells())?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Reads `allocations.csv`: exactly its columns, in order. Whether the cells fit is for the verification.
pub fn read_allocations(bytes: &[u8]) -> Result<Vec<AllocationRow>, Mismatch> {
    let wrong = |row: &str, what: &str, expected: &str, found: &str| {
        Mismatch::new(ALLOCATIONS_FILE, row, what, expected, found)
    };
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(wrong("top", "encoding", "UTF-8", &error.to_string()));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut records = reader.records();
    let columns: Vec<String> = match records.next() {
        Some(Ok(header)) => header.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    if columns != COLUMNS {
        return Err(wrong("header", "columns", &COLUMNS.join(","), &columns.join(",")));
    }
    records
        .zip(1_u64..)
        .map(|(record, number)| {
            let place = format!("row {number}");
            let record = record.map_err(|error| wrong(&place, "row", "cells", &error.to_string()))?;
            if record.len() != COLUMNS.len() {
                let found = record.len().to_string();
                return Err(wrong(&place, "cells", &COLUMNS.len().to_string(), &found));
            }
            record.deserialize(None).map_err(|error| wrong(&place, "row", "cells", &error.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Vec<AllocationEvent> {
        let event = |participant: &str, level: &str, place, arm: &str| AllocationEvent {
            participant: participant.into(),
            version: 1,
            label: format!("[\"{level}\"]"),
            place,
            factors: [("sev".to_owned(), level.to_owned())].into(),
            arm: arm.into(),
            allocated_at: "2026-01-05T08:00:00.5Z".parse().unwrap(),
            in_error_after: None,
        };
        let mut second = event("P-2, Q", "high", Place::Index(7), "B");
        second.in_error_after = Some(2);
        vec![event("P-1", "low", Place::Block(0, 1), "A"), second]
    }

    #[test]
    fn rows_are_numbered_chained_and_written_with_few_quotes() {
        let rows = chain(&events()).unwrap();
        // The chain by hand: tag, zero byte, then each cell behind its length, the hash before first.
        let mut message = b"RCT-RAND-EVENT-V1\0\0\0\0\0".to_vec();
        let first = [
            "1",
            "P-1",
            "1",
            "[\"low\"]",
            "0",
            "1",
            "",
            "{\"sev\":\"low\"}",
            "A",
            "2026-01-05T08:00:00.500000Z",
        ];
        for cell in first {
            message.extend(u32::try_from(cell.len()).unwrap().to_be_bytes());
            message.extend(cell.as_bytes());
        }
        assert_eq!(rows[0].hash, digest::sha256_hex(&message));
        assert_eq!(rows[1].hash, rows[1].expected_hash(&rows[0].hash));
        let text = String::from_utf8(write_allocations(&rows).unwrap()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        let tail = format!(",{}", rows[1].hash);
        assert_eq!(
            lines[2].strip_suffix(&tail).unwrap(),
            r#"2,"P-2, Q",1,"[""high""]",,,7,"{""sev"":""high""}",B,2026-01-05T08:00:00.500000Z,2"#
        );
        assert_eq!(read_allocations(text.as_bytes()).unwrap(), rows);
    }

    #[test]
    fn another_header_or_a_row_of_another_width_is_named() {
        let text = String::from_utf8(write_allocations(&chain(&events()).unwrap()).unwrap()).unwrap();
        let fault = |text: &str| read_allocations(text.as_bytes()).unwrap_err();
        assert_eq!(fault("").row, "header");
        assert_eq!(fault(&text.replacen("arm", "group", 1)).row, "header");
        let narrow = fault(&format!("{text}3,P-3\n"));
        assert_eq!(narrow.to_string(), "allocations.csv, row 3: cells: expected '12', found '2'");
        assert_eq!(read_allocations(b"sequence\xff").unwrap_err().what, "encoding");
    }
}
