//! `equipoise randomization generate` and `verify`, as a statistician runs them.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

const DESIGN: &str = r#"{ "v": 1, "method": "permuted_block", "arms": [["A", 1], ["B", 1]],
    "blocks": [4, 6], "factors": [["sev", ["low", "high"]]] }"#;
const SIMPLE: &str =
    r#"{"v":1,"method":"simple","arms":[["A",1],["B",2],["C",2]],"factors":[["sev",["low","high"]]]}"#;
const SEED: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NONCE: &str = "202122232425262728292A2B2C2D2E2F303132333435363738393a3b3c3d3e3f";

/// A folder with one design, and the arguments of the published vector.
struct Bench {
    folder: TempDir,
    arguments: Vec<(String, String)>,
}

impl Bench {
    fn new(design: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("design.json");
        fs::write(&path, design).unwrap();
        let arguments = [
            ("--design", path.to_str().unwrap()),
            ("--study", "TEST-001"),
            ("--seed", SEED),
            ("--nonce", NONCE),
            ("--label", r#"["low"]"#),
            ("-n", "8"),
        ];
        let arguments = arguments.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { folder, arguments: arguments.to_vec() }
    }

    /// With another value of an argument.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.arguments.retain(|(known, _)| known != name);
        self.arguments.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.arguments.retain(|(known, _)| known != name);
        self
    }

    fn output(&self) -> Output {
        let words = self.arguments.iter().flat_map(|(name, value)| [name, value]);
        equipoise(&["randomization", "generate"]).args(words).output().unwrap()
    }

    fn list(&self) -> String {
        let output = self.output();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The message of a refusal; nothing is printed as data.
    fn refusal(&self) -> String {
        let output = self.output();
        assert!(output.stdout.is_empty());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    }
}

fn equipoise(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_equipoise"));
    command.args(arguments);
    command
}

#[test]
fn a_list_of_blocks_is_printed_with_block_and_position_and_cut_at_n() {
    let expected = concat!(
        "label,block,position,arm\n",
        "\"[\"\"low\"\"]\",0,1,A\n",
        "\"[\"\"low\"\"]\",0,2,B\n",
        "\"[\"\"low\"\"]\",0,3,A\n",
        "\"[\"\"low\"\"]\",0,4,A\n",
        "\"[\"\"low\"\"]\",0,5,B\n",
        "\"[\"\"low\"\"]\",0,6,B\n",
        "\"[\"\"low\"\"]\",1,1,A\n",
        "\"[\"\"low\"\"]\",1,2,B\n",
    );
    assert_eq!(Bench::new(DESIGN).list(), expected);
    // The label is canonical whatever its spelling.
    assert_eq!(Bench::new(DESIGN).with("--label", " [ \"\\u006cow\" ] ").list(), expected);
    let shorter = Bench::new(DESIGN).with("-n", "5").list();
    assert!(expected.starts_with(&shorter) && shorter.lines().count() == 6);
    assert_eq!(Bench::new(DESIGN).with("-n", "0").list(), "label,block,position,arm\n");
}

#[test]
fn a_simple_list_is_printed_with_its_index() {
    assert_eq!(
        Bench::new(SIMPLE).with("-n", "3").list(),
        "label,index,arm\n\"[\"\"low\"\"]\",1,C\n\"[\"\"low\"\"]\",2,A\n\"[\"\"low\"\"]\",3,A\n"
    );
    let plain = Bench::new(&SIMPLE.replace(r#"[["sev",["low","high"]]]"#, "[]"));
    let list = plain.with("--label", "[]").with("-n", "1").list();
    assert!(list.starts_with("label,index,arm\n[],1,"), "{list}");
}

#[test]
fn the_fallback_list_is_printed_for_drawn_and_for_dynamic_methods() {
    let list = Bench::new(DESIGN).with("--label", "\"fallback\"").list();
    assert!(list.starts_with("label,block,position,arm\n\"\"\"fallback\"\"\",0,1,"), "{list}");
    let cohort = SIMPLE.replace("simple", "whole_cohort");
    let list = Bench::new(&cohort).with("--label", "\"fallback\"").list();
    assert!(list.starts_with("label,index,arm\n\"\"\"fallback\"\"\",1,"), "{list}");
    assert!(Bench::new(&cohort).refusal().contains("not supported yet: drawing by whole_cohort"));
}

#[test]
fn a_beacon_changes_the_list_and_goes_with_its_reference_only() {
    let plain = Bench::new(SIMPLE).with("-n", "40").list();
    let named = || Bench::new(SIMPLE).with("-n", "40").with("--beacon-ref", "drand:x:1");
    assert_ne!(named().with("--beacon", &"5a".repeat(32)).list(), plain);
    assert_eq!(Bench::new(SIMPLE).with("-n", "40").with("--beacon-ref", "none").list(), plain);
    assert!(named().refusal().contains("--beacon is missing"));
    assert!(named().with("--beacon", "5a").refusal().contains("--beacon: not 64 hex digits"));
    let unnamed = Bench::new(SIMPLE).with("--beacon", &"5a".repeat(32));
    assert!(unnamed.refusal().contains("--beacon: refused"));
}

#[test]
fn labels_that_do_not_fit_the_design_are_refused() {
    for (label, expected) in [
        (r#"["medium"]"#, "factor 'sev' has no level 'medium'"),
        (r#"["low","umea"]"#, "the label has 2 levels, the design 1 factors"),
        ("[]", "the label has 0 levels, the design 1 factors"),
        ("low", "the label is no JSON array"),
        (r#""*""#, "the label is no JSON array"),
    ] {
        let refusal = Bench::new(DESIGN).with("--label", label).refusal();
        assert!(refusal.contains("--label") && refusal.contains(expected), "{label}: {refusal}");
    }
    assert!(Bench::new(DESIGN).without("--label").refusal().contains("--label is missing"));
    assert!(Bench::new(DESIGN).without("-n").refusal().contains("-n is missing"));
}

#[test]
fn secrets_that_are_no_64_hex_digits_are_refused_and_not_repeated() {
    for (name, value) in [("--seed", "0001"), ("--seed", &SEED.replace('f', "g")), ("--nonce", "")] {
        let refusal = Bench::new(DESIGN).with(name, value).refusal();
        assert_eq!(refusal, format!("{name}: not 64 hex digits\n"));
    }
}

#[test]
fn designs_that_break_a_rule_are_refused_by_their_key() {
    for (design, expected) in [
        (DESIGN.replace("\"v\": 1", "\"v\": 1, \"ratio\": 1"), "ratio: is no key of permuted_block"),
        (DESIGN.replace("\"v\": 1, ", ""), "v: is missing"),
        (DESIGN.replace("[4, 6]", "[4, 5]"), "blocks: 5 is no multiple"),
        (DESIGN.replace("\"v\": 1", "\"v\": 1, \"v\": 1"), "the key 'v' is given twice"),
        ("{".to_owned(), "no sound JSON"),
        (
            format!(
                r#"{{"v":1,"method":"uploaded","sha256":"{}","arms":[["A",1],["B",1]],"factors":[["sev",["low"]]]}}"#,
                "0".repeat(64)
            ),
            "an uploaded list is not drawn",
        ),
        (
            r#"{"v":1,"method":"big_stick","mti":3,"arms":[["A",1],["B",1]],"factors":[["sev",["low"]]]}"#
                .to_owned(),
            "not supported yet: drawing by big_stick",
        ),
    ] {
        let refusal = Bench::new(&design).refusal();
        assert!(refusal.contains(expected), "{design}: {refusal}");
    }
    let absent = Bench::new(DESIGN).with("--design", "/nowhere/design.json").refusal();
    assert!(absent.contains("--design: /nowhere/design.json can't be read"), "{absent}");
}

#[test]
fn participants_are_for_minimization_which_is_not_drawn_yet() {
    let refusal = Bench::new(DESIGN).with("--participants", "people.csv").refusal();
    assert!(refusal.contains("--participants: this list is drawn without them"), "{refusal}");
    let minimized = r#"{"v":1,"method":"minimization","arms":[["A",1],["B",1]],"factors":[["sev",["low","high"],1]],
        "imbalance":"range","probability":"a","p":800000,"overall":1,"run_in":0,"unequal":"none","counts":"corrected"}"#;
    let bench = || Bench::new(minimized).without("-n");
    for bench in [bench().without("--label"), bench().with("--label", "\"*\"")] {
        let refusal = bench.with("--participants", "people.csv").refusal();
        assert!(refusal.contains("not supported yet: drawing by minimization"), "{refusal}");
    }
    assert!(bench().refusal().contains("minimization has one list"));
    let fallback = bench().with("--label", "\"fallback\"");
    assert!(fallback.refusal().contains("-n is missing"));
    assert!(
        fallback.with("-n", "2").with("--participants", "people.csv").refusal().contains("--participants")
    );
}

fn files(bench: &Bench, reveal: &str, allocations: &str) -> [PathBuf; 2] {
    let paths = ["reveal.json", "allocations.csv"].map(|name| bench.folder.path().join(name));
    fs::write(&paths[0], reveal).unwrap();
    fs::write(&paths[1], allocations).unwrap();
    paths
}

const HEADER: &str =
    "sequence,participant,version,label,block,position,index,factors,arm,allocated_at,in_error_after,hash\n";

#[test]
fn verify_says_what_it_recomputed_or_prints_the_first_mismatch_and_fails() {
    let bench = Bench::new(DESIGN);
    let nonce = NONCE.to_lowercase();
    // The first row of the published vector, its hash computed by the Python program's rule.
    let row = concat!(r#"1,P-1,1,"[""low""]",0,1,,"{""sev"":""low""}",A,2026-01-05T08:00:00Z,,"#, "HASH\n");
    let hash = first_hash();
    let reveal = format!(
        r#"{{"format":"equipoise-reveal-v1","study":"TEST-001","software":"x","events":1,"head":"{hash}",
        "versions":[{{"version":1,"design":{DESIGN},"beacon_ref":"none","beacon":null,"seed":"{SEED}","nonce":"{nonce}",
        "commitment":"fb3b504c79fc0a7efdb1b40ae5ee06795bfd60d90c3418658221ebff8fcb99f5",
        "committed_at":"2026-01-01T08:00:00Z","first_sequence":1}}]}}"#
    );
    let rows = format!("{HEADER}{}", row.replace("HASH", &hash));
    let verify = |paths: &[PathBuf; 2]| equipoise(&["randomization", "verify"]).args(paths).output().unwrap();
    let sound = verify(&files(&bench, &reveal, &rows));
    assert_eq!(String::from_utf8(sound.stdout).unwrap(), "verified: versions 1, allocations 1, lists 1\n");
    assert!(sound.status.success() && sound.stderr.is_empty());

    let changed = verify(&files(&bench, &reveal, &rows.replace(",A,", ",B,")));
    let line = "allocations.csv, row 1: arm: expected 'A', found 'B'";
    assert_eq!(changed.status.code(), Some(1));
    assert_eq!(String::from_utf8(changed.stdout).unwrap(), format!("{line}\n"));
    assert_eq!(String::from_utf8(changed.stderr).unwrap(), format!("not verified: {line}\n"));

    let absent =
        verify(&[bench.folder.path().join("none.json"), bench.folder.path().join("allocations.csv")]);
    assert_eq!(absent.status.code(), Some(1));
    assert!(absent.stdout.is_empty());
    assert!(String::from_utf8(absent.stderr).unwrap().contains("REVEAL.json: "));
}

/// The hash of the first event of the test above, framed by hand.
fn first_hash() -> String {
    let cells =
        ["", "1", "P-1", "1", r#"["low"]"#, "0", "1", "", r#"{"sev":"low"}"#, "A", "2026-01-05T08:00:00Z"];
    let mut message = b"RCT-RAND-EVENT-V1\0".to_vec();
    for cell in cells {
        message.extend(u32::try_from(cell.len()).unwrap().to_be_bytes());
        message.extend(cell.as_bytes());
    }
    equipoise::kernel::digest::sha256_hex(&message)
}
