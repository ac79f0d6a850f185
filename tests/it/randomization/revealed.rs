//! A trial that is over, its files, and the two programs that verify them.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use equipoise::kernel::digest;
use equipoise::trial::randomization::design::Design;
use equipoise::trial::randomization::draw::Sequences;
use equipoise::trial::randomization::event;
use equipoise::trial::randomization::event::AllocationEvent;
use equipoise::trial::randomization::event::AllocationRow;
use equipoise::trial::randomization::label;
use equipoise::trial::randomization::reveal;
use equipoise::trial::randomization::reveal::Reveal;
use equipoise::trial::randomization::reveal::RevealedVersion;
use equipoise::trial::randomization::stream;
use equipoise::trial::randomization::stream::Context;
use equipoise::trial::randomization::stream::Secrets;
use equipoise::trial::randomization::verification;

const BLOCKS: &str = r#"{"v":1,"method":"permuted_block","arms":[["ipdt",1],["wl",1]],"blocks":[2,4],
    "factors":[["sev",["low","high"]],["site",{"open":true}]]}"#;
const SIMPLE: &str = r#"{"v":1,"method":"simple","unit":"cluster","arms":[["ipdt",2],["icbt",2],["wl",1]],
    "factors":[["sev",["low","high"]]]}"#;
pub const MINIMIZED: &str = r#"{"v":1,"method":"minimization","arms":[["ipdt",1],["wl",1]],
    "factors":[["sev",["low","high"],1]],"imbalance":"range","probability":"a","p":800000,"overall":1,"run_in":0,
    "unequal":"none","counts":"corrected"}"#;

/// The files of a trial, as a program that does not know their content would change them.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    pub reveal: Reveal,
    pub rows: Vec<AllocationRow>,
}

/// A trial under construction: its versions, and its events in order.
pub struct Trial {
    versions: Vec<(Design, Context, Secrets)>,
    pub events: Vec<AllocationEvent>,
    used: BTreeMap<(usize, String), u64>,
}

impl Trial {
    pub fn new(designs: &[&str]) -> Self {
        let versions = designs.iter().zip(1_u8..).map(|(text, number)| {
            let design = Design::parse(text).unwrap();
            let beacon = (number == 2).then_some([0x5a; 32]);
            let beacon_ref = if number == 2 { "drand:52db:1000" } else { "none" };
            let context = Context {
                study: "STUDY-1".into(),
                design_hash: design.hash(),
                beacon_ref: beacon_ref.into(),
                beacon,
            };
            (design, context, Secrets { seed: [number; 32], nonce: [number + 100; 32] })
        });
        Self { versions: versions.collect(), events: Vec::new(), used: BTreeMap::new() }
    }

    /// Allocates the next participant; `label` stands in for the stratum's label.
    pub fn allocate(&mut self, version: usize, levels: &[(&str, &str)], label: Option<&str>) {
        let (design, context, secrets) = &self.versions[version - 1];
        let factors: BTreeMap<String, String> =
            levels.iter().map(|(factor, level)| ((*factor).into(), (*level).into())).collect();
        let stratum = label::of_levels(design, &factors).unwrap();
        let label = label.map_or(stratum, str::to_owned);
        let sequences = if label == label::FALLBACK {
            Sequences::fallback(design, context, secrets)
        } else {
            Sequences::new(design, context, secrets)
        };
        let sequences = sequences.unwrap();
        let used = self.used.entry((version, label.clone())).or_insert(0);
        let slot = sequences.slot(&label, *used);
        *used += 1;
        let number = self.events.len();
        self.events.push(AllocationEvent {
            participant: format!("P-{number:02}"),
            version: version.try_into().unwrap(),
            label,
            place: slot.place,
            factors,
            arm: sequences.arm_id(&slot).into(),
            allocated_at: format!("2026-02-01T08:{number:02}:00Z").parse().unwrap(),
            in_error_after: None,
        });
    }

    pub fn reveal(&self) -> Files {
        let rows = event::chain(&self.events).unwrap();
        let versions = self.versions.iter().zip(1_u64..).map(|((design, context, secrets), version)| {
            let first = self.events.iter().position(|event| event.version == version);
            RevealedVersion {
                version,
                design: serde_json::from_str(design.canonical()).unwrap(),
                beacon_ref: context.beacon_ref.clone(),
                beacon: context.beacon.map(|beacon| digest::hex(&beacon)),
                seed: digest::hex(&secrets.seed),
                nonce: digest::hex(&secrets.nonce),
                commitment: digest::hex(&stream::commitment(context, secrets)),
                committed_at: "2026-01-05T08:00:00.000000Z".into(),
                first_sequence: first.map(|at| u64::try_from(at).unwrap() + 1),
            }
        });
        let reveal = Reveal {
            format: "equipoise-reveal-v1".into(),
            study: "STUDY-1".into(),
            software: "equipoise 0.1.0".into(),
            versions: versions.collect(),
            events: u64::try_from(rows.len()).unwrap(),
            head: rows.last().map(|row| row.hash.clone()).unwrap_or_default(),
        };
        Files { reveal, rows }
    }
}

/// Twenty-four persons by blocks in three strata, the last of them from the fallback list, then six clusters by a second
/// design; the third event was a duplicate, marked in error after the fifth.
pub fn trial() -> Trial {
    let mut trial = Trial::new(&[BLOCKS, SIMPLE]);
    let strata = [("low", "umea"), ("high", "umea"), ("low", "lund \"å\", 2")];
    for at in 0..20 {
        let (severity, site) = strata[at % 3];
        trial.allocate(1, &[("sev", severity), ("site", site)], None);
    }
    for _ in 0..4 {
        trial.allocate(1, &[("sev", "low"), ("site", "umea")], Some(label::FALLBACK));
    }
    for severity in ["low", "high", "low", "low", "low", "high"] {
        trial.allocate(2, &[("sev", severity)], None);
    }
    trial.events[2].participant = "P-00".into();
    trial.events[2].in_error_after = Some(5);
    trial
}

/// What the library says of the files: the mismatch, or the counts.
pub fn in_rust(reveal: &[u8], allocations: &[u8]) -> Result<String, String> {
    let text = |mismatch: reveal::Mismatch| mismatch.to_string();
    let reveal = reveal::read_reveal(reveal).map_err(text)?;
    let rows = event::read_allocations(allocations).map_err(text)?;
    let verified = verification::verify(&reveal, &rows).map_err(|error| error.to_string())?;
    let verification::Verified { versions, allocations, lists } = verified;
    Ok(format!("verified: versions {versions}, allocations {allocations}, lists {lists}"))
}

/// Runs the Python program on each folder in one process, and prints exit code, tab and output of each, zero-terminated.
const DRIVER: &str = "
import contextlib, io, runpy, sys
script, *folders = sys.argv[1:]
for folder in folders:
    sys.argv, output, code = [script, folder], io.StringIO(), 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            runpy.run_path(script, run_name='__main__')
        except SystemExit as end:
            code = end.code
    print(code if isinstance(code, int) else 1, output.getvalue() or code, sep='\\t', end='\\0')
";

/// The bytes of `reveal.json` and `allocations.csv`.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Exit code and output of the Python program for each pair of files.
pub fn in_python(pairs: &[Pair]) -> Vec<(i32, String)> {
    let folder = tempfile::tempdir().unwrap();
    let folders = pairs.iter().enumerate().map(|(number, (reveal, allocations))| {
        let own = folder.path().join(number.to_string());
        fs::create_dir(&own).unwrap();
        fs::write(own.join("reveal.json"), reveal).unwrap();
        fs::write(own.join("allocations.csv"), allocations).unwrap();
        own
    });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/verify_allocations.py");
    let output = Command::new("python3").args(["-I", "-c", DRIVER, script]).args(folders).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let cases: Vec<(i32, String)> = text
        .split_terminator('\0')
        .map(|case| case.split_once('\t').unwrap())
        .map(|(code, line)| (code.parse().unwrap(), line.trim_end().to_owned()))
        .collect();
    assert_eq!(cases.len(), pairs.len());
    cases
}

pub fn bytes(files: &Files) -> Pair {
    (reveal::write_reveal(&files.reveal).unwrap(), event::write_allocations(&files.rows).unwrap())
}

/// Changed files, and the place that must be named.
pub type Case = (Files, String);

/// Asserts that both programs refuse each, with the same line, which begins with the place.
pub fn assert_refused(cases: Vec<Case>) {
    let pairs: Vec<Pair> = cases.iter().map(|(files, _)| bytes(files)).collect();
    for (((_, place), pair), python) in cases.iter().zip(&pairs).zip(in_python(&pairs)) {
        let mismatch = in_rust(&pair.0, &pair.1).expect_err(place);
        assert!(mismatch.starts_with(&format!("{place}: expected '")), "{mismatch} is not at {place}");
        assert_eq!(python, (1, mismatch));
    }
}

/// Changes a hex digit or any other character at the end of a text.
pub fn flip(text: &mut String) {
    let last = text.pop().unwrap();
    text.push(if last == '0' { '1' } else { '0' });
}
