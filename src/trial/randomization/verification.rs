//! Recomputes a revealed trial: every commitment, slot and arm, and the chain of events. Stops at the first mismatch.
//! `scripts/verify_allocations.py` makes the same checks in the same order without a line of this program.

use std::collections::BTreeMap;

use crate::kernel::canonical;
use crate::kernel::digest;
use crate::kernel::digest::Hash;
use crate::kernel::time::Timestamp;
use crate::trial::randomization::design::Design;
use crate::trial::randomization::draw::DrawError;
use crate::trial::randomization::draw::Sequences;
use crate::trial::randomization::draw::Slot;
use crate::trial::randomization::event::ALLOCATIONS_FILE;
use crate::trial::randomization::event::AllocationRow;
use crate::trial::randomization::event::place_cells;
use crate::trial::randomization::label;
use crate::trial::randomization::label::FALLBACK;
use crate::trial::randomization::reveal::FORMAT;
use crate::trial::randomization::reveal::Mismatch;
use crate::trial::randomization::reveal::REVEAL_FILE;
use crate::trial::randomization::reveal::Reveal;
use crate::trial::randomization::reveal::RevealedVersion;
use crate::trial::randomization::stream;
use crate::trial::randomization::stream::Context;
use crate::trial::randomization::stream::NO_BEACON;
use crate::trial::randomization::stream::Secrets;

/// Why a revealed trial is not verified.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerificationError {
    /// Something does not fit.
    #[error("{0}")]
    Mismatch(#[from] Mismatch),
    /// Nothing was found wrong so far, but this row's list can't be recomputed.
    #[error("allocations.csv, row {row}: can't be verified: {reason}")]
    Undrawn {
        /// The row, from 1.
        row: u64,
        /// Why.
        reason: DrawError,
    },
}

/// What was recomputed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Design versions.
    pub versions: usize,
    /// Allocations.
    pub allocations: usize,
    /// Lists that were used: one for each version and label.
    pub lists: usize,
}

/// Recomputes everything.
pub fn verify(reveal: &Reveal, rows: &[AllocationRow]) -> Result<Verified, VerificationError> {
    let at_top = |what: &str, expected: &str, found: &str| -> VerificationError {
        Mismatch::new(REVEAL_FILE, "top", what, expected, found).into()
    };
    if reveal.format != FORMAT {
        return Err(at_top("format", FORMAT, &reveal.format));
    }
    let numbers: Vec<u64> = reveal.versions.iter().map(|version| version.version).collect();
    if !numbers.is_sorted_by(|a, b| a < b) {
        return Err(at_top("versions", "ascending", &canonical::to_text(&numbers.into())));
    }
    let opened: Result<BTreeMap<String, Opened>, Mismatch> = reveal
        .versions
        .iter()
        .map(|version| Ok((version.version.to_string(), Opened::new(&reveal.study, version)?)))
        .collect();
    let opened = opened?;
    let lists = opened.iter().map(|(number, version)| (number.as_str(), version.lists())).collect();
    let mut walk = Walk::new(&lists, rows.len());
    for (row, number) in rows.iter().zip(1_u64..) {
        walk.check(row, number)?;
    }
    if reveal.events != walk.events {
        return Err(at_top("events", &walk.events.to_string(), &reveal.events.to_string()));
    }
    if reveal.head != walk.head {
        return Err(at_top("head", &walk.head, &reveal.head));
    }
    check_first_sequences(reveal, rows)?;
    Ok(Verified { versions: opened.len(), allocations: rows.len(), lists: walk.open.len() })
}

/// A design version whose commitment has been recomputed.
struct Opened {
    version: u64,
    design: Design,
    context: Context,
    secrets: Secrets,
}

impl Opened {
    fn new(study: &str, version: &RevealedVersion) -> Result<Self, Mismatch> {
        let wrong = |what: &str, expected: &str, found: &str| {
            Mismatch::new(REVEAL_FILE, format!("version {}", version.version), what, expected, found)
        };
        let hex = |what: &str, text: &str| -> Result<Hash, Mismatch> {
            let bytes = digest::unhex32(text).filter(|bytes| digest::hex(bytes) == text);
            bytes.ok_or_else(|| wrong(what, "64 small hex digits", text))
        };
        let secrets = Secrets { seed: hex("seed", &version.seed)?, nonce: hex("nonce", &version.nonce)? };
        hex("commitment", &version.commitment)?;
        let beacon = match (&version.beacon, version.beacon_ref == NO_BEACON) {
            (None, true) => None,
            (Some(beacon), false) => Some(hex("beacon", beacon)?),
            (Some(beacon), true) => return Err(wrong("beacon", "null", beacon)),
            (None, false) => return Err(wrong("beacon", "64 small hex digits", "null")),
        };
        if !is_instant(&version.committed_at) {
            return Err(wrong("committed_at", "an instant in UTC", &version.committed_at));
        }
        let context = Context {
            study: study.to_owned(),
            design_hash: digest::sha256(canonical::to_text(&version.design).as_bytes()),
            beacon_ref: version.beacon_ref.clone(),
            beacon,
        };
        let commitment = digest::hex(&stream::commitment(&context, &secrets));
        if version.commitment != commitment {
            return Err(wrong("commitment", &commitment, &version.commitment));
        }
        let design = Design::from_json(&version.design)
            .map_err(|error| wrong("design", "a design within its limits", &error.to_string()))?;
        Ok(Self { version: version.version, design, context, secrets })
    }

    fn lists(&self) -> Lists<'_> {
        let Self { version, design, context, secrets } = self;
        Lists {
            version: *version,
            design,
            strata: Sequences::new(design, context, secrets),
            fallback: Sequences::fallback(design, context, secrets),
        }
    }
}

/// The lists of a design version, or why they can't be recomputed.
struct Lists<'d> {
    version: u64,
    design: &'d Design,
    strata: Result<Sequences<'d>, DrawError>,
    fallback: Result<Sequences<'d>, DrawError>,
}

/// The walk through the rows, and what it has seen.
struct Walk<'l, 'd> {
    versions: &'l BTreeMap<&'l str, Lists<'d>>,
    events: u64,
    open: BTreeMap<(&'l str, &'l str), Box<dyn Iterator<Item = Slot> + 'l>>,
    in_force: BTreeMap<&'l str, u64>,
    newest: u64,
    head: String,
}

impl<'l, 'd> Walk<'l, 'd> {
    fn new(versions: &'l BTreeMap<&'l str, Lists<'d>>, rows: usize) -> Self {
        Self {
            versions,
            events: u64::try_from(rows).unwrap_or(u64::MAX),
            open: BTreeMap::new(),
            in_force: BTreeMap::new(),
            newest: 0,
            head: String::new(),
        }
    }

    fn check(&mut self, row: &'l AllocationRow, number: u64) -> Result<(), VerificationError> {
        equal(number, "sequence", &number.to_string(), &row.sequence)?;
        if row.participant.is_empty() {
            return Err(wrong(number, "participant", "a pseudonym", "").into());
        }
        let Some(lists) = self.versions.get(row.version.as_str()) else {
            return Err(wrong(number, "version", "a version of reveal.json", &row.version).into());
        };
        self.check_label(lists, row, number)?;
        self.check_slot(lists, row, number)?;
        self.check_record(row, number).map_err(VerificationError::from)
    }

    /// The label follows from the factors as used, and a version that was superseded is not used again.
    fn check_label(&mut self, lists: &Lists<'_>, row: &AllocationRow, number: u64) -> Result<(), Mismatch> {
        let levels: BTreeMap<String, String> = serde_json::from_str(&row.factors).unwrap_or_default();
        let written = canonical::text_of(&levels).unwrap_or_default();
        let label = label::of_levels(lists.design, &levels).ok().filter(|_| written == row.factors);
        let Some(label) = label else {
            return Err(wrong(
                number,
                "factors",
                "canonical JSON, each factor with a level of its own",
                &row.factors,
            ));
        };
        if row.label == FALLBACK {
            return Ok(());
        }
        equal(number, "label", &label, &row.label)?;
        if lists.version < self.newest {
            return Err(wrong(number, "version", &format!("at least {}", self.newest), &row.version));
        }
        self.newest = lists.version;
        Ok(())
    }

    /// Place and arm are those of the next slot of the row's list.
    fn check_slot(
        &mut self,
        lists: &'l Lists<'d>,
        row: &'l AllocationRow,
        number: u64,
    ) -> Result<(), VerificationError> {
        let sequences = if row.label == FALLBACK { &lists.fallback } else { &lists.strata };
        let sequences = match sequences {
            Ok(sequences) => sequences,
            Err(reason) => return Err(VerificationError::Undrawn { row: number, reason: reason.clone() }),
        };
        let list = self.open.entry((&row.version, &row.label)).or_insert_with(|| sequences.list(&row.label));
        let Some(slot) = list.next() else {
            return Err(wrong(number, "label", "a list with another slot", &row.label).into());
        };
        let [block, position, index] = place_cells(slot.place);
        equal(number, "block", &block, &row.block)?;
        equal(number, "position", &position, &row.position)?;
        equal(number, "index", &index, &row.index)?;
        equal(number, "arm", sequences.arm_id(&slot), &row.arm)?;
        Ok(())
    }

    /// Time, mark of an error and hash; nobody has two allocations in force.
    fn check_record(&mut self, row: &'l AllocationRow, number: u64) -> Result<(), Mismatch> {
        if !is_instant(&row.allocated_at) {
            return Err(wrong(number, "allocated_at", "an instant in UTC", &row.allocated_at));
        }
        let hash = row.expected_hash(&self.head);
        equal(number, "hash", &hash, &row.hash)?;
        self.head = hash;
        if row.in_error_after.is_empty() {
            return match self.in_force.insert(&row.participant, number) {
                None => Ok(()),
                Some(_) => Err(wrong(number, "participant", "one allocation in force", &row.participant)),
            };
        }
        let after = row.in_error_after.parse::<u64>().ok();
        let after = after.filter(|after| after.to_string() == row.in_error_after);
        if after.is_some_and(|after| (number..=self.events).contains(&after)) {
            return Ok(());
        }
        let expected = format!("empty, or from {number} to {}", self.events);
        Err(wrong(number, "in_error_after", &expected, &row.in_error_after))
    }
}

fn wrong(number: u64, what: &str, expected: &str, found: &str) -> Mismatch {
    Mismatch::new(ALLOCATIONS_FILE, format!("row {number}"), what, expected, found)
}

fn equal(number: u64, what: &str, expected: &str, found: &str) -> Result<(), Mismatch> {
    if expected == found { Ok(()) } else { Err(wrong(number, what, expected, found)) }
}

fn is_instant(text: &str) -> bool {
    text.ends_with('Z') && text.parse::<Timestamp>().is_ok()
}

fn check_first_sequences(reveal: &Reveal, rows: &[AllocationRow]) -> Result<(), Mismatch> {
    let words = |sequence: Option<&str>| sequence.unwrap_or("null").to_owned();
    for version in &reveal.versions {
        let number = version.version.to_string();
        let first = words(rows.iter().find(|row| row.version == number).map(|row| row.sequence.as_str()));
        let stated = words(version.first_sequence.map(|sequence| sequence.to_string()).as_deref());
        if first != stated {
            return Err(Mismatch::new(
                REVEAL_FILE,
                format!("version {number}"),
                "first_sequence",
                first,
                stated,
            ));
        }
    }
    Ok(())
}
