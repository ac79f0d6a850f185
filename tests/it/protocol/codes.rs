//! Each error code of the protocol language, brought about by a change of a valid protocol: exactly this code at exactly
//! this place.

use std::collections::BTreeMap;

use equipoise::trial::instrument::reading;
use equipoise::trial::protocol::checker;
use equipoise::trial::protocol::texts::Texts;
use equipoise::trial::source::finding::Finding;
use equipoise::trial::source::finding::Severity;
use serde::Deserialize;

const FILE: &str = "protocols/base.toml";

#[derive(Deserialize)]
struct Catalogue {
    files: BTreeMap<String, String>,
    codes: Vec<Code>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
    severity: String,
    acceptable: bool,
    found: String,
    line: Option<u32>,
    column: Option<u32>,
    file: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    fails: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    line: String,
    by: String,
}

/// Codes whose example needs what the program can't run yet, with the reason. This list may only shrink.
const PENDING: &[(&str, &str)] = &[
    ("P009", "has no example: the list of what can't run yet is the program's own"),
    ("P307", "minimization can't run yet"),
    ("P314", "big stick can't run yet"),
    ("P313", "clusters can't run yet"),
    ("P510", "treatments that participants choose can't run yet"),
    ("P607", "no instrument with value sets is shipped yet"),
    ("P705", "content messages can't run yet"),
    ("P707", "content messages can't run yet"),
    ("P805", "needs two versions of a protocol"),
    ("P806", "needs data"),
    ("P807", "needs two versions of a protocol"),
    ("P808", "needs two versions of a protocol"),
    ("P809", "needs two versions of a protocol"),
];

fn read(name: &str) -> String {
    let path = format!("{}/tests/protocol_codes/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn catalogue() -> Catalogue {
    toml::from_str(&read("codes.toml")).unwrap()
}

/// Applies replacements of whole lines, all at once, each of a line that stands once in the base.
fn changed(base: &str, changes: &[Change]) -> String {
    for change in changes {
        assert_eq!(base.lines().filter(|line| *line == change.line).count(), 1, "{}", change.line);
    }
    let replaced = base.lines().map(|line| {
        let change = changes.iter().find(|change| change.line == line);
        format!("{}\n", change.map_or(line, |change| &change.by))
    });
    replaced.collect()
}

fn findings(catalogue: &Catalogue, code: &Code) -> Vec<Finding> {
    if code.found == "instrument" {
        let (name, text) = code.files.iter().next().unwrap();
        return reading::instrument(name, text).1;
    }
    let files = catalogue.files.iter().chain(&code.files);
    let texts: Texts = files.map(|(path, text)| (path.clone(), text.clone())).collect();
    checker::check(FILE, &changed(&read("base.toml"), &code.fails), &texts).findings
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(Finding::line).collect()
}

#[test]
fn the_base_protocol_has_nothing_to_find() {
    let catalogue = catalogue();
    let checked = checker::check(FILE, &read("base.toml"), &catalogue.files);
    assert_eq!(lines(&checked.findings), Vec::<String>::new());
    assert_eq!(checked.protocol.unwrap().comparison.arms.len(), 3);
}

#[test]
fn each_code_comes_alone_at_its_place() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for code in &catalogue.codes {
        let is_pending = PENDING.iter().any(|(pending, _)| *pending == code.code);
        if code.found == "diff" || code.found == "service" || code.fails.is_empty() && code.files.is_empty() {
            assert!(is_pending, "{} is not in the list of pending codes", code.code);
            continue;
        }
        let found = findings(&catalogue, code);
        let own: Vec<&Finding> =
            found.iter().filter(|finding| !code.also.contains(&finding.code.into())).collect();
        // Of what is not TOML the line is the contract, the column is the reader's.
        let fits = |finding: &Finding| {
            finding.code == code.code
                && finding.file == code.file.as_deref().unwrap_or(FILE)
                && Some(finding.place.line) == code.line
                && (Some(finding.place.column) == code.column || code.code == "P001")
                && (finding.severity == Severity::Warning) == expects_warning(code)
        };
        let right = matches!(own.as_slice(), [one] if fits(one));
        if right == is_pending {
            let place = format!("{}:{}", code.line.unwrap_or(0), code.column.unwrap_or(0));
            let note = if is_pending { " (is pending and passes)" } else { "" };
            wrong.push(format!("{} at {place}{note}: {:#?}", code.code, lines(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Wording that is missing is a warning where nobody is ever enrolled for real, as in this base.
fn expects_warning(code: &Code) -> bool {
    code.severity == "warning" || code.code == "P602"
}

#[test]
fn what_may_be_accepted_is_what_the_catalogue_marks() {
    let marked: Vec<String> =
        catalogue().codes.into_iter().filter(|code| code.acceptable).map(|code| code.code).collect();
    assert_eq!(checker::ACCEPTABLE.to_vec(), marked);
}
