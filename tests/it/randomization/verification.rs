//! A revealed trial and everything that somebody might change in its files. Each change is tried on the library and on the
//! Python program, and both must name the same place.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use equipoise::kernel::digest;
use equipoise::trial::randomization::design::Design;
use equipoise::trial::randomization::draw::Place;
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
use serde_json::json;

const BLOCKS: &str = r#"{"v":1,"method":"permuted_block","arms":[["ipdt",1],["wl",1]],"blocks":[2,4],
    "factors":[["sev",["low","high"]],["site",{"open":true}]]}"#;
const SIMPLE: &str = r#"{"v":1,"method":"simple","unit":"cluster","arms":[["ipdt",2],["icbt",2],["wl",1]],
    "factors":[["sev",["low","high"]]]}"#;
const MINIMIZED: &str = r#"{"v":1,"method":"minimization","arms":[["ipdt",1],["wl",1]],
    "factors":[["sev",["low","high"],1]],"imbalance":"range","probability":"a","p":800000,"overall":1,"run_in":0,
    "unequal":"none","counts":"corrected"}"#;

/// The files of a trial, as a program that does not know their content would change them.
#[derive(Clone, Debug, PartialEq)]
struct Files {
    reveal: Reveal,
    rows: Vec<AllocationRow>,
}

/// A trial under construction: its versions, and its events in order.
struct Trial {
    versions: Vec<(Design, Context, Secrets)>,
    events: Vec<AllocationEvent>,
    used: BTreeMap<(usize, String), u64>,
}

impl Trial {
    fn new(designs: &[&str]) -> Self {
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
    fn allocate(&mut self, version: usize, levels: &[(&str, &str)], label: Option<&str>) {
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

    fn reveal(&self) -> Files {
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
fn trial() -> Trial {
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
fn in_rust(reveal: &[u8], allocations: &[u8]) -> Result<String, String> {
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

/// Exit code and output of the Python program for each pair of files.
fn in_python(pairs: &[(Vec<u8>, Vec<u8>)]) -> Vec<(i32, String)> {
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

fn bytes(files: &Files) -> (Vec<u8>, Vec<u8>) {
    (reveal::write_reveal(&files.reveal).unwrap(), event::write_allocations(&files.rows).unwrap())
}

/// Changed files, and the place that must be named.
type Case = (Files, String);

/// Asserts that both programs refuse each, with the same line, which begins with the place.
fn assert_refused(cases: Vec<Case>) {
    let pairs: Vec<(Vec<u8>, Vec<u8>)> = cases.iter().map(|(files, _)| bytes(files)).collect();
    for (((_, place), pair), python) in cases.iter().zip(&pairs).zip(in_python(&pairs)) {
        let mismatch = in_rust(&pair.0, &pair.1).expect_err(place);
        assert!(mismatch.starts_with(&format!("{place}: expected '")), "{mismatch} is not at {place}");
        assert_eq!(python, (1, mismatch));
    }
}

/// Changes a hex digit or any other character at the end of a text.
fn flip(text: &mut String) {
    let last = text.pop().unwrap();
    text.push(if last == '0' { '1' } else { '0' });
}

#[test]
fn an_untouched_reveal_verifies_in_both_programs() {
    let pairs = [bytes(&trial().reveal()), bytes(&Trial::new(&[MINIMIZED]).reveal())];
    let lines = [
        "verified: versions 2, allocations 30, lists 6".to_owned(),
        "verified: versions 1, allocations 0, lists 0".to_owned(),
    ];
    for ((pair, line), python) in pairs.iter().zip(lines).zip(in_python(&pairs)) {
        assert_eq!(in_rust(&pair.0, &pair.1), Ok(line.clone()));
        assert_eq!(python, (0, line));
    }
}

#[test]
fn a_changed_cell_is_named() {
    let files = trial().reveal();
    // Row 8 is the third person of ["high","umea"].
    assert_eq!(files.rows[7].label, r#"["high","umea"]"#);
    let mut cases = Vec::new();
    let mut change = |what: &str, change: &dyn Fn(&mut AllocationRow)| {
        let mut files = files.clone();
        change(&mut files.rows[7]);
        cases.push((files, format!("allocations.csv, row 8: {what}")));
    };
    change("sequence", &|row| row.sequence = "9".into());
    change("hash", &|row| flip(&mut row.participant));
    change("participant", &|row| row.participant.clear());
    change("version", &|row| row.version = "3".into());
    change("version", &|row| row.version = "01".into());
    change("factors", &|row| row.version = "2".into());
    change("label", &|row| row.label = r#"["low","umea"]"#.into());
    change("block", &|row| flip(&mut row.block));
    change("position", &|row| flip(&mut row.position));
    change("index", &|row| row.index = "3".into());
    change("label", &|row| row.factors = row.factors.replace("high", "low"));
    change("factors", &|row| row.factors = row.factors.replace("high", "top"));
    change("factors", &|row| row.factors = row.factors.replace(',', ", "));
    change("factors", &|row| row.factors = r#"{"sev":"high"}"#.into());
    change("factors", &|row| row.factors = r#"{"sev":"high","site":""}"#.into());
    change("factors", &|row| row.factors = "high".into());
    change("arm", &|row| row.arm = if row.arm == "wl" { "ipdt".into() } else { "wl".into() });
    change("hash", &|row| row.allocated_at = row.allocated_at.replace("08:", "09:"));
    change("allocated_at", &|row| row.allocated_at = "2026-02-01".into());
    change("in_error_after", &|row| row.in_error_after = "7".into());
    change("in_error_after", &|row| row.in_error_after = "31".into());
    change("in_error_after", &|row| row.in_error_after = "no".into());
    change("hash", &|row| flip(&mut row.hash));
    assert_refused(cases);
}

#[test]
fn a_changed_order_or_number_of_rows_is_named() {
    let files = trial().reveal();
    let mut cases = Vec::new();
    let mut change = |place: &str, change: &dyn Fn(&mut Files)| {
        let mut files = files.clone();
        change(&mut files);
        cases.push((files, place.to_owned()));
    };
    change("allocations.csv, row 9: sequence", &|files| files.rows.swap(8, 9));
    change("allocations.csv, row 4: sequence", &|files| drop(files.rows.remove(3)));
    change("allocations.csv, row 5: sequence", &|files| files.rows.insert(3, files.rows[3].clone()));
    change("reveal.json, top: events", &|files| drop(files.rows.pop()));
    change("reveal.json, top: head", &|files| {
        files.rows.pop();
        files.reveal.events -= 1;
    });
    change("allocations.csv, row 3: participant", &|files| files.rows[2].in_error_after.clear());
    assert_refused(cases);
}

#[test]
fn a_forger_who_makes_the_whole_chain_anew_is_found_by_the_draw() {
    let mut cases = Vec::new();
    let mut forge = |place: &str, change: &dyn Fn(&mut Vec<AllocationEvent>)| {
        let mut trial = trial();
        change(&mut trial.events);
        cases.push((trial.reveal(), place.to_owned()));
    };
    // Rows 4 and 7 are two persons of one stratum, in its first block.
    forge("allocations.csv, row 4: arm", &|events| {
        events[3].arm = if events[3].arm == "wl" { "ipdt".into() } else { "wl".into() };
    });
    forge("allocations.csv, row 3: position", &|events| drop(events.remove(0)));
    forge("allocations.csv, row 5: label", &|events| events[4].label = r#"["low","umea"]"#.into());
    forge("allocations.csv, row 27: index", &|events| events[26].place = Place::Index(1));
    forge("allocations.csv, row 25: version", &|events| events.swap(24, 19));
    assert_refused(cases);
}

#[test]
fn the_arm_of_each_event_counts() {
    let trial = trial();
    for at in 0..trial.events.len() {
        let mut events = trial.events.clone();
        events[at].arm = if events[at].arm == "wl" { "ipdt".into() } else { "wl".into() };
        let rows = event::chain(&events).unwrap();
        let error = verification::verify(&trial.reveal().reveal, &rows).unwrap_err().to_string();
        assert!(error.starts_with(&format!("allocations.csv, row {}: arm", at + 1)), "{error}");
    }
}

#[test]
fn a_changed_value_of_the_reveal_is_named() {
    let files = trial().reveal();
    let mut cases: Vec<Case> = Vec::new();
    let mut top = |what: &str, change: &dyn Fn(&mut Reveal)| {
        let mut files = files.clone();
        change(&mut files.reveal);
        cases.push((files, format!("reveal.json, {what}")));
    };
    top("top: format", &|reveal| reveal.format = "equipoise-reveal-v2".into());
    top("top: versions", &|reveal| reveal.versions.swap(0, 1));
    top("top: versions", &|reveal| reveal.versions[1].version = 1);
    top("top: events", &|reveal| reveal.events += 1);
    top("top: head", &|reveal| flip(&mut reveal.head));
    top("version 1: commitment", &|reveal| reveal.study.push('x'));
    let mut version = |number: usize, what: &str, change: &dyn Fn(&mut RevealedVersion)| {
        let mut files = files.clone();
        change(&mut files.reveal.versions[number - 1]);
        cases.push((files, format!("reveal.json, version {number}: {what}")));
    };
    version(1, "commitment", &|version| flip(&mut version.seed));
    version(1, "commitment", &|version| flip(&mut version.nonce));
    version(2, "commitment", &|version| flip(&mut version.commitment));
    version(2, "commitment", &|version| flip(&mut version.beacon_ref));
    version(1, "commitment", &|version| version.design["blocks"] = json!([2, 6]));
    version(1, "commitment", &|version| version.design["arms"] = json!([["wl", 1], ["ipdt", 1]]));
    version(2, "commitment", &|version| version.design["arms"][2][1] = json!(2));
    version(1, "seed", &|version| version.seed = version.seed.replace("01", "0G"));
    version(1, "nonce", &|version| version.nonce.truncate(63));
    version(2, "commitment", &|version| version.commitment = String::new());
    version(1, "beacon", &|version| version.beacon = Some("0".repeat(64)));
    version(2, "beacon", &|version| version.beacon = None);
    version(2, "beacon", &|version| version.beacon = Some("5A".repeat(32)));
    version(1, "committed_at", &|version| version.committed_at = "2026-01-05".into());
    version(1, "first_sequence", &|version| version.first_sequence = Some(2));
    version(2, "first_sequence", &|version| version.first_sequence = None);
    assert_refused(cases);
}

#[test]
fn another_value_of_the_beacon_is_told_by_the_first_arm_that_it_changes() {
    let mut files = trial().reveal();
    files.reveal.versions[1].beacon = Some(format!("{}a4", "5a".repeat(31)));
    let pair = bytes(&files);
    let mismatch = in_rust(&pair.0, &pair.1).unwrap_err();
    assert!(mismatch.starts_with("allocations.csv, row 2") && mismatch.contains(": arm: "), "{mismatch}");
    assert_eq!(in_python(&[pair]), [(1, mismatch)]);
}

#[test]
fn each_bit_of_the_seed_counts() {
    let files = trial().reveal();
    let seed = digest::unhex32(&files.reveal.versions[0].seed).unwrap();
    for bit in 0..256 {
        let mut changed = seed;
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut reveal = files.reveal.clone();
        reveal.versions[0].seed = digest::hex(&changed);
        let error = verification::verify(&reveal, &files.rows).unwrap_err().to_string();
        assert!(error.starts_with("reveal.json, version 1: commitment"), "bit {bit}: {error}");
    }
}

#[test]
fn other_keys_columns_and_widths_are_refused_by_both_programs() {
    let (reveal, allocations) = bytes(&trial().reveal());
    let text = String::from_utf8(reveal.clone()).unwrap();
    let rows = String::from_utf8(allocations).unwrap();
    let of_reveal =
        |text: String, place: &str| ((text.into_bytes(), rows.clone().into_bytes()), place.to_owned());
    let of_rows = |rows: String, place: &str| ((reveal.clone(), rows.into_bytes()), place.to_owned());
    let structure = "reveal.json, top: structure";
    let cut = format!("{}\n", rows.trim_end().rsplit_once(',').unwrap().0);
    let (pairs, places): (Vec<(Vec<u8>, Vec<u8>)>, Vec<String>) = [
        of_reveal(text.replacen(r#""nonce""#, r#""note":1,"nonce""#, 1), structure),
        of_reveal(text.replacen(r#""beacon":null,"#, "", 1), structure),
        of_reveal(text.replacen(r#""head""#, r#""head":"","head""#, 1), structure),
        of_reveal("{".into(), structure),
        of_rows(rows.replacen(",arm,", ",group,", 1), "allocations.csv, header: columns"),
        of_rows(String::new(), "allocations.csv, header: columns"),
        of_rows(cut, "allocations.csv, row 30: cells: expected '12', found '11'"),
    ]
    .into_iter()
    .unzip();
    let python = in_python(&pairs);
    for ((pair, place), (code, line)) in pairs.iter().zip(&places).zip(&python) {
        let mismatch = in_rust(&pair.0, &pair.1).unwrap_err();
        assert!(mismatch.starts_with(place), "{mismatch}");
        assert_eq!(*code, 1, "{line}");
    }
    let lines: Vec<&str> = python.iter().map(|(_, line)| line.as_str()).collect();
    assert!(lines[0].contains("note") && lines[1].contains("beacon") && lines[2].contains("given twice"));
    assert!(lines[4].starts_with(&places[4]) && lines[5].starts_with(&places[5]));
    assert_eq!(lines[6], places[6]);
}

#[test]
fn line_ends_and_quotes_of_another_program_do_not_matter() {
    let (reveal, allocations) = bytes(&trial().reveal());
    let windows =
        String::from_utf8(allocations).unwrap().replace('\n', "\r\n").replace(",ipdt,", ",\"ipdt\",");
    assert!(in_rust(&reveal, windows.as_bytes()).is_ok());
    assert_eq!(in_python(&[(reveal, windows.into_bytes())])[0].0, 0);
}

#[test]
fn a_list_that_can_not_be_recomputed_is_not_called_verified() {
    let mut trial = Trial::new(&[MINIMIZED]);
    trial.allocate(1, &[("sev", "low")], Some(label::FALLBACK));
    let sound = bytes(&trial.reveal());
    assert!(in_rust(&sound.0, &sound.1).is_ok());
    let mut second = trial.events[0].clone();
    second.participant = "P-01".into();
    second.label = r#"["low"]"#.into();
    trial.events.push(second);
    let undrawn = bytes(&trial.reveal());
    assert_eq!(
        in_rust(&undrawn.0, &undrawn.1).unwrap_err(),
        "allocations.csv, row 2: can't be verified: not supported yet: drawing by minimization"
    );
    let python = in_python(&[sound, undrawn]);
    assert_eq!((python[0].0, python[1].0), (0, 2));
    assert!(python[1].1.contains("minimization"), "{}", python[1].1);
}

#[test]
fn the_python_program_takes_two_files_as_well_as_a_folder() {
    let (reveal, allocations) = bytes(&trial().reveal());
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("r"), folder.path().join("a")];
    fs::write(&paths[0], reveal).unwrap();
    fs::write(&paths[1], allocations).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/verify_allocations.py");
    let run = |paths: &[PathBuf]| Command::new("python3").args(["-I", script]).args(paths).output().unwrap();
    let output = run(&paths);
    assert!(output.status.success());
    assert_eq!(output.stdout, b"verified: versions 2, allocations 30, lists 6\n");
    assert!(!run(&paths[..1]).status.success());
    assert!(String::from_utf8(run(&[]).stderr).unwrap().contains("verify_allocations.py REVEAL.json"));
}

#[test]
fn the_python_program_has_fewer_than_two_hundred_lines_and_imports_the_standard_library_only() {
    let script = include_str!("../../../scripts/verify_allocations.py");
    assert!(script.lines().count() < 200);
    let imports: Vec<&str> =
        script.lines().filter(|line| line.starts_with("import ") || line.starts_with("from ")).collect();
    assert_eq!(imports, ["import csv, hashlib, hmac, itertools, json, pathlib, re, struct, sys"]);
}
