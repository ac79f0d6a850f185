//! Recomputes a revealed trial: every commitment, slot and arm, and the chain of events. Stops at the first mismatch.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use crate::kernel::canonical;
use crate::kernel::digest;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::draw::Place;
use crate::trial::randomization::draw::Sequences;
use crate::trial::randomization::label;
use crate::trial::randomization::reveal::AllocationRow;
use crate::trial::randomization::reveal::FORMAT;
use crate::trial::randomization::reveal::Reveal;
use crate::trial::randomization::reveal::RevealedVersion;
use crate::trial::randomization::stream;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::Secrets;

/// The first thing that does not fit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mismatch {
    /// `reveal.json` or `allocations.csv`.
    pub file: &'static str,
    /// The row (1 = the first below the header) or version.
    pub row: String,
    /// What was compared.
    pub what: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, what, expected, found } = self;
        write!(f, "{file}, {row}: {what}: expected '{expected}', found '{found}'")
    }
}

impl std::error::Error for Mismatch {}

/// What was recomputed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Design versions.
    pub versions: usize,
    /// Allocations.
    pub allocations: usize,
    /// Strata (label and version).
    pub strata: usize,
}

/// Recomputes everything.
pub fn verify(reveal: &Reveal, rows: &[AllocationRow]) -> Result<Verified, Mismatch> {
    let in_reveal =
        |what: &str, expected: &str, found: &str| mismatch("reveal.json", "top", what, expected, found);
    if reveal.format != FORMAT {
        return Err(in_reveal("format", FORMAT, &reveal.format));
    }
    if reveal.events != u64::try_from(rows.len()).unwrap_or(u64::MAX) {
        return Err(in_reveal("events", &rows.len().to_string(), &reveal.events.to_string()));
    }
    let mut opened = BTreeMap::new();
    for version in &reveal.versions {
        let (design, context, secrets) = open(&reveal.study, version)?;
        if opened.insert(version.version, (design, context, secrets)).is_some() {
            return Err(in_reveal("versions", "each once", &version.version.to_string()));
        }
    }
    let mut walk = Walk::default();
    for (row, number) in rows.iter().zip(1_u64..) {
        walk.check(row, number, &opened)?;
    }
    if reveal.head != walk.previous {
        return Err(in_reveal("head", &walk.previous, &reveal.head));
    }
    check_first_sequences(reveal, rows)?;
    Ok(Verified { versions: opened.len(), allocations: rows.len(), strata: walk.used.len() })
}

fn mismatch(
    file: &'static str,
    row: impl Into<String>,
    what: &str,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Mismatch {
    Mismatch { file, row: row.into(), what: what.to_owned(), expected: expected.into(), found: found.into() }
}

fn open(study: &str, version: &RevealedVersion) -> Result<(Design, Context, Secrets), Mismatch> {
    let row = format!("version {}", version.version);
    let wrong =
        |what: &str, expected: &str, found: &str| mismatch("reveal.json", row.clone(), what, expected, found);
    let hex = |what: &str, text: &str| {
        digest::unhex32(text)
            .ok_or_else(|| wrong(what, "64 hex digits", &format!("{} characters", text.len())))
    };
    let design = Design::from_json(&version.design)
        .map_err(|error| wrong("design", "a sound design", &error.to_string()))?;
    let secrets = Secrets { seed: hex("seed", &version.seed)?, nonce: hex("nonce", &version.nonce)? };
    let beacon = version.beacon.as_ref().map(|beacon| hex("beacon", beacon)).transpose()?;
    if beacon.is_some() == (version.beacon_ref == "none") {
        return Err(wrong("beacon", "a value if, and only if, beacon_ref names one", &version.beacon_ref));
    }
    let context = Context {
        study: study.to_owned(),
        design_hash: design.hash(),
        beacon_ref: version.beacon_ref.clone(),
        beacon,
    };
    let expected = digest::hex(&stream::commitment(&context, &secrets));
    if version.commitment != expected {
        return Err(wrong("commitment", &expected, &version.commitment));
    }
    Ok((design, context, secrets))
}

#[derive(Default)]
struct Walk {
    previous: String,
    used: BTreeMap<(u64, String), u64>,
    in_force: BTreeSet<String>,
    last_version: u64,
}

impl Walk {
    fn check(
        &mut self,
        row: &AllocationRow,
        number: u64,
        opened: &BTreeMap<u64, (Design, Context, Secrets)>,
    ) -> Result<(), Mismatch> {
        let wrong = |what: &str, expected: String, found: &str| {
            mismatch("allocations.csv", format!("row {number}"), what, expected, found)
        };
        if row.sequence != number.to_string() {
            return Err(wrong("sequence", number.to_string(), &row.sequence));
        }
        let version: u64 = row.version.parse().unwrap_or(0);
        let Some((design, context, secrets)) = opened.get(&version) else {
            return Err(wrong("version", "a version of reveal.json".into(), &row.version));
        };
        if version < self.last_version {
            return Err(wrong("version", format!("at least {}", self.last_version), &row.version));
        }
        let levels: BTreeMap<String, String> = serde_json::from_str(&row.factors).unwrap_or_default();
        let factors = canonical::text_of(&levels).unwrap_or_default();
        if factors != row.factors || levels.len() != design.factors().len() {
            return Err(wrong(
                "factors",
                "a canonical object with one level per factor".into(),
                &row.factors,
            ));
        }
        let label = label::of_levels(design, &levels)
            .map_err(|error| wrong("factors", error.to_string(), &row.factors))?;
        if row.label != label {
            return Err(wrong("label", label, &row.label));
        }
        let sequences = Sequences::new(design, context, secrets)
            .map_err(|error| wrong("method", error.to_string(), design.parameters().method()))?;
        let used = self.used.entry((version, label.clone())).or_insert(0);
        let slot = sequences.slot(&label, *used);
        *used += 1;
        let (block, position, index) = match slot.place {
            Place::Block(block, position) => (block.to_string(), position.to_string(), String::new()),
            Place::Index(index) => (String::new(), String::new(), index.to_string()),
        };
        for (what, expected, found) in [
            ("block", block, &row.block),
            ("position", position, &row.position),
            ("index", index, &row.index),
        ] {
            if *found != expected {
                return Err(wrong(what, expected, found));
            }
        }
        let arm = sequences.arm_id(&slot);
        if row.arm != arm {
            return Err(wrong("arm", arm.to_owned(), &row.arm));
        }
        let hash = row.expected_hash(&self.previous);
        if row.hash != hash {
            return Err(wrong("hash", hash, &row.hash));
        }
        if row.in_error_after.is_empty() && !self.in_force.insert(row.participant.clone()) {
            return Err(wrong("participant", "one allocation in force".into(), &row.participant));
        }
        let marked = row.in_error_after.parse::<u64>();
        if !row.in_error_after.is_empty() && !marked.is_ok_and(|after| after >= number) {
            return Err(wrong("in_error_after", format!("empty, or {number} or more"), &row.in_error_after));
        }
        self.previous = hash;
        self.last_version = version;
        Ok(())
    }
}

fn check_first_sequences(reveal: &Reveal, rows: &[AllocationRow]) -> Result<(), Mismatch> {
    for version in &reveal.versions {
        let number = version.version.to_string();
        let first = rows.iter().find(|row| row.version == number).map(|row| row.sequence.clone());
        let stated = version.first_sequence.map(|sequence| sequence.to_string());
        if first != stated {
            let words = |sequence: Option<String>| sequence.unwrap_or_else(|| "none".to_owned());
            let row = format!("version {number}");
            return Err(mismatch("reveal.json", row, "first_sequence", words(first), words(stated)));
        }
    }
    Ok(())
}
